package dev.tenfold.sharding;

import dev.tenfold.sharding.ShardPlan.Division;
import dev.tenfold.sharding.ShardPlan.Merge;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Changes of ranges. A key with a slot of its own is the range from it to the next key there could be. */
final class RangeChanges<K> implements KeyChanges<K> {

    private record Placed(@Nullable Object from, @Nullable Object to, String onto) {}

    private final ShardMap map;
    private final RangeKeyspace ranges;
    private final RangeSlotting<K> slotting;
    private final KeyOrder order;
    private final TreeSet<Object> cuts;
    private final List<Placed> placed = new ArrayList<>();
    /** Bounds to be removed: true where the upper range has to come along, false where only if it is there anyway. */
    private final TreeMap<Object, Boolean> removed;

    RangeChanges(ShardMap map, RangeSlotting<K> slotting) {
        this.map = map;
        this.ranges = (RangeKeyspace) map.keyspace();
        this.slotting = slotting;
        this.order = slotting.order();
        this.cuts = new TreeSet<>(order::compare);
        this.removed = new TreeMap<>(order::compare);
    }

    void split(Object at, String onto) {
        Object bound = order.bound(at);
        cut(bound);
        // As far as the next bound there will be.
        placed.add(new Placed(bound, bound, onto));
    }

    void move(@Nullable Object from, @Nullable Object to, String onto) {
        Object low = from == null ? null : order.bound(from);
        Object high = to == null ? null : order.bound(to);
        if (low != null && high != null && order.compare(low, high) >= 0) {
            throw new IllegalArgumentException(
                    "moveRange: from " + from + " to " + to + " (expected: an upper bound above the lower one)");
        }
        cut(low);
        cut(high);
        placed.add(new Placed(low, high, onto));
    }

    void merge(Object at) {
        Object bound = order.bound(at);
        if (!ranges.hasBound(bound)) {
            throw new IllegalArgumentException("mergeRanges: " + at + " (expected: where a range begins)");
        }
        removed.put(bound, true);
    }

    private void cut(@Nullable Object bound) {
        if (bound != null && !bound.equals("")) {
            cuts.add(bound);
        }
    }

    @Override
    public void own(K key, String label, String onto) {
        Object bound = order.bound(slotting.part().apply(key));
        Object next = order.next(bound);
        cut(bound);
        cut(next);
        placed.add(new Placed(bound.equals("") ? null : bound, next, onto));
    }

    @Override
    public void release(K key) {
        Object bound = order.bound(slotting.part().apply(key));
        Object next = order.next(bound);
        if (!ranges.hasBound(bound) || (next != null && !ranges.hasBound(next))) {
            throw new IllegalArgumentException("release: " + key + " (expected: a key with a slot of its own)");
        }
        removed.put(bound, true);
        if (next != null) {
            removed.putIfAbsent(next, false);
        }
    }

    @Override
    public Set<String> named() {
        Set<String> named = new LinkedHashSet<>();
        placed.forEach(range -> named.add(range.onto()));
        return named;
    }

    @Override
    public List<Division> divisions() {
        List<Division> divisions = new ArrayList<>();
        int divided = -1;
        for (Object cut : cuts) {
            int slot = ranges.slotOf(cut);
            if (!ranges.hasBound(cut)) {
                int next = map.allSlots() + divisions.size();
                // A range divided twice is divided the second time where the first part begins.
                int from = slot == divided ? next - 1 : slot;
                divisions.add(new Division(from, next, cut.toString(), ""));
                divided = slot;
            }
        }
        return divisions;
    }

    @Override
    public void place(ShardMap divided, String[] owners) {
        RangeKeyspace parts = (RangeKeyspace) divided.keyspace();
        for (Placed range : placed) {
            if (range.from() != null && range.from() == range.to()) {
                owners[parts.slotOf(range.from())] = range.onto();
                continue;
            }
            for (int slot : parts.slotsBetween(range.from(), range.to())) {
                owners[slot] = range.onto();
            }
        }
    }

    @Override
    public List<Merge> merges(ShardMap divided, String[] owners) {
        RangeKeyspace parts = (RangeKeyspace) divided.keyspace();
        Map<Integer, Integer> became = new HashMap<>();
        List<Merge> merges = new ArrayList<>();
        removed.forEach((bound, comes) -> {
            int slot = parts.slotOf(bound);
            int below = parts.slotBelow(bound);
            int into = became.getOrDefault(below, below);
            if (comes || owners[slot].equals(owners[into])) {
                owners[slot] = owners[into];
                became.put(slot, into);
                merges.add(new Merge(slot, into));
            }
        });
        return merges;
    }
}
