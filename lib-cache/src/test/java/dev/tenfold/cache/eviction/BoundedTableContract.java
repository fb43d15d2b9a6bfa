package dev.tenfold.cache.eviction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What every table keeps, whatever it evicts. */
abstract class BoundedTableContract {

    abstract <K, V> BoundedTable<K, V> table(TableSettings<K, V> settings);

    /** Caffeine works in the calling thread, so that nothing is to be awaited. */
    private static <K, V> TableSettings<K, V> ofMaximum(long maximum) {
        return TableSettings.<K, V>ofMaximum(maximum).upkeepIn(Runnable::run);
    }

    @Test
    void is_a_map() {
        BoundedTable<String, Integer> table = table(ofMaximum(10));
        assertThat(table.get("a")).isNull();
        assertThat(table.put("a", 1)).isNull();
        assertThat(table.put("a", 2)).isEqualTo(1);
        assertThat(table.get("a")).isEqualTo(2);
        assertThat(table.peek("a")).isEqualTo(2);
        assertThat(table.putIfAbsent("a", 3)).isEqualTo(2);
        assertThat(table.putIfAbsent("b", 3)).isNull();
        assertThat(table.size()).isEqualTo(2);
        assertThat(table.remove("a")).isEqualTo(2);
        assertThat(table.remove("a")).isNull();
        assertThat(table.peek("a")).isNull();
        Map<String, Integer> shown = new HashMap<>();
        table.forEach(shown::put);
        assertThat(shown).isEqualTo(Map.of("b", 3));
        table.clear();
        assertThat(table.size()).isZero();
        assertThat(table.weight()).isZero();
        assertThat(table.evictionOrder()).isEmpty();
    }

    @Test
    void conditions_go_by_identity() {
        BoundedTable<String, String> table = table(ofMaximum(10));
        String first = new String("same");
        String equal = new String("same");
        table.put("a", first);
        assertThat(table.replace("a", equal, "next")).isFalse();
        assertThat(table.remove("a", equal)).isFalse();
        assertThat(table.replace("a", first, "next")).isTrue();
        assertThat(table.peek("a")).isEqualTo("next");
        assertThat(table.remove("a", first)).isFalse();
        assertThat(table.remove("a", "next")).isTrue();
        assertThat(table.replace("a", "next", "again")).isFalse();
        assertThat(table.size()).isZero();
    }

    @Test
    void keeps_its_bound_and_tells_of_each_eviction_once() {
        Map<Integer, Integer> evicted = new HashMap<>();
        List<Integer> twice = new ArrayList<>();
        BoundedTable<Integer, Integer> table = table(TableSettings.<Integer, Integer>ofMaximum(10)
                .upkeepIn(Runnable::run)
                .tellingEvictions((key, value) -> {
                    if (evicted.put(key, value) != null) {
                        twice.add(key);
                    }
                }));
        IntStream.range(0, 1000).forEach(i -> table.put(i, -i));
        table.cleanUp();
        assertThat(table.size()).isEqualTo(10);
        assertThat(table.weight()).isEqualTo(10);
        assertThat(evicted)
                .hasSize(990)
                .allSatisfy((key, value) -> assertThat(value).isEqualTo(-key));
        assertThat(twice).isEmpty();
        table.forEach((key, value) -> assertThat(evicted).doesNotContainKey(key));
        assertThat(table.evictionOrder()).hasSize(10).doesNotHaveDuplicates();
    }

    @Test
    void a_listener_may_use_the_table() {
        List<BoundedTable<Integer, Integer>> tables = new ArrayList<>();
        List<Integer> told = new ArrayList<>();
        tables.add(table(TableSettings.<Integer, Integer>ofMaximum(2)
                .upkeepIn(Runnable::run)
                .tellingEvictions((key, value) -> {
                    told.add(key);
                    tables.get(0).remove(key);
                    tables.get(0).cleanUp();
                    assertThat(tables.get(0).peek(key)).isNull();
                })));
        IntStream.range(0, 100).forEach(i -> tables.get(0).put(i, i));
        tables.get(0).cleanUp();
        assertThat(told).hasSize(98);
    }

    @Test
    void nothing_fits_into_no_room() {
        BoundedTable<Integer, Integer> table = table(ofMaximum(0));
        table.put(1, 1);
        table.cleanUp();
        assertThat(table.peek(1)).isNull();
        assertThat(table.size()).isZero();
    }

    @Test
    void is_resized_at_once() {
        BoundedTable<Integer, Integer> table = table(ofMaximum(100));
        IntStream.range(0, 100).forEach(i -> table.put(i, i));
        table.setMaximum(10);
        assertThat(table.maximum()).isEqualTo(10);
        assertThat(table.size()).isEqualTo(10);
        table.setMaximum(50);
        IntStream.range(100, 200).forEach(i -> table.put(i, i));
        table.cleanUp();
        assertThat(table.size()).isEqualTo(50);
        table.setMaximum(0);
        assertThat(table.size()).isZero();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> table.setMaximum(-1))
                .withMessage("maximum: -1 (expected: >= 0)");
    }

    @Test
    void weighs_what_it_holds() {
        BoundedTable<Integer, Integer> table = table(TableSettings.<Integer, Integer>ofMaximum(100)
                .upkeepIn(Runnable::run)
                .weighedBy((key, value) -> value));
        table.put(1, 10);
        table.put(2, 20);
        assertThat(table.weight()).isEqualTo(30);
        table.put(1, 15);
        assertThat(table.weight()).isEqualTo(35);
        table.replace(2, table.peek(2), 5);
        assertThat(table.weight()).isEqualTo(20);
        table.remove(1);
        assertThat(table.weight()).isEqualTo(5);
        IntStream.range(10, 100).forEach(i -> table.put(i, 7));
        table.cleanUp();
        assertThat(table.weight()).isBetween(90L, 100L);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> table.put(1, 0))
                .withMessage("weight of key 1: 0 (expected: >= 1)");
        assertThat(table.peek(1)).isNull();
    }

    @Test
    void what_outweighs_the_maximum_goes_alone() {
        BoundedTable<Integer, Integer> table = table(TableSettings.<Integer, Integer>ofMaximum(100)
                .upkeepIn(Runnable::run)
                .weighedBy((key, value) -> value));
        table.put(1, 50);
        table.put(2, 40);
        table.put(3, 101);
        table.cleanUp();
        assertThat(table.peek(3)).isNull();
        assertThat(table.weight()).isEqualTo(90);
        table.put(1, 200);
        table.cleanUp();
        assertThat(table.peek(1)).isNull();
        assertThat(table.weight()).isEqualTo(40);
    }

    @Test
    void a_pinned_entry_stays() {
        BoundedTable<Integer, Integer> table = table(TableSettings.<Integer, Integer>ofMaximum(10)
                .upkeepIn(Runnable::run)
                .pinning(5));
        assertThat(table.pin(1)).isFalse();
        table.put(1, 1);
        assertThat(table.pin(1)).isTrue();
        assertThat(table.pin(1)).isTrue();
        IntStream.range(100, 1000).forEach(i -> table.put(i, i));
        table.cleanUp();
        assertThat(table.peek(1)).isEqualTo(1);
        assertThat(table.size()).isEqualTo(10);
        assertThat(table.weight()).isEqualTo(10);
        assertThat(table.evictionOrder()).hasSize(10).endsWith(1);
        table.put(1, 2);
        IntStream.range(100, 1000).forEach(i -> table.put(i, i));
        assertThat(table.peek(1)).isEqualTo(2);
        assertThat(table.unpin(1)).isTrue();
        assertThat(table.unpin(1)).isFalse();
        table.setMaximum(0);
        assertThat(table.size()).isZero();
    }

    @Test
    void pins_have_a_limit() {
        BoundedTable<Integer, Integer> table = table(TableSettings.<Integer, Integer>ofMaximum(10)
                .upkeepIn(Runnable::run)
                .pinning(2));
        IntStream.range(0, 3).forEach(i -> table.put(i, i));
        table.pin(0);
        table.pin(1);
        assertThatIllegalStateException()
                .isThrownBy(() -> table.pin(2))
                .withMessage(
                        "pin of key 2: 1 beside 2 already pinned (expected: at most 2 together; unpin others or build"
                                + " with more room)");
        table.remove(0);
        assertThat(table.pin(2)).isTrue();
        table.setMaximum(1);
        assertThat(table.size()).isEqualTo(2);
        table.put(7, 7);
        table.cleanUp();
        assertThat(table.peek(7)).isNull();
        table.clear();
        assertThat(table.size()).isZero();
        table.put(8, 8);
        assertThat(table.pin(8)).isTrue();
    }

    @Test
    void a_value_too_heavy_for_the_pins_is_not_pinned_any_more() {
        BoundedTable<Integer, Integer> table = table(TableSettings.<Integer, Integer>ofMaximum(10)
                .upkeepIn(Runnable::run)
                .weighedBy((key, value) -> value)
                .pinning(5));
        table.put(1, 3);
        assertThat(table.pin(1)).isTrue();
        table.put(1, 4);
        assertThat(table.weight()).isEqualTo(4);
        assertThat(table.unpin(1)).isTrue();
        assertThat(table.pin(1)).isTrue();
        table.put(1, 6);
        assertThat(table.unpin(1)).isFalse();
        assertThat(table.weight()).isEqualTo(6);
    }
}
