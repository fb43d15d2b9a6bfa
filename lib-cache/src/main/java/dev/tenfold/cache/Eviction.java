package dev.tenfold.cache;

import dev.tenfold.cache.eviction.BoundedTable;
import dev.tenfold.cache.eviction.TableSettings;
import dev.tenfold.cache.eviction.Tables;

/**
 * Which copy a full cache gives up. {@link #ADAPTIVE} is right unless you know better: it has the best hit rate over many
 * workloads. The others are exactly what their names say, for those who must know what stays.
 *
 * <p>The exact ones are exact while one thread uses the cache. With several, uses and writes of the same moment are seen in
 * some order of that moment: a use may be seen late by up to 64 uses of its thread and, under contention, not at all or
 * twice; hit rates stay within half a point. All cost a constant for each use, insertion and eviction. Insertions and
 * removals take one lock for some ten nanoseconds; lookups take none. Keys of one hash code are looked through one after the
 * other: where strangers choose the keys, take {@link #ADAPTIVE}.
 *
 * <p>Immutable and thread-safe. Two are equal if they evict alike.
 */
public final class Eviction {

    private enum Kind {
        ADAPTIVE,
        LRU,
        LFU,
        FIFO,
        SIEVE,
        S3_FIFO
    }

    /**
     * Caffeine's adaptive window-TinyLFU, the default: frequency and recency, weighed by what the workload rewards. No exact
     * order: it is partly random, so that nobody can choose keys that defeat it.
     */
    public static final Eviction ADAPTIVE = new Eviction(Kind.ADAPTIVE, 0);

    /** The copy that was not used for longest. Good where what was used lately is used again; a scan empties it. */
    public static final Eviction LRU = new Eviction(Kind.LRU, 0);

    /**
     * The copy that was used least often since it came; of several, the one that reached its count first. Exact, so nothing
     * ages, and what was once hot stays: usually worse than all others. See {@link #lfuWithAgeing}.
     */
    public static final Eviction LFU = new Eviction(Kind.LFU, 0);

    /** The copy that was written first, however often it was used. A use costs nothing. */
    public static final Eviction FIFO = new Eviction(Kind.FIFO, 0);

    /**
     * The first copy, going on from the last one evicted towards the newest, that was not used since that way was last gone
     * (SIEVE, NSDI 2024). Good for the skewed popularity of the web; poor where the popular changes at once. A use costs
     * hardly anything.
     */
    public static final Eviction SIEVE = new Eviction(Kind.SIEVE, 0);

    /**
     * Newcomers must prove themselves in a small queue before they enter the main one (S3-FIFO, SOSP 2023). Good and steady
     * on most workloads; nothing against loops. A use costs hardly anything. Also remembers keys it evicted, up to 0.9 times
     * as many as it holds.
     */
    public static final Eviction S3_FIFO = new Eviction(Kind.S3_FIFO, 0);

    private final Kind kind;
    private final int agesAfter;

    private Eviction(Kind kind, int agesAfter) {
        this.kind = kind;
        this.agesAfter = agesAfter;
    }

    /**
     * {@link #LFU}, with all counts halved (to no less than 1) from time to time, so that what was once hot gives way.
     *
     * @param usesPerCopy halves when there were so many uses and insertions since the last time for each copy it holds; 1 or
     *     more, 10 is a good start
     * @return the policy
     * @throws IllegalArgumentException if it is below 1
     */
    public static Eviction lfuWithAgeing(int usesPerCopy) {
        if (usesPerCopy < 1) {
            throw new IllegalArgumentException("usesPerCopy: " + usesPerCopy + " (expected: >= 1)");
        }
        return new Eviction(Kind.LFU, usesPerCopy);
    }

    <K, V> BoundedTable<K, V> table(TableSettings<K, V> settings) {
        return switch (kind) {
            case ADAPTIVE -> Tables.adaptive(settings);
            case LRU -> Tables.lru(settings);
            case LFU -> Tables.lfu(settings, agesAfter);
            case FIFO -> Tables.fifo(settings);
            case SIEVE -> Tables.sieve(settings);
            case S3_FIFO -> Tables.s3Fifo(settings);
        };
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Eviction that && kind == that.kind && agesAfter == that.agesAfter;
    }

    @Override
    public int hashCode() {
        return 31 * kind.hashCode() + agesAfter;
    }

    /** Names the policy, as in {@code LRU} or {@code LFU(ageing after 10)}. */
    @Override
    public String toString() {
        return agesAfter == 0 ? kind.name() : kind + "(ageing after " + agesAfter + ")";
    }
}
