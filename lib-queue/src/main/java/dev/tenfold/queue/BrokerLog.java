package dev.tenfold.queue;

import dev.tenfold.queue.BrokerBuilder.Environment;
import dev.tenfold.queue.log.QueueLog;
import dev.tenfold.queue.log.QueueLog.Change;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What a broker tells its log, in the log's terms. Where nothing is kept, each of these is one comparison.
 *
 * <p>What is told when it has happened already, an acknowledgement or a failure, is not undone when the log cannot take it: the
 * observer is told, and the message may come again after a restart. What is asked for, a message or a transaction, is refused
 * then.
 */
final class BrokerLog {

    static final CompletionStage<Void> DONE = CompletableFuture.completedStage(null);

    private final Environment given;
    private final QueueLog log;
    private final boolean on;
    private final AtomicLong ids;

    BrokerLog(Environment given, QueueLog log) {
        this.given = given;
        this.log = log;
        this.on = log.isDurable();
        this.ids = new AtomicLong(log.lastId());
    }

    boolean isOn() {
        return on;
    }

    QueueLog log() {
        return log;
    }

    /** Says whether this queue's copy of a message is kept. */
    boolean keeps(QueueCore<?> queue, Message<?> message) {
        return on && message.isPersistent() && queue.options().isDurable();
    }

    /**
     * Numbers copies of one message.
     *
     * @return what is to be written, or null if none of them is kept
     */
    <E> @Nullable Change enqueued(Message<E> message, List<MemoryQueue<E>> queues, List<Entry<E>> entries) {
        if (!on || !message.isPersistent()) {
            return null;
        }
        List<String> names = new ArrayList<>(queues.size());
        List<Entry<E>> kept = new ArrayList<>(queues.size());
        for (int i = 0; i < queues.size(); i++) {
            if (queues.get(i).options().isDurable()) {
                names.add(queues.get(i).name());
                kept.add(entries.get(i));
            }
        }
        if (kept.isEmpty()) {
            return null;
        }
        long first = ids.getAndAdd(kept.size()) + 1;
        for (int i = 0; i < kept.size(); i++) {
            kept.get(i).id = first + i;
        }
        return new Change.Enqueued(
                first,
                List.copyOf(names),
                LogFormat.message(message, given.codecs(), given.time().now()));
    }

    CompletionStage<Void> removed(Entry<?> entry) {
        return entry.id == 0 ? DONE : tell(new Change.Removed(entry.id));
    }

    void removed(List<? extends Entry<?>> entries) {
        if (on) {
            long[] kept = entries.stream()
                    .mapToLong(entry -> entry.id)
                    .filter(id -> id != 0)
                    .toArray();
            if (kept.length > 0) {
                tell(new Change.Removed(kept));
            }
        }
    }

    CompletionStage<Void> returned(Entry<?> entry, Duration delay) {
        if (entry.id == 0) {
            return DONE;
        }
        long due = delay.isZero() ? 0 : given.time().now().plus(delay).toEpochMilli();
        return tell(new Change.Returned(entry.id, entry.failures, entry.deliveries, due));
    }

    /** Tells what has happened already. */
    CompletionStage<Void> tell(Change... changes) {
        if (!on) {
            return DONE;
        }
        try {
            CompletionStage<Void> written = log.write(List.of(changes));
            return written.whenComplete((done, failure) -> {
                if (failure != null) {
                    failed(failure);
                }
            });
        } catch (RuntimeException refused) {
            failed(refused);
            return CompletableFuture.failedStage(refused);
        }
    }

    private void failed(Throwable failure) {
        given.tell(
                Level.ERROR,
                "broker/log",
                "log.failed",
                "an outcome is not on disk, and may be forgotten by a restart: " + failure,
                Map.of("cause", failure));
    }

    /** Asks to write, and throws what the log throws if nothing was written. */
    CompletionStage<Void> ask(List<Change> changes) {
        return ask(changes, false);
    }

    /** Asks to write, and says whether more follow at once. */
    CompletionStage<Void> ask(List<Change> changes, boolean more) {
        return changes.isEmpty() ? DONE : log.write(List.copyOf(changes), more);
    }
}
