package dev.tenfold.cache.eviction;

import static dev.tenfold.cache.eviction.Slots.NONE;

import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Evicts what was used least often since it came; of several, the one that reached its count first. The newcomer is never
 * its own victim, since room is made before it counts. Constant cost: nodes of one count share a list, and the lists are
 * linked in the order of their counts (Shah, Mitra, Matani: An O(1) algorithm for implementing the LFU cache eviction
 * scheme, 2010).
 *
 * <p><b>Ageing.</b> Without it, what was once hot stays for ever. With it, all counts are halved, to no less than 1,
 * whenever there have been so many uses and insertions since the last time as {@code agesAfter} times the entries there
 * are. Among those that come to share a count, who had the smaller one stays colder. Halving is linear, so a use still
 * costs a constant on average.
 */
final class Lfu<K, V> extends Policy<K, V> {

    private final int agesAfter;
    private @Nullable Count lowest;
    private Count[] counts = new Count[0];
    /** By slot, the index of its count. */
    private int[] countOf = new int[0];

    private int made;
    /** Counts that nothing has reached any more, linked as higher ones. */
    private @Nullable Count spare;

    private long size;
    private long uses;

    /** @param agesAfter uses and insertions for each entry until counts are halved; 0 for never */
    Lfu(int agesAfter) {
        this.agesAfter = agesAfter;
    }

    @Override
    boolean followsUses() {
        return true;
    }

    @Override
    void insert(Node<K, V> node) {
        if (node.slot >= countOf.length) {
            countOf = Arrays.copyOf(countOf, slots.capacity());
        }
        Count once = lowest;
        if (once == null || once.count != 1) {
            once = link(null, 1, lowest);
        }
        enter(node.slot, once);
        size++;
        age();
    }

    @Override
    void use(int slot) {
        Count now = counts[countOf[slot]];
        Count next = now.higher;
        long count = now.count + 1;
        Count to = next != null && next.count == count ? next : null;
        if (to == null && now.coldest == now.warmest) {
            now.count = count; // it is alone: take the list along
        } else {
            if (to == null) {
                to = link(now, count, next);
            }
            now.remove(slot);
            enter(slot, to);
            dropIfEmpty(now);
        }
        age();
    }

    private void enter(int slot, Count count) {
        count.add(slot);
        countOf[slot] = count.index;
    }

    @Override
    void remove(Node<K, V> node) {
        remove(node.slot);
    }

    private void remove(int slot) {
        Count count = counts[countOf[slot]];
        count.remove(slot);
        dropIfEmpty(count);
        size--;
    }

    @Override
    boolean evict(Consumer<? super Node<K, V>> victims) {
        if (lowest == null) {
            return false;
        }
        int victim = lowest.coldest;
        remove(victim);
        victims.accept(slots.node(victim));
        return true;
    }

    @Override
    void inEvictionOrder(Consumer<? super Node<K, V>> action) {
        for (Count each = lowest; each != null; each = each.higher) {
            each.forEach(slot -> action.accept(slots.node(slot)));
        }
    }

    private void age() {
        if (agesAfter == 0 || ++uses < agesAfter * size) {
            return;
        }
        uses = 0;
        Count into = null;
        Count next;
        for (Count each = lowest; each != null; each = next) {
            next = each.higher;
            each.count = Math.max(1, each.count / 2);
            if (into != null && into.count == each.count) {
                for (int slot = each.coldest; slot != NONE; slot = each.coldest) {
                    each.remove(slot);
                    enter(slot, into);
                }
                dropIfEmpty(each);
            } else {
                into = each;
            }
        }
    }

    private void dropIfEmpty(Count count) {
        if (count.isEmpty()) {
            Count lower = count.lower;
            Count higher = count.higher;
            if (lower == null) {
                lowest = higher;
            } else {
                lower.higher = higher;
            }
            if (higher != null) {
                higher.lower = lower;
            }
            count.higher = spare;
            spare = count;
        }
    }

    private Count link(@Nullable Count lower, long reached, @Nullable Count higher) {
        Count count = spare();
        count.count = reached;
        count.lower = lower;
        count.higher = higher;
        if (lower == null) {
            lowest = count;
        } else {
            lower.higher = count;
        }
        if (higher != null) {
            higher.lower = count;
        }
        return count;
    }

    private Count spare() {
        Count count = spare;
        if (count != null) {
            spare = count.higher;
            return count;
        }
        if (made == counts.length) {
            counts = Arrays.copyOf(counts, made + made / 2 + 8);
        }
        count = new Count(slots, made);
        counts[made++] = count;
        return count;
    }

    /** The slots that were used so often, in the order in which they came to be. */
    private static final class Count extends SlotList {

        final int index;
        long count;

        @Nullable
        Count lower;

        @Nullable
        Count higher;

        Count(Slots<?, ?> slots, int index) {
            super(slots);
            this.index = index;
        }
    }
}
