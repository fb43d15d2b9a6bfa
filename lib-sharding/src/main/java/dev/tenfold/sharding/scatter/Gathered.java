package dev.tenfold.sharding.scatter;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a scatter brought in.
 *
 * @param <R> the kind of result
 * @param result the rows, or what was collected of them
 * @param missing the shards that are not in it, and why; empty unless a partial result was allowed
 * @param coverage the part of the slots asked for (for keys: of the keys' slots) that is in it, 0 to 1
 * @param epoch the newest map that was used
 * @param times by shard, how long it was asked, repetitions included
 */
public record Gathered<R extends @Nullable Object>(
        R result, List<MissingShard> missing, double coverage, long epoch, Map<String, Duration> times) {

    /** Copies the collections. */
    public Gathered {
        missing = List.copyOf(missing);
        times = Collections.unmodifiableMap(new LinkedHashMap<>(times));
    }

    /**
     * Says whether nothing is missing.
     *
     * @return true if every slot asked for is in the result
     */
    public boolean isComplete() {
        return missing.isEmpty();
    }
}
