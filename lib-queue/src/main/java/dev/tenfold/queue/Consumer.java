package dev.tenfold.queue;

import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.error.TenfoldException;
import dev.tenfold.error.Validation;
import java.io.Serial;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A running subscription to one queue, made by {@link Queue#consume} or {@link Queue#consumeManually}. Thread-safe. */
public interface Consumer extends AutoCloseable {

    /** The most messages a worker may hold at once: 65,535, which is AMQP's limit. */
    int MAX_PREFETCH = 65_535;

    /** The most workers one consumer may have: 1,024. */
    int MAX_WORKERS = 1_024;

    /**
     * Returns a name for logs.
     *
     * @return the queue's name and a number, such as {@code "mail#1"}
     */
    String name();

    /**
     * Returns how many messages it holds.
     *
     * @return 0 to its prefetch times its workers
     */
    int unsettled();

    /**
     * Says whether it still gets messages.
     *
     * @return false once it was closed, its queue deleted, or the broker closed
     */
    boolean isOpen();

    /**
     * Ends deliveries without waiting. A handler that runs is left to finish and its outcome counts; deliveries that were
     * handed out can still be settled; messages it held but had not begun go back to their place in the queue. Closing
     * again does nothing.
     */
    @Override
    void close();

    /**
     * Works on messages.
     *
     * @param <E> the kind of message
     */
    @FunctionalInterface
    interface Handler<E> {

        /**
         * Works on one message. Never called by two threads at once for one worker.
         *
         * @param delivery the message and what is known about it
         * @throws Exception if it failed and should be tried again; a {@link Fatal} one is not tried again
         */
        void handle(Delivery<E> delivery) throws Exception;
    }

    /** Thrown by a handler to say that trying again is of no use: the message becomes a dead letter at once. */
    class Fatal extends TenfoldException {

        @Serial
        private static final long serialVersionUID = 1;

        /**
         * Says why.
         *
         * @param message what is wrong with the message
         */
        public Fatal(String message) {
            super(message, null);
        }

        /**
         * Says why.
         *
         * @param message what is wrong with the message
         * @param cause what was thrown
         */
        public Fatal(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /**
     * How a consumer works. Immutable: each setter returns a copy. What does not fit is reported when it is started.
     *
     * @param <E> the kind of message
     */
    final class Options<E> {

        private final int prefetch;
        private final boolean manual;
        private final int priority;
        private final boolean exclusive;
        private final int floor;
        private final int ceiling;
        private final Duration patience;
        private final @Nullable Function<? super E, ?> order;
        private final List<Class<? extends Throwable>> fatal;
        private final @Nullable Runnable cancelled;

        private Options(
                int prefetch,
                boolean manual,
                int priority,
                boolean exclusive,
                int floor,
                int ceiling,
                Duration patience,
                @Nullable Function<? super E, ?> order,
                List<Class<? extends Throwable>> fatal,
                @Nullable Runnable cancelled) {
            this.prefetch = prefetch;
            this.manual = manual;
            this.priority = priority;
            this.exclusive = exclusive;
            this.floor = floor;
            this.ceiling = ceiling;
            this.patience = patience;
            this.order = order;
            this.fatal = fatal;
            this.cancelled = cancelled;
        }

        /**
         * Returns the defaults: prefetch 1, settled by outcome, priority 0, one worker.
         *
         * @param <E> the kind of message
         * @return the options for which none is set
         */
        public static <E> Options<E> defaults() {
            return new Options<>(1, false, 0, false, 1, 1, Duration.ofSeconds(1), null, List.of(Fatal.class), null);
        }

        /**
         * Limits how many messages each worker may hold. More cost less per message, but those it holds wait for its
         * handler while others idle; take 1 where handling is slow.
         *
         * @param prefetch 1, the default, to {@value Consumer#MAX_PREFETCH}
         * @return a copy
         */
        public Options<E> prefetch(int prefetch) {
            return new Options<>(
                    prefetch, manual, priority, exclusive, floor, ceiling, patience, order, fatal, cancelled);
        }

        /**
         * Lets the handler settle each {@link Delivery} itself, from any thread, instead of by its outcome. A handler that
         * throws before it settled has failed the delivery.
         *
         * @return a copy
         */
        public Options<E> manual() {
            return new Options<>(
                    prefetch, true, priority, exclusive, floor, ceiling, patience, order, fatal, cancelled);
        }

        /**
         * Gets messages before consumers of a lower priority, who only get what those of higher ones have no room for.
         *
         * @param priority any; 0 unless set
         * @return a copy
         */
        public Options<E> priority(int priority) {
            return new Options<>(
                    prefetch, manual, priority, exclusive, floor, ceiling, patience, order, fatal, cancelled);
        }

        /**
         * Allows no other consumer on the queue: it does not start beside another one, and none starts beside it.
         *
         * @return a copy
         */
        public Options<E> exclusive() {
            return new Options<>(prefetch, manual, priority, true, floor, ceiling, patience, order, fatal, cancelled);
        }

        /**
         * Works on several messages at a time. Up to the floor, workers begin as soon as there is a message; one more
         * begins whenever each that works could have a full prefetch waiting, or the oldest message has waited for longer
         * than {@link #patience}. A worker without a message occupies no thread.
         *
         * @param floor 1, the default, to the ceiling
         * @param ceiling 1, the default, to {@value Consumer#MAX_WORKERS}; with {@link #orderedBy} the number of lanes
         * @return a copy
         */
        public Options<E> concurrency(int floor, int ceiling) {
            return new Options<>(
                    prefetch, manual, priority, exclusive, floor, ceiling, patience, order, fatal, cancelled);
        }

        /**
         * Sets how long the oldest message may wait before another worker begins.
         *
         * @param patience above zero; 1 second unless set
         * @return a copy
         */
        public Options<E> patience(Duration patience) {
            return new Options<>(
                    prefetch,
                    manual,
                    priority,
                    exclusive,
                    floor,
                    ceiling,
                    Objects.requireNonNull(patience, "patience"),
                    order,
                    fatal,
                    cancelled);
        }

        /**
         * Keeps messages with the same key in order while those with other keys go on: keys are spread over as many lanes
         * as the {@link #concurrency} has workers at most, and each lane handles one message at a time. While one waits
         * for its retry, its lane waits, too. The consumer is {@link #exclusive}.
         *
         * @param key reads the key of a body; pure, and has {@code equals} and {@code hashCode}
         * @return a copy
         */
        public Options<E> orderedBy(Function<? super E, ?> key) {
            return new Options<>(
                    prefetch,
                    manual,
                    priority,
                    true,
                    floor,
                    ceiling,
                    patience,
                    Objects.requireNonNull(key, "key"),
                    fatal,
                    cancelled);
        }

        /**
         * Treats another kind of exception as {@link Fatal} is.
         *
         * @param kind what is not tried again when a handler throws it
         * @return a copy
         */
        public Options<E> fatal(Class<? extends Throwable> kind) {
            List<Class<? extends Throwable>> more = new ArrayList<>(fatal);
            more.add(Objects.requireNonNull(kind, "kind"));
            return new Options<>(
                    prefetch,
                    manual,
                    priority,
                    exclusive,
                    floor,
                    ceiling,
                    patience,
                    order,
                    List.copyOf(more),
                    cancelled);
        }

        /**
         * Sets who is told, once, when the queue was deleted under the consumer.
         *
         * @param cancelled short; nobody unless set
         * @return a copy
         */
        public Options<E> onCancel(Runnable cancelled) {
            return new Options<>(
                    prefetch,
                    manual,
                    priority,
                    exclusive,
                    floor,
                    ceiling,
                    patience,
                    order,
                    fatal,
                    Objects.requireNonNull(cancelled, "cancelled"));
        }

        /**
         * Returns how many messages a worker may hold.
         *
         * @return as set
         */
        public int prefetch() {
            return prefetch;
        }

        /**
         * Says who settles.
         *
         * @return true if the handler does, false if its outcome does
         */
        public boolean isManual() {
            return manual;
        }

        /**
         * Returns its priority among consumers.
         *
         * @return as set
         */
        public int priority() {
            return priority;
        }

        /**
         * Says whether it is alone on its queue.
         *
         * @return as set; true where messages are ordered by key
         */
        public boolean isExclusive() {
            return exclusive;
        }

        /**
         * Returns how many workers begin at once.
         *
         * @return as set
         */
        public int floor() {
            return floor;
        }

        /**
         * Returns how many workers there are at most.
         *
         * @return as set
         */
        public int ceiling() {
            return ceiling;
        }

        /**
         * Returns how long the oldest message may wait before another worker begins.
         *
         * @return as set
         */
        public Duration patience() {
            return patience;
        }

        /**
         * Returns what keeps messages in order.
         *
         * @return the key, or empty where order between workers does not matter
         */
        public Optional<Function<? super E, ?>> order() {
            return Optional.ofNullable(order);
        }

        /**
         * Says whether a failure is final.
         *
         * @param failure what a handler threw
         * @return whether the message is not to be tried again
         */
        public boolean isFatal(Throwable failure) {
            for (Class<? extends Throwable> kind : fatal) {
                if (kind.isInstance(failure)) {
                    return true;
                }
            }
            return false;
        }

        /**
         * Returns who is told when the queue was deleted.
         *
         * @return as set
         */
        public Optional<Runnable> cancelled() {
            return Optional.ofNullable(cancelled);
        }

        /**
         * Throws if something does not fit; for those who implement a {@link Broker}.
         *
         * @param queue what is consumed
         * @throws InvalidConfigurationException with every problem
         */
        public void validate(Queue<?> queue) {
            Validation check = Validation.of("consumer of queue '" + queue.name() + "'");
            check.require(prefetch >= 1 && prefetch <= MAX_PREFETCH, "prefetch", prefetch, "1 to " + MAX_PREFETCH);
            check.require(ceiling >= 1 && ceiling <= MAX_WORKERS, "ceiling", ceiling, "1 to " + MAX_WORKERS);
            check.require(floor >= 1 && floor <= ceiling, "floor", floor, "1 to the ceiling, which is " + ceiling);
            check.positive("patience", patience);
            check.require(
                    order == null || queue.options().maxPriority() == 0,
                    "orderedBy",
                    "set",
                    "a queue without priorities, which are another order");
            check.throwIfInvalid();
        }
    }
}
