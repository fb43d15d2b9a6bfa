package dev.tenfold.cache.eviction;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the policy of a {@link PolicyTable} informed, and the table within its bound.
 *
 * <p><b>How the policy catches up.</b> Insertions and deaths are not told as commands but as "look at this node":
 * {@link #reconcile} compares what the node is (alive or dead) with what the policy knows (its state) and closes the gap, so
 * that it may be told twice, late or in any order. A caller that gets the lock does it at once; one that does not leaves
 * the node in {@link #pending} and goes, and the holder looks there again after it has unlocked. So after the last call has
 * returned nothing is pending: policy and map hold the same nodes. Uses are counted on the node itself or wait in
 * {@link ReadBuffers}; the policy hears of them before it hears of the next insertion.
 *
 * <p><b>With one thread</b> the lock is always free: each write is told at once, after all uses before it, and no use is
 * lost. So the order is exact.
 *
 * <p><b>Locks.</b> Under the lock are called: the policy, the weigher (only to replace in a weighed table), and the map's
 * remove, which takes the lock of one hash bin. Nothing takes them the other way round. The listener is called without.
 */
final class Maintenance<K, V> {

    /** How many nodes may wait for the lock's holder before writers wait themselves. */
    static final int MAXIMUM_PENDING = 128;

    private final ConcurrentHashMap<K, Node<K, V>> nodes;
    private final TableSettings<K, V> settings;
    private final int countedUses;
    private final @Nullable ReadBuffers reads;

    private final Queue<Node<K, V>> pending = new ConcurrentLinkedQueue<>();
    private final AtomicInteger pendingCount = new AtomicInteger();

    private final ReentrantLock lock = new ReentrantLock();
    private final Policy<K, V> policy;
    private final Consumer<Node<K, V>> drop = this::drop;
    private final Evicted.Queue<K, V> evicted = new Evicted.Queue<>();
    private long pinned;
    private long weight;
    private volatile long maximum; // written under the lock

    Maintenance(ConcurrentHashMap<K, Node<K, V>> nodes, TableSettings<K, V> settings, Policy<K, V> policy) {
        this.nodes = nodes;
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
        // nothing. A node without a slot waits for the policy to hear of it, which is no use yet.
        while (slot != Slots.NONE && !reads.add(slot) && lock.tryLock()) {
            try {
                catchUp();
            } finally {
                unlock();
            }
        }
    }

    /** Brings the policy in line with a node that was put into the map, or has died and was taken off it. */
    void changed(Node<K, V> node) {
        if (!lock.tryLock()) {
            pending.add(node);
            if (pendingCount.incrementAndGet() > MAXIMUM_PENDING) {
                lock.lock();
            } else if (!lock.tryLock()) {
                return; // the holder looks at what is pending after it has unlocked
            }
        }
        try {
            catchUp();
            reconcile(node);
        } finally {
            unlock();
        }
    }

    /** Replaces a value of another weight. @return false if the value is not the expected one any more */
    boolean replace(Node<K, V> node, V expected, V value, int itsWeight) {
        boolean[] done = new boolean[1];
        locked(() -> {
            catchUp();
            done[0] = node.replace(expected, value);
            if (done[0]) {
                reweigh(node, itsWeight);
            }
        });
        return done[0];
    }

    /** Has the policy forget what it remembers of entries that are gone. */
    void forget() {
        locked(policy::forget);
    }

    long weight() {
        lock.lock();
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
            if (node != null) {
                reconcile(node);
                done[0] = pin(node);
            }
        });
        return done[0];
    }

    boolean unpin(K key) {
        boolean[] done = new boolean[1];
        locked(() -> {
            catchUp();
            Node<K, V> node = nodes.get(key);
            done[0] = node != null && node.state == Node.PINNED && !node.isDead();
            if (done[0]) {
                unpin(Objects.requireNonNull(node));
                makeRoom();
            }
        });
        return done[0];
    }

    List<K> evictionOrder() {
        List<K> keys = new ArrayList<>();
        locked(() -> {
            catchUp();
            policy.inEvictionOrder(node -> addAlive(node, keys));
            if (pinned > 0) {
                nodes.values().stream()
                        .filter(node -> node.state == Node.PINNED)
                        .forEach(node -> addAlive(node, keys));
            }
        });
        return keys;
    }

    private static <K> void addAlive(Node<K, ?> node, List<K> keys) {
        if (!node.isDead()) { // a later node of its key may be there already
            keys.add(node.key);
        }
    }

    void cleanUp() {
        locked(this::catchUp);
    }

    private void locked(Runnable action) {
        lock.lock();
        try {
            action.run();
        } finally {
            unlock();
        }
    }

    /** Releases the lock, and takes it again for what was left by those who could not have it meanwhile. */
    private void unlock() {
        Evicted<K, V> told = evicted.takeAll();
        lock.unlock();
        tell(told);
        while (!pending.isEmpty() && lock.tryLock()) {
            try {
                catchUp();
            } finally {
                told = evicted.takeAll();
                lock.unlock();
            }
            tell(told);
        }
    }

    private void tell(@Nullable Evicted<K, V> told) {
        if (told != null && settings.onEviction() != null) {
            Evicted.tell(told, settings.onEviction());
        }
    }

    // What follows is called under the lock.

    private void catchUp() {
        if (reads != null) {
            reads.drainTo(policy);
        }
        for (Node<K, V> node = pending.poll(); node != null; node = pending.poll()) {
            pendingCount.decrementAndGet();
            reconcile(node);
        }
    }

    private void reconcile(Node<K, V> node) {
        boolean dead = node.isDead();
        if (node.state == Node.NEW && !dead) {
            insert(node);
        } else if (node.state == Node.LINKED && dead) {
            policy.remove(node);
            takeOut(node);
        } else if (node.state == Node.PINNED && dead) {
            pinned -= node.weight;
            takeOut(node);
        }
    }

    private void insert(Node<K, V> node) {
        weight += node.weight;
        if (node.weight > maximum || !makeRoom()) {
            drop(node);
        } else {
            policy.slots.add(node);
            policy.insert(node);
            node.state = Node.LINKED;
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

    /** Ends a node that is in no list. */
    private void drop(Node<K, V> node) {
        V value = node.retire();
        if (value != null && settings.onEviction() != null) {
            evicted.add(node.key, value);
        }
        nodes.remove(node.key, node);
        takeOut(node);
    }

    private void takeOut(Node<K, V> node) {
        policy.slots.remove(node);
        node.state = Node.OUT;
        weight -= node.weight;
    }

    private void reweigh(Node<K, V> node, int itsWeight) {
        int difference = itsWeight - node.weight;
        node.weight = itsWeight;
        if (node.state == Node.NEW) {
            return; // its turn is still to come
        }
        weight += difference;
        if (node.state == Node.PINNED) {
            pinned += difference;
            if (pinned > settings.pinLimit()) {
                unpin(node);
            }
        } else {
            policy.reweigh(node, difference);
            node.use(countedUses);
            policy.use(node.slot);
        }
        if (node.state == Node.LINKED && itsWeight > maximum) {
            policy.remove(node);
            drop(node);
        }
        makeRoom();
    }

    private boolean pin(Node<K, V> node) {
        if (node.state == Node.LINKED && !node.isDead()) {
            if (pinned + node.weight > settings.pinLimit()) {
                throw settings.noRoomToPin(node.key, pinned, node.weight);
            }
            policy.remove(node);
            node.state = Node.PINNED;
            pinned += node.weight;
        }
        return node.state == Node.PINNED && !node.isDead();
    }

    private void unpin(Node<K, V> node) {
        pinned -= node.weight;
        node.uses(0);
        node.state = Node.LINKED;
        policy.insert(node);
    }

    /** Throws unless map and policy know the same nodes. Only while nobody writes. */
    void check() {
        locked(() -> {
            catchUp();
            Set<Node<K, V>> listed = new HashSet<>();
            policy.inEvictionOrder(node -> {
                require(node.state == Node.LINKED && !node.isDead(), "a list holds a dead node", node);
                require(listed.add(node), "listed twice", node);
            });
            long together = 0;
            for (Node<K, V> node : nodes.values()) {
                require(!node.isDead(), "the map holds a dead node", node);
                require(listed.remove(node) || node.state == Node.PINNED, "the policy does not know", node);
                together += node.weight;
            }
            require(listed.isEmpty(), "the map does not know", listed);
            require(together == weight, "weight " + weight + " is really " + together, this);
            require(weight <= Math.max(maximum, pinned), "weight " + weight + " over " + maximum, this);
        });
    }

    private static void require(boolean holds, String problem, Object what) {
        if (!holds) {
            throw new IllegalStateException(problem + ": " + what);
        }
    }
}
