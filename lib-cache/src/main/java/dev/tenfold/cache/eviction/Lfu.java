package dev.tenfold.cache.eviction;

import java.util.Objects;
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
    private @Nullable Count<K, V> lowest;
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
        Count<K, V> once = lowest;
        if (once == null || once.count != 1) {
            once = new Count<>(1);
            link(null, once, lowest);
        }
        once.add(node);
        size++;
        age();
    }

    @Override
    void use(Node<K, V> node) {
        Count<K, V> now = countOf(node);
        Count<K, V> next = now.higher;
        long count = now.count + 1;
        if (next != null && next.count == count) {
            now.remove(node);
            next.add(node);
            dropIfEmpty(now);
        } else if (now.coldest == now.warmest) {
            now.count = count; // it is alone: take the list along
        } else {
            Count<K, V> made = new Count<>(count);
            link(now, made, next);
            now.remove(node);
            made.add(node);
        }
        age();
    }

    @Override
    void remove(Node<K, V> node) {
        Count<K, V> count = countOf(node);
        count.remove(node);
        dropIfEmpty(count);
        size--;
    }

    @Override
    boolean evict(Consumer<? super Node<K, V>> victims) {
        if (lowest == null) {
            return false;
        }
        Node<K, V> victim = Objects.requireNonNull(lowest.coldest);
        remove(victim);
        victims.accept(victim);
        return true;
    }

    @Override
    void inEvictionOrder(Consumer<? super Node<K, V>> action) {
        for (Count<K, V> each = lowest; each != null; each = each.higher) {
            each.forEach(action);
        }
    }

    private void age() {
        if (agesAfter == 0 || ++uses < agesAfter * size) {
            return;
        }
        uses = 0;
        Count<K, V> into = null;
        Count<K, V> next;
        for (Count<K, V> each = lowest; each != null; each = next) {
            next = each.higher;
            each.count = Math.max(1, each.count / 2);
            if (into != null && into.count == each.count) {
                for (Node<K, V> node = each.coldest; node != null; node = each.coldest) {
                    each.remove(node);
                    into.add(node);
                }
                dropIfEmpty(each);
            } else {
                into = each;
            }
        }
    }

    private void dropIfEmpty(Count<K, V> count) {
        if (count.isEmpty()) {
            Count<K, V> lower = count.lower;
            Count<K, V> higher = count.higher;
            if (lower == null) {
                lowest = higher;
            } else {
                lower.higher = higher;
            }
            if (higher != null) {
                higher.lower = lower;
            }
        }
    }

    private void link(@Nullable Count<K, V> lower, Count<K, V> made, @Nullable Count<K, V> higher) {
        made.lower = lower;
        made.higher = higher;
        if (lower == null) {
            lowest = made;
        } else {
            lower.higher = made;
        }
        if (higher != null) {
            higher.lower = made;
        }
    }

    private Count<K, V> countOf(Node<K, V> node) {
        return (Count<K, V>) Objects.requireNonNull(node.list);
    }

    /** The nodes that were used so often, in the order in which they came to be. */
    private static final class Count<K, V> extends NodeList<K, V> {

        long count;

        @Nullable
        Count<K, V> lower;

        @Nullable
        Count<K, V> higher;

        Count(long count) {
            this.count = count;
        }
    }
}
