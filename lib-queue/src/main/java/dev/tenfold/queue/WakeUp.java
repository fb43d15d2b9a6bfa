package dev.tenfold.queue;

import dev.tenfold.queue.BrokerBuilder.Environment;
import dev.tenfold.time.Scheduler;
import java.time.Duration;
import java.util.function.LongConsumer;

/**
 * The timer of one queue: one wake-up for whatever is due first, instead of one per message. Plans are made with the queue's
 * lock held and carried out without it.
 *
 * <p>When something earlier turns up, a second wake-up is scheduled and the first is left to find nothing to do; only the
 * earliest one, when it fires, makes room for the next plan. So there are never more outstanding than there were
 * messages, each earlier than all before it.
 */
final class WakeUp {

    private final Environment given;
    private final LongConsumer target;

    /** Guarded by the queue's lock. */
    private boolean planned;

    private long at;

    /**
     * Makes a timer.
     *
     * @param target what to call, with the time the wake-up was planned for, which goes back to {@link #fired}
     */
    WakeUp(Environment given, LongConsumer target) {
        this.given = given;
        this.target = target;
    }

    /** Returns whether the caller must {@link #schedule} for this time. */
    boolean plan(long due) {
        if (planned && due - at >= 0) {
            return false;
        }
        planned = true;
        at = due;
        return true;
    }

    void fired(long due) {
        if (at == due) {
            planned = false;
        }
    }

    /** Without the lock. */
    Scheduler.Task schedule(long due) {
        long delay = Math.max(0, due - given.time().nanoTime());
        return given.scheduler().schedule(Duration.ofNanos(delay), () -> target.accept(due));
    }
}
