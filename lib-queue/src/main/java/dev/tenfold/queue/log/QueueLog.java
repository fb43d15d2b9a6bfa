package dev.tenfold.queue.log;

import dev.tenfold.error.UnavailableException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Keeps what a broker must not forget: which exchanges, queues and bindings there are, and which message copies are in
 * which queue. The log knows nothing of routing or types; names, definitions and contents are opaque to it.
 *
 * <p><b>Identity.</b> Each copy of a message in a durable queue has an id: a number that the broker gives out once, rising
 * from {@link #lastId()} + 1. A message that goes to three queues has three ids in a row and one content.
 *
 * <p><b>Order.</b> The broker writes what puts a copy in before anything that changes or removes it is written: the first
 * call has returned before the second begins. Otherwise calls come from any thread at once, and need no order among each
 * other.
 *
 * <p>Implementations are thread-safe. The broker calls {@link #replay} once, before anything else, {@link #write} until it
 * closes, and {@link #close} last.
 */
public interface QueueLog extends AutoCloseable {

    /** Keeps nothing and costs nothing. */
    QueueLog NONE = new NoLog();

    /**
     * Says whether this log keeps anything. If not, the broker never calls {@link #write}.
     *
     * @return whether there is anything to write to; always the same answer
     */
    boolean isDurable();

    /**
     * Tells what is left of earlier lives: first every definition, in the order of their first declaration, then every
     * copy, in the order of ids.
     *
     * @param into is told, on the calling thread, before this returns
     */
    void replay(Replay into);

    /**
     * Returns the highest id ever written, also of copies removed since; ids are never used twice.
     *
     * @return 0 if there was none
     */
    long lastId();

    /**
     * Writes changes down as one: after a crash, either all of them count or none does.
     *
     * <p>Returns when the order is decided, which is before they are on disk; may block for as long as the log cannot take
     * more. Not called with a lock of the broker held.
     *
     * @param changes at least one; never changed afterwards
     * @return completes when they are on disk, on a thread of the log, which the broker does not keep for long; fails if
     *     that is not known to be so
     * @throws UnavailableException if nothing was written and nothing will be, for instance because the disk is full; the
     *     broker then refuses what it was asked to do
     * @throws IllegalArgumentException if the log never takes so much as one; nothing was written
     */
    CompletionStage<Void> write(List<Change> changes);

    /**
     * Writes changes down as one, and hears that more follow at once, so that one force of the disk may serve all of them. What
     * follows may still not come; then these are on disk some milliseconds later.
     *
     * @param changes at least one; never changed afterwards
     * @param more whether more follow
     * @return as {@link #write(List)}
     * @throws UnavailableException as {@link #write(List)}
     * @throws IllegalArgumentException as {@link #write(List)}
     */
    default CompletionStage<Void> write(List<Change> changes, boolean more) {
        return write(changes);
    }

    /** Writes down what was handed over, and lets go of the disk. Closing again does nothing. */
    @Override
    void close();

    /** What can happen. */
    @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
    sealed interface Change {

        /**
         * There is a definition now, or another one.
         *
         * @param key tells it from the others
         * @param definition what it is
         */
        record Declared(String key, byte[] definition) implements Change {}

        /**
         * A definition is gone.
         *
         * @param key of the definition
         */
        record Undeclared(String key) implements Change {}

        /**
         * Copies of one message are in queues.
         *
         * @param firstId the first queue's copy; the copies of those that follow have the ids that follow
         * @param queues names of one queue or more
         * @param content the message, once for all
         */
        record Enqueued(long firstId, List<String> queues, byte[] content) implements Change {}

        /**
         * A copy came back to its queue.
         *
         * @param id of the copy
         * @param failures attempts that failed
         * @param deliveries how often it was given to a consumer
         * @param due when it is to be delivered again, in milliseconds since 1970; 0 for at once
         */
        record Returned(long id, int failures, int deliveries, long due) implements Change {}

        /**
         * Copies are gone: acknowledged, given up, expired, purged.
         *
         * @param ids of the copies
         */
        record Removed(long... ids) implements Change {}
    }

    /** Takes what is left of earlier lives. */
    interface Replay {

        /**
         * There is a definition.
         *
         * @param key tells it from the others
         * @param definition what it is
         */
        void definition(String key, byte[] definition);

        /**
         * There is a copy of a message in a queue.
         *
         * @param id of the copy
         * @param queue its name
         * @param content the message; the same array for each copy, if the log likes
         * @param failures attempts that failed
         * @param deliveries how often it was given to a consumer, as far as it was written down
         * @param due as it was last written, 0 if never
         */
        void copy(long id, String queue, byte[] content, int failures, int deliveries, long due);
    }

    /** The log of a broker in memory. */
    final class NoLog implements QueueLog {

        private static final CompletionStage<Void> DONE = CompletableFuture.completedStage(null);

        private NoLog() {}

        @Override
        public boolean isDurable() {
            return false;
        }

        @Override
        public void replay(Replay into) {}

        @Override
        public long lastId() {
            return 0;
        }

        @Override
        public CompletionStage<Void> write(List<Change> changes) {
            return DONE;
        }

        @Override
        public void close() {}
    }
}
