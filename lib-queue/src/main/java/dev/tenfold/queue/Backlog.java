package dev.tenfold.queue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * What waits in a queue: ready messages in order of position, delayed ones in order of time, and publishers in order of
 * arrival. Not thread-safe: the queue's lock guards it.
 *
 * <p>Ready messages are in two parts, which are merged when they are taken. New ones have the highest position yet and
 * go to the end of a ring; those given back, few and old, go into a heap. Both operations cost the same however long
 * the queue is.
 */
final class Backlog<E> {

    private final ArrayDeque<Entry<E>> fresh = new ArrayDeque<>();

    private final PriorityQueue<Entry<E>> returned = new PriorityQueue<>(Comparator.comparingLong(e -> e.position));

    /** By difference, because the monotonic clock may wrap; at one instant the older message first. */
    private final PriorityQueue<Entry<E>> delayed = new PriorityQueue<>((a, b) -> {
        int byTime = Long.signum(a.due - b.due);
        return byTime != 0 ? byTime : Long.compare(a.position, b.position);
    });

    private final ArrayDeque<BlockedPublish<E>> blocked = new ArrayDeque<>();
    private long nextPosition;

    int ready() {
        return fresh.size() + returned.size();
    }

    int delayed() {
        return delayed.size();
    }

    int blocked() {
        return blocked.size();
    }

    /** Returns what the limit counts. */
    int length() {
        return fresh.size() + returned.size() + delayed.size();
    }

    /** Puts a new message at the end. */
    void append(Message<E> message) {
        fresh.addLast(new Entry<>(message, nextPosition++));
    }

    /** Puts a message back to its place. */
    void giveBack(Entry<E> entry) {
        returned.add(entry);
    }

    /** Takes the oldest ready message, or null. */
    @Nullable
    Entry<E> take() {
        Entry<E> back = returned.peek();
        Entry<E> front = fresh.peekFirst();
        if (back == null || (front != null && front.position < back.position)) {
            return fresh.pollFirst();
        }
        return returned.poll();
    }

    /** Takes what a full queue drops: the oldest ready messages, then the delayed ones that are due first. */
    List<Entry<E>> drop(int count) {
        List<Entry<E>> dropped = new ArrayList<>(count);
        while (dropped.size() < count && length() > 0) {
            Entry<E> head = take();
            dropped.add(head != null ? head : delayed.remove());
        }
        return dropped;
    }

    void delay(Entry<E> entry, long due) {
        entry.due = due;
        delayed.add(entry);
    }

    /** Returns the delayed message that is due first, or null. */
    @Nullable
    Entry<E> nextDue() {
        return delayed.peek();
    }

    /** Takes a delayed message that is due, or null. */
    @Nullable
    Entry<E> takeDue(long now) {
        Entry<E> first = delayed.peek();
        return first != null && first.due - now <= 0 ? delayed.poll() : null;
    }

    void block(BlockedPublish<E> publish) {
        blocked.addLast(publish);
    }

    boolean unblock(BlockedPublish<E> publish) {
        return blocked.remove(publish);
    }

    /** Appends the messages of publishers that waited, as far as there is room, and returns whom to tell. */
    List<BlockedPublish<E>> admit(int maxLength) {
        List<BlockedPublish<E>> admitted = new ArrayList<>();
        while (length() < maxLength && !blocked.isEmpty()) {
            BlockedPublish<E> next = blocked.removeFirst();
            append(next.message());
            admitted.add(next);
        }
        return admitted;
    }

    /** Removes every publisher that waits. */
    List<BlockedPublish<E>> unblockAll() {
        List<BlockedPublish<E>> all = List.copyOf(blocked);
        blocked.clear();
        return all;
    }

    /** Removes every message that waits and returns how many there were. */
    int clear() {
        int removed = length();
        fresh.clear();
        returned.clear();
        delayed.clear();
        return removed;
    }
}
