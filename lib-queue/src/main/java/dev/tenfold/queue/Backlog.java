package dev.tenfold.queue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What waits in a queue: ready messages by priority or lane and then in order of position, delayed ones in order of time,
 * and publishers in order of arrival. Not thread-safe: the queue's lock guards it.
 */
final class Backlog<E> {

    private static final int FEW = 64;

    /** At least one. */
    private List<ReadyPart<E>> parts = List.of(new ReadyPart<>());

    private @Nullable ToIntFunction<? super Message<E>> partOf;

    /** No part above this one has messages. */
    private int top;

    private int ready;

    /** By difference, because the monotonic clock may wrap; at one instant the older message first. */
    private @Nullable PriorityQueue<Entry<E>> delayed;

    /** Ready messages that expire, and some that are not ready any more. */
    private @Nullable PriorityQueue<Entry<E>> expiries;

    private @Nullable ArrayDeque<BlockedPublish<E>> blocked;
    private long nextPosition;
    private long bytes;

    int ready() {
        return ready;
    }

    int readyIn(int part) {
        return parts.get(part).size();
    }

    int delayed() {
        return delayed == null ? 0 : delayed.size();
    }

    int blocked() {
        return blocked == null ? 0 : blocked.size();
    }

    /** Returns what the limit counts. */
    int length() {
        return delayed == null ? ready : ready + delayed.size();
    }

    /** Returns what the limit of bytes counts. */
    long bytes() {
        return bytes;
    }

    /** Returns the position that the next new message will have. */
    long nextPosition() {
        return nextPosition;
    }

    /** Sorts messages into other parts: those that are here, and those that come. */
    void arrange(int count, @Nullable ToIntFunction<? super Message<E>> newPartOf) {
        List<Entry<E>> here = readyInOrder();
        List<ReadyPart<E>> made = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            made.add(new ReadyPart<>());
        }
        parts = List.copyOf(made);
        partOf = newPartOf;
        top = 0;
        here.sort(Comparator.comparingLong(entry -> entry.position));
        here.forEach(entry -> part(entry).append(entry));
    }

    /** Puts a new message at the end. */
    void append(Entry<E> entry) {
        entry.position = nextPosition++;
        bytes += entry.bytes();
        if (partOf == null) {
            parts.get(0).append(entry);
        } else {
            part(entry).append(entry);
        }
        becomeReady(entry);
    }

    /** Takes a new message in that is not to be delivered yet. */
    void appendDelayed(Entry<E> entry, long due) {
        entry.position = nextPosition++;
        delay(entry, due);
    }

    /** Puts a message back to its place. */
    void giveBack(Entry<E> entry) {
        bytes += entry.bytes();
        part(entry).giveBack(entry);
        becomeReady(entry);
    }

    private ReadyPart<E> part(Entry<E> entry) {
        entry.part(partOf == null ? 0 : partOf.applyAsInt(entry.message));
        top = Math.max(top, entry.part());
        return parts.get(entry.part());
    }

    private void becomeReady(Entry<E> entry) {
        entry.ready = true;
        ready++;
        if (entry.expires() != Entry.NEVER) {
            watch(entry);
        }
    }

    /**
     * Takes the first ready messages, of which there are as many. The usual ones are moved without a look at them: another
     * processor may have written them just now, and to fetch them is left to who works on them, without the lock.
     */
    void take(int count, ArrayDeque<Entry<E>> to) {
        ReadyPart<E> first = parts.get(0);
        if (partOf == null && bytes == 0 && !mayExpire() && first.isPlain()) {
            first.takePlain(count, to);
            ready -= count;
            return;
        }
        for (int i = 0; i < count; i++) {
            to.addLast(Objects.requireNonNull(take()));
        }
    }

    /** Takes the first ready message, or null. */
    @Nullable
    Entry<E> take() {
        return takeFrom(topPart());
    }

    /** Returns the highest part that has ready messages, or 0 if none has. */
    int topPart() {
        while (top > 0 && parts.get(top).size() == 0) {
            top--;
        }
        return top;
    }

    /** Takes the first ready message of one part, or null. */
    @Nullable
    Entry<E> takeFrom(int part) {
        Entry<E> entry = parts.get(part).take();
        if (entry != null) {
            entry.ready = false;
            ready--;
            bytes -= entry.bytes();
        }
        return entry;
    }

    /** Returns the lowest position among the ready, or {@link #nextPosition} if there are none. */
    long oldestPosition() {
        long oldest = nextPosition;
        for (ReadyPart<E> part : parts) {
            Entry<E> first = part.peek();
            oldest = first == null ? oldest : Math.min(oldest, first.position);
        }
        return oldest;
    }

    /** Returns the ready messages in the order in which they would be taken. */
    List<Entry<E>> readyInOrder() {
        List<Entry<E>> all = new ArrayList<>(ready);
        for (int part = parts.size() - 1; part >= 0; part--) {
            all.addAll(parts.get(part).all());
        }
        return all;
    }

    /** Takes what a full queue drops: first the ready messages in order, then the delayed ones that are due first. */
    @Nullable
    Entry<E> drop() {
        Entry<E> head = take();
        return head != null || delayed == null ? head : takeDelayed();
    }

    // Expiries

    private void watch(Entry<E> entry) {
        if (expiries == null) {
            expiries = new PriorityQueue<>((a, b) -> byTime(a.expires(), b.expires(), a, b));
        }
        if (expiries.size() > FEW && expiries.size() > 2 * ready) {
            expiries.removeIf(passed -> {
                passed.watched(passed.ready);
                return !passed.ready;
            });
        }
        if (!entry.watched()) {
            entry.watched(true);
            expiries.add(entry);
        }
    }

    /** Says whether any message might expire: asking the clock would be of use. */
    boolean mayExpire() {
        return expiries != null && !expiries.isEmpty();
    }

    /** Returns the ready message that expires first, or null. */
    @Nullable
    Entry<E> nextExpiry() {
        if (expiries == null) {
            return null;
        }
        Entry<E> first = expiries.peek();
        while (first != null && !first.ready) {
            first.watched(false);
            expiries.remove();
            first = expiries.peek();
        }
        return first;
    }

    /** Takes a ready message that has expired, or null. */
    @Nullable
    Entry<E> takeExpired(long now) {
        Entry<E> first = nextExpiry();
        if (first == null || !first.isExpired(now) || expiries == null) {
            return null;
        }
        expiries.remove();
        first.watched(false);
        first.ready = false;
        ready--;
        bytes -= first.bytes();
        parts.get(first.part()).gap();
        return first;
    }

    // Delayed

    void delay(Entry<E> entry, long due) {
        if (delayed == null) {
            delayed = new PriorityQueue<>((a, b) -> byTime(a.due(), b.due(), a, b));
        }
        entry.due(due);
        bytes += entry.bytes();
        delayed.add(entry);
    }

    /** Returns the delayed message that is due first, or null. */
    @Nullable
    Entry<E> nextDue() {
        return delayed == null ? null : delayed.peek();
    }

    /** Takes a delayed message that is due, or null. */
    @Nullable
    Entry<E> takeDue(long now) {
        Entry<E> first = nextDue();
        return first != null && first.due() - now <= 0 ? takeDelayed() : null;
    }

    void forEachDelayed(Consumer<Entry<E>> action) {
        if (delayed != null) {
            delayed.forEach(action);
        }
    }

    private @Nullable Entry<E> takeDelayed() {
        Entry<E> first = delayed == null ? null : delayed.poll();
        if (first != null) {
            bytes -= first.bytes();
        }
        return first;
    }

    private static int byTime(long one, long other, Entry<?> a, Entry<?> b) {
        int byTime = Long.signum(one - other);
        return byTime != 0 ? byTime : Long.compare(a.position, b.position);
    }

    // Publishers

    void block(BlockedPublish<E> publish) {
        if (blocked == null) {
            blocked = new ArrayDeque<>();
        }
        blocked.addLast(publish);
    }

    @Nullable
    BlockedPublish<E> nextBlocked() {
        return blocked == null ? null : blocked.peekFirst();
    }

    boolean unblock(BlockedPublish<E> publish) {
        return blocked != null && blocked.remove(publish);
    }

    /** Removes every publisher that waits. */
    List<BlockedPublish<E>> unblockAll() {
        List<BlockedPublish<E>> all = blocked == null ? List.of() : List.copyOf(blocked);
        blocked = null;
        return all;
    }

    /** Removes every message that waits. */
    List<Entry<E>> clear() {
        List<Entry<E>> removed = new ArrayList<>(length());
        for (Entry<E> entry = drop(); entry != null; entry = drop()) {
            removed.add(entry);
        }
        if (expiries != null) {
            // What a consumer holds now may come back, and is to be watched again then.
            expiries.forEach(entry -> entry.watched(false));
            expiries = null;
        }
        return removed;
    }
}
