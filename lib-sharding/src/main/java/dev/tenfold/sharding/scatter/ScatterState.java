package dev.tenfold.sharding.scatter;

import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.hash.Shard;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.ToIntBiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The account of a scatter: which slots are wanted, being asked for, answered for or given up. Its lock is held for
 * bookkeeping only; no code of the user runs under it but the hash of its keys.
 *
 * <p><b>Invariant:</b> until it is over, each wanted slot is in exactly one of: a part that waits, runs or rests; an answer;
 * what was given up. A map that numbers slots otherwise (a key was isolated) makes all of them be asked for anew, as the next
 * generation. {@code active} counts queries on threads, which those of an older generation occupy as well.
 */
final class ScatterState<K, A> {

    /** What there is in the end. */
    record Summary<A>(
            List<A> answers,
            List<MissingShard> missing,
            boolean onlyLate,
            double coverage,
            long epoch,
            Map<String, Duration> times) {}

    private record Answer<A>(String shard, int first, A rows) {}

    private final int parallelism;
    private final Function<ShardMap, BitSet> select;
    private final ToIntBiFunction<ShardMap, K> slotting;
    private final TimeSource time;

    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<Part<K>> waiting = new ArrayDeque<>();
    private final Set<Attempt<K, A>> running = new LinkedHashSet<>();
    private final Set<Part<K>> resting = new LinkedHashSet<>();
    private final List<Answer<A>> answers = new ArrayList<>();
    private final List<MissingShard> lost = new ArrayList<>();
    private final Map<String, Duration> times = new LinkedHashMap<>();
    private @Nullable ShardMap map;
    private BitSet wanted = new BitSet();
    private int lostSlots;
    private int coveredSlots;
    private int generation;
    private int active;
    private boolean over;

    ScatterState(
            int parallelism,
            Function<ShardMap, BitSet> select,
            ToIntBiFunction<ShardMap, K> slotting,
            TimeSource time) {
        this.parallelism = parallelism;
        this.select = select;
        this.slotting = slotting;
        this.time = time;
    }

    /** True if there is nothing to ask for. */
    boolean begin(ShardMap first, List<K> keys) {
        lock.lock();
        try {
            ask(first, keys);
            return settled();
        } finally {
            lock.unlock();
        }
    }

    private void ask(ShardMap by, List<K> keys) {
        map = by;
        wanted = select.apply(by);
        waiting.addAll(Part.of(by, wanted, keys, slotting));
    }

    /** The next part to be asked for; null if none waits, or as many as allowed are at it. */
    @Nullable
    Attempt<K, A> next() {
        lock.lock();
        try {
            if (over || active >= parallelism) {
                return null;
            }
            Part<K> part = waiting.poll();
            if (part == null) {
                return null;
            }
            Attempt<K, A> attempt = new Attempt<>(part, generation);
            running.add(attempt);
            active++;
            return attempt;
        } finally {
            lock.unlock();
        }
    }

    /** A query has left its thread. */
    void release() {
        lock.lock();
        try {
            active--;
        } finally {
            lock.unlock();
        }
    }

    /** True if that was the last one. */
    boolean answered(Attempt<K, A> attempt) {
        lock.lock();
        try {
            if (!leave(attempt)) {
                return false;
            }
            BitSet slots = attempt.part.slots();
            coveredSlots += slots.cardinality();
            answers.add(
                    new Answer<>(attempt.part.shard(), slots.nextSetBit(0), Objects.requireNonNull(attempt.answer)));
            return settled();
        } finally {
            lock.unlock();
        }
    }

    /** True if it is one to go on with. */
    boolean rest(Attempt<K, A> attempt, Part<K> part) {
        lock.lock();
        try {
            return leave(attempt) && resting.add(part);
        } finally {
            lock.unlock();
        }
    }

    boolean restAgain(Part<K> part, Part<K> again) {
        lock.lock();
        try {
            return resting.remove(part) && !over && resting.add(again);
        } finally {
            lock.unlock();
        }
    }

    /** True if the scatter is to end now. */
    boolean failed(Attempt<K, A> attempt, Throwable reason, double leastCoverage) {
        lock.lock();
        try {
            return leave(attempt) && lose(attempt.part, reason, leastCoverage);
        } finally {
            lock.unlock();
        }
    }

    /** True if the scatter is to end now. */
    boolean giveUp(Part<K> part, Throwable reason, double leastCoverage) {
        lock.lock();
        try {
            return resting.remove(part) && !over && lose(part, reason, leastCoverage);
        } finally {
            lock.unlock();
        }
    }

    private boolean lose(Part<K> part, Throwable reason, double leastCoverage) {
        lost.add(new MissingShard(part.shard(), part.slots().cardinality(), reason));
        lostSlots += part.slots().cardinality();
        int reachable = wanted.cardinality() - lostSlots;
        return settled() || (double) reachable / wanted.cardinality() < leastCoverage;
    }

    /** Divides a refused part by a newer map; returns what was asked for in vain, if all is asked for anew. */
    List<Straggler> divide(Part<K> part, ShardMap by, List<K> keys) {
        lock.lock();
        try {
            if (!resting.remove(part) || over) {
                return List.of();
            }
            if (part.numberedAs(by)) {
                ShardMap known = Objects.requireNonNull(map);
                map = by.epoch() > known.epoch() ? by : known;
                waiting.addAll(part.divide(by, slotting));
                return List.of();
            }
            generation++;
            List<Straggler> outdated = stragglers();
            running.forEach(this::clock);
            running.clear();
            waiting.clear();
            resting.clear();
            answers.clear();
            lost.clear();
            lostSlots = 0;
            coveredSlots = 0;
            ask(by, keys);
            return outdated;
        } finally {
            lock.unlock();
        }
    }

    /** What there is, once; null the second time. */
    @Nullable
    Summary<A> conclude(boolean late, Deadline deadline) {
        lock.lock();
        try {
            if (over) {
                return null;
            }
            over = true;
            ShardMap last = Objects.requireNonNull(map);
            // Whoever failed explains the end; else all that is not there was too slow.
            boolean onlyLate = lost.isEmpty();
            Map<String, MissingShard> missing = new LinkedHashMap<>();
            lost.forEach(shard -> merge(missing, shard));
            if (late) {
                List<Part<K>> unanswered = new ArrayList<>(waiting);
                running.forEach(attempt -> unanswered.add(attempt.part));
                unanswered.addAll(resting);
                for (Part<K> part : unanswered) {
                    Throwable refused = part.refused();
                    merge(
                            missing,
                            new MissingShard(
                                    part.shard(),
                                    part.slots().cardinality(),
                                    refused != null
                                            ? refused
                                            : new DeadlineExceededException(
                                                    "shard " + part.shard(), deadline.budget(), null)));
                }
            }
            running.forEach(this::clock);
            List<String> order = last.shards().stream().map(Shard::id).toList();
            answers.sort(Comparator.<Answer<A>>comparingInt(answer -> order.indexOf(answer.shard()))
                    .thenComparingInt(Answer::first));
            return new Summary<>(
                    answers.stream().map(Answer::rows).toList(),
                    List.copyOf(missing.values()),
                    onlyLate,
                    wanted.isEmpty() ? 1 : (double) coveredSlots / wanted.cardinality(),
                    last.epoch(),
                    times);
        } finally {
            lock.unlock();
        }
    }

    private static void merge(Map<String, MissingShard> missing, MissingShard more) {
        missing.merge(more.shard(), more, (a, b) -> new MissingShard(a.shard(), a.slots() + b.slots(), a.reason()));
    }

    /** Ends it, if that was not done; returns what is still under way. */
    List<Straggler> abandon() {
        lock.lock();
        try {
            over = true;
            List<Straggler> left = stragglers();
            running.clear();
            waiting.clear();
            resting.clear();
            return left;
        } finally {
            lock.unlock();
        }
    }

    private List<Straggler> stragglers() {
        return running.stream().map(attempt -> attempt.straggler).toList();
    }

    /** False if nobody waits for it any more. */
    private boolean leave(Attempt<K, A> attempt) {
        if (!running.remove(attempt)) {
            return false;
        }
        clock(attempt);
        return !over && attempt.generation == generation;
    }

    private void clock(Attempt<K, A> attempt) {
        if (attempt.begun) {
            times.merge(attempt.part.shard(), Duration.ofNanos(time.nanoTime() - attempt.began), Duration::plus);
        }
    }

    private boolean settled() {
        return waiting.isEmpty() && running.isEmpty() && resting.isEmpty();
    }
}
