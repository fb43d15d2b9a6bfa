package dev.tenfold.sharding.hot;

import dev.tenfold.error.Validation;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * When something is too hot, and what may be proposed about it. Immutable; each method returns a changed copy, and what
 * contradicts itself is refused when the advisor is made.
 *
 * @param <K> the kind of key
 * @param measure by what hotness is judged; default calls
 * @param hotShard a shard is hot from this many times what its weight asks for; above 1, default 1.5
 * @param calmShard and calm again below this; at most {@code hotShard}, default 1.2
 * @param hotKey a key is a celebrity from this share of the whole load; above 0 to 1, default 0.05
 * @param calmKey and none any more below this; at most {@code hotKey}, default 0.03
 * @param minimumRate below this load per second nothing is hot, in the unit of the measure; >= 0, default 10
 * @param sustained for how long it must have been hot, never calm in between; >= 0, default 30 s
 * @param coolDown for how long nothing more is proposed about the same shard or key; >= 0, default 10 minutes
 * @param atMost how many proposals are made at a time; >= 1, default 3
 * @param spares shards not in the map that stand ready, taken in turn; where there is none (the default) the coldest
 *     shard of the map takes what is given
 * @param salting how a key is salted, and into how many at most; default none, since it suits only data that adds up
 * @param additive which keys may be salted; none without {@code salting}
 */
public record HotSpotPolicy<K>(
        LoadMeasure measure,
        double hotShard,
        double calmShard,
        double hotKey,
        double calmKey,
        double minimumRate,
        Duration sustained,
        Duration coolDown,
        int atMost,
        List<String> spares,
        @Nullable Salting<K> salting,
        Predicate<? super K> additive) {

    /** Copies the spares. */
    public HotSpotPolicy {
        spares = List.copyOf(spares);
    }

    /**
     * Returns the policy with every default.
     *
     * @param <K> the kind of key
     * @return the standard policy
     */
    public static <K> HotSpotPolicy<K> standard() {
        return new HotSpotPolicy<>(
                LoadMeasure.CALLS,
                1.5,
                1.2,
                0.05,
                0.03,
                10,
                Duration.ofSeconds(30),
                Duration.ofMinutes(10),
                3,
                List.of(),
                null,
                key -> false);
    }

    /**
     * Judges by another measure.
     *
     * @param by calls or cost
     * @return a copy
     */
    public HotSpotPolicy<K> by(LoadMeasure by) {
        return new HotSpotPolicy<>(
                by,
                hotShard,
                calmShard,
                hotKey,
                calmKey,
                minimumRate,
                sustained,
                coolDown,
                atMost,
                spares,
                salting,
                additive);
    }

    /**
     * Sets when a shard is hot.
     *
     * @param from times what its weight asks for, above 1
     * @param until calm again below this; at most {@code from}
     * @return a copy
     */
    public HotSpotPolicy<K> hotShard(double from, double until) {
        return new HotSpotPolicy<>(
                measure,
                from,
                until,
                hotKey,
                calmKey,
                minimumRate,
                sustained,
                coolDown,
                atMost,
                spares,
                salting,
                additive);
    }

    /**
     * Sets when a key is a celebrity.
     *
     * @param from share of the whole load, above 0 to 1
     * @param until none any more below this; at most {@code from}
     * @return a copy
     */
    public HotSpotPolicy<K> hotKey(double from, double until) {
        return new HotSpotPolicy<>(
                measure,
                hotShard,
                calmShard,
                from,
                until,
                minimumRate,
                sustained,
                coolDown,
                atMost,
                spares,
                salting,
                additive);
    }

    /**
     * Sets below which load nothing is hot.
     *
     * @param perSecond the whole load, >= 0
     * @return a copy
     */
    public HotSpotPolicy<K> minimumRate(double perSecond) {
        return new HotSpotPolicy<>(
                measure, hotShard, calmShard, hotKey, calmKey, perSecond, sustained, coolDown, atMost, spares, salting,
                additive);
    }

    /**
     * Sets how patient it is.
     *
     * @param before for how long something must have been hot, >= 0
     * @param after for how long nothing more is proposed about it, >= 0
     * @return a copy
     */
    public HotSpotPolicy<K> patience(Duration before, Duration after) {
        return new HotSpotPolicy<>(
                measure,
                hotShard,
                calmShard,
                hotKey,
                calmKey,
                minimumRate,
                before,
                after,
                atMost,
                spares,
                salting,
                additive);
    }

    /**
     * Sets how many proposals are made at a time.
     *
     * @param proposals >= 1
     * @return a copy
     */
    public HotSpotPolicy<K> atMost(int proposals) {
        return new HotSpotPolicy<>(
                measure,
                hotShard,
                calmShard,
                hotKey,
                calmKey,
                minimumRate,
                sustained,
                coolDown,
                proposals,
                spares,
                salting,
                additive);
    }

    /**
     * Names shards that stand ready to take load.
     *
     * @param shards taken in turn; those that are in the map by then are passed over
     * @return a copy
     */
    public HotSpotPolicy<K> spareShards(String... shards) {
        return new HotSpotPolicy<>(
                measure,
                hotShard,
                calmShard,
                hotKey,
                calmKey,
                minimumRate,
                sustained,
                coolDown,
                atMost,
                List.of(shards),
                salting,
                additive);
    }

    /**
     * Lets keys that are too hot for a shard of their own be salted.
     *
     * @param into how, and into how many at most
     * @param keys which keys hold data that adds up; no other is ever salted
     * @return a copy
     */
    public HotSpotPolicy<K> salting(Salting<K> into, Predicate<? super K> keys) {
        return new HotSpotPolicy<>(
                measure,
                hotShard,
                calmShard,
                hotKey,
                calmKey,
                minimumRate,
                sustained,
                coolDown,
                atMost,
                spares,
                into,
                keys);
    }

    void check(String subject) {
        Validation check = Validation.of(subject);
        check.require(hotShard > 1, "hotShard", hotShard, "> 1");
        check.require(calmShard <= hotShard, "calmShard", calmShard, "at most hotShard, which is " + hotShard);
        check.require(hotKey > 0 && hotKey <= 1, "hotKey", hotKey, "above 0 to 1");
        check.require(calmKey <= hotKey, "calmKey", calmKey, "at most hotKey, which is " + hotKey);
        check.require(minimumRate >= 0, "minimumRate", minimumRate, ">= 0");
        check.notNegative("sustained", sustained);
        check.notNegative("coolDown", coolDown);
        check.atLeast("atMost", atMost, 1);
        check.throwIfInvalid();
    }
}
