package dev.tenfold.sharding.vertical;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.Locator;
import dev.tenfold.coordination.Registers;
import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.error.StaleEpochException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.observe.Observer;
import dev.tenfold.sharding.Sharder;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.TimeSource;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VerticalSharderTest {

    private final Sharder<Long, String> ledger = Sharder.<Long, String>consistent()
            .shard("l1", "ledger 1")
            .shard("l2", "ledger 2")
            .build();

    @Test
    void goesByTableFirstAndThenByKey() {
        VerticalSharder<String> homes = VerticalSharder.<String>builder()
                .database("people", "people db")
                .sharded("ledger", ledger)
                .table("Profile", "people")
                .table("app.transactions", "ledger")
                .build();
        assertThat(homes.locate("profile")).isEqualTo("people db");
        assertThat(homes.locate("PROFILE", 7L)).isEqualTo("people db");
        assertThat(homes.locate("app.Transactions", 42L)).isEqualTo(ledger.locate(42L));
        Locator<Long, String> rows = homes.rows("app.transactions");
        assertThat(rows.locate(43L)).isEqualTo(ledger.locate(43L));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> homes.locate("transactions", 42L))
                .withMessageContaining("table: transactions (expected: one of [app.transactions, profile]");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> homes.locate("app.transactions"))
                .withMessageContaining("its home ledger is sharded by key");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> homes.locate("app.transactions", 4.2))
                .withMessageContaining("Double");
        VerticalSharder<String> picky = VerticalSharder.<String>builder()
                .sharded("ledger", (Locator<String, String>) key -> key.substring(1))
                .table("t", "ledger")
                .build();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> picky.locate("t", 4L))
                .withMessageContaining("Long (expected: the kind of key that table t is sharded by)");
    }

    @Test
    void followsTheMapThatAllShare() {
        VersionedRegister<VerticalMap> register = Registers.inMemory("tables");
        VerticalSharder<String> first = open(register).table("a", "one").open();
        VerticalSharder<String> second = open(register).table("b", "one").open();
        assertThat(second.map().homes()).isEqualTo(Map.of("a", "one"));
        List<Long> epochs = new ArrayList<>();
        second.watch(map -> epochs.add(map.epoch()));
        first.assign("A", "two");
        first.assign("c", "one");
        assertThat(second.locate("a")).isEqualTo("db2");
        assertThat(second.locate("C")).isEqualTo("db1");
        assertThat(epochs).containsExactly(1L, 2L, 3L);
        assertThatIllegalArgumentException().isThrownBy(() -> first.assign("a", "three"));
        VerticalSharder<String> narrow = VerticalSharder.<String>builder()
                .database("one", "db1")
                .register(register)
                .observer(Observer.none())
                .open();
        assertThatThrownBy(() -> narrow.locate("a"))
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("home two of table a");
        second.close();
        first.assign("c", "two");
        assertThat(second.locate("c")).isEqualTo("db1");
        Deadline deadline = Deadline.after(Duration.ofSeconds(1), TimeSource.system());
        assertThat(second.<Long>rows("c").relocate(1L, new StaleEpochException("slot", 1, 2), deadline))
                .isEqualTo("db2");
    }

    @Test
    void reportsEveryProblemAtOnce() {
        assertThatThrownBy(() -> VerticalSharder.<String>builder()
                        .database("one", "db1")
                        .database("one", "db2")
                        .table("a", "two")
                        .table("A", "one")
                        .register(Registers.inMemory("tables"))
                        .build())
                .isInstanceOfSatisfying(
                        InvalidConfigurationException.class,
                        problem -> assertThat(problem.problems()).hasSize(4))
                .hasMessageContaining("home of table a: two (expected: one of [one])")
                .hasMessageContaining("twice (expected: once, in any case)");
    }

    @Test
    void isStoredAsItAlwaysWas() {
        VerticalMap map = new VerticalMap(7, Map.of("Profile", "People", "app.tx", "ledger"));
        byte[] golden = "vertical-map-1 7\napp.tx ledger\nprofile People\nend\n".getBytes(StandardCharsets.UTF_8);
        assertThat(VerticalMap.codec().encode(map)).isEqualTo(golden);
        assertThat(VerticalMap.codec().decode(golden)).isEqualTo(map);
        for (int length = 0; length < golden.length; length++) {
            byte[] cut = Arrays.copyOf(golden, length);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> VerticalMap.codec().decode(cut));
        }
        assertThatIllegalArgumentException().isThrownBy(() -> new VerticalMap(1, Map.of("a b", "x")));
    }

    private static VerticalSharderBuilder<String> open(VersionedRegister<VerticalMap> register) {
        return VerticalSharder.<String>builder()
                .database("one", "db1")
                .database("two", "db2")
                .register(register)
                .observer(Observer.none());
    }
}
