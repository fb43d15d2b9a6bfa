package dev.tenfold.cache.edge.http;

import dev.tenfold.observe.Measurement;
import dev.tenfold.time.TimeSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What keeps a flood away from the origin: rates for each client, and bounds on the requests to the origin at one time, for
 * each client and for all. What cannot be cached has a bound of its own below that for all, so that it never takes every
 * place. Thread-safe. Memory: one number for each client within the last refill, at most {@code maximumClients}, and one for
 * each client that is at the origin now.
 */
final class Admission {

    private final @Nullable TokenBuckets requests;
    private final @Nullable TokenBuckets misses;
    private final int missesPerClient;
    private final Semaphore atOrigin;
    private final Semaphore uncacheable;
    private final long patienceNanos;
    private final ConcurrentHashMap<String, Integer> perClient = new ConcurrentHashMap<>();
    private final LongAdder limited = new LongAdder();
    private final LongAdder shed = new LongAdder();
    private final int places;

    Admission(HttpCacheBuilder b, TimeSource time) {
        requests = b.requestRate == null ? null : new TokenBuckets(b.requestRate, b.maximumClients, time);
        misses = b.missRate == null ? null : new TokenBuckets(b.missRate, b.maximumClients, time);
        missesPerClient = b.missesPerClient;
        places = b.misses;
        atOrigin = new Semaphore(b.misses, true);
        uncacheable = new Semaphore(b.uncacheableMisses, true);
        patienceNanos = b.queueTimeout.toNanos();
    }

    /** Lets a request in, or says why not. */
    @Nullable
    Refusal request(String client) {
        return requests == null ? null : limit(requests.take(client), "too many requests from this client");
    }

    /** Lets a request on to the origin; whoever gets null must {@link #leave}. */
    @Nullable
    Refusal enter(String client, boolean isUncacheable) throws InterruptedException {
        if (perClient.merge(client, 1, Integer::sum) > missesPerClient) {
            leaveClient(client);
            limited.increment();
            return new Refusal(429, 1, "too many requests of this client are at the origin");
        }
        Refusal refusal =
                misses == null ? null : limit(misses.take(client), "too many requests of this client to the origin");
        if (refusal == null) {
            refusal = place(isUncacheable);
        }
        if (refusal != null) {
            leaveClient(client);
        }
        return refusal;
    }

    void leave(String client, boolean isUncacheable) {
        atOrigin.release();
        if (isUncacheable) {
            uncacheable.release();
        }
        leaveClient(client);
    }

    List<Measurement> measurements(String cache) {
        Map<String, String> tags = Map.of("cache", cache);
        return List.of(
                Measurement.counter("tenfold.edge.http.limited", "Requests refused with 429", tags, limited::sum),
                Measurement.counter("tenfold.edge.http.shed", "Requests refused with 503", tags, shed::sum),
                Measurement.gauge(
                        "tenfold.edge.http.origin.active",
                        "1",
                        "Requests at the origin now",
                        tags,
                        () -> places - atOrigin.availablePermits()));
    }

    private @Nullable Refusal place(boolean isUncacheable) throws InterruptedException {
        if (isUncacheable && !uncacheable.tryAcquire(patienceNanos, TimeUnit.NANOSECONDS)) {
            shed.increment();
            return new Refusal(503, 1, "too many requests that cannot be cached are at the origin");
        }
        if (!atOrigin.tryAcquire(patienceNanos, TimeUnit.NANOSECONDS)) {
            if (isUncacheable) {
                uncacheable.release();
            }
            shed.increment();
            return new Refusal(503, 1, "too many requests are at the origin");
        }
        return null;
    }

    private @Nullable Refusal limit(long waitNanos, String reason) {
        if (waitNanos == 0) {
            return null;
        }
        limited.increment();
        return new Refusal(429, 1 + TimeUnit.NANOSECONDS.toSeconds(waitNanos - 1), reason);
    }

    private void leaveClient(String client) {
        perClient.computeIfPresent(client, (c, count) -> count == 1 ? null : count - 1);
    }
}
