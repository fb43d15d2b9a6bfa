package dev.tenfold.sharding.scatter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.observe.Observer;
import dev.tenfold.sharding.Sharder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class MergeProperties {

    private record Row(long key, int score) {}

    /** By score, and by key where that is equal, so that there is one right answer. */
    private static final Comparator<Row> ORDER =
            Comparator.comparingInt(Row::score).thenComparingLong(Row::key);

    /**
     * Whatever the rows, the offset and the limit: as if the union were sorted and cut. Shards push the limit down, and hold
     * many rows of slots that are not theirs, which come first.
     */
    @Property(tries = 200)
    void isTheSortedUnionCutToSize(
            @ForAll @IntRange(min = 1, max = 6) int size,
            @ForAll @IntRange(min = 0, max = 80) int rows,
            @ForAll @IntRange(min = 0, max = 30) int limit,
            @ForAll @IntRange(min = 0, max = 30) int offset,
            @ForAll boolean async,
            @ForAll long seed) {
        Random random = new Random(seed);
        Map<String, List<Row>> databases = new HashMap<>();
        Sharder<Long, String> shards = shards(size);
        List<Row> union = new ArrayList<>();
        for (long key = 0; key < rows; key++) {
            Row row = new Row(key, random.nextInt(20));
            union.add(row);
            String home = shards.locate(key);
            databases.computeIfAbsent(home, name -> new ArrayList<>()).add(row);
            for (int other = 0; other < size; other++) {
                String name = "s" + other;
                if (!name.equals(home) && random.nextInt(3) == 0) {
                    databases.computeIfAbsent(name, n -> new ArrayList<>()).add(new Row(key, random.nextInt(3)));
                }
            }
        }
        ShardQuery<Long, String, Row> select = (db, part) -> databases.getOrDefault(db, List.of()).stream()
                .sorted(ORDER)
                .limit(part.limit().orElseThrow())
                .toList();
        Scatter<Long, String> scatter = Scatter.over(shards).build();
        ScatterQuery<Long, String, Row> query = async
                ? scatter.queryAsync((db, part) -> java.util.concurrent.CompletableFuture.supplyAsync(() -> {
                    try {
                        return select.on(db, part);
                    } catch (Exception impossible) {
                        throw new AssertionError(impossible);
                    }
                }))
                : scatter.query(select);
        Gathered<List<Row>> gathered = query.exactlyOnce(Row::key)
                .sortedBy(ORDER)
                .offset(offset)
                .limit(limit)
                .run();
        assertThat(gathered.result())
                .as("seed %d", seed)
                .isEqualTo(
                        union.stream().sorted(ORDER).skip(offset).limit(limit).toList());
        assertThat(gathered.isComplete()).isTrue();
        assertThat(gathered.coverage()).isEqualTo(1);
    }

    /** All aggregates, over rows and over what shards say of theirs, against a sequential stream. */
    @Property(tries = 100)
    void aggregatesAsOneStreamWould(@ForAll @IntRange(min = 0, max = 60) int rows, @ForAll long seed) {
        Random random = new Random(seed);
        Sharder<Long, String> shards = shards(3);
        Map<String, List<Row>> databases = new TreeMap<>();
        List<Row> union = new ArrayList<>();
        for (long key = 0; key < rows; key++) {
            Row row = new Row(key, random.nextInt(10));
            union.add(row);
            databases
                    .computeIfAbsent(shards.locate(key), name -> new ArrayList<>())
                    .add(row);
        }
        Scatter<Long, String> scatter = Scatter.over(shards).build();
        ScatterQuery<Long, String, Row> all = scatter.query((db, part) -> databases.getOrDefault(db, List.of()));
        LongSummaryStatistics exact = union.stream().mapToLong(Row::score).summaryStatistics();
        assertThat(all.collect(Aggregates.count()).result()).isEqualTo(rows);
        assertThat(all.collect(Aggregates.sum(Row::score)).result()).isEqualTo(exact.getSum());
        assertThat(all.collect(Collectors.minBy(ORDER)).result())
                .isEqualTo(union.stream().min(ORDER));
        assertThat(all.collect(Collectors.maxBy(ORDER)).result())
                .isEqualTo(union.stream().max(ORDER));
        assertThat(all.collect(Aggregates.groupBy(Row::score, 10, Aggregates.count()))
                        .result())
                .isEqualTo(union.stream().collect(Collectors.groupingBy(Row::score, Collectors.counting())));
        ScatterQuery<Long, String, LongSummaryStatistics> partial =
                scatter.query((db, part) -> List.of(databases.getOrDefault(db, List.of()).stream()
                        .mapToLong(Row::score)
                        .summaryStatistics()));
        LongSummaryStatistics combined = partial.collect(Aggregates.summary()).result();
        assertThat(combined.toString()).isEqualTo(exact.toString());
        assertThat(partial.collect(Aggregates.average(LongSummaryStatistics::getSum, LongSummaryStatistics::getCount))
                        .result())
                .isEqualTo(rows == 0 ? OptionalDouble.empty() : OptionalDouble.of(exact.getAverage()));
    }

    @Example
    void refusesWhatCannotBeRight() {
        Scatter<Long, String> scatter = Scatter.over(shards(2)).build();
        ScatterQuery<Long, String, Long> unsorted = scatter.query((db, part) -> List.of(3L, 1L, 2L));
        assertThatThrownBy(
                        () -> unsorted.sortedBy(Comparator.<Long>naturalOrder()).run())
                .isInstanceOf(IncompleteResultException.class)
                .hasMessageContaining("row 1 after 3 (expected: in the scatter's order");
        assertThatThrownBy(() -> unsorted.maximumRows(2).run()).hasMessageContaining("more than 2");
        assertThat(unsorted.maximumRows(2).limit(2).run().result()).containsExactly(3L, 1L);
        assertThat(unsorted.offset(2).limit(2).run().result()).containsExactly(2L, 3L);
        assertThatThrownBy(() -> unsorted.limit(1).collect(Aggregates.count()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("none with collect");
        assertThatThrownBy(() -> unsorted.collect(Aggregates.groupBy(row -> row, 2, Aggregates.count())))
                .hasMessageContaining("groups: more than 2");
        ScatterQuery<Long, String, Long> huge = scatter.query((db, part) -> List.of(Long.MAX_VALUE));
        assertThatThrownBy(() -> huge.collect(Aggregates.sum(row -> row))).isInstanceOf(ArithmeticException.class);
        assertThatThrownBy(() -> unsorted.limit(-1)).hasMessage("limit: -1 (expected: >= 0)");
        assertThatThrownBy(() -> unsorted.partial(1.5)).hasMessageContaining("leastCoverage: 1.5");
    }

    /** A source is not read before its turn. */
    @Example
    void mergesLazily() {
        List<Long> read = new ArrayList<>();
        Iterator<Long> endless =
                LongStream.iterate(0, n -> n + 2).peek(read::add).boxed().iterator();
        Iterator<Long> merged =
                KWayMerge.sorted(List.of(endless, List.of(1L, 3L).iterator()), Comparator.<Long>naturalOrder());
        for (long expected = 0; expected < 6; expected++) {
            assertThat(merged.next()).isEqualTo(expected == 5 ? 6 : expected);
        }
        assertThat(read).hasSizeLessThanOrEqualTo(6);
        Iterator<Long> none = KWayMerge.sorted(List.<Iterator<Long>>of(), Comparator.<Long>naturalOrder());
        assertThat(none.hasNext()).isFalse();
        assertThatThrownBy(none::next).isInstanceOf(NoSuchElementException.class);
    }

    private static Sharder<Long, String> shards(int size) {
        var builder = Sharder.<Long, String>consistent().slots(64).observer(Observer.none());
        for (int i = 0; i < size; i++) {
            builder.shard("s" + i, "s" + i);
        }
        return builder.build();
    }
}
