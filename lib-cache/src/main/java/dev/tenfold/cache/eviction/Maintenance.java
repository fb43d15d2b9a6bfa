package dev.tenfold.cache.eviction;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The inner side of a {@link PolicyTable}: brings nodes in and out, keeps the policy informed and the table within its bound,
 * all under one lock.
 *
 * <p><b>Invariant.</b> Whenever the lock is free, index, slots and policy hold the same nodes, each of them alive, and weigh
 * at most the maximum, unless pinned ones alone weigh more.
 *
 * <p><b>Uses</b> are counted on the node itself or wait in {@link ReadBuffers}; the policy hears of all that wait before it
 * hears of the next insertion or removal. <b>With one thread</b> the lock is always free and no use is lost, so the order is
 * exact.
 *
 * <p><b>Locks.</b> Under the lock are called: the policy, the keys' equals, and the weigher (only to replace in a weighed
 * table). The listener is called without. A section is short, so who finds the lock taken looks again a few times before
 * being put to sleep, as that costs a hundred sections.
 */
final class Maintenance<K, V> {

    private static final int LOOKS = 32;

    private final ReentrantLock lock = new ReentrantLock();
    final HashIndex<K, V> nodes = new HashIndex<>(lock);

    private final TableSettings<K, V> settings;
    private final int countedUses;
    private final @Nullable ReadBuffers reads;

    private final Policy<K, V> policy;
    private final Consumer<Node<K, V>> drop = this::drop;
    private final Evicted.Queue<K, V> evicted = new Evicted.Queue<>();
    private long pinned;
    private long weight;
    private volatile long maximum; // written under the lock

    Maintenance(TableSettings<K, V> settings, Policy<K, V> policy) {
        this.settings = settings;
        this.policy = policy;
        countedUses = policy.countedUses();
        reads = policy.followsUses() ? new ReadBuffers(Runtime.getRuntime().availableProcessors()) : null;
        maximum = settings.maximum();
        resizePolicy(maximum);
    }

    private void resizePolicy(long most) {
        policy.slots.expect(most);
        policy.resize(most);
    }

    /** Notes a use, where the policy wants to know. */
    void used(Node<K, V> node) {
        if (countedUses > 0) {
            node.use(countedUses);
        } else if (reads != null) {
            record(node.slot, reads);
        }
    }

    private void record(int slot, ReadBuffers reads) {
        // When the ring is full and nobody is emptying it, this thread does, so that a thread that is alone loses
        // nothing. A node without a slot is just leaving.
        while (slot != Slots.NONE && !reads.add(slot) && lock.tryLock()) {
            try {
                reads.drainOwnTo(policy);
            } finally {
                lock.unlock();
            }
        }
    }

    /**
     * Keeps a value for a key that had none a moment ago.
     *
     * @param hash {@link HashIndex#hash} of the key
     * @param replacing whether also if it has one by now
     * @return the value it has by now, or null if none
     */
    @Nullable
    V put(K key, int hash, V value, int itsWeight, boolean replacing) {
        Node<K, V> fresh = new Node<>(key, hash, value, itsWeight);
        lock();
        try {
            catchUp();
            Node<K, V> node = nodes.get(key, hash);
            if (node == null) {
                insert(fresh);
                return null;
            }
            if (!replacing) {
                use(node);
                return node.value();
            }
            V old = node.swap(value);
            reweigh(node, itsWeight);
            return old;
        } finally {
            unlock();
        }
    }

    /** Replaces a value of another weight. @return false if the value is not the expected one any more */
    boolean replace(Node<K, V> node, V expected, V value, int itsWeight) {
        lock();
        try {
            catchUp();
            if (!node.replace(expected, value)) {
                return false;
            }
            reweigh(node, itsWeight);
            return true;
        } finally {
            unlock();
        }
    }

    /**
     * Removes a key.
     *
     * @param expected the value it must have, or null if any will do
     * @return the value it had, or null if it was not removed
     */
    @Nullable
    V remove(K key, @Nullable V expected) {
        lock();
        try {
            catchUp();
            Node<K, V> node = nodes.get(key);
            return node == null ? null : end(node, expected);
        } finally {
            unlock();
        }
    }

    /** Removes what is there now, one by one, so that others get their turn. */
    void clear() {
        for (Node<K, V> node : snapshot()) {
            lock();
            try {
                if (node != null && !node.isDead()) {
                    end(node, null);
                }
            } finally {
                unlock();
            }
        }
        locked(policy::forget);
    }

    /** Returns what is there now, with gaps of null. */
    @Nullable
    Node<K, V>[] snapshot() {
        lock();
        try {
            return policy.slots.all();
        } finally {
            unlock();
        }
    }

    long weight() {
        lock();
        try {
            return weight;
        } finally {
            unlock();
        }
    }

    long maximum() {
        return maximum;
    }

    void setMaximum(long maximum) {
        locked(() -> {
            catchUp();
            this.maximum = maximum;
            resizePolicy(maximum);
            makeRoom();
        });
    }

    boolean pin(K key) {
        boolean[] done = new boolean[1];
        locked(() -> {
            catchUp();
            Node<K, V> node = nodes.get(key);
            done[0] = node != null && pin(node);
        });
        return done[0];
    }

    boolean unpin(K key) {
        boolean[] done = new boolean[1];
        locked(() -> {
            catchUp();
            Node<K, V> node = nodes.get(key);
            if (node != null && node.state == Node.PINNED) {
                unpin(node);
                makeRoom();
                done[0] = true;
            }
        });
        return done[0];
    }

    List<K> evictionOrder() {
        List<K> keys = new ArrayList<>();
        locked(() -> {
            catchUp();
            policy.inEvictionOrder(node -> keys.add(node.key));
            if (pinned > 0) {
                nodes.forEach(node -> {
                    if (node.state == Node.PINNED) {
                        keys.add(node.key);
                    }
                });
            }
        });
        return keys;
    }

    void cleanUp() {
        locked(this::catchUp);
    }

    private void locked(Runnable action) {
        lock();
        try {
            action.run();
        } finally {
            unlock();
        }
    }

    private void lock() {
        for (int looks = LOOKS; !lock.tryLock(); looks--) {
            if (looks == 0) {
                lock.lock();
                return;
            }
            Thread.onSpinWait();
        }
    }

    /** Releases the lock and tells of what was evicted meanwhile. */
    private void unlock() {
        Evicted<K, V> told = evicted.takeAll();
        lock.unlock();
        if (told != null && settings.onEviction() != null) {
            Evicted.tell(told, settings.onEviction());
        }
    }

    // What follows is called under the lock.

    private void catchUp() {
        if (reads != null) {
            reads.drainTo(policy);
        }
    }

    private void insert(Node<K, V> node) {
        weight += node.weight;
        if (node.weight > maximum || !makeRoom()) {
            weight -= node.weight;
            note(node.key, node.retire());
        } else {
            policy.slots.add(node);
            policy.insert(node);
            node.state = Node.LINKED;
            nodes.add(node);
        }
    }

    /** Evicts until the table is within its bound. @return false if it cannot be */
    private boolean makeRoom() {
        while (weight > maximum) {
            if (!policy.evict(drop)) {
                return false;
            }
        }
        return true;
    }

    /** Evicts a node that is in no list. */
    private void drop(Node<K, V> node) {
        note(node.key, node.retire());
        takeOut(node);
    }

    private void note(K key, V value) {
        if (settings.onEviction() != null) {
            evicted.add(key, value);
        }
    }

    /** Removes a node. @return its last value, or null if that was not the expected one */
    private @Nullable V end(Node<K, V> node, @Nullable V expected) {
        V value = expected;
        if (expected == null) {
            value = node.retire();
        } else if (!node.retire(expected)) {
            return null;
        }
        if (node.state == Node.PINNED) {
            pinned -= node.weight;
        } else {
            policy.remove(node);
        }
        takeOut(node);
        return value;
    }

    private void takeOut(Node<K, V> node) {
        nodes.remove(node);
        policy.slots.remove(node);
        node.state = Node.OUT;
        weight -= node.weight;
    }

    private void use(Node<K, V> node) {
        if (node.state == Node.LINKED) {
            node.use(countedUses);
            policy.use(node.slot);
        }
    }

    private void reweigh(Node<K, V> node, int itsWeight) {
        int difference = itsWeight - node.weight;
        node.weight = itsWeight;
        weight += difference;
        if (node.state == Node.PINNED) {
            pinned += difference;
            if (pinned > settings.pinLimit()) {
                unpin(node);
            }
        } else {
            policy.reweigh(node, difference);
            use(node);
        }
        if (node.state == Node.LINKED && itsWeight > maximum) {
            policy.remove(node);
            drop(node);
        }
        makeRoom();
    }

    private boolean pin(Node<K, V> node) {
        if (node.state == Node.LINKED) {
            if (pinned + node.weight > settings.pinLimit()) {
                throw settings.noRoomToPin(node.key, pinned, node.weight);
            }
            policy.remove(node);
            node.state = Node.PINNED;
            pinned += node.weight;
        }
        return true;
    }

    private void unpin(Node<K, V> node) {
        pinned -= node.weight;
        node.uses(0);
        node.state = Node.LINKED;
        policy.insert(node);
    }

    /** Throws unless index and policy know the same nodes. Only while nobody writes. */
    void check() {
        locked(() -> {
            catchUp();
            Set<Node<K, V>> listed = new HashSet<>();
            policy.inEvictionOrder(node -> {
                require(node.state == Node.LINKED && !node.isDead(), "a list holds a dead node", node);
                require(listed.add(node), "listed twice", node);
            });
            long[] sums = new long[2];
            nodes.forEach(node -> {
                require(!node.isDead(), "the index holds a dead node", node);
                require(listed.remove(node) || node.state == Node.PINNED, "the policy does not know", node);
                require(nodes.get(node.key) == node, "the index does not find", node);
                sums[0] += node.weight;
                sums[1]++;
            });
            require(listed.isEmpty(), "the index does not know", listed);
            require(sums[0] == weight, "weight " + weight + " is really " + sums[0], this);
            require(sums[1] == nodes.size(), "size " + nodes.size() + " is really " + sums[1], this);
            require(weight <= Math.max(maximum, pinned), "weight " + weight + " over " + maximum, this);
        });
    }

    private static void require(boolean holds, String problem, Object what) {
        if (!holds) {
            throw new IllegalStateException(problem + ": " + what);
        }
    }
}
