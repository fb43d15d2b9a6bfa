package dev.tenfold.queue;

import dev.tenfold.queue.Death.Reason;
import org.jspecify.annotations.Nullable;

/**
 * One queue's copy of a message. Whoever holds it may write it: the queue under its lock while it waits, else the
 * consumer it was handed to; the queue's lock orders the two.
 */
final class Entry<E> {

    final Message<E> message;

    /** Its place in the queue, which it keeps when it is given back. */
    final long position;

    /** Attempts that failed. */
    int failures;

    /** Whether a handler was given it. */
    boolean delivered;

    /** When it leaves the delayed, by the monotonic clock. */
    long due;

    /** Why it is to become a dead letter, once there is room for it. */
    @Nullable
    Reason dying;

    Entry(Message<E> message, long position) {
        this.message = message;
        this.position = position;
    }
}
