package dev.tenfold.sharding;

import dev.tenfold.sharding.ShardMap.IsolatedKey;
import dev.tenfold.sharding.hash.Shard;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a change would move, computed without touching anything. {@link #toString()} is for a person to decide by.
 * Immutable.
 *
 * <p>Slots move only where the change asks for it: onto a shard that is added or gains weight, off one that is removed
 * or loses weight, from a split shard to its other half, and an isolated key to its shard. None moves between two shards
 * that merely survive.
 */
public final class ShardPlan {

    private final ShardMap before;
    private final List<Shard> shards;
    private final List<IsolatedKey> isolations;
    private final List<SlotMove> moves;

    ShardPlan(ShardMap before, List<Shard> shards, List<IsolatedKey> isolations, List<SlotMove> moves) {
        this.before = before;
        this.shards = List.copyOf(shards);
        this.isolations = List.copyOf(isolations);
        this.moves = List.copyOf(moves);
    }

    /**
     * Returns the map the plan starts from.
     *
     * @return the map when it was planned
     */
    public ShardMap before() {
        return before;
    }

    /**
     * Returns the shards once the plan is carried out.
     *
     * @return without the removed ones, with the new weights
     */
    public List<Shard> shards() {
        return shards;
    }

    /**
     * Returns the keys that get slots of their own.
     *
     * @return with the slots they will have
     */
    public List<IsolatedKey> isolations() {
        return isolations;
    }

    /**
     * Returns every slot that changes its owner, each once.
     *
     * @return rising by slot, slots of isolated keys last
     */
    public List<SlotMove> moves() {
        return moves;
    }

    /**
     * Returns the map once the plan is carried out, as one step: what caches use, where nothing has to be copied.
     *
     * @return a map of the epoch after {@link #before()}'s
     */
    public ShardMap after() {
        return Planner.apply(this);
    }

    /**
     * Says how well shares fit weights, as {@link ShardMap#load()}, before the change.
     *
     * @return by shard
     */
    public Map<String, Double> loadBefore() {
        return before.load();
    }

    /**
     * Says how well shares fit weights, as {@link ShardMap#load()}, after the change.
     *
     * @return by shard
     */
    public Map<String, Double> loadAfter() {
        return after().load();
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        text.append(String.format(
                Locale.ROOT,
                "plan from epoch %d: %d of %d slots move (%.2f %%), fullest shard %.3f -> %.3f of its fair share%n",
                before.epoch(),
                moves.size(),
                before.slots(),
                100.0 * moves.size() / before.slots(),
                Balance.peak(loadBefore()),
                Balance.peak(loadAfter())));
        Map<String, Integer> flows = new LinkedHashMap<>();
        for (SlotMove move : moves) {
            flows.merge(move.from() + " -> " + move.to(), 1, Integer::sum);
        }
        flows.forEach((flow, count) -> text.append("  ")
                .append(flow)
                .append(": ")
                .append(count)
                .append(count == 1 ? " slot" : " slots")
                .append(System.lineSeparator()));
        for (IsolatedKey key : isolations) {
            text.append(
                    String.format(Locale.ROOT, "  isolated: key %s in slot %d of its own%n", key.label(), key.slot()));
        }
        Map<String, Double> after = loadAfter();
        loadBefore()
                .forEach((shard, load) -> text.append(String.format(
                        Locale.ROOT,
                        "  %-16s %.3f -> %s%n",
                        shard,
                        load,
                        after.containsKey(shard) ? String.format(Locale.ROOT, "%.3f", after.get(shard)) : "removed")));
        after.forEach((shard, load) -> {
            if (!before.contains(shard)) {
                text.append(String.format(Locale.ROOT, "  %-16s new   -> %.3f%n", shard, load));
            }
        });
        return text.toString();
    }
}
