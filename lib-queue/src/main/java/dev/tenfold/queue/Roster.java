package dev.tenfold.queue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The consumers of a queue, and which of them wait for a message. Not thread-safe: the queue's lock guards it.
 *
 * <p>An open consumer is at any time in exactly one state: idle (waits for a message), starved (holds all it may), or
 * running (on the executor or about to be). Whoever takes it out of the first two must start it.
 */
final class Roster<E> {

    private final ArrayDeque<MemoryConsumer<E>> idle = new ArrayDeque<>();

    /** The open ones, and the closed ones that still hold something. */
    private final List<MemoryConsumer<E>> consumers = new ArrayList<>();

    private int open;
    private int made;

    int open() {
        return open;
    }

    int nextNumber() {
        return ++made;
    }

    void add(MemoryConsumer<E> consumer) {
        consumers.add(consumer);
        open++;
    }

    List<MemoryConsumer<E>> all() {
        return List.copyOf(consumers);
    }

    /** Returns how many of some messages one consumer may take without keeping the others from their part. */
    int share(int messages) {
        return (messages + open - 1) / open;
    }

    /** A running consumer found nothing to do. */
    void rest(MemoryConsumer<E> consumer) {
        idle.addLast(consumer);
    }

    /** Takes out the consumer that has been idle for longest, or null. */
    @Nullable
    MemoryConsumer<E> pollIdle() {
        return idle.pollFirst();
    }

    void startIdle(int messages, AfterUnlock<E> after) {
        for (int i = 0; i < messages && !idle.isEmpty(); i++) {
            after.start(idle.removeFirst());
        }
    }

    /** A consumer holds one message less. */
    void settle(MemoryConsumer<E> consumer, AfterUnlock<E> after) {
        consumer.countSettled();
        if (consumer.isClosed()) {
            forget(consumer);
        } else if (consumer.starved) {
            consumer.starved = false;
            after.start(consumer);
        }
    }

    void close(MemoryConsumer<E> consumer) {
        if (consumer.markClosed()) {
            open--;
            idle.remove(consumer);
            forget(consumer);
        }
    }

    /** Drops a closed consumer once it holds nothing. */
    void forget(MemoryConsumer<E> consumer) {
        if (consumer.unsettled() == 0) {
            consumers.remove(consumer);
        }
    }

    int unsettled() {
        int sum = 0;
        for (MemoryConsumer<E> consumer : consumers) {
            sum += consumer.unsettled();
        }
        return sum;
    }
}
