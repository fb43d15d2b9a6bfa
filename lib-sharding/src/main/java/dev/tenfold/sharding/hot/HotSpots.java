package dev.tenfold.sharding.hot;

import dev.tenfold.observe.Measured;
import dev.tenfold.observe.Measurement;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.Sharder.LoadRecorder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;

/**
 * Measures how hot shards, slots and keys are, by calls and by cost, in memory that does not grow with the number of keys.
 *
 * <pre>{@code
 * HotSpots<Long> hot = HotSpots.<Long>builder().halfLife(ofSeconds(30)).build();
 * Sharder<Long, DataSource> shards = Sharder.<Long, DataSource>consistent()
 *         .shard("s1", db1).shard("s2", db2)
 *         .hotSpots(hot)                                  // counts every key that is located
 *         .build();
 * shards.record(42L, micros);                             // what the call cost, where that is known
 * System.out.println(hot.report(shards.map()));           // hottest shards, slots and keys
 * HotSpotAdvisor<Long> advisor = hot.advisor(HotSpotPolicy.<Long>standard().spareShards("s3"));
 * for (HotSpotProposal<Long> proposal : advisor.propose(shards.map())) {
 *     System.out.println(shards.plan(proposal.accept())); // a person or a policy decides
 * }
 * }</pre>
 *
 * <p><b>What is promised.</b> Loads are rates with exponential decay: what happened one half-life ago counts half. Time
 * advances in sixteenths of a half-life, so a rate is within 5 % of the exact one; after a burst ends, up to
 * 64 calls a stripe may be dated back to it. Loads of shards and slots are otherwise exact. For keys, with {@code m} counters
 * ({@link HotSpotsBuilder#keys}) and a whole load {@code W}: a reported rate is never too low, too high by at most the
 * {@link LoadReport.KeyLoad#error} beside it, which is at most {@code W / m}, and every key whose load is above {@code W / m}
 * is reported. So 256 counters surely find each key with 0.4 % of the load.
 *
 * <p><b>Why Space-Saving</b> (Metwally and others, ICDT 2005; see also Cormode and others, "Forward Decay", ICDE 2009, and
 * Agarwal and others, "Mergeable Summaries", PODS 2012) and not HeavyKeeper (Gong and others, USENIX ATC 2018), which needs
 * less memory for the same usual error: its bounds hold for certain instead of with some probability, it takes weights, so
 * that cost is measured like calls, it draws no random number, and summaries of several stripes add up.
 *
 * <p>Thread-safe. Recording takes tens of nanoseconds, waits for nobody and allocates nothing once the slots have been seen.
 * It is spread over stripes by thread; a thread that finds its stripe taken uses the next one, and if in that moment all are
 * taken, the recording is dropped and its calls are counted in {@link LoadReport#missed()}. Memory: for each stripe 16 bytes
 * for each slot and some 100 bytes for each key counter, about 0.7 MB with 8 stripes, 4,096 slots and 256 counters; and the
 * tracked keys themselves, which stay reachable.
 *
 * @param <K> the kind of key
 */
public final class HotSpots<K> implements LoadRecorder<K>, Measured {

    private static final int MAX_SLOT = ShardMap.MAX_ALL_SLOTS;

    final HotSpotsBuilder<K> configuration;
    private final Function<? super K, ?> part;
    private final LoadClock clock;
    private final List<LoadStripe<K>> stripes;
    private final LongAdder missed = new LongAdder();

    HotSpots(HotSpotsBuilder<K> builder) {
        this.configuration = builder;
        this.part = builder.part;
        this.clock = new LoadClock(builder.time, builder.halfLife.toNanos());
        List<LoadStripe<K>> made = new ArrayList<>();
        for (int i = 0; i < builder.stripes; i++) {
            made.add(new LoadStripe<>(clock, builder.keys));
        }
        this.stripes = List.copyOf(made);
    }

    /**
     * Starts a measurement.
     *
     * @param <K> the kind of key
     * @return a builder with the defaults
     */
    public static <K> HotSpotsBuilder<K> builder() {
        return new HotSpotsBuilder<>();
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException if a number is below zero, or there can be no such slot
     */
    @Override
    public void record(K key, int slot, long calls, long cost) {
        if (slot < 0 || slot >= MAX_SLOT || calls < 0 || cost < 0) {
            throw new IllegalArgumentException("slot: " + slot + ", calls: " + calls + ", cost: " + cost
                    + " (expected: a slot below " + MAX_SLOT + ", and no number below 0)");
        }
        Object identity = identity(key);
        int mask = stripes.size() - 1;
        int first = stripeOf(Thread.currentThread());
        for (int i = 0; i <= mask; i++) {
            if (stripes.get((first + i) & mask).tryRecord(identity, key, slot, calls, cost)) {
                return;
            }
        }
        missed.add(calls);
    }

    Object identity(K key) {
        return part.apply(key);
    }

    /** Spreads thread numbers, which rise one by one, over all bits (Fibonacci hashing). */
    private static int stripeOf(Thread thread) {
        return (int) ((thread.getId() * 0x9E3779B97F4A7C15L) >>> 40);
    }

    /**
     * Says what is hot now. Costs some microseconds for each stripe; meanwhile recordings go to the other stripes.
     *
     * @param map says which shard owns which slot, and the weights to compare with
     * @return a report that does not change
     */
    public LoadReport<K> report(ShardMap map) {
        LoadTally<K> calls = new LoadTally<>();
        LoadTally<K> cost = new LoadTally<>();
        long tick = clock.tick();
        for (LoadStripe<K> stripe : stripes) {
            stripe.addTo(calls, cost, tick);
        }
        double seconds = clock.effectiveSeconds();
        return new LoadReport<>(
                configuration.time.now(),
                map,
                LoadFigures.of(calls, seconds, map),
                LoadFigures.of(cost, seconds, map),
                missed.sum());
    }

    /**
     * Makes an advisor, which proposes what to do about hot spots.
     *
     * @param policy decides when something is too hot
     * @return an advisor that has proposed nothing yet
     * @throws dev.tenfold.error.InvalidConfigurationException if the policy contradicts itself
     */
    public HotSpotAdvisor<K> advisor(HotSpotPolicy<K> policy) {
        return new HotSpotAdvisor<>(this, policy);
    }

    /** Forgets all loads, as after a change that makes the old ones misleading; {@link LoadReport#missed()} goes on. */
    public void clear() {
        stripes.forEach(LoadStripe::clear);
    }

    /**
     * Returns how many key counters a stripe has.
     *
     * @return as given to {@link HotSpotsBuilder#keys}
     */
    public int keys() {
        return configuration.keys;
    }

    @Override
    public List<Measurement> measurements() {
        Map<String, String> tags = Map.of("name", configuration.name);
        return List.of(
                Measurement.counter("tenfold.sharding.load.missed", "Calls that were not recorded", tags, missed::sum));
    }

    @Override
    public String toString() {
        return "HotSpots[" + configuration.name + ", halfLife=" + configuration.halfLife + ", keys="
                + configuration.keys + ", stripes=" + configuration.stripes + "]";
    }
}
