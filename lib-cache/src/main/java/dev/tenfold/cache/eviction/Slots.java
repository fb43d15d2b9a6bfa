package dev.tenfold.cache.eviction;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The nodes that a policy knows, by number. So its lists are linked by ints, 8 bytes a node and close together: moving a
 * node touches a fraction of the memory that references in the nodes would, nothing that readers look at, and gives the
 * garbage collector nothing to note.
 *
 * <p>A number is given again once its node is out. Only under the lock of the table.
 */
final class Slots<K, V> {

    /** Before the coldest and after the warmest. */
    static final int NONE = -1;

    private static final int UNLINKED = -2;
    private static final int FIRST_CAPACITY = 16;

    private @Nullable Node<K, V>[] nodes;
    /** At 2 * slot who is colder, behind it who is warmer, or which slot is free after this one. */
    private int[] links;

    private int used;
    private int free = NONE;
    private long expected;

    @SuppressWarnings({"unchecked", "rawtypes"})
    Slots() {
        nodes = new Node[FIRST_CAPACITY];
        links = new int[2 * FIRST_CAPACITY];
    }

    /** No more than so many are expected, as each weighs at least 1: memory for more is not taken in advance. */
    void expect(long most) {
        expected = most;
    }

    /** Gives a node its slot. */
    void add(Node<K, V> node) {
        int slot = free;
        if (slot != NONE) {
            free = warmer(slot);
        } else {
            slot = used++;
            if (slot == nodes.length) {
                grow();
            }
        }
        nodes[slot] = node;
        unlink(slot);
        node.slot = slot;
    }

    private void grow() {
        int larger = Math.addExact(nodes.length, nodes.length / 2);
        if (nodes.length < expected) {
            larger = (int) Math.min(larger, expected);
        }
        nodes = Arrays.copyOf(nodes, larger);
        links = Arrays.copyOf(links, Math.multiplyExact(2, larger));
    }

    /** Takes the slot of a node that is in no list. */
    void remove(Node<K, V> node) {
        int slot = node.slot;
        if (slot != NONE) {
            node.slot = NONE;
            nodes[slot] = null;
            warmer(slot, free);
            free = slot;
        }
    }

    Node<K, V> node(int slot) {
        return Objects.requireNonNull(nodes[slot]);
    }

    /** Returns all nodes, with gaps of null. */
    @Nullable
    Node<K, V>[] all() {
        return Arrays.copyOf(nodes, used);
    }

    /** How large an array by slot must be. */
    int capacity() {
        return nodes.length;
    }

    /** Returns whether a list holds it; a slot without a node is in none. */
    boolean isLinked(int slot) {
        return links[2 * slot] != UNLINKED;
    }

    int colder(int slot) {
        return links[2 * slot];
    }

    int warmer(int slot) {
        return links[2 * slot + 1];
    }

    void colder(int slot, int colder) {
        links[2 * slot] = colder;
    }

    void warmer(int slot, int warmer) {
        links[2 * slot + 1] = warmer;
    }

    void unlink(int slot) {
        links[2 * slot] = UNLINKED;
    }
}
