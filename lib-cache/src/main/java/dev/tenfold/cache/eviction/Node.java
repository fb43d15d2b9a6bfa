package dev.tenfold.cache.eviction;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * One entry from its insertion to its removal. A key that comes back gets a new node: nothing revives a dead one.
 *
 * <p>{@link #value} is what callers race on: null means dead, and who makes it null has removed the entry. {@link #uses}
 * is written by readers without a lock, where a lost or late increment is harmless. All else belongs to the holder of the
 * table's lock, except that {@link #weight} is first set by the constructor.
 *
 * <p>What the handles are given has the exact type of the field: a bare {@code null} would be adapted at each call.
 *
 * <p>32 bytes with compressed references: header 12, four references or ints of 4, three bytes, padding.
 */
final class Node<K, V> {

    /** Not yet shown to the policy, or never to be. */
    static final byte NEW = 0;

    /** In the policy's lists. */
    static final byte LINKED = 1;

    /** Counted, and in no list. */
    static final byte PINNED = 2;

    /** Taken out; not to be touched any more. */
    static final byte OUT = 3;

    private static final VarHandle VALUE;
    private static final VarHandle USES;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            VALUE = lookup.findVarHandle(Node.class, "value", Object.class);
            USES = lookup.findVarHandle(Node.class, "uses", byte.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    final K key;
    private volatile @Nullable V value;
    int weight;
    byte state;
    private volatile byte uses;

    /** Its number in {@link Slots} while the policy knows it. Readers may see an earlier one. */
    int slot = Slots.NONE;

    /** Which of the two queues of {@link S3Fifo} it is in. */
    boolean inMain;

    Node(K key, V value, int weight) {
        this.key = key;
        this.weight = weight;
        VALUE.set(this, (Object) value); // published by the map
    }

    @Nullable
    V value() {
        return value;
    }

    boolean isDead() {
        return value == null;
    }

    boolean replace(V expected, V next) {
        return VALUE.compareAndSet(this, (Object) expected, (Object) next);
    }

    /** Ends the entry. Returns its last value if this call did it, null if another had done it before. */
    @SuppressWarnings("unchecked")
    @Nullable
    V retire() {
        return (V) VALUE.getAndSet(this, (Object) null);
    }

    /** Ends the entry if it still has this value. */
    boolean retire(V expected) {
        return VALUE.compareAndSet(this, (Object) expected, (Object) null);
    }

    /** Counts a use up to a limit. Writes only if that changes something, so that a hot node is not passed around. */
    void use(int limit) {
        byte now = uses;
        if (now < limit) {
            USES.setOpaque(this, (byte) (now + 1));
        }
    }

    int uses() {
        return uses;
    }

    void uses(int count) {
        USES.setOpaque(this, (byte) count);
    }
}
