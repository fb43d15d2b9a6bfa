package dev.tenfold.sharding.hot;

import dev.tenfold.sharding.ShardChange;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * What could be done about a hot spot. It does nothing by itself: a person reads it ({@link Object#toString()}) or a policy
 * judges it, and then {@code shards.plan(proposal.accept())} makes a plan of it that shows what would move. Immutable.
 *
 * @param <K> the kind of key
 */
public sealed interface HotSpotProposal<K> {

    /**
     * Returns by what the spot is hot.
     *
     * @return calls or cost
     */
    LoadMeasure measure();

    /**
     * Returns the change that carries this out.
     *
     * @return what {@code Sharder.plan} takes
     */
    Consumer<ShardChange<K>> accept();

    /**
     * A hot shard gives slots with about half of its load to another shard, or as much as levels the two where the other
     * has load already. What is given falls short of that by less than the load of the least loaded slot that stays (of
     * those with any), and as few slots as possible move.
     *
     * @param <K> the kind of key
     * @param measure by what it is hot
     * @param hot the hot shard
     * @param onto takes the slots; a new shard, or one in the map
     * @param slots which ones, the hottest first
     * @param relative the hot shard's load over what its weight asks for
     * @param given the part of the hot shard's load that is given, 0 to 1
     */
    record Split<K>(LoadMeasure measure, String hot, String onto, List<Integer> slots, double relative, double given)
            implements HotSpotProposal<K> {

        /** Copies the slots. */
        public Split {
            slots = List.copyOf(slots);
        }

        /**
         * Chooses another shard to take the slots.
         *
         * @param shard a new one, or one in the map
         * @return a copy
         */
        public Split<K> onto(String shard) {
            return new Split<>(measure, hot, shard, slots, relative, given);
        }

        @Override
        public Consumer<ShardChange<K>> accept() {
            int[] chosen = slots.stream().mapToInt(Integer::intValue).toArray();
            return change -> change.give(chosen, hot, onto);
        }

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "split %s, %.2f of average by %s: give %d slots with %.1f %% of its load to %s",
                    hot,
                    relative,
                    measure.name().toLowerCase(Locale.ROOT),
                    slots.size(),
                    100 * given,
                    onto);
        }
    }

    /**
     * A celebrity's key gets a slot of its own on another shard.
     *
     * @param <K> the kind of key
     * @param measure by what it is hot
     * @param key the key
     * @param home the shard it is on
     * @param onto takes it; a new shard, or one in the map
     * @param share the part of the whole load that is surely the key's, 0 to 1
     */
    record Isolation<K>(LoadMeasure measure, K key, String home, String onto, double share)
            implements HotSpotProposal<K> {

        /**
         * Chooses another shard to take the key.
         *
         * @param shard a new one, or one in the map
         * @return a copy
         */
        public Isolation<K> onto(String shard) {
            return new Isolation<>(measure, key, home, shard, share);
        }

        @Override
        public Consumer<ShardChange<K>> accept() {
            return change -> change.isolate(key, onto);
        }

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "isolate key %s, %.1f %% of all %s: from %s to a slot of its own on %s",
                    key,
                    100 * share,
                    measure.name().toLowerCase(Locale.ROOT),
                    home,
                    onto);
        }
    }

    /**
     * A celebrity's key, too hot for any shard, is spread over several salted keys. {@link #accept()} gives each a slot of
     * its own, on different shards as far as there are enough; the application reads and writes by {@link #salting()} from
     * then on.
     *
     * @param <K> the kind of key
     * @param measure by what it is hot
     * @param key the key
     * @param salting says which keys it becomes
     * @param shards where they go, in turn, the coldest first
     * @param share the part of the whole load that is surely the key's, 0 to 1
     */
    record Salted<K>(LoadMeasure measure, K key, Salting<K> salting, List<String> shards, double share)
            implements HotSpotProposal<K> {

        /** Copies the shards. */
        public Salted {
            shards = List.copyOf(shards);
        }

        @Override
        public Consumer<ShardChange<K>> accept() {
            List<K> keys = salting.keys(key);
            return change -> {
                for (int i = 0; i < keys.size(); i++) {
                    change.isolate(keys.get(i), shards.get(i % shards.size()));
                }
            };
        }

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "salt key %s, %.1f %% of all %s: spread its writes over %d keys on %s",
                    key,
                    100 * share,
                    measure.name().toLowerCase(Locale.ROOT),
                    salting.salts(),
                    shards);
        }
    }
}
