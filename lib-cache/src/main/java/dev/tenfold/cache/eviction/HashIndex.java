package dev.tenfold.cache.eviction;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds nodes by key: an array of chains, linked through {@link Node#next()}, so that it costs 4 to 8 bytes a node. Written
 * under the lock of the table; read by anybody without.
 *
 * <p><b>Reading.</b> A node is complete before a release store makes it the head of its chain, and it keeps its successor
 * when it is taken out, so a reader that stands on it goes on as if it had passed a moment earlier. What a reader finds was
 * there; so what matters is that it overlooks nothing.
 *
 * <p><b>Growing</b> is the one time when a successor changes to anything but the next but one: chains are split in two, each
 * in the order it had, so a reader always comes to an end, but may be led past what it looks for. Therefore {@link #growing}
 * is set before the first link is changed, with a release store, and cleared after the larger array is in place. A reader
 * that met a changed link sees the one or the other: who finds nothing looks whether either has changed, and looks again
 * under the lock. Hits never wait.
 *
 * <p>Keys of one hash code are in one chain, one after the other.
 */
final class HashIndex<K, V> {

    private static final int FIRST_BINS = 64;
    private static final int MOST_BINS = 1 << 30;

    private static final VarHandle BIN = MethodHandles.arrayElementVarHandle(Node[].class);
    private static final VarHandle SIZE;

    static {
        try {
            SIZE = MethodHandles.lookup().findVarHandle(HashIndex.class, "size", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final ReentrantLock lock;
    private volatile @Nullable Node<K, V>[] bins = bins(FIRST_BINS);
    private volatile boolean growing;

    @SuppressWarnings("unused") // by way of SIZE
    private int size;

    HashIndex(ReentrantLock lock) {
        this.lock = lock;
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static <K, V> @Nullable Node<K, V>[] bins(int count) {
        return new Node[count];
    }

    /** As {@link Node#hash}. */
    static int hash(Object key) {
        int code = key.hashCode();
        return code ^ code >>> 16;
    }

    /** Finds a node, which may have died by now. With or without the lock. */
    @Nullable
    Node<K, V> get(K key) {
        return get(key, hash(key));
    }

    @Nullable
    Node<K, V> get(K key, int hash) {
        @Nullable Node<K, V>[] in = bins;
        Node<K, V> node = find(in, key, hash);
        return node != null || (!growing && bins == in) ? node : getLocked(key, hash);
    }

    @SuppressWarnings("unchecked")
    private static <K, V> @Nullable Node<K, V> find(@Nullable Node<K, V>[] in, K key, int hash) {
        Node<K, V> node = (Node<K, V>) BIN.getAcquire(in, hash & in.length - 1);
        while (node != null && !node.isOf(key, hash)) {
            node = node.next();
        }
        return node;
    }

    private @Nullable Node<K, V> getLocked(K key, int hash) {
        lock.lock();
        try {
            return find(bins, key, hash);
        } finally {
            lock.unlock();
        }
    }

    int size() {
        return (int) SIZE.getOpaque(this);
    }

    // What follows is called under the lock.

    /** Adds a node whose key has none. */
    void add(Node<K, V> node) {
        @Nullable Node<K, V>[] in = bins;
        int bin = node.hash & in.length - 1;
        node.link(in[bin]);
        BIN.setRelease(in, bin, node);
        int now = size + 1;
        SIZE.setOpaque(this, now);
        if (now > in.length - in.length / 4 && in.length < MOST_BINS) {
            grow(in);
        }
    }

    /** Takes out a node that is in. */
    void remove(Node<K, V> node) {
        @Nullable Node<K, V>[] in = bins;
        int bin = node.hash & in.length - 1;
        Node<K, V> before = null;
        for (Node<K, V> at = in[bin];
                at != node;
                at = Objects.requireNonNull(at).next()) {
            before = at;
        }
        if (before == null) {
            BIN.setRelease(in, bin, node.next());
        } else {
            before.link(node.next());
        }
        SIZE.setOpaque(this, size - 1);
    }

    private void grow(@Nullable Node<K, V>[] from) {
        @Nullable Node<K, V>[] to = bins(2 * from.length);
        growing = true;
        for (int bin = 0; bin < from.length; bin++) {
            split(from, bin, to);
        }
        bins = to;
        growing = false;
    }

    private static <K, V> void split(@Nullable Node<K, V>[] from, int bin, @Nullable Node<K, V>[] to) {
        Node<K, V> lastLow = null;
        Node<K, V> lastHigh = null;
        Node<K, V> next;
        for (Node<K, V> node = from[bin]; node != null; node = next) {
            next = node.next();
            if ((node.hash & from.length) == 0) {
                lastLow = append(node, lastLow, to, bin);
            } else {
                lastHigh = append(node, lastHigh, to, bin + from.length);
            }
        }
        end(lastLow);
        end(lastHigh);
    }

    private static <K, V> Node<K, V> append(
            Node<K, V> node, @Nullable Node<K, V> last, @Nullable Node<K, V>[] to, int bin) {
        if (last == null) {
            to[bin] = node;
        } else {
            last.link(node);
        }
        return node;
    }

    private static void end(@Nullable Node<?, ?> last) {
        if (last != null) {
            last.link(null);
        }
    }

    void forEach(Consumer<? super Node<K, V>> action) {
        for (Node<K, V> head : bins) {
            for (Node<K, V> node = head; node != null; node = node.next()) {
                action.accept(node);
            }
        }
    }
}
