package dev.tenfold.sharding.scatter;

import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.hash.Shard;
import dev.tenfold.time.Deadline;
import java.time.Duration;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collector;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One question to many shards, and how to put the answers together. Immutable: each method returns a changed copy, and only
 * {@link #run}, {@link #collect} and their asynchronous forms ask anything. Thread-safe.
 *
 * <p><b>While slots move</b> rows of one slot may be on two shards, complete or not. {@link #exactlyOnce} sees to it that
 * each key is in the result once in every phase: rows of slots that a shard was not asked for are left out, and after the
 * shard has answered it is made sure that its slots were still there; if not, they are sought where they went. Different
 * slots may be read at different moments, so this is no snapshot of all shards.
 *
 * @param <K> the kind of key
 * @param <S> the kind of shard
 * @param <T> the kind of row
 */
public final class ScatterQuery<K, S, T> {

    /** The most rows one shard may answer with, unless changed. */
    public static final int DEFAULT_MAXIMUM_ROWS = 100_000;

    final Scatter<K, S> scatter;
    final @Nullable ShardQuery<K, ? super S, T> query;
    final @Nullable AsyncShardQuery<K, ? super S, T> asyncQuery;

    // Copies are made field by field; nothing changes once a copy was handed out.
    @Nullable
    List<K> keys;

    Predicate<? super String> shards = shard -> true;

    @Nullable
    Function<? super T, ? extends K> keyOf;

    @Nullable
    ShardCheck<K, ? super S> check;

    @Nullable
    Deadline deadline;

    Duration budget;
    double leastCoverage = 1;
    boolean partial;
    private @Nullable Comparator<? super T> order;
    private long limit = Long.MAX_VALUE;
    private long offset;
    private int maximumRows = DEFAULT_MAXIMUM_ROWS;

    ScatterQuery(
            Scatter<K, S> scatter,
            @Nullable ShardQuery<K, ? super S, T> query,
            @Nullable AsyncShardQuery<K, ? super S, T> asyncQuery) {
        this.scatter = scatter;
        this.query = query;
        this.asyncQuery = asyncQuery;
        this.budget = scatter.configuration.budget;
    }

    private ScatterQuery<K, S, T> copy() {
        ScatterQuery<K, S, T> copy = new ScatterQuery<>(scatter, query, asyncQuery);
        copy.keys = keys;
        copy.shards = shards;
        copy.keyOf = keyOf;
        copy.check = check;
        copy.deadline = deadline;
        copy.budget = budget;
        copy.leastCoverage = leastCoverage;
        copy.partial = partial;
        copy.order = order;
        copy.limit = limit;
        copy.offset = offset;
        copy.maximumRows = maximumRows;
        return copy;
    }

    /**
     * Asks only for some keys: each shard that has any is told which.
     *
     * @param sought the keys
     * @return a copy
     */
    public ScatterQuery<K, S, T> toKeys(Collection<? extends K> sought) {
        ScatterQuery<K, S, T> copy = copy();
        copy.keys = List.copyOf(sought);
        return copy;
    }

    /**
     * Asks only some shards: for the slots they own when the scatter begins, wherever those go meanwhile.
     *
     * @param asked says which, by name
     * @return a copy
     */
    public ScatterQuery<K, S, T> toShards(Predicate<? super String> asked) {
        ScatterQuery<K, S, T> copy = copy();
        copy.shards = asked;
        return copy;
    }

    /**
     * Makes each key appear exactly once, in every phase of a move. Unless {@link #afterRead} says how else, the register
     * that holds the map is read after each shard's answer, to see that its slots are still there.
     *
     * @param key extracts a row's key; what an aggregate of many keys has none of, so a shard that aggregates by itself must
     *     select by {@link ShardPart#slots()} instead and check with {@link #afterRead}
     * @return a copy
     */
    public ScatterQuery<K, S, T> exactlyOnce(Function<? super T, ? extends K> key) {
        ScatterQuery<K, S, T> copy = copy();
        copy.keyOf = key;
        return copy;
    }

    /**
     * Checks, after each shard's answer, at the shard itself that its slots are still there, such as with {@code
     * ShardGuard.checkRead}. Not needed where the query does so.
     *
     * @param guard checks a shard; runs on the executor
     * @return a copy
     */
    public ScatterQuery<K, S, T> afterRead(ShardCheck<K, ? super S> guard) {
        ScatterQuery<K, S, T> copy = copy();
        copy.check = guard;
        return copy;
    }

    /**
     * Sets how long the scatter may take, from when it is run.
     *
     * @param time above zero; default the scatter's budget
     * @return a copy
     * @throws IllegalArgumentException if it is not above zero
     */
    public ScatterQuery<K, S, T> within(Duration time) {
        if (time.isZero() || time.isNegative()) {
            throw new IllegalArgumentException("within: " + time + " (expected: > 0)");
        }
        ScatterQuery<K, S, T> copy = copy();
        copy.budget = time;
        copy.deadline = null;
        return copy;
    }

    /**
     * Sets by when the scatter must have ended.
     *
     * @param by the deadline of the call this is part of
     * @return a copy
     */
    public ScatterQuery<K, S, T> deadline(Deadline by) {
        ScatterQuery<K, S, T> copy = copy();
        copy.deadline = by;
        return copy;
    }

    /**
     * Allows a result in which shards are missing, which failed or were too slow. Without this the scatter fails as soon as
     * one shard does.
     *
     * @param leastCoverage the part of the slots asked for that must be in it, 0 to 1; with less the scatter fails
     * @return a copy
     * @throws IllegalArgumentException if it is out of range
     */
    public ScatterQuery<K, S, T> partial(double leastCoverage) {
        if (!(leastCoverage >= 0 && leastCoverage <= 1)) {
            throw new IllegalArgumentException("leastCoverage: " + leastCoverage + " (expected: 0 to 1)");
        }
        ScatterQuery<K, S, T> copy = copy();
        copy.partial = true;
        copy.leastCoverage = leastCoverage;
        return copy;
    }

    /**
     * Sorts the rows over all shards, each of which must answer in that order.
     *
     * @param by the order; a shard whose rows are not in it fails
     * @return a copy
     */
    public ScatterQuery<K, S, T> sortedBy(Comparator<? super T> by) {
        ScatterQuery<K, S, T> copy = copy();
        copy.order = by;
        return copy;
    }

    /**
     * Limits the rows over all shards. Each shard is told how many of its rows are enough ({@link ShardPart#limit()}), and is
     * asked again for more where too many of them turn out to be of slots it does not own.
     *
     * @param most how many rows, >= 0
     * @return a copy
     * @throws IllegalArgumentException if it is below zero
     */
    public ScatterQuery<K, S, T> limit(long most) {
        ScatterQuery<K, S, T> copy = copy();
        copy.limit = notNegative("limit", most);
        return copy;
    }

    /**
     * Leaves out the first rows over all shards; each shard has to answer with them all the same.
     *
     * @param skipped how many, >= 0
     * @return a copy
     * @throws IllegalArgumentException if it is below zero
     */
    public ScatterQuery<K, S, T> offset(long skipped) {
        ScatterQuery<K, S, T> copy = copy();
        copy.offset = notNegative("offset", skipped);
        return copy;
    }

    /**
     * Sets how many rows of one shard are held; a shard that has more, and is not limited, fails.
     *
     * @param most >= 1; default {@value #DEFAULT_MAXIMUM_ROWS}
     * @return a copy
     * @throws IllegalArgumentException if it is below one
     */
    public ScatterQuery<K, S, T> maximumRows(int most) {
        if (most < 1) {
            throw new IllegalArgumentException("maximumRows: " + most + " (expected: >= 1)");
        }
        ScatterQuery<K, S, T> copy = copy();
        copy.maximumRows = most;
        return copy;
    }

    private static long notNegative(String name, long value) {
        if (value < 0) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: >= 0)");
        }
        return value;
    }

    /**
     * Asks the shards and waits for the rows: sorted, or else shard after shard.
     *
     * @return the rows
     * @throws IncompleteResultException if shards failed, more than allowed
     * @throws DeadlineExceededException if only time was lacking, or the thread was interrupted, whose flag is kept then
     */
    public Gathered<List<T>> run() {
        return new Scattering<>(this, listing()).await();
    }

    /**
     * Asks the shards for rows, as {@link #run}, without waiting.
     *
     * @return completes with the rows, on the thread of the last answer, or exceptionally as {@code run} throws; cancelling
     *     it (as a {@code CompletableFuture}) stops the queries
     * @throws IllegalStateException if the scatter has no executor to run blocking queries on
     */
    public CompletionStage<Gathered<List<T>>> start() {
        return new Scattering<>(this, listing()).start();
    }

    /**
     * Asks the shards and folds their rows, without holding them.
     *
     * @param <R> the kind of result
     * @param collector folds; see {@link Aggregates}. Each shard's rows are folded apart, and the parts combined in the order
     *     of the shards
     * @return what was collected
     * @throws IncompleteResultException if shards failed, more than allowed
     * @throws DeadlineExceededException if only time was lacking, or the thread was interrupted, whose flag is kept then
     * @throws IllegalStateException if the rows are to be sorted or limited
     */
    public <R extends @Nullable Object> Gathered<R> collect(Collector<? super T, ?, R> collector) {
        return new Scattering<>(this, collecting(collector)).await();
    }

    /**
     * Asks the shards and folds their rows, as {@link #collect}, without waiting.
     *
     * @param <R> the kind of result
     * @param collector folds
     * @return completes as that of {@link #start}
     * @throws IllegalStateException if the scatter has no executor to run blocking queries on, or the rows are to be sorted
     *     or limited
     */
    public <R extends @Nullable Object> CompletionStage<Gathered<R>> startCollect(
            Collector<? super T, ?, R> collector) {
        return new Scattering<>(this, collecting(collector)).start();
    }

    private Gathering<T, List<T>, List<T>> listing() {
        return new Gathering.Listing<>(order, offset, limit, maximumRows);
    }

    private <A, R extends @Nullable Object> Gathering<T, A, R> collecting(Collector<? super T, A, R> collector) {
        if (order != null || limit != Long.MAX_VALUE || offset != 0) {
            throw new IllegalStateException(
                    "sortedBy, limit or offset: set (expected: none with collect, which takes all"
                            + " rows in no particular order; use run())");
        }
        return new Gathering.Collecting<>(collector);
    }

    /** The slots asked for, by a map. */
    BitSet wanted(ShardMap map) {
        BitSet wanted = new BitSet();
        if (keys != null) {
            keys.forEach(key -> wanted.set(scatter.slotOf(map, key)));
        } else {
            wanted.set(0, map.allSlots());
        }
        // Asked once for each shard, not for each slot.
        Set<String> asked = map.shards().stream().map(Shard::id).filter(shards).collect(Collectors.toSet());
        for (int slot = wanted.nextSetBit(0); slot >= 0; slot = wanted.nextSetBit(slot + 1)) {
            if (!asked.contains(map.owner(slot))) {
                wanted.clear(slot);
            }
        }
        return wanted;
    }

    List<K> soughtKeys() {
        return keys == null ? List.of() : keys;
    }

    Deadline effectiveDeadline() {
        return deadline != null ? deadline : Deadline.after(budget, scatter.configuration.time);
    }
}
