package dev.tenfold.cache.eviction;

import java.util.function.Consumer;

/**
 * Three queues in the order of arrival (Yang, Zhang, Qiu, Yue, Rashmi: FIFO queues are all you need for cache eviction,
 * SOSP 2023). Newcomers enter a small one, a tenth of the whole. Who leaves it with more than one use goes on to the main
 * one; the others are evicted, and their keys remembered for a while: whoever comes back in that time enters the main
 * queue. Who leaves the main queue with uses counted enters it again with one less.
 *
 * <p>Uses are counted up to 3, in one byte of the entry, and start anew in the main queue. The small queue may hold a tenth
 * of the bound (at least 1), the remembered keys what nine tenths of it would weigh. Order and rounding are those of the
 * authors' simulator libCacheSim, as Caffeine's simulator has them.
 *
 * <p><b>Memory.</b> The remembered keys are kept, not hashes of them: they cost their own size and some 30 bytes.
 *
 * <p>The main queue turns at most four times; see {@link Sieve} for why that must be said.
 */
final class S3Fifo<K, V> extends Policy<K, V> {

    private static final double SMALL = 0.1;
    private static final double REMEMBERED = 0.9;
    private static final int MAXIMUM_USES = 3;
    private static final int USES_TO_STAY = 2;
    private static final Object COPIED = new Object();

    private final Queue small = new Queue();
    private final Queue main = new Queue();
    private final Remembered<K> remembered = new Remembered<>();
    private long maximumSmall;
    private long maximumMain;
    private long maximumRemembered;

    @Override
    int countedUses() {
        return MAXIMUM_USES;
    }

    @Override
    void insert(Node<K, V> node) {
        Queue queue = remembered.remove(node.key, node.hash) ? main : small;
        queue.enter(node);
    }

    @Override
    void remove(Node<K, V> node) {
        queueOf(node).leave(node);
    }

    @Override
    void reweigh(Node<K, V> node, int difference) {
        queueOf(node).weight += difference;
    }

    @Override
    boolean evict(Consumer<? super Node<K, V>> victims) {
        if (small.isEmpty() && main.isEmpty()) {
            return false;
        }
        if (small.weight >= maximumSmall || main.isEmpty()) {
            evictFromSmall(victims);
        } else {
            evictFromMain(victims);
        }
        return true;
    }

    private void evictFromSmall(Consumer<? super Node<K, V>> victims) {
        while (!small.isEmpty()) {
            Node<K, V> oldest = slots.node(small.coldest);
            small.leave(oldest);
            if (oldest.uses() < USES_TO_STAY) {
                remember(oldest);
                victims.accept(oldest);
                return;
            }
            oldest.uses(0);
            main.enter(oldest);
            if (main.weight > maximumMain) {
                evictFromMain(victims);
            }
        }
    }

    private void evictFromMain(Consumer<? super Node<K, V>> victims) {
        Node<K, V> oldest = slots.node(main.coldest);
        for (long turned = 0; oldest.uses() > 0 && turned < 4 * main.size; turned++) {
            oldest.uses(oldest.uses() - 1);
            main.moveToWarmest(oldest.slot);
            oldest = slots.node(main.coldest);
        }
        main.leave(oldest);
        victims.accept(oldest);
    }

    private void remember(Node<K, V> node) {
        if (node.weight <= maximumRemembered) {
            remembered.forgetUntil(maximumRemembered - node.weight);
            remembered.add(node.key, node.hash, node.weight);
        }
    }

    @Override
    void resize(long maximum) {
        maximumSmall = Math.max(1, (long) (maximum * SMALL));
        maximumMain = maximum - maximumSmall;
        maximumRemembered = (long) (maximum * REMEMBERED);
        remembered.forgetUntil(maximumRemembered);
    }

    @Override
    void forget() {
        remembered.forgetUntil(0);
    }

    /** Plays it through with copies, which have the nodes for keys. */
    @Override
    void inEvictionOrder(Consumer<? super Node<K, V>> action) {
        S3Fifo<Node<K, V>, Object> play = new S3Fifo<>();
        play.maximumSmall = maximumSmall;
        play.maximumMain = maximumMain;
        small.forEach(slot -> play.small.enter(copy(slots.node(slot), play.slots)));
        main.forEach(slot -> play.main.enter(copy(slots.node(slot), play.slots)));
        boolean more = true;
        while (more) {
            more = play.evict(copy -> action.accept(copy.key));
        }
    }

    private static <K, V> Node<Node<K, V>, Object> copy(Node<K, V> node, Slots<Node<K, V>, Object> slots) {
        Node<Node<K, V>, Object> copy = new Node<>(node, node.hash, COPIED, node.weight);
        copy.uses(node.uses());
        slots.add(copy);
        return copy;
    }

    private Queue queueOf(Node<K, V> node) {
        return node.inMain ? main : small;
    }

    private final class Queue extends SlotList {

        long weight;
        long size;

        Queue() {
            super(S3Fifo.this.slots);
        }

        void enter(Node<K, V> node) {
            node.inMain = this == main;
            add(node.slot);
            weight += node.weight;
            size++;
        }

        void leave(Node<K, V> node) {
            remove(node.slot);
            weight -= node.weight;
            size--;
        }
    }
}
