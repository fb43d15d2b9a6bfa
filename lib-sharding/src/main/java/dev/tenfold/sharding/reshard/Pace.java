package dev.tenfold.sharding.reshard;

import java.time.Duration;

/** How large chunks are and how long to rest after each. Confined to the coordinator that steps. */
final class Pace {

    /** As many rows at first; then as many as take the time chunks are to take. */
    private static final int FIRST = 200;

    private final Settings limits;
    private int chunk;

    Pace(Settings limits) {
        this.limits = limits;
        this.chunk = Math.min(FIRST, limits.maxChunk());
    }

    int chunk() {
        return chunk;
    }

    /** Adapts, and says how long to rest so that no rate is exceeded. */
    Duration after(long rows, long bytes, long nanos) {
        double fit = (double) limits.chunkTime().toNanos() / Math.max(1, nanos);
        // At most double or half, so that one odd chunk does not count for much.
        double next = chunk * Math.max(0.5, Math.min(2, fit));
        chunk = (int) Math.max(1, Math.min(limits.maxChunk(), next));
        double seconds = Math.max((double) rows / limits.rowsPerSecond(), (double) bytes / limits.bytesPerSecond());
        return Duration.ofNanos(Math.max(0, (long) (seconds * 1e9) - nanos));
    }
}
