package dev.tenfold.cache.eviction;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;

/** With one thread, each exact table hits, evicts and holds what its definition does, step by step. */
final class ExactPolicyProperties {

    enum Kind {
        FIFO(Tables::fifo, NaivePolicies::fifo),
        LRU(Tables::lru, NaivePolicies::lru),
        LFU(settings -> Tables.lfu(settings, 0), (maximum, pins) -> NaivePolicies.lfu(maximum, pins, 0)),
        AGEING_LFU(settings -> Tables.lfu(settings, 2), (maximum, pins) -> NaivePolicies.lfu(maximum, pins, 2)),
        SIEVE(Tables::sieve, NaivePolicies::sieve),
        S3_FIFO(Tables::s3Fifo, NaivePolicies::s3Fifo);

        final Function<TableSettings<Integer, Value>, BoundedTable<Integer, Value>> table;
        final BiFunction<Long, Long, NaiveTable> definition;

        Kind(
                Function<TableSettings<Integer, Value>, BoundedTable<Integer, Value>> table,
                BiFunction<Long, Long, NaiveTable> definition) {
            this.table = table;
            this.definition = definition;
        }
    }

    enum Action {
        ACCESS,
        GET,
        PUT,
        PUT_IF_ABSENT,
        REPLACE,
        REMOVE,
        RESIZE,
        PIN,
        UNPIN
    }

    record Step(Action action, int key, int weight) {}

    record Value(int weight) {}

    @Provide
    Arbitrary<List<Step>> traces() {
        Arbitrary<Action> actions = Arbitraries.frequencyOf(
                Tuple.of(12, Arbitraries.just(Action.ACCESS)),
                Tuple.of(4, Arbitraries.just(Action.GET)),
                Tuple.of(6, Arbitraries.of(Action.PUT, Action.PUT_IF_ABSENT, Action.REPLACE)),
                Tuple.of(2, Arbitraries.just(Action.REMOVE)),
                Tuple.of(1, Arbitraries.of(Action.RESIZE, Action.PIN, Action.UNPIN)));
        return Combinators.combine(
                        actions,
                        Arbitraries.integers().between(0, 15),
                        Arbitraries.integers().between(1, 5))
                .as(Step::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(300);
    }

    @Property(tries = 1500)
    void counted(
            @ForAll Kind kind, @ForAll @IntRange(min = 0, max = 12) int maximum, @ForAll("traces") List<Step> trace) {
        run(kind, maximum, false, trace);
    }

    @Property(tries = 1500)
    void weighed(
            @ForAll Kind kind, @ForAll @IntRange(min = 1, max = 30) int maximum, @ForAll("traces") List<Step> trace) {
        run(kind, maximum, true, trace);
    }

    private static void run(Kind kind, int maximum, boolean weighed, List<Step> trace) {
        List<Integer> evicted = new ArrayList<>();
        TableSettings<Integer, Value> settings = TableSettings.<Integer, Value>ofMaximum(maximum)
                .pinning(maximum / 2)
                .tellingEvictions((key, value) -> evicted.add(key));
        BoundedTable<Integer, Value> table =
                kind.table.apply(weighed ? settings.weighedBy((key, value) -> value.weight()) : settings);
        NaiveTable definition = kind.definition.apply((long) maximum, (long) (maximum / 2));
        for (Step step : trace) {
            Object expected = onDefinition(definition, weighed ? step : new Step(step.action, step.key, 1));
            assertThat(onTable(table, step)).as("%s", step).isEqualTo(expected);
            assertThat(evicted).as("victims after %s", step).isEqualTo(definition.evicted);
        }
        Map<Integer, Integer> held = new HashMap<>();
        table.forEach((key, value) -> held.put(key, weighed ? value.weight() : 1));
        Map<Integer, Integer> meant = new HashMap<>();
        definition.entries.forEach((key, entry) -> meant.put(key, entry.weight));
        assertThat(held).isEqualTo(meant);
        assertThat(table.size()).isEqualTo(meant.size());
        assertThat(table.weight()).isEqualTo(definition.weight());
        ((PolicyTable<?, ?>) table).check();
        evictsInTheOrderItForetells(table, evicted, weighed);
    }

    /** What weighs as much as the whole bound drives out everything else. */
    private static void evictsInTheOrderItForetells(
            BoundedTable<Integer, Value> table, List<Integer> evicted, boolean weighed) {
        table.forEach((key, value) -> table.unpin(key));
        evicted.clear();
        List<Integer> foretold = table.evictionOrder();
        assertThat(foretold).hasSize((int) table.size()).doesNotHaveDuplicates();
        if (weighed && table.maximum() > 0) {
            table.put(-1, new Value((int) table.maximum()));
            assertThat(evicted).isEqualTo(foretold);
        }
    }

    private static Object onTable(BoundedTable<Integer, Value> table, Step step) {
        Integer key = step.key();
        Value value = new Value(step.weight());
        switch (step.action()) {
            case ACCESS:
                boolean hit = table.get(key) != null;
                if (!hit) {
                    table.put(key, value);
                }
                return hit;
            case GET:
                return table.get(key) != null;
            case PUT:
                return table.put(key, value) != null;
            case PUT_IF_ABSENT:
                return table.putIfAbsent(key, value) != null;
            case REPLACE:
                Value there = table.peek(key);
                return there != null && table.replace(key, there, value);
            case REMOVE:
                return table.remove(key) != null;
            case RESIZE:
                table.setMaximum(step.key());
                return table.weight();
            case PIN:
                try {
                    return table.pin(key);
                } catch (IllegalStateException noRoom) {
                    return "no room";
                }
            case UNPIN:
                return table.unpin(key);
            default:
                throw new AssertionError(step);
        }
    }

    private static Object onDefinition(NaiveTable table, Step step) {
        int key = step.key();
        switch (step.action()) {
            case ACCESS:
                return table.get(key) || table.put(key, step.weight());
            case GET:
                return table.get(key);
            case PUT:
                return table.put(key, step.weight());
            case PUT_IF_ABSENT:
                return table.get(key) || table.put(key, step.weight());
            case REPLACE:
                return table.entries.containsKey(key) && table.put(key, step.weight());
            case REMOVE:
                return table.remove(key);
            case RESIZE:
                table.resize(step.key());
                return table.weight();
            case PIN:
                Boolean pinned = table.pin(key);
                return pinned == null ? "no room" : pinned;
            case UNPIN:
                return table.unpin(key);
            default:
                throw new AssertionError(step);
        }
    }
}
