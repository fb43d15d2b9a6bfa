package dev.tenfold.cache;

import dev.tenfold.cache.eviction.BoundedTable;
import dev.tenfold.cache.eviction.TableSettings;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.ToIntBiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Holds the copies, bounded, indexed by tag, and knows nothing of loads. Changes of one key come one at a time, inside its
 * section ({@link Flights}); reads and evictions at any time.
 *
 * <p>What is past its use is dropped when it is looked at or replaced, and by a sweep after as many writes as there are
 * copies, so that a write pays for looking at one or two.
 */
final class Store<K, V> {

    /** Below this many copies a sweep waits for as many writes. */
    private static final int SMALLEST_SWEEP = 256;

    private static final int TABLE_BYTES = 102;
    private static final int TRACKED_BYTES = 56;
    private static final int TAG_BYTES = 60;

    final LongAdder writes = new LongAdder();
    final LongAdder evictions = new LongAdder();
    final LongAdder expirations = new LongAdder();

    /** From keys to what {@link Copy#held} says. */
    final BoundedTable<K, Object> table;

    private final Copies<K, V> copies;
    private final Lifetimes<K, V> lifetimes;
    private final @Nullable TagIndex<K, V> tags;
    private final @Nullable Removals<K, V> removals;
    private final boolean ages;
    private volatile boolean direct;
    private final AtomicInteger writesSinceSweep = new AtomicInteger();
    private final AtomicBoolean sweeping = new AtomicBoolean();

    Store(CacheOptions<K, V> b, Copies<K, V> copies, Lifetimes<K, V> lifetimes) {
        this.copies = copies;
        this.lifetimes = lifetimes;
        ages = copies.areAgeing();
        direct = !copies.areTracked();
        tags = b.tags == null && b.remote == null ? null : new TagIndex<>();
        removals = b.onRemoval == null ? null : new Removals<>(b.onRemoval, b.effectiveExecutor(), this::cleanUpTable);
        table = b.eviction.table(settings(b));
    }

    private TableSettings<K, Object> settings(CacheOptions<K, V> b) {
        TableSettings<K, Object> settings = TableSettings.<K, Object>ofMaximum(b.maximum())
                .pinning(b.maximumPinned)
                .tellingEvictions(this::evicted);
        ToIntBiFunction<? super K, ? super V> weigher = b.weigher;
        if (weigher != null) {
            settings = settings.weighedBy((key, held) -> {
                V value = Copy.<V>of(held).value;
                return value == null ? 1 : weigher.applyAsInt(key, value);
            });
        }
        return settings.upkeepIn(b.effectiveExecutor());
    }

    /**
     * Returns whether whatever the table was found to hold is the answer, with nothing to look at or to count. Not the type
     * of each value says so, for its first use should not be ours. Asked after the table; then, if false it must be, false
     * it is.
     */
    boolean isDirect() {
        return direct;
    }

    /** Ends {@link #isDirect}. */
    void endDirect() {
        direct = false;
    }

    /** Returns the copy of a key, whatever its age. */
    @Nullable
    Copy<V> peek(K key) {
        Object held = table.peek(key);
        return held == null ? null : Copy.of(held);
    }

    /** Returns whether this copy is the one held of a key. */
    boolean holds(K key, Copy<V> copy) {
        return copy.isKept() && table.peek(key) == copy.held();
    }

    /** Returns the copy of a key if it is within its lifetime. */
    @Nullable
    Copy<V> peekFresh(K key) {
        Copy<V> copy = peek(key);
        return copy == null || isFresh(copy, copies.now()) ? copy : null;
    }

    boolean isFresh(Copy<V> copy, long now) {
        return !ages || !(copy instanceof TrackedCopy<V> tracked) || lifetimes.isFresh(tracked, now);
    }

    /** Writes a copy, or drops the one there if the new one is not worth keeping. Inside the section. */
    void write(K key, Copy<V> copy) {
        writes.increment();
        if (!copy.isKept()) {
            remove(key, Removal.Cause.REPLACED);
            return;
        }
        if (tags != null) {
            tags.add(key, copy);
        }
        Object held = copy.held();
        if (direct && held instanceof Copy) {
            direct = false;
        }
        left(key, table.put(key, held), Removal.Cause.REPLACED);
    }

    /** Drops the copy of a key. Inside the section. */
    void remove(K key, Removal.Cause cause) {
        left(key, table.remove(key), cause);
    }

    private void left(K key, @Nullable Object held, Removal.Cause cause) {
        if (held == null) {
            return;
        }
        Copy<V> copy = Copy.of(held);
        Removal.Cause truth = cause;
        if (!isFresh(copy, copies.now())) {
            expirations.increment();
            truth = Removal.Cause.EXPIRED;
        }
        forget(key, copy, truth);
    }

    private void evicted(K key, Object held) {
        evictions.increment();
        forget(key, Copy.of(held), Removal.Cause.SIZE);
    }

    private void forget(K key, Copy<V> copy, Removal.Cause cause) {
        if (tags != null) {
            tags.forget(copy);
        }
        if (removals != null) {
            removals.add(key, copy, cause);
        }
    }

    /** Takes every copy of a tag off the index and shows it. */
    void takeTagged(String tag, BiConsumer<K, Copy<V>> action) {
        if (tags != null) {
            tags.take(tag, action);
        }
    }

    void forEach(BiConsumer<? super K, ? super Copy<V>> action) {
        table.forEach((key, held) -> action.accept(key, Copy.of(held)));
    }

    /** Returns whether enough was written for a sweep, which the caller then runs; at most one at a time is due. */
    boolean isSweepDue() {
        return ages
                && writesSinceSweep.incrementAndGet() >= Math.max(SMALLEST_SWEEP, table.size())
                && sweeping.compareAndSet(false, true);
    }

    void putSweepOff() {
        writesSinceSweep.set(0);
        sweeping.set(false);
    }

    /** Shows every copy that is of no more use. */
    void sweep(BiConsumer<K, Copy<V>> action) {
        try {
            long now = copies.now();
            forEach((key, copy) -> {
                if (copy instanceof TrackedCopy<V> tracked && lifetimes.of(tracked, now) == Lifetimes.Age.GONE) {
                    action.accept(key, copy);
                }
            });
        } finally {
            putSweepOff();
        }
    }

    /** Has removals told. Outside every section. */
    void deliver() {
        if (removals != null) {
            removals.deliver();
        }
    }

    boolean pin(K key) {
        return table.pin(key);
    }

    boolean unpin(K key) {
        return table.unpin(key);
    }

    void setMaximum(long maximum) {
        table.setMaximum(maximum);
    }

    long maximum() {
        return table.maximum();
    }

    void cleanUpTable() {
        table.cleanUp();
    }

    long size() {
        return table.size();
    }

    /** Returns how many tags have copies. */
    int tags() {
        return tags == null ? 0 : tags.size();
    }

    /**
     * Returns an estimate of what an entry takes beside its key and value: measured on a 64-bit JVM with compressed
     * references, one tag an entry, no positions (which take 24 to 32 bytes more).
     */
    int bytesPerEntry() {
        return TABLE_BYTES + (copies.areTracked() ? TRACKED_BYTES : 0) + (tags == null ? 0 : TAG_BYTES);
    }

    long weight() {
        return table.weight();
    }
}
