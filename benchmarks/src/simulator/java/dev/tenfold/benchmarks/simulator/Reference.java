package dev.tenfold.benchmarks.simulator;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.simulator.admission.Admission;
import com.github.benmanes.caffeine.cache.simulator.parser.TraceFormat;
import com.github.benmanes.caffeine.cache.simulator.policy.AccessEvent;
import com.github.benmanes.caffeine.cache.simulator.policy.Policy;
import com.github.benmanes.caffeine.cache.simulator.policy.linked.FrequentlyUsedPolicy;
import com.github.benmanes.caffeine.cache.simulator.policy.linked.LinkedPolicy;
import com.github.benmanes.caffeine.cache.simulator.policy.linked.SievePolicy;
import com.github.benmanes.caffeine.cache.simulator.policy.two_queue.S3FifoPolicy;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import dev.tenfold.benchmarks.hitrates.Trace;
import dev.tenfold.cache.Eviction;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/** What the policies of Caffeine's simulator 3.2.4 make of a trace, and the traces it brings. */
final class Reference {

    private static final Map<Eviction, Function<Integer, Policy>> POLICIES = Map.of(
            Eviction.LRU, size -> linked(LinkedPolicy.EvictionPolicy.LRU, size),
            Eviction.FIFO, size -> linked(LinkedPolicy.EvictionPolicy.FIFO, size),
            Eviction.LFU,
                    size -> new FrequentlyUsedPolicy(
                            Admission.ALWAYS, FrequentlyUsedPolicy.EvictionPolicy.LFU, config(size)),
            // It holds one entry fewer than its size (corrected upstream in May 2026), so it is given one more.
            Eviction.SIEVE, size -> new SievePolicy(config(size + 1)),
            Eviction.S3_FIFO, size -> new S3FifoPolicy(config(size)));

    private Reference() {}

    static long hits(Trace trace, Eviction eviction, int size) {
        if (eviction.equals(Eviction.ADAPTIVE)) {
            return caffeine(trace, size);
        }
        Policy policy = Objects.requireNonNull(POLICIES.get(eviction)).apply(size);
        for (long key : trace.keys()) {
            policy.record(AccessEvent.forKey(key));
        }
        policy.finished();
        return policy.stats().hitCount();
    }

    /** Caffeine itself, the version that the library uses. */
    private static long caffeine(Trace trace, int size) {
        Cache<Long, Boolean> cache = Caffeine.newBuilder()
                .maximumSize(size)
                .executor(Runnable::run)
                .recordStats()
                .build();
        for (long key : trace.keys()) {
            var unused = cache.get(key, missed -> true);
        }
        return cache.stats().hitCount();
    }

    /** Reads a trace out of the simulator's jar. */
    static Trace trace(String name, TraceFormat format, String file, int limit) {
        try (Stream<AccessEvent> events = format.readFiles(List.of(file)).events()) {
            long[] keys = events.limit(limit).mapToLong(AccessEvent::key).toArray();
            return new Trace(name, Arrays.copyOf(keys, keys.length));
        }
    }

    private static Policy linked(LinkedPolicy.EvictionPolicy policy, int size) {
        return new LinkedPolicy(config(size), Set.of(), Admission.ALWAYS, policy);
    }

    private static Config config(int size) {
        return ConfigFactory.load()
                .getConfig("caffeine.simulator")
                .withValue("maximum-size", ConfigValueFactory.fromAnyRef(size));
    }
}
