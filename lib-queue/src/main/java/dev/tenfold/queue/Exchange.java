package dev.tenfold.queue;

import dev.tenfold.Publisher;
import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.observe.Measured;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes messages and puts each into the queues its routing key leads to, directly or through other exchanges.
 *
 * <p>Thread-safe. Bindings may change while messages flow: a message sees every change that ended before its publishing
 * began. A queue gets one copy of a message, however many of its bindings match and however many ways lead to it.
 *
 * @param <E> the kind of message
 */
public interface Exchange<E> extends Publisher<E>, Measured {

    /** Names the binding argument that says how headers are compared, see {@link Kind#HEADERS}. */
    String X_MATCH = "x-match";

    /** How an exchange finds where a message goes. */
    enum Kind {
        /** To what is bound with exactly the message's routing key. */
        DIRECT,
        /** To everything bound. */
        FANOUT,
        /**
         * By pattern: keys are words with dots between; in a binding key {@code *} stands for exactly one word and {@code
         * #} for any number of words, none included, at most twice. The empty key has no words.
         */
        TOPIC,
        /**
         * By the message's headers, which are compared with the binding's arguments; keys do not matter. The argument
         * {@value Exchange#X_MATCH} says how: {@code all}, the default, or {@code any} of the other arguments must be there
         * with an equal value; arguments that start with {@code x-} are left out, except with {@code all-with-x} and {@code
         * any-with-x}. An argument of null only asks that the header is there. Numbers are equal if their values are.
         */
        HEADERS,
        /**
         * To exactly one of what is bound: whom the hash of the routing key, or of a header, falls to. The binding key is
         * its weight, 1 to 100: how large its part is beside the others'. When a binding comes or goes, only its own part
         * moves.
         */
        HASH,
        /** To the queue whose name is the routing key. There is one, and nothing can be bound to it. */
        DEFAULT
    }

    /**
     * Returns the name.
     *
     * @return as declared; empty for the default exchange
     */
    String name();

    /**
     * Returns the kind of message.
     *
     * @return as declared
     */
    Class<E> type();

    /**
     * Returns how it finds where a message goes.
     *
     * @return as declared
     */
    Kind kind();

    /**
     * Returns how it was declared.
     *
     * @return every option, defaults included
     */
    Options options();

    /**
     * Lets every message flow to a queue, where keys do not matter.
     *
     * @param queue of the same broker
     */
    default void bind(Queue<? super E> queue) {
        bind(queue, "");
    }

    /**
     * Lets messages flow to a queue; does nothing if this binding exists.
     *
     * @param queue of the same broker
     * @param bindingKey at most 255 bytes of UTF-8; a fanout exchange only tells bindings apart by it
     * @throws IllegalArgumentException if the key is too long, the queue belongs to another broker or cannot hold this
     *     exchange's messages
     * @throws UnsupportedOperationException on the default exchange
     */
    default void bind(Queue<? super E> queue, String bindingKey) {
        bind(queue, bindingKey, Map.of());
    }

    /**
     * Lets messages flow to a queue; does nothing if this binding, arguments included, exists.
     *
     * @param queue of the same broker
     * @param bindingKey at most 255 bytes of UTF-8
     * @param arguments what to look for in headers, see {@link Kind#HEADERS}; elsewhere they only tell bindings apart
     * @throws IllegalArgumentException if the key or an argument does not fit, the queue belongs to another broker or
     *     cannot hold this exchange's messages
     * @throws UnsupportedOperationException on the default exchange
     */
    void bind(Queue<? super E> queue, String bindingKey, Map<String, ? extends @Nullable Object> arguments);

    /**
     * Ends a binding; other bindings of the queue stay.
     *
     * @param queue a queue
     * @param bindingKey the key it was bound with
     * @return whether there was such a binding
     * @throws UnsupportedOperationException on the default exchange
     */
    default boolean unbind(Queue<? super E> queue, String bindingKey) {
        return unbind(queue, bindingKey, Map.of());
    }

    /**
     * Ends a binding; other bindings of the queue stay.
     *
     * @param queue a queue
     * @param bindingKey the key it was bound with
     * @param arguments those it was bound with
     * @return whether there was such a binding
     * @throws UnsupportedOperationException on the default exchange
     */
    boolean unbind(Queue<? super E> queue, String bindingKey, Map<String, ? extends @Nullable Object> arguments);

    /**
     * Lets messages flow on to another exchange, which routes them with the same key; does nothing if this binding exists.
     * Circles are allowed: a message goes through each exchange once.
     *
     * @param exchange of the same broker
     * @param bindingKey as for a queue
     * @throws IllegalArgumentException as for a queue
     * @throws UnsupportedOperationException on the default exchange, and for it
     */
    default void bind(Exchange<? super E> exchange, String bindingKey) {
        bind(exchange, bindingKey, Map.of());
    }

    /**
     * Lets messages flow on to another exchange; does nothing if this binding, arguments included, exists.
     *
     * @param exchange of the same broker
     * @param bindingKey as for a queue
     * @param arguments as for a queue
     * @throws IllegalArgumentException as for a queue
     * @throws UnsupportedOperationException on the default exchange, and for it
     */
    void bind(Exchange<? super E> exchange, String bindingKey, Map<String, ? extends @Nullable Object> arguments);

    /**
     * Ends a binding to another exchange.
     *
     * @param exchange an exchange
     * @param bindingKey the key it was bound with
     * @return whether there was such a binding
     * @throws UnsupportedOperationException on the default exchange
     */
    default boolean unbind(Exchange<? super E> exchange, String bindingKey) {
        return unbind(exchange, bindingKey, Map.of());
    }

    /**
     * Ends a binding to another exchange.
     *
     * @param exchange an exchange
     * @param bindingKey the key it was bound with
     * @param arguments those it was bound with
     * @return whether there was such a binding
     * @throws UnsupportedOperationException on the default exchange
     */
    boolean unbind(Exchange<? super E> exchange, String bindingKey, Map<String, ? extends @Nullable Object> arguments);

    /**
     * Publishes a message without headers.
     *
     * @param routingKey at most 255 bytes of UTF-8
     * @param message what to deliver
     * @return as {@link #publish(String, Message)}
     * @throws IllegalArgumentException if the key is too long
     */
    @Override
    default CompletionStage<Confirm> publish(String routingKey, E message) {
        return publish(routingKey, message, Map.of());
    }

    /**
     * Publishes a message.
     *
     * @param routingKey at most 255 bytes of UTF-8
     * @param message what to deliver
     * @param headers what to tell the consumer beside it; copied, so neither names nor values may be null
     * @return as {@link #publish(String, Message)}
     * @throws IllegalArgumentException if the key is too long
     */
    default CompletionStage<Confirm> publish(String routingKey, E message, Map<String, ?> headers) {
        return publish(routingKey, Message.of(message).headers(headers));
    }

    /**
     * Publishes a message.
     *
     * <p>Blocks only while a queue declared with {@link QueueOptions.Overflow#BLOCK} is full. A failed stage may still mean
     * that some of the queues have the message: the exception says which refused it.
     *
     * @param routingKey at most 255 bytes of UTF-8; the headers {@value Message#CC} and {@value Message#BCC} may hold a
     *     list of more
     * @param message what to deliver
     * @return {@link Confirm#ROUTED} once every queue it leads to has it, on disk where that queue is durable, {@link
     *     Confirm#UNROUTED} if it leads to none, or a {@link PublishRejectedException} if a queue refused it or the broker
     *     is closed
     * @throws IllegalArgumentException if a key is too long, or the message larger than a file of a durable broker's journal
     * @throws IllegalStateException if the exchange was deleted
     */
    CompletionStage<Confirm> publish(String routingKey, Message<? extends E> message);

    /**
     * Publishes several messages with one key, in order. Waits for no confirm in between: where queues are durable, one force
     * of the disk serves all that fit a megabyte, and over a wire they are sent one behind the other.
     *
     * @param routingKey at most 255 bytes of UTF-8
     * @param messages what to deliver
     * @return what {@link #publish(String, Message)} returns for each, in the same order
     * @throws IllegalArgumentException if a key is too long
     * @throws IllegalStateException if the exchange was deleted
     */
    List<CompletionStage<Confirm>> publishAll(String routingKey, List<? extends Message<? extends E>> messages);

    /**
     * Publishes a message and waits, without occupying a thread, for the first answer that a consumer gives by {@link
     * Delivery#reply}.
     *
     * @param <R> the kind of answer
     * @param routingKey at most 255 bytes of UTF-8
     * @param message what to ask; its reply-to and correlation id are replaced, and it expires with the timeout
     * @param answer the kind of answer
     * @param timeout above zero to 365 days
     * @return the answer; fails with {@link DeadlineExceededException} if there was none in time, with {@link
     *     dev.tenfold.error.UnavailableException} if the message leads nowhere or the broker was closed, with {@link
     *     PublishRejectedException} if a queue refused it, and with {@link ClassCastException} if the answer is of another
     *     kind
     * @throws IllegalArgumentException if the key is too long or the timeout out of range
     */
    <R> CompletionStage<R> request(String routingKey, Message<? extends E> message, Class<R> answer, Duration timeout);

    /**
     * Publishes a body and waits for an answer.
     *
     * @param <R> the kind of answer
     * @param routingKey at most 255 bytes of UTF-8
     * @param message what to ask
     * @param answer the kind of answer
     * @param timeout above zero to 365 days
     * @return as {@link #request(String, Message, Class, Duration)}
     */
    default <R> CompletionStage<R> request(String routingKey, E message, Class<R> answer, Duration timeout) {
        return request(routingKey, Message.of(message), answer, timeout);
    }

    /**
     * Sets who gets back {@link Message#mandatory() mandatory} messages that lead to no queue; before their confirm
     * completes, on the publishing thread. Replaces the one before.
     *
     * @param handler short; must not throw
     */
    void onReturn(Consumer<? super Message<E>> handler);

    /**
     * Deletes the exchange and its bindings; does nothing if it is deleted already.
     *
     * @throws UnsupportedOperationException on the default exchange
     */
    void delete();

    /**
     * Deletes the exchange if nothing is bound to it.
     *
     * @return whether it is deleted now
     * @throws UnsupportedOperationException on the default exchange
     */
    boolean deleteIfUnused();

    /** How an exchange behaves. Immutable: each setter returns a copy. */
    final class Options {

        private static final Options DEFAULTS = new Options(null, null, false, true);

        private final @Nullable String alternate;
        private final @Nullable String hashHeader;
        private final boolean autoDelete;
        private final boolean durable;

        private Options(@Nullable String alternate, @Nullable String hashHeader, boolean autoDelete, boolean durable) {
            this.alternate = alternate;
            this.hashHeader = hashHeader;
            this.autoDelete = autoDelete;
            this.durable = durable;
        }

        /**
         * Returns the options of an exchange for which none is set.
         *
         * @return the defaults
         */
        public static Options defaults() {
            return DEFAULTS;
        }

        /**
         * Hands messages for which this exchange has no binding to another one, with the same key.
         *
         * @param exchange its name; looked up when needed, and where there is none the message is unrouted
         * @return a copy
         */
        public Options alternate(String exchange) {
            return new Options(Objects.requireNonNull(exchange, "exchange"), hashHeader, autoDelete, durable);
        }

        /**
         * Makes a {@link Kind#HASH} exchange hash a header instead of the routing key. A message without it hashes as the
         * empty text.
         *
         * @param header its name
         * @return a copy
         */
        public Options hashHeader(String header) {
            return new Options(alternate, Objects.requireNonNull(header, "header"), autoDelete, durable);
        }

        /**
         * Deletes the exchange when its last binding goes; one that never had a binding stays.
         *
         * @return a copy
         */
        public Options autoDelete() {
            return new Options(alternate, hashHeader, true, durable);
        }

        /**
         * Decides whether a durable broker keeps the exchange and its bindings on disk; elsewhere it has no effect.
         *
         * @param keep true unless set
         * @return a copy
         */
        public Options durable(boolean keep) {
            return new Options(alternate, hashHeader, autoDelete, keep);
        }

        /**
         * Returns where messages go for which there is no binding.
         *
         * @return the name of an exchange, or null
         */
        public @Nullable String alternate() {
            return alternate;
        }

        /**
         * Returns which header is hashed.
         *
         * @return its name, or null for the routing key
         */
        public @Nullable String hashHeader() {
            return hashHeader;
        }

        /**
         * Says whether the exchange goes with its last binding.
         *
         * @return false unless set
         */
        public boolean isAutoDelete() {
            return autoDelete;
        }

        /**
         * Says whether a durable broker keeps it.
         *
         * @return true unless set
         */
        public boolean isDurable() {
            return durable;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Options that
                    && Objects.equals(alternate, that.alternate)
                    && Objects.equals(hashHeader, that.hashHeader)
                    && autoDelete == that.autoDelete
                    && durable == that.durable;
        }

        @Override
        public int hashCode() {
            return Objects.hash(alternate, hashHeader, autoDelete, durable);
        }

        @Override
        public String toString() {
            return "alternate=" + alternate + " hashHeader=" + hashHeader + " autoDelete=" + autoDelete + " durable="
                    + durable;
        }
    }
}
