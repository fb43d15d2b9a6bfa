package dev.tenfold.benchmarks.hitrates;

import dev.tenfold.cache.Cache;
import dev.tenfold.cache.Eviction;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Plays a trace to a cache and counts the hits: each key is asked for, and loaded if it is not there.
 *
 * <p>Caffeine's upkeep runs in the thread that uses the cache, so that nothing else has to be awaited.
 */
public final class HitCount {

    private HitCount() {}

    /** Returns how many of the trace's requests one thread finds in the cache. */
    public static long of(Trace trace, Eviction eviction, int size) {
        Cache<Long, Boolean> cache = cache(eviction, size);
        for (long key : trace.keys()) {
            cache.get(key, missed -> true);
        }
        return cache.stats().hits();
    }

    /**
     * Returns how many of the trace's requests cause no load where threads each take the next one when they are ready. Requests
     * side by side are often for one key: then one thread loads and another waits for it, which one thread alone would have hit.
     */
    public static long of(Trace trace, Eviction eviction, int size, int threads) throws InterruptedException {
        Cache<Long, Boolean> cache = cache(eviction, size);
        long[] keys = trace.keys();
        AtomicInteger next = new AtomicInteger();
        Thread[] running = new Thread[threads];
        for (int i = 0; i < threads; i++) {
            running[i] = new Thread(() -> {
                for (int at = next.getAndIncrement(); at < keys.length; at = next.getAndIncrement()) {
                    cache.get(keys[at], missed -> true);
                }
            });
        }
        for (Thread thread : running) {
            thread.start();
        }
        for (Thread thread : running) {
            thread.join();
        }
        return keys.length - cache.stats().loads();
    }

    private static Cache<Long, Boolean> cache(Eviction eviction, int size) {
        return Cache.<Long, Boolean>builder("trace")
                .maximumSize(size)
                .eviction(eviction)
                .recordStats()
                .executor(Runnable::run)
                .build();
    }
}
