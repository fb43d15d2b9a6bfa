package dev.tenfold.queue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Ready messages of one priority or one lane, in order of position. Not thread-safe.
 *
 * <p>They are in two places, which are merged when they are taken. New ones have the highest position yet and go to the end
 * of a ring; those given back, few and old, go into a heap. Both operations cost the same however long the queue is. What
 * expires in the middle stays as a gap, until it comes to the front or gaps are the greater part.
 */
final class ReadyPart<E> {

    private static final int FEW = 32;

    private final ArrayDeque<Entry<E>> fresh = new ArrayDeque<>(3);
    private @Nullable PriorityQueue<Entry<E>> returned;
    private int gaps;

    int size() {
        return fresh.size() + (returned == null ? 0 : returned.size()) - gaps;
    }

    /** Adds one whose position is higher than that of any here. */
    void append(Entry<E> entry) {
        fresh.addLast(entry);
    }

    void giveBack(Entry<E> entry) {
        if (returned == null) {
            returned = new PriorityQueue<>(4, Comparator.comparingLong(e -> e.position));
        }
        returned.add(entry);
    }

    /** Takes the first, or null. */
    @Nullable
    Entry<E> take() {
        while (true) {
            PriorityQueue<Entry<E>> heap = heapIfFirst();
            Entry<E> next = heap == null ? fresh.pollFirst() : heap.poll();
            if (next == null || next.ready) {
                return next;
            }
            gaps--;
        }
    }

    /** Says whether new ones are all there are. */
    boolean isPlain() {
        return gaps == 0 && (returned == null || returned.isEmpty());
    }

    /** Takes the first ones, where it is plain and has as many. Does not look at them. */
    void takePlain(int count, ArrayDeque<Entry<E>> to) {
        for (int i = 0; i < count; i++) {
            to.addLast(fresh.removeFirst());
        }
    }

    /** Returns the first, or null. */
    @Nullable
    Entry<E> peek() {
        while (true) {
            PriorityQueue<Entry<E>> heap = heapIfFirst();
            Entry<E> next = heap == null ? fresh.peekFirst() : heap.peek();
            if (next == null || next.ready) {
                return next;
            }
            gaps--;
            if (heap == null) {
                fresh.pollFirst();
            } else {
                heap.poll();
            }
        }
    }

    /** Returns the heap if the first of all is there, or null. */
    private @Nullable PriorityQueue<Entry<E>> heapIfFirst() {
        PriorityQueue<Entry<E>> heap = returned;
        Entry<E> back = heap == null ? null : heap.peek();
        Entry<E> front = fresh.peekFirst();
        return back != null && (front == null || back.position < front.position) ? heap : null;
    }

    /** One of these is not ready any more. */
    void gap() {
        gaps++;
        if (gaps > FEW && gaps > size()) {
            fresh.removeIf(entry -> !entry.ready);
            if (returned != null) {
                returned.removeIf(entry -> !entry.ready);
            }
            gaps = 0;
        }
    }

    /** Returns all, in order. */
    List<Entry<E>> all() {
        List<Entry<E>> all = new ArrayList<>(size());
        fresh.stream().filter(entry -> entry.ready).forEach(all::add);
        if (returned != null && !returned.isEmpty()) {
            returned.stream().filter(entry -> entry.ready).forEach(all::add);
            all.sort(Comparator.comparingLong(entry -> entry.position));
        }
        return all;
    }
}
