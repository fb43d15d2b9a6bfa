package dev.tenfold.sharding.hot;

import dev.tenfold.sharding.ShardMap;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/**
 * How hot everything was at one moment, by each measure. Rates are per second. {@link #toString()} is for a person.
 * Immutable.
 *
 * @param <K> the kind of key
 */
public final class LoadReport<K> {

    private static final int PRINTED = 10;

    private final Instant at;
    private final ShardMap map;
    private final LoadFigures<K> calls;
    private final LoadFigures<K> cost;
    private final long missed;

    /**
     * A shard's load.
     *
     * @param shard its name
     * @param rate the load per second
     * @param share its part of the whole load, 0 to 1
     * @param relative its share over what its weight asks for: 1 is average, 2 twice as hot
     */
    public record ShardLoad(String shard, double rate, double share, double relative) {}

    /**
     * A slot's load.
     *
     * @param slot which one
     * @param shard its owner
     * @param rate the load per second
     * @param share its part of the whole load, 0 to 1
     */
    public record SlotLoad(int slot, String shard, double rate, double share) {}

    /**
     * A key's load.
     *
     * @param <K> the kind of key
     * @param key the key; where a part of it is measured, one with that part
     * @param slot its slot, when it was last recorded
     * @param rate the load per second, never too low
     * @param error by how much that may be too high, per second
     * @param share {@code rate}'s part of the whole load, 0 to 1
     */
    public record KeyLoad<K>(K key, int slot, double rate, double error, double share) {

        /**
         * Returns the part of the whole load that is surely the key's.
         *
         * @return {@code share} less what may be error
         */
        public double certainShare() {
            return rate == 0 ? 0 : share * (1 - error / rate);
        }
    }

    LoadReport(Instant at, ShardMap map, LoadFigures<K> calls, LoadFigures<K> cost, long missed) {
        this.at = at;
        this.map = map;
        this.calls = calls;
        this.cost = cost;
        this.missed = missed;
    }

    /**
     * Returns when this was so.
     *
     * @return the moment of the report
     */
    public Instant at() {
        return at;
    }

    /**
     * Returns the map by which slots were counted to shards.
     *
     * @return as given to {@link HotSpots#report}
     */
    public ShardMap map() {
        return map;
    }

    /**
     * Returns the whole load.
     *
     * @param measure calls or cost
     * @return the load per second
     */
    public double rate(LoadMeasure measure) {
        return figures(measure).rate();
    }

    /**
     * Returns every shard's load.
     *
     * @param measure calls or cost
     * @return the relatively hottest first
     */
    public List<ShardLoad> shards(LoadMeasure measure) {
        return figures(measure).shards();
    }

    /**
     * Returns every slot's load.
     *
     * @param measure calls or cost
     * @return the hottest first, without those that had none
     */
    public List<SlotLoad> slots(LoadMeasure measure) {
        return figures(measure).slots();
    }

    /**
     * Returns the loads of the keys that are tracked: all with a rate above {@link #keyError} and some others.
     *
     * @param measure calls or cost
     * @return the hottest first
     */
    public List<KeyLoad<K>> keys(LoadMeasure measure) {
        return figures(measure).keys();
    }

    /**
     * Returns the keys that may have some part of the whole load; none that has is left out if that part is at least one in
     * the number of counters.
     *
     * @param measure calls or cost
     * @param share the part, 0 to 1
     * @return the hottest first
     */
    public List<KeyLoad<K>> keys(LoadMeasure measure, double share) {
        return keys(measure).stream().filter(key -> key.share() >= share).toList();
    }

    /**
     * Returns the rate that a key which is not listed may have at most.
     *
     * @param measure calls or cost
     * @return per second; 0 as long as all keys are tracked, and never above the whole load over the number of counters
     */
    public double keyError(LoadMeasure measure) {
        return figures(measure).keyError();
    }

    /**
     * Returns how many calls since the start were not recorded, because all stripes were taken at that moment.
     *
     * @return 0 or very few
     */
    public long missed() {
        return missed;
    }

    private LoadFigures<K> figures(LoadMeasure measure) {
        return measure == LoadMeasure.CALLS ? calls : cost;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        text.append(String.format(Locale.ROOT, "load at %s by epoch %d, %d calls missed%n", at, map.epoch(), missed));
        print(text, LoadMeasure.CALLS);
        if (rate(LoadMeasure.COST) > 0) {
            print(text, LoadMeasure.COST);
        }
        return text.toString();
    }

    private void print(StringBuilder text, LoadMeasure measure) {
        text.append(String.format(Locale.ROOT, "%s: %.1f/s%n", measure.name().toLowerCase(Locale.ROOT), rate(measure)));
        shards(measure).stream()
                .limit(PRINTED)
                .forEach(shard -> text.append(String.format(
                        Locale.ROOT,
                        "  shard %-16s %12.1f/s %6.2f %%  %.2f of average%n",
                        shard.shard(),
                        shard.rate(),
                        100 * shard.share(),
                        shard.relative())));
        slots(measure).stream()
                .limit(PRINTED)
                .forEach(slot -> text.append(String.format(
                        Locale.ROOT,
                        "  slot  %-16s %12.1f/s %6.2f %%%n",
                        slot.slot() + " on " + slot.shard(),
                        slot.rate(),
                        100 * slot.share())));
        keys(measure).stream()
                .limit(PRINTED)
                .forEach(key -> text.append(String.format(
                        Locale.ROOT,
                        "  key   %-16s %12.1f/s %6.2f %%  at most %.1f/s too high%n",
                        key.key(),
                        key.rate(),
                        100 * key.share(),
                        key.error())));
    }
}
