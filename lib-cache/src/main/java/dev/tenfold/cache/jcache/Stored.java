package dev.tenfold.cache.jcache;

import dev.tenfold.time.TimeSource;

/** What is kept for a key: a value that never changes, and when it expires, which readers may move. Compared by identity. */
final class Stored<V> {

    /** Never expires. */
    static final long ETERNAL = Long.MAX_VALUE;

    final V value;

    /**
     * By the monotonic clock. Written by readers at the same time, each as the expiry policy said for its own access: any of
     * them may win.
     */
    private volatile long expiresAt;

    Stored(V value, long expiresAt) {
        this.value = value;
        this.expiresAt = expiresAt;
    }

    boolean isExpired(TimeSource time) {
        long at = expiresAt;
        return at != ETERNAL && time.nanoTime() - at >= 0;
    }

    long expiresAt() {
        return expiresAt;
    }

    void expireAt(long at) {
        expiresAt = at;
    }
}
