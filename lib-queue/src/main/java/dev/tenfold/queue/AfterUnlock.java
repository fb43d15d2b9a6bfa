package dev.tenfold.queue;

import dev.tenfold.queue.Death.Reason;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * What a change of a queue makes necessary outside it: workers to start, publishers to release, an alarm to set, messages to
 * bury. Filled with the queue's lock held, run once without it.
 */
final class AfterUnlock<E> {

    private final QueueCore<E> queue;
    private final List<Worker<E>> starts = new ArrayList<>(1);
    private List<BlockedPublish<E>> released = List.of();
    private @Nullable String refusal;
    private boolean relieved;
    private boolean unused;
    private long alarmAt = Entry.NEVER;
    private List<Runnable> actions = List.of();

    AfterUnlock(QueueCore<E> queue) {
        this.queue = queue;
    }

    void start(Worker<E> worker) {
        starts.add(worker);
    }

    /** Tells publishers that waited that their message is in or, with a refusal, that it will not be. */
    void release(List<BlockedPublish<E>> publishers, @Nullable String why) {
        released = publishers;
        refusal = why;
    }

    /** Tells a publisher that waited that somebody else brought the same message meanwhile. */
    void duplicate(BlockedPublish<E> publisher) {
        actions = new ArrayList<>(actions);
        actions.add(() -> publisher.verdict().complete(BlockedPublish.DUPLICATE));
    }

    void relieved() {
        relieved = true;
    }

    /** The last consumer of a queue that goes with it is gone. */
    void unused() {
        unused = true;
    }

    void alarm(long due) {
        alarmAt = due;
    }

    /** Moves a message that is counted as moving. */
    void bury(Entry<E> entry, Reason reason) {
        if (actions.isEmpty()) {
            actions = new ArrayList<>(1);
        }
        actions.add(() -> queue.broker().deadLetters().bury(queue, entry, reason));
    }

    void run() {
        for (BlockedPublish<E> publisher : released) {
            publisher.verdict().complete(refusal);
        }
        if (relieved) {
            queue.tell(Level.INFO, "queue.relieved", "no longer full");
        }
        if (alarmAt != Entry.NEVER) {
            try {
                queue.setAlarm(alarmAt);
            } catch (RejectedExecutionException closed) {
                queue.alarmLost(closed);
            }
        }
        actions.forEach(Runnable::run);
        for (Worker<E> worker : starts) {
            worker.start();
        }
        if (unused) {
            queue.deleteUnused();
        }
        queue.broker().progressed();
    }
}
