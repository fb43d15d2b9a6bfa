package dev.tenfold.sharding.scatter;

import java.util.HashMap;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Collector;

/**
 * Collectors for {@link ScatterQuery#collect}, beside those of {@link java.util.stream.Collectors}, which work as well: minimum and
 * maximum are {@code minBy} and {@code maxBy}, the user's own is {@link Collector#of}. Each shard's rows are folded on the
 * shard's thread, and the parts combined in the end.
 *
 * <p>Where the shards aggregate by themselves, a row is a partial result, and what is collected is their sum: {@code sum}
 * of the shards' counts or sums, {@code average} of their sums and counts; averages themselves cannot be averaged.
 */
public final class Aggregates {

    private Aggregates() {}

    /**
     * Counts rows.
     *
     * @param <T> the kind of row
     * @return a collector
     */
    public static <T> Collector<T, ?, Long> count() {
        return sum(row -> 1);
    }

    /**
     * Adds up a number of each row.
     *
     * @param <T> the kind of row
     * @param number the number, such as a row's value or a shard's own sum or count
     * @return a collector; it fails with {@link ArithmeticException} rather than overflow
     */
    public static <T> Collector<T, ?, Long> sum(ToLongFunction<? super T> number) {
        return Collector.of(
                () -> new long[1],
                (sum, row) -> sum[0] = Math.addExact(sum[0], number.applyAsLong(row)),
                (a, b) -> {
                    a[0] = Math.addExact(a[0], b[0]);
                    return a;
                },
                sum -> sum[0]);
    }

    /**
     * Averages over shards that say their sums and counts.
     *
     * @param <T> the kind of row
     * @param sum a shard's sum; of single rows the value
     * @param count how many values are in it; of single rows 1
     * @return a collector, of nothing where there is no value; it fails with {@link ArithmeticException} rather than
     *     overflow
     */
    public static <T> Collector<T, ?, OptionalDouble> average(
            ToLongFunction<? super T> sum, ToLongFunction<? super T> count) {
        return Collector.of(
                () -> new long[2],
                (total, row) -> add(total, sum.applyAsLong(row), count.applyAsLong(row)),
                (a, b) -> add(a, b[0], b[1]),
                total -> total[1] == 0 ? OptionalDouble.empty() : OptionalDouble.of((double) total[0] / total[1]));
    }

    private static long[] add(long[] total, long sum, long count) {
        total[0] = Math.addExact(total[0], sum);
        total[1] = Math.addExact(total[1], count);
        return total;
    }

    /**
     * Combines the shards' own summaries: count, sum, minimum and maximum.
     *
     * @return a collector; its sum overflows as {@link LongSummaryStatistics} does
     */
    public static Collector<LongSummaryStatistics, ?, LongSummaryStatistics> summary() {
        return Collector.of(LongSummaryStatistics::new, LongSummaryStatistics::combine, (a, b) -> {
            a.combine(b);
            return a;
        });
    }

    /**
     * Groups rows and collects each group.
     *
     * @param <T> the kind of row
     * @param <G> says which group
     * @param <A> what a group is collected in
     * @param <R> the kind of a group's result
     * @param group which group a row belongs to
     * @param maximumGroups how many groups there may be, >= 1; with more it fails with {@link IllegalStateException}
     * @param downstream collects a group
     * @return a collector of a map in no particular order
     */
    public static <T, G, A, R> Collector<T, ?, Map<G, R>> groupBy(
            Function<? super T, ? extends G> group, int maximumGroups, Collector<? super T, A, R> downstream) {
        if (maximumGroups < 1) {
            throw new IllegalArgumentException("maximumGroups: " + maximumGroups + " (expected: >= 1)");
        }
        return Collector.<T, Map<G, A>, Map<G, R>>of(
                HashMap::new,
                (groups, row) -> {
                    A container = groups.computeIfAbsent(
                            group.apply(row), absent -> downstream.supplier().get());
                    bound(groups, maximumGroups);
                    downstream.accumulator().accept(container, row);
                },
                (groups, others) -> {
                    others.forEach((name, container) -> groups.merge(name, container, downstream.combiner()));
                    bound(groups, maximumGroups);
                    return groups;
                },
                groups -> {
                    Map<G, R> results = new HashMap<>();
                    groups.forEach((name, container) ->
                            results.put(name, downstream.finisher().apply(container)));
                    return results;
                });
    }

    private static void bound(Map<?, ?> groups, int maximum) {
        if (groups.size() > maximum) {
            throw new IllegalStateException(
                    "groups: more than " + maximum + " (expected: at most maximumGroups; group more coarsely)");
        }
    }
}
