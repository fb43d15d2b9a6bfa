package dev.tenfold.queue.routing;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Walks all matching paths of a topic trie at once, one word of the routing key at a time, as one simulates a
 * non-deterministic automaton (K. Thompson, "Regular Expression Search Algorithm", CACM 11(6), 1968). Every node is
 * looked at once a word at most, so the cost is at most words times nodes; trying one path after the other would be
 * exponential in the number of {@code #}.
 *
 * <p>A node reached by {@code #} absorbs any further word, so once reached it stays; the others are reached anew by each
 * word. A node can be reached in two ways only if it is one that stays, hence only those need a set.
 */
final class TopicWalk<T> {

    /** Up to so many, a look at each costs less than a set. */
    private static final int FEW = 8;

    /** Reached by the words so far, the last one included; each once. */
    private List<TopicNode<T>> here = new ArrayList<>(4);

    private List<TopicNode<T>> next = new ArrayList<>(4);

    /** Reached by a {@code #} at any time; each once. */
    private final List<TopicNode<T>> staying = new ArrayList<>();

    /** The same, once they are many. */
    private @Nullable Set<TopicNode<T>> stayingSet;

    private TopicWalk() {}

    /** Returns the targets of every binding below {@code root} that matches, each once. */
    static <T> List<T> from(TopicNode<T> root, String routingKey) {
        TopicWalk<T> walk = new TopicWalk<>();
        walk.reach(root);
        walk.swap();
        if (!routingKey.isEmpty()) {
            int start = 0;
            for (int dot = routingKey.indexOf('.'); dot >= 0 && !walk.isOver(); dot = routingKey.indexOf('.', start)) {
                walk.step(routingKey.substring(start, dot));
                start = dot + 1;
            }
            if (!walk.isOver()) {
                walk.step(routingKey.substring(start));
            }
        }
        return walk.targets();
    }

    /** Whether no further word leads anywhere. */
    private boolean isOver() {
        return here.isEmpty() && staying.isEmpty();
    }

    private void step(String word) {
        // A node that a # reaches by this very word absorbs the words after it.
        int absorbing = staying.size();
        for (int i = 0; i < here.size(); i++) {
            advance(here.get(i), word);
        }
        for (int i = 0; i < absorbing; i++) {
            advance(staying.get(i), word);
        }
        swap();
    }

    private void advance(TopicNode<T> node, String word) {
        TopicNode<T> plain = node.plain(word);
        if (plain != null) {
            reach(plain);
        }
        TopicNode<T> oneWord = node.oneWord();
        if (oneWord != null) {
            reach(oneWord);
        }
    }

    /** A # matches no word at all, too, so whatever it leads to is reached along with the node. */
    private void reach(TopicNode<T> node) {
        next.add(node);
        for (TopicNode<T> rest = node.anyWords(); rest != null && isNew(rest); rest = rest.anyWords()) {
            staying.add(rest);
        }
    }

    private boolean isNew(TopicNode<T> rest) {
        if (stayingSet == null) {
            if (staying.size() < FEW) {
                return !staying.contains(rest);
            }
            stayingSet = new HashSet<>(staying);
        }
        return stayingSet.add(rest);
    }

    private void swap() {
        List<TopicNode<T>> passed = here;
        here = next;
        next = passed;
        next.clear();
    }

    private List<T> targets() {
        List<T> only = List.of();
        Set<T> all = null;
        for (List<TopicNode<T>> reached : List.of(here, staying)) {
            for (int i = 0; i < reached.size(); i++) {
                List<T> some = reached.get(i).targets();
                if (only.isEmpty()) {
                    only = some;
                } else if (!some.isEmpty()) {
                    if (all == null) {
                        all = new LinkedHashSet<>(only);
                    }
                    all.addAll(some);
                }
            }
        }
        return all == null ? only : List.copyOf(all);
    }
}
