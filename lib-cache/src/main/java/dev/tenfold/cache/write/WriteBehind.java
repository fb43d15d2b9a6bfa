package dev.tenfold.cache.write;

import dev.tenfold.cache.Writer;
import dev.tenfold.error.OverloadedException;
import dev.tenfold.observe.Event;
import dev.tenfold.observe.Measured;
import dev.tenfold.observe.Measurement;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.Scheduler;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Changes the store after the cache: in batches, in the executor, again and again until the store has taken them. Give it
 * to {@code CacheBuilder.writer}; the cache closes it.
 *
 * <ul>
 *   <li>A key's changes reach the store in the order they were made; of several that wait, only the last does. Different
 *       keys may overtake each other.
 *   <li>Through the cache it was given to, a change is seen at once, also after its copy was evicted. Other nodes, and
 *       whoever reads the store itself, see it when it is written.
 *   <li>What waits is in memory only: a process that dies loses it. {@link #close} writes what it can within a limit and
 *       says what was left.
 * </ul>
 *
 * <p><b>Invariant.</b> {@code unwritten} holds the newest change of each key that the store has not confirmed; the key is in
 * {@code queue} or in the one batch under way, or in both when it changed again meanwhile. <b>Writers</b> hold {@code lock};
 * {@code unwritten} may be read without. One batch at a time is what keeps the order of a key.
 *
 * <p>Thread-safe. A write takes a lock for some hundred nanoseconds, unless the queue is full.
 *
 * @param <K> the kind of key
 * @param <V> the kind of value
 */
public final class WriteBehind<K, V> implements Writer<K, V>, Measured {

    private final WriteBehindBuilder<K, V> settings;
    private final ConcurrentHashMap<K, Pending<V>> unwritten = new ConcurrentHashMap<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // All guarded by lock.
    private final Set<K> queue = new LinkedHashSet<>();
    private final Map<K, Integer> attempts = new HashMap<>();
    private int batchLimit;
    private int failuresInARow;
    private boolean writing;
    private boolean urgent;
    private boolean closed;
    private Scheduler.@Nullable Task timer;

    private final LongAdder written = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final LongAdder givenUp = new LongAdder();

    WriteBehind(WriteBehindBuilder<K, V> settings) {
        this.settings = settings;
        batchLimit = settings.maximumBatch;
    }

    /**
     * Starts building a writer.
     *
     * @param <K> the kind of key
     * @param <V> the kind of value
     * @param name names it in messages, events and measurements; not blank
     * @param store the store
     * @return a builder with the defaults
     */
    public static <K, V> WriteBehindBuilder<K, V> to(String name, StoreWriter<K, V> store) {
        return new WriteBehindBuilder<>(name, store);
    }

    /**
     * {@inheritDoc}
     *
     * @throws OverloadedException if the queue is full and the writer was built to reject, or there was no room in time
     * @throws IllegalStateException if it was closed
     */
    @Override
    public void write(K key, @Nullable V value) {
        lock.lock();
        try {
            makeRoom(key);
            unwritten.put(key, new Pending<>(value));
            queue.add(key);
            attempts.remove(key);
            arm();
        } finally {
            lock.unlock();
        }
    }

    private void makeRoom(K key) {
        Deadline deadline = Deadline.after(settings.fullTimeout, settings.time);
        while (!closed && unwritten.size() >= settings.maximumPending && !unwritten.containsKey(key)) {
            try {
                if (deadline.isExpired() || changed.awaitNanos(deadline.remainingNanos()) <= 0) {
                    throw new OverloadedException(this + ": " + unwritten.size()
                            + " changes wait for the store (expected: fewer; raise maximumPending or slow down)");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new OverloadedException(this + ": interrupted while the queue was full");
            }
        }
        if (closed) {
            throw new IllegalStateException(this + " is closed; it took over no change of key " + key);
        }
    }

    @Override
    public @Nullable Pending<V> pending(K key) {
        return unwritten.get(key);
    }

    /** Sees to it that a batch is written in time. Holding the lock. */
    private void arm() {
        if (writing || queue.isEmpty()) {
            return;
        }
        if (failuresInARow > 0) {
            start(settings.backoff.delayAfter(failuresInARow, settings.random));
        } else if (queue.size() >= batchLimit) {
            if (!urgent) {
                disarm();
                start(Duration.ZERO);
                urgent = true;
            }
        } else {
            start(settings.delay);
        }
    }

    private void start(Duration delay) {
        if (timer == null && !closed) {
            timer = settings.scheduler.schedule(delay, this::send);
        }
    }

    private void disarm() {
        if (timer != null) {
            timer.cancel();
            timer = null;
            urgent = false;
        }
    }

    private void send() {
        try {
            settings.executor.execute(() -> {
                var unused = writeBatch();
            });
        } catch (RejectedExecutionException full) {
            lock.lock();
            try {
                disarm();
                failuresInARow++;
                arm();
            } finally {
                lock.unlock();
            }
        }
    }

    /** Writes the oldest changes; returns whether there were any and no other batch under way. */
    private boolean writeBatch() {
        Map<K, Pending<V>> batch = take();
        if (batch.isEmpty()) {
            return false;
        }
        @Nullable Exception failure = null;
        try {
            store(batch);
        } catch (Exception e) {
            failure = e;
        }
        settle(batch, failure);
        return true;
    }

    private Map<K, Pending<V>> take() {
        Map<K, Pending<V>> batch = new LinkedHashMap<>();
        lock.lock();
        try {
            if (writing) {
                return batch;
            }
            disarm();
            for (Iterator<K> keys = queue.iterator(); keys.hasNext() && batch.size() < batchLimit; ) {
                K key = keys.next();
                keys.remove();
                Pending<V> change = unwritten.get(key);
                if (change != null) {
                    batch.put(key, change);
                }
            }
            writing = !batch.isEmpty();
        } finally {
            lock.unlock();
        }
        return batch;
    }

    /** A key is in a batch once, so the order of the two calls does not matter. */
    private void store(Map<K, Pending<V>> batch) throws Exception {
        Map<K, V> values = new LinkedHashMap<>();
        Set<K> removed = new LinkedHashSet<>();
        batch.forEach((key, change) -> {
            V value = change.value();
            if (value == null) {
                removed.add(key);
            } else {
                values.put(key, value);
            }
        });
        if (!values.isEmpty()) {
            settings.store.writeAll(values);
        }
        if (!removed.isEmpty()) {
            settings.store.removeAll(removed);
        }
    }

    /**
     * Forgets what was written, by identity, and queues again what was not. A failed batch comes back at the end of the
     * queue and in halves, so that one change which the store will not take does not hold up the rest.
     */
    private void settle(Map<K, Pending<V>> batch, @Nullable Exception failure) {
        List<K> lost = new ArrayList<>();
        lock.lock();
        try {
            writing = false;
            for (Map.Entry<K, Pending<V>> each : batch.entrySet()) {
                K key = each.getKey();
                boolean over = failure == null;
                if (failure != null && batch.size() == 1 && !queue.contains(key)) {
                    int made = attempts.merge(key, 1, Integer::sum);
                    over = !settings.backoff.allowsAfter(made);
                    if (over) {
                        lost.add(key);
                    }
                }
                if (over) {
                    attempts.remove(key);
                    forget(key, each.getValue());
                } else {
                    queue.add(key);
                }
            }
            if (failure == null) {
                written.add(batch.size());
                failuresInARow = 0;
                batchLimit = Math.min(settings.maximumBatch, batchLimit * 2);
            } else {
                failures.increment();
                failuresInARow = lost.isEmpty() ? failuresInARow + 1 : 0;
                batchLimit = Math.max(1, batchLimit / 2);
            }
            changed.signalAll();
            arm();
        } finally {
            lock.unlock();
        }
        report(failure, lost);
    }

    /** A change made meanwhile is another object and stays. */
    @SuppressWarnings("ReferenceEquality") // two changes may be equal
    private void forget(K key, Pending<V> change) {
        unwritten.computeIfPresent(key, (k, newest) -> newest == change ? null : newest);
    }

    private void report(@Nullable Exception failure, List<K> lost) {
        if (!lost.isEmpty()) {
            givenUp.add(lost.size());
            tell("write.given.up", Level.ERROR, "gave up writing " + lost + ": " + failure, lost.size());
        }
    }

    /**
     * Writes what waits, on this thread, until nothing does or the time is up.
     *
     * @param limit how long to try
     * @return the keys whose newest change is not in the store, or not known to be; empty if everything is
     */
    public Set<K> drain(Duration limit) {
        Deadline deadline = Deadline.after(limit, settings.time);
        while (!unwritten.isEmpty() && !deadline.isExpired()) {
            int before = failuresInARow();
            boolean tried = writeBatch();
            int failed = failuresInARow();
            if (!tried || failed > before) {
                Duration pause = tried
                        ? settings.backoff.delayAfter(Math.max(1, failed), settings.random)
                        : deadline.remaining();
                if (!pause(Math.min(pause.toNanos(), deadline.remainingNanos()))) {
                    break;
                }
            }
        }
        return Set.copyOf(unwritten.keySet());
    }

    private int failuresInARow() {
        lock.lock();
        try {
            return failuresInARow;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for another batch to end, or for the backoff. */
    @SuppressWarnings("WaitNotInLoop") // drain is the loop
    private boolean pause(long nanos) {
        lock.lock();
        try {
            if (nanos > 0 && !unwritten.isEmpty()) {
                var unused = changed.awaitNanos(nanos);
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes over no more changes, writes what waits within the limit it was built with, and tells the observer ({@code
     * writes.left}, with the keys) what it could not. What was left can still be read with {@link #unwritten}.
     */
    @Override
    public void close() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            disarm();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        Set<K> left = drain(settings.closeTimeout);
        if (!left.isEmpty()) {
            tell("writes.left", Level.ERROR, "closed with changes that are not in the store: " + left, left.size());
        }
    }

    /**
     * Returns the newest change of each key that the store has not confirmed.
     *
     * @return a copy
     */
    public Map<K, Pending<V>> unwritten() {
        return Map.copyOf(unwritten);
    }

    @Override
    public List<Measurement> measurements() {
        Map<String, String> tags = Map.of("writer", settings.name);
        return List.of(
                Measurement.gauge("tenfold.cache.writes.pending", "1", "Keys that wait", tags, unwritten::size),
                Measurement.counter("tenfold.cache.writes", "Changes written", tags, written::sum),
                Measurement.counter("tenfold.cache.writes.failed", "Batches that failed", tags, failures::sum),
                Measurement.counter("tenfold.cache.writes.given.up", "Changes given up", tags, givenUp::sum));
    }

    @Override
    public String toString() {
        return "write-behind '" + settings.name + "'";
    }

    private void tell(String kind, Level level, String message, int changes) {
        settings.observer.on(new Event(
                settings.time.now(),
                "cache/" + settings.name,
                kind,
                level,
                this + ": " + message,
                Map.of("changes", changes)));
    }
}
