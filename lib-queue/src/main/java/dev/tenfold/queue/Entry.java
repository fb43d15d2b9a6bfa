package dev.tenfold.queue;

import dev.tenfold.queue.Death.Reason;
import org.jspecify.annotations.Nullable;

/**
 * One queue's copy of a message. Whoever holds it may write it: the queue under its lock while it waits, else the
 * consumer it was handed to; the queue's lock orders the two.
 */
final class Entry<E> {

    /** Stands for no time: a nanosecond earlier is meant where the monotonic clock says this. */
    static final long NEVER = 0;

    final Message<E> message;

    /** What the log knows it by; 0 if it is not kept. */
    long id;

    /** Its place in the queue, which it keeps when it is given back. */
    long position;

    /** Attempts that failed. */
    int failures;

    /** How often a handler was given it. */
    int deliveries;

    /** When it leaves the delayed, by the monotonic clock. */
    long due;

    /** When it has waited too long, by the monotonic clock, or {@link #NEVER}. */
    long expires = NEVER;

    /** What its body counts for, where bytes are counted. */
    long bytes;

    /** The part of the backlog it belongs to while it is ready. */
    int part;

    /** Whether it is ready, and nowhere else. */
    boolean ready;

    /** Whether the expiries know it. */
    boolean watched;

    /** The lane that waits for it while it is delayed. */
    @Nullable
    Worker<E> blocks;

    /** Why it is to become a dead letter, once there is room for it. */
    @Nullable
    Reason dying;

    Entry(Message<E> message) {
        this.message = message;
    }

    boolean isExpired(long now) {
        return expires != NEVER && expires - now <= 0;
    }

    /** Keeps a time apart from {@link #NEVER}. */
    static long time(long nanos) {
        return nanos == NEVER ? -1 : nanos;
    }
}
