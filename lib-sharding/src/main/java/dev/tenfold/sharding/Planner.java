package dev.tenfold.sharding;

import dev.tenfold.sharding.ShardChange.Gift;
import dev.tenfold.sharding.ShardChange.Split;
import dev.tenfold.sharding.ShardPlan.Division;
import dev.tenfold.sharding.ShardPlan.Merge;
import dev.tenfold.sharding.hash.Shard;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the fewest moves that make a change true.
 *
 * <p>Slots of removed shards, and what drained ones hold beyond their share, form a pool. Shards to be filled take from
 * the pool first, then from the fullest survivors. What is left of the pool goes to the emptiest shards. Fullness is slots
 * held over weight; ties go to the shard that comes first in the map, so that every process computes the same plan.
 */
final class Planner {

    private final ShardChange<?> change;
    private final ShardMap map;
    private final List<Place> places = new ArrayList<>();
    private final ArrayDeque<Integer> pool = new ArrayDeque<>();

    /** A shard after the change, and the hashed slots it is to hold. */
    private static final class Place {
        final Shard shard;
        /** Slots that a perfectly even map would give it. */
        final double share;

        final boolean fitted;
        final ArrayDeque<Integer> slots = new ArrayDeque<>();

        Place(Shard shard, double share, boolean fitted) {
            this.shard = shard;
            this.share = share;
            this.fitted = fitted;
        }

        double fullness(int more) {
            return (slots.size() + more) / (double) shard.weight();
        }
    }

    private Planner(ShardChange<?> change) {
        this.change = change;
        this.map = change.map();
    }

    static ShardPlan plan(ShardChange<?> change) {
        List<String> left = change.shards().stream().map(Shard::id).toList();
        if (left.isEmpty()) {
            throw new IllegalArgumentException("plan: no shard is left (expected: at least one)");
        }
        for (String named : change.named()) {
            if (!left.contains(named)) {
                throw new IllegalArgumentException(
                        "plan: removes " + named + " and fills it (expected: one or the other)");
            }
        }
        return new Planner(change).plan();
    }

    private ShardPlan plan() {
        long weights = change.shards().stream().mapToLong(Shard::weight).sum();
        int[] counted = map.keyspace().counted();
        // Ranges are not alike, so that counting them says little about who should have more.
        boolean alike = map.slots() > 0;
        for (Shard shard : change.shards()) {
            double share = (double) counted.length * shard.weight() / weights;
            places.add(new Place(shard, share, alike && change.fitted().contains(shard.id())));
        }
        for (int slot : counted) {
            Place owner = find(map.owner(slot));
            (owner == null ? pool : owner.slots).add(slot);
        }
        change.gifts().forEach(this::give);
        change.splits().forEach(this::split);
        drain();
        fill();
        while (!pool.isEmpty()) {
            emptiest().slots.add(pool.remove());
        }
        return collect();
    }

    private void give(Gift gift) {
        Place from = place(gift.from());
        Place onto = place(gift.onto());
        Set<Integer> given = Set.copyOf(gift.slots());
        // One that an earlier gift has taken is not given again; isolated ones follow when all is collected.
        from.slots.removeIf(slot -> given.contains(slot) && onto.slots.add(slot));
    }

    private void split(Split split) {
        Place hot = place(split.hot());
        Place onto = place(split.onto());
        int whole = hot.shard.weight() + onto.shard.weight();
        List<Integer> held = List.copyOf(hot.slots);
        if (held.size() < 2 && map.slots() == 0) {
            throw new IllegalArgumentException("split: " + hot.shard.id() + " with " + held.size()
                    + " ranges (expected: at least two; splitRange divides one)");
        }
        hot.slots.clear();
        // Every other slot or so, rather than the first half: neighbours stay spread, and so does their load.
        for (int i = 0; i < held.size(); i++) {
            long given = (long) i * onto.shard.weight() / whole;
            long givenNext = (long) (i + 1) * onto.shard.weight() / whole;
            (givenNext > given ? onto : hot).slots.add(held.get(i));
        }
    }

    private void drain() {
        for (Place place : places) {
            while (place.fitted && place.slots.size() > place.share) {
                pool.add(place.slots.remove());
            }
        }
    }

    private void fill() {
        for (Place place : places) {
            while (place.fitted && place.slots.size() + 1 <= place.share) {
                Integer slot = pool.poll();
                place.slots.add(slot != null ? slot : fullestUnfitted().slots.remove());
            }
        }
    }

    private ShardPlan collect() {
        KeyChanges<?> keys = change.keys();
        List<Division> divisions = keys.divisions();
        ShardMap divided = divisions.isEmpty() ? map : map.withDivided(divisions);
        String[] owners = new String[divided.allSlots()];
        Arrays.fill(owners, "");
        for (Place place : places) {
            place.slots.forEach(slot -> owners[slot] = place.shard.id());
        }
        // Keys with slots of their own stay unless their shard is removed.
        for (int slot : map.keyspace().live()) {
            if (owners[slot].isEmpty()) {
                String owner = change.given(slot).orElse(map.owner(slot));
                owners[slot] = find(owner) != null ? owner : emptiest().shard.id();
            }
        }
        divisions.forEach(division -> owners[division.slot()] = owners[division.from()]);
        keys.place(divided, owners);
        List<Merge> merges = keys.merges(divided, owners);
        List<SlotMove> moves = new ArrayList<>();
        for (int slot = 0; slot < owners.length; slot++) {
            if (!owners[slot].equals(divided.owner(slot))) {
                moves.add(new SlotMove(slot, divided.owner(slot), owners[slot]));
            }
        }
        return new ShardPlan(map, change.shards(), divisions, moves, merges);
    }

    private Place emptiest() {
        Place best = places.get(0);
        for (Place place : places) {
            if (place.fullness(1) < best.fullness(1)) {
                best = place;
            }
        }
        return best;
    }

    /** There is one: fitted shards never hold more than their shares, which together are all slots. */
    private Place fullestUnfitted() {
        return places.stream()
                .filter(place -> !place.fitted)
                .reduce((a, b) -> b.fullness(0) > a.fullness(0) ? b : a)
                .orElseThrow();
    }

    private @Nullable Place find(String id) {
        for (Place place : places) {
            if (place.shard.id().equals(id)) {
                return place;
            }
        }
        return null;
    }

    private Place place(String id) {
        return places.stream()
                .filter(place -> place.shard.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    /** The map of a plan carried out in one step. */
    static ShardMap apply(ShardPlan plan) {
        ShardMap map = plan.before();
        if (!plan.divisions().isEmpty()) {
            map = map.withDivided(plan.divisions());
        }
        List<Shard> union = new ArrayList<>(plan.shards());
        for (Shard shard : map.shards()) {
            if (union.stream().noneMatch(kept -> kept.id().equals(shard.id()))) {
                union.add(shard);
            }
        }
        map = map.withShards(union);
        Map<String, List<Integer>> arriving = new HashMap<>();
        for (SlotMove move : plan.moves()) {
            arriving.computeIfAbsent(move.to(), to -> new ArrayList<>()).add(move.slot());
        }
        for (Map.Entry<String, List<Integer>> entry : arriving.entrySet()) {
            map = map.withOwner(
                    entry.getValue().stream().mapToInt(Integer::intValue).toArray(), entry.getKey());
        }
        if (!plan.merges().isEmpty()) {
            map = map.withMerged(plan.merges());
        }
        return map.withShards(plan.shards()).withEpoch(plan.before().epoch() + 1);
    }
}
