package dev.tenfold.sharding.join;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.hash.KeyForm;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.sharding.KeyOrder;
import dev.tenfold.sharding.Ranges;
import dev.tenfold.sharding.Sharder;
import dev.tenfold.sharding.Slotting;
import org.junit.jupiter.api.Test;

class ColocationTest {

    private final Colocation tables = Colocation.builder()
            .group("account", Long.class)
            .table("account", "id")
            .table("Entry", "account_id")
            .table("invoice", "number", number -> Long.parseLong(((String) number).split("-")[0]))
            .group("product", String.class)
            .table("app.product", "sku")
            .broadcast("currency", "country")
            .build();

    @Test
    void refusesJoinsAcrossGroupsAndNamesThem() {
        assertThatCode(() -> tables.requireJoinable("ACCOUNT", "entry", "currency", "invoice"))
                .doesNotThrowAnyException();
        assertThatCode(() -> tables.requireJoinable("currency", "country")).doesNotThrowAnyException();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> tables.requireJoinable("currency", "entry", "account", "app.product"))
                .withMessageStartingWith("join of entry (group account) and app.product (group product)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> tables.requireJoinable("account", "product"))
                .withMessageContaining("table: product (expected: one of [account, entry, invoice, app.product]");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> tables.group("currency"))
                .withMessageContaining("currency, broadcast");
        assertThat(tables.tables("account")).containsExactly("account", "entry", "invoice");
        assertThat(tables.keyColumn("entry")).isEqualTo("account_id");
        assertThat(tables.broadcast()).containsExactly("currency", "country");
    }

    @Test
    void givesRowsOfOneKeyOneSlotWhateverTheirTables() {
        KeyHash hash = KeyHash.xxh3();
        long home = KeyForm.<Long>whole().hash(42L, hash);
        assertThat(tables.form("account").hash(42L, hash)).isEqualTo(home);
        assertThat(tables.form("entry").hash(42, hash)).isEqualTo(home);
        assertThat(tables.form("invoice").hash("42-2026-17", hash)).isEqualTo(home);
        // '42' as text hashes to another home than 42, which only shows when the join finds nothing.
        assertThatIllegalArgumentException()
                .isThrownBy(() -> tables.form("entry").hash("42", hash))
                .withMessageContaining("java.lang.String (expected: java.lang.Long, as all tables of group account");
        Sharder<Long, String> ranged = Sharder.<Long, String>ranged(
                        Ranges.of(KeyOrder.INTEGER).below(100, "s1").from(100, "s2"))
                .shard("s1", "db1")
                .shard("s2", "db2")
                .build();
        Slotting<Object> slots = Slotting.ranges(KeyOrder.INTEGER).of(tables.key("invoice"));
        assertThat(slots.slotOf(ranged.map(), "142-1"))
                .isEqualTo(ranged.route(142L).slot());
    }

    @Test
    void reportsEveryProblemAtOnce() {
        assertThatThrownBy(() -> Colocation.builder()
                        .table("early", "id")
                        .group("a", Double.class)
                        .table("x; drop", "id")
                        .table("y", "id")
                        .table("Y", "id")
                        .group("empty", Long.class)
                        .broadcast("y")
                        .build())
                .isInstanceOfSatisfying(
                        InvalidConfigurationException.class,
                        problem -> assertThat(problem.problems()).hasSize(6));
    }
}
