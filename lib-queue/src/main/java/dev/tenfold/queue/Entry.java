package dev.tenfold.queue;

import dev.tenfold.queue.Death.Reason;
import org.jspecify.annotations.Nullable;

/**
 * One queue's copy of a message. Whoever holds it may write it: the queue under its lock while it waits, else the
 * consumer it was handed to; the queue's lock orders the two.
 *
 * <p>There is one for each message that waits, so what most never need is kept aside: an entry takes 48 bytes, where references
 * take four.
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

    /** The part of the backlog it belongs to while it is ready. */
    private short part;

    /** Whether it is ready, and nowhere else; where it does not expire it may stay set once it was. */
    boolean ready;

    private @Nullable Rest<E> rest;

    Entry(Message<E> message) {
        this.message = message;
    }

    int part() {
        return part;
    }

    /** There are no more parts than lanes, of which there are at most {@link Consumer#MAX_WORKERS}. */
    void part(int number) {
        part = (short) number;
    }

    /** When it leaves the delayed, by the monotonic clock, or {@link #NEVER}. */
    long due() {
        return rest == null ? NEVER : rest.due;
    }

    void due(long time) {
        if (time != due()) {
            rest().due = time;
        }
    }

    /** When it has waited too long, by the monotonic clock, or {@link #NEVER}. */
    long expires() {
        return rest == null ? NEVER : rest.expires;
    }

    void expires(long time) {
        if (time != expires()) {
            rest().expires = time;
        }
    }

    boolean isExpired(long now) {
        long expires = expires();
        return expires != NEVER && expires - now <= 0;
    }

    /** What its body counts for, where bytes are counted. */
    long bytes() {
        return rest == null ? 0 : rest.bytes;
    }

    void bytes(long counted) {
        if (counted != bytes()) {
            rest().bytes = counted;
        }
    }

    /** Whether the expiries know it. */
    boolean watched() {
        return rest != null && rest.watched;
    }

    void watched(boolean known) {
        if (known != watched()) {
            rest().watched = known;
        }
    }

    /** The lane that waits for it while it is delayed. */
    @Nullable
    Worker<E> blocks() {
        return rest == null ? null : rest.blocks;
    }

    void blocks(@Nullable Worker<E> lane) {
        if (lane != null || rest != null) {
            rest().blocks = lane;
        }
    }

    /** Why it is to become a dead letter, once there is room for it. */
    @Nullable
    Reason dying() {
        return rest == null ? null : rest.dying;
    }

    void dying(Reason reason) {
        rest().dying = reason;
    }

    private Rest<E> rest() {
        if (rest == null) {
            rest = new Rest<>();
        }
        return rest;
    }

    /** Keeps a time apart from {@link #NEVER}. */
    static long time(long nanos) {
        return nanos == NEVER ? -1 : nanos;
    }

    /** What few messages have: times, a size, a fate. */
    private static final class Rest<E> {
        private long due = NEVER;
        private long expires = NEVER;
        private long bytes;
        private boolean watched;
        private @Nullable Worker<E> blocks;
        private @Nullable Reason dying;
    }
}
