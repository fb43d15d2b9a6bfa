package dev.tenfold.sharding;

import dev.tenfold.sharding.ShardPlan.Division;
import dev.tenfold.sharding.ShardPlan.Merge;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Slots that are ranges of the ordered keys: each from its bound on, up to the next one's. Together they are all keys, since
 * the first has no bound. A key with a slot of its own is a range of one key.
 */
final class RangeKeyspace implements Keyspace {

    /** A parent that is none: the range was there from the beginning. */
    static final int ORIGINAL = -1;

    private final KeyOrder order;
    /** In the order of the keys: where each range but the first begins, */
    private final Object[] bounds;
    /** its slot (with the first range's in front), */
    private final int[] slots;
    /** and the slot it was divided from. */
    private final int[] parents;

    RangeKeyspace(KeyOrder order, Object[] bounds, int[] slots, int[] parents) {
        this.order = order;
        this.bounds = bounds;
        this.slots = slots;
        this.parents = parents;
        if (slots.length > ShardMap.MAX_RANGES || slots.length != bounds.length + 1) {
            throw new IllegalArgumentException("ranges: " + slots.length + " with " + bounds.length
                    + " bounds (expected: one bound less than ranges, at most " + ShardMap.MAX_RANGES + " ranges)");
        }
        Set<Integer> seen = new HashSet<>();
        for (int i = 0; i < slots.length; i++) {
            if (slots[i] < 0 || parents[i] < ORIGINAL || !seen.add(slots[i])) {
                throw new IllegalArgumentException(
                        "range in slot " + slots[i] + " (expected: slots from 0 on, each once, and their parents)");
            }
            if (i > 0) {
                if (bounds[i - 1].toString().length() > ShardMap.MAX_BOUND_LENGTH) {
                    throw new IllegalArgumentException("bound: " + bounds[i - 1] + " (expected: at most "
                            + ShardMap.MAX_BOUND_LENGTH + " characters)");
                }
                if (bounds[i - 1].equals("") || (i > 1 && order.compare(bounds[i - 2], bounds[i - 1]) >= 0)) {
                    throw new IllegalArgumentException(
                            "bound: '" + bounds[i - 1] + "' (expected: above the one before)");
                }
            }
        }
    }

    /** Returns the place of the range that holds a key. */
    private int find(Object key) {
        int low = 0;
        int high = bounds.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (order.compare(bounds[middle], key) <= 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if (bounds.length == 0) {
            // Refuses keys of other kinds also where there is nothing to compare them with.
            order.bound(key);
        }
        return low;
    }

    int slotOf(Object key) {
        return slots[find(key)];
    }

    KeyOrder order() {
        return order;
    }

    /** Says whether a range begins at a bound. */
    boolean hasBound(Object bound) {
        int at = find(bound);
        return at > 0 && bounds[at - 1].equals(bound);
    }

    /** Returns the slots from one bound (or the first range) up to another (or the last range), in the order of keys. */
    int[] slotsBetween(@Nullable Object from, @Nullable Object to) {
        return Arrays.copyOfRange(slots, from == null ? 0 : find(from), to == null ? slots.length : find(to));
    }

    /** Returns the slot of the range below a bound's; -1 if there is none. */
    int slotBelow(Object bound) {
        int at = find(bound);
        return at == 0 ? -1 : slots[at - 1];
    }

    @Nullable
    Object boundOf(int slot) {
        for (int i = 1; i < slots.length; i++) {
            if (slots[i] == slot) {
                return bounds[i - 1];
            }
        }
        return null;
    }

    int size() {
        return slots.length;
    }

    /** Returns where a range begins; null for the first. */
    @Nullable
    Object lower(int place) {
        return place == 0 ? null : bounds[place - 1];
    }

    int slotAt(int place) {
        return slots[place];
    }

    int parentAt(int place) {
        return parents[place];
    }

    @Override
    public String name() {
        return order.stored();
    }

    @Override
    public long seed() {
        return 0;
    }

    @Override
    public int hashed() {
        return 0;
    }

    @Override
    public int[] live() {
        int[] live = slots.clone();
        Arrays.sort(live);
        return live;
    }

    @Override
    public int[] counted() {
        return live();
    }

    @Override
    public List<Division> divisions() {
        List<Division> divisions = new ArrayList<>();
        for (int i = 1; i < slots.length; i++) {
            if (parents[i] != ORIGINAL) {
                divisions.add(new Division(parents[i], slots[i], bounds[i - 1].toString(), ""));
            }
        }
        divisions.sort(Comparator.comparingInt(Division::slot));
        return divisions;
    }

    @Override
    public boolean has(Division division) {
        Object bound = order.parseCanonical(division.at());
        return hasBound(bound) && slotOf(bound) == division.slot();
    }

    @Override
    public Keyspace divided(List<Division> divisions) {
        List<Division> sorted = new ArrayList<>(divisions);
        Map<Division, Object> at = new HashMap<>();
        for (Division division : divisions) {
            at.put(division, order.bound(order.parseCanonical(division.at())));
        }
        sorted.sort((a, b) -> order.compare(Objects.requireNonNull(at.get(a)), Objects.requireNonNull(at.get(b))));
        int size = slots.length + sorted.size();
        Object[] nextBounds = new Object[size - 1];
        int[] nextSlots = new int[size];
        int[] nextParents = new int[size];
        int from = 0;
        int added = 0;
        for (int i = 0; i < size; i++) {
            // The next of the new bounds comes before the next of the old ones.
            boolean fresh = from > 0
                    && added < sorted.size()
                    && (from == slots.length
                            || order.compare(Objects.requireNonNull(at.get(sorted.get(added))), bounds[from - 1]) < 0);
            if (fresh) {
                Division division = sorted.get(added++);
                if (nextSlots[i - 1] != division.from()) {
                    throw new IllegalArgumentException("division: " + division + " (expected: from slot "
                            + nextSlots[i - 1] + ", where the bound is)");
                }
                nextBounds[i - 1] = Objects.requireNonNull(at.get(division));
                nextSlots[i] = division.slot();
                nextParents[i] = division.from();
            } else {
                if (i > 0) {
                    nextBounds[i - 1] = bounds[from - 1];
                }
                nextSlots[i] = slots[from];
                nextParents[i] = parents[from];
                from++;
            }
        }
        return new RangeKeyspace(order, nextBounds, nextSlots, nextParents);
    }

    @Override
    public Keyspace merged(List<Merge> merges) {
        Map<Integer, Integer> gone = new HashMap<>();
        merges.forEach(merge -> gone.put(merge.slot(), merge.into()));
        int size = slots.length - gone.size();
        Object[] nextBounds = new Object[Math.max(0, size - 1)];
        int[] nextSlots = new int[Math.max(0, size)];
        int[] nextParents = new int[Math.max(0, size)];
        int kept = 0;
        for (int i = 0; i < slots.length; i++) {
            Integer into = gone.remove(slots[i]);
            if (into != null) {
                if (kept == 0 || nextSlots[kept - 1] != into) {
                    throw new IllegalArgumentException(
                            "merge: slot " + slots[i] + " into " + into + " (expected: into the range below)");
                }
                continue;
            }
            if (kept == nextSlots.length) {
                break;
            }
            if (kept > 0) {
                nextBounds[kept - 1] = bounds[i - 1];
            }
            nextSlots[kept] = slots[i];
            nextParents[kept] = parents[i];
            kept++;
        }
        if (!gone.isEmpty()) {
            throw new IllegalArgumentException("merge: slots " + gone.keySet() + " (expected: ranges, each once)");
        }
        return new RangeKeyspace(order, nextBounds, nextSlots, nextParents);
    }

    @Override
    public boolean equals(Object other) {
        return this == other
                || (other instanceof RangeKeyspace that
                        && order == that.order
                        && Arrays.equals(bounds, that.bounds)
                        && Arrays.equals(slots, that.slots)
                        && Arrays.equals(parents, that.parents));
    }

    @Override
    public int hashCode() {
        return Objects.hash(order, Arrays.hashCode(bounds), Arrays.hashCode(slots));
    }
}
