package dev.tenfold.cache.eviction;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * One entry from its insertion to its removal. A key that comes back gets a new node: nothing revives a dead one.
 *
 * <p>{@link #value} is what callers race on: null means dead. Who holds the table's lock alone makes it null; anybody may
 * replace one value by another. {@link #uses} is written by readers without a lock, where a lost or late increment is
 * harmless. {@link #next} is read by anybody and belongs to {@link HashIndex}. All else belongs to the holder of the lock.
 *
 * <p>What the handles are given has the exact type of the field: a bare {@code null} would be adapted at each call.
 *
 * <p>40 bytes with compressed references: header 12, six references or ints of 4, three bytes, padding.
 */
final class Node<K, V> {

    /** Not in the table. */
    static final byte OUT = 0;

    /** In the policy's lists. */
    static final byte LINKED = 1;

    /** Counted, and in no list. */
    static final byte PINNED = 2;

    private static final VarHandle VALUE;
    private static final VarHandle NEXT;
    private static final VarHandle USES;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            VALUE = lookup.findVarHandle(Node.class, "value", Object.class);
            NEXT = lookup.findVarHandle(Node.class, "next", Node.class);
            USES = lookup.findVarHandle(Node.class, "uses", byte.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    final K key;
    /** {@link HashIndex#hash} of the key. */
    final int hash;

    private volatile @Nullable V value;

    @SuppressWarnings("unused") // by way of NEXT
    private @Nullable Node<K, V> next;

    int weight;
    byte state;
    private volatile byte uses;

    /** Its number in {@link Slots} while the policy knows it. Readers may see an earlier one. */
    int slot = Slots.NONE;

    /** Which of the two queues of {@link S3Fifo} it is in. */
    boolean inMain;

    Node(K key, int hash, V value, int weight) {
        this.key = key;
        this.hash = hash;
        this.weight = weight;
        VALUE.set(this, (Object) value); // published by the index
    }

    boolean isOf(K key, int hash) {
        return this.hash == hash && (this.key == key || key.equals(this.key));
    }

    @SuppressWarnings("unchecked")
    @Nullable
    Node<K, V> next() {
        return (Node<K, V>) NEXT.getAcquire(this);
    }

    void link(@Nullable Node<K, V> next) {
        NEXT.setRelease(this, (Node<?, ?>) next);
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

    /** Sets another value and returns the one it had. Only under the lock, of a node that is alive. */
    @SuppressWarnings("unchecked")
    V swap(V next) {
        return (V) VALUE.getAndSet(this, (Object) next);
    }

    /** Ends the entry and returns its last value. Only under the lock, of a node that is alive. */
    @SuppressWarnings("unchecked")
    V retire() {
        return (V) VALUE.getAndSet(this, (Object) null);
    }

    /** Ends the entry if it still has this value. Only under the lock. */
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
