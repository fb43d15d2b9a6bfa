package dev.tenfold.sharding;

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
 * or loses weight, from a split shard to its other half, and a key or range to the shard named for it. None moves between two
 * shards that merely survive.
 *
 * <p>It is carried out in this order: slots are divided where they are, slots move, slots are merged where they then are.
 */
public final class ShardPlan {

    /** How many divisions are printed one by one. */
    private static final int PRINTED = 20;

    private final ShardMap before;
    private final List<Shard> shards;
    private final List<Division> divisions;
    private final List<SlotMove> moves;
    private final List<Merge> merges;

    /**
     * A slot that is divided: some of its keys get another slot, on the same shard.
     *
     * @param from the slot the keys were in
     * @param slot the slot they are in from then on
     * @param at which keys: where keys are hashed, the one with this hash in 16 hexadecimal digits; where slots are
     *     ranges, those from this bound on, in canonical text
     * @param label which key that is, for people; {@code ""} where there is no need
     */
    public record Division(int from, int slot, String at, String label) {

        @Override
        public String toString() {
            return (label.isEmpty() ? at : label) + " in slot " + slot + ", from slot " + from;
        }
    }

    /**
     * A slot that becomes part of another on the same shard. Its number is not used again.
     *
     * @param slot the slot
     * @param into what its keys are part of from then on
     */
    public record Merge(int slot, int into) {

        @Override
        public String toString() {
            return "slot " + slot + " into " + into;
        }
    }

    ShardPlan(ShardMap before, List<Shard> shards, List<Division> divisions, List<SlotMove> moves, List<Merge> merges) {
        this.before = before;
        this.shards = List.copyOf(shards);
        this.divisions = List.copyOf(divisions);
        this.moves = List.copyOf(moves);
        this.merges = List.copyOf(merges);
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
     * Returns the slots to be divided first.
     *
     * @return rising by the new slots, which follow each other
     */
    public List<Division> divisions() {
        return divisions;
    }

    /**
     * Returns every slot that changes its owner, each once.
     *
     * @return rising by slot; the slots that divisions made among them
     */
    public List<SlotMove> moves() {
        return moves;
    }

    /**
     * Returns the slots to be merged last.
     *
     * @return each pair on one shard once the moves are made
     */
    public List<Merge> merges() {
        return merges;
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
                before.keyspace().live().length,
                100.0 * moves.size() / before.keyspace().live().length,
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
        list(text, "divided", divisions);
        list(text, "merged", merges);
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

    private static void list(StringBuilder text, String what, List<?> some) {
        for (Object one : some.subList(0, Math.min(some.size(), PRINTED))) {
            text.append("  ").append(what).append(": ").append(one).append(System.lineSeparator());
        }
        if (some.size() > PRINTED) {
            text.append("  ")
                    .append(what)
                    .append(": ")
                    .append(some.size() - PRINTED)
                    .append(" more");
            text.append(System.lineSeparator());
        }
    }
}
