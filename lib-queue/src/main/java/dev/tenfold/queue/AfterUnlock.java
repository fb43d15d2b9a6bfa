package dev.tenfold.queue;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * What a change of a queue makes necessary outside it: consumers to start, publishers to release, a wake-up to schedule.
 * Filled with the queue's lock held, run once without it.
 */
final class AfterUnlock<E> {

    private final Deliveries<E> queue;
    private final List<MemoryConsumer<E>> starts = new ArrayList<>(1);
    private List<BlockedPublish<E>> released = List.of();
    private @Nullable String refusal;
    private boolean relieved;
    private @Nullable WakeUp wakeUp;
    private long wakeUpAt;

    AfterUnlock(Deliveries<E> queue) {
        this.queue = queue;
    }

    void start(MemoryConsumer<E> consumer) {
        starts.add(consumer);
    }

    /** Tells publishers that waited that their message is in or, with a refusal, that it will not be. */
    void release(List<BlockedPublish<E>> publishers, @Nullable String why) {
        released = publishers;
        refusal = why;
    }

    void relieved() {
        relieved = true;
    }

    void wakeUp(WakeUp timer, long due) {
        wakeUp = timer;
        wakeUpAt = due;
    }

    void run() {
        for (BlockedPublish<E> publisher : released) {
            publisher.verdict().complete(refusal);
        }
        if (relieved) {
            queue.tell(Level.INFO, "queue.relieved", "no longer full");
        }
        if (wakeUp != null) {
            try {
                wakeUp.schedule(wakeUpAt);
            } catch (RejectedExecutionException closed) {
                queue.wakeUpLost(wakeUpAt, closed);
            }
        }
        for (MemoryConsumer<E> consumer : starts) {
            consumer.start();
        }
        queue.broker().progressed();
    }
}
