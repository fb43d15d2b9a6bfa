package dev.tenfold.queue;

import dev.tenfold.error.CorruptDataException;
import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.observe.Measured;
import dev.tenfold.queue.journal.JournalSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Holds exchanges and queues.
 *
 * <pre>{@code
 * Broker broker = Broker.inMemory();
 * Exchange<OrderEvent> orders = broker.topicExchange("orders", OrderEvent.class);
 * Queue<OrderEvent> mail = broker.queue("mail", OrderEvent.class, q -> q.maxLength(10_000)
 *     .retry(Backoff.exponential(ofMillis(100), ofSeconds(30)).attempts(5)).deadLetterTo("mail.dead"));
 * orders.bind(mail, "order.*.created");
 * Consumer c = mail.consume(8, delivery -> mailer.send(delivery.body()));   // return = ack, throw = retry
 * orders.publish("order.eu.created", event);
 * }</pre>
 *
 * <p><b>Declaring</b> twice gives the same object. Declaring a name again with another type or other options fails and
 * names each argument that differs.
 *
 * <p><b>Messages</b> are passed by reference and never copied: use immutable types.
 *
 * <p>Thread-safe. Names are 1 to 255 bytes of UTF-8 and do not start with {@code amq.}, which RabbitMQ reserves.
 */
public interface Broker extends Measured, AutoCloseable {

    /** How long {@link #close()} waits for consumers to finish: 10 seconds. */
    Duration DEFAULT_DRAIN = Duration.ofSeconds(10);

    /**
     * Makes a broker that lives in this process and is gone with it, with every default of {@link BrokerBuilder}. Starts
     * no thread.
     *
     * @return an empty broker
     */
    static Broker inMemory() {
        return builder().inMemory();
    }

    /**
     * Opens a broker whose durable queues and persistent messages survive the end of this process, however it ends; a
     * confirm means that the message is on disk. With every default of {@link BrokerBuilder#durable(Path)}, which knows
     * codecs for text and {@code byte[]} only. Starts one thread, which closing ends.
     *
     * @param folder where its journal is; created if there is none. One broker opens it at a time
     * @return a broker with what the folder holds
     * @throws CorruptDataException if the files are not what was written, with file and offset
     * @throws UnavailableException if the folder is open elsewhere, cannot be read, or has no room
     */
    static Broker durable(Path folder) {
        return builder().durable(folder);
    }

    /**
     * Starts configuring a broker.
     *
     * @return a builder with every default set
     */
    static BrokerBuilder builder() {
        return new BrokerBuilder();
    }

    /**
     * Declares an exchange that routes to what is bound with exactly the message's routing key, see {@link Exchange.Kind#DIRECT}.
     *
     * @param <E> the kind of message
     * @param name its name
     * @param type the kind of message
     * @return the exchange of that name
     * @throws InvalidConfigurationException if the name is not allowed, or taken by another kind of exchange or type
     * @throws IllegalStateException if the broker is closed
     */
    default <E> Exchange<E> directExchange(String name, Class<E> type) {
        return exchange(Exchange.Kind.DIRECT, name, type, UnaryOperator.identity());
    }

    /**
     * Declares an exchange that routes every message to everything bound, whatever the keys, see {@link Exchange.Kind#FANOUT}.
     *
     * @param <E> the kind of message
     * @param name its name
     * @param type the kind of message
     * @return the exchange of that name
     * @throws InvalidConfigurationException if the name is not allowed, or taken by another kind of exchange or type
     * @throws IllegalStateException if the broker is closed
     */
    default <E> Exchange<E> fanoutExchange(String name, Class<E> type) {
        return exchange(Exchange.Kind.FANOUT, name, type, UnaryOperator.identity());
    }

    /**
     * Declares an exchange that routes by pattern, see {@link Exchange.Kind#TOPIC}.
     *
     * <p>A route costs one look-up while its key recurs (the last 2,048 keys or so are remembered until a binding
     * changes), else at most the number of words times the number of bindings.
     *
     * @param <E> the kind of message
     * @param name its name
     * @param type the kind of message
     * @return the exchange of that name
     * @throws InvalidConfigurationException if the name is not allowed, or taken by another kind of exchange or type
     * @throws IllegalStateException if the broker is closed
     */
    default <E> Exchange<E> topicExchange(String name, Class<E> type) {
        return exchange(Exchange.Kind.TOPIC, name, type, UnaryOperator.identity());
    }

    /**
     * Declares an exchange that routes by headers, see {@link Exchange.Kind#HEADERS}.
     *
     * <p>A route compares the message's headers with each binding; distinct arguments are compared once.
     *
     * @param <E> the kind of message
     * @param name its name
     * @param type the kind of message
     * @return the exchange of that name
     * @throws InvalidConfigurationException if the name is not allowed, or taken by another kind of exchange or type
     * @throws IllegalStateException if the broker is closed
     */
    default <E> Exchange<E> headersExchange(String name, Class<E> type) {
        return exchange(Exchange.Kind.HEADERS, name, type, UnaryOperator.identity());
    }

    /**
     * Declares an exchange that routes each message to exactly one of what is bound, always the same for the same key, see {@link Exchange.Kind#HASH}.
     *
     * <p>A route costs one hash and one look-up, whatever the number of bindings.
     *
     * @param <E> the kind of message
     * @param name its name
     * @param type the kind of message
     * @return the exchange of that name
     * @throws InvalidConfigurationException if the name is not allowed, or taken by another kind of exchange or type
     * @throws IllegalStateException if the broker is closed
     */
    default <E> Exchange<E> hashExchange(String name, Class<E> type) {
        return exchange(Exchange.Kind.HASH, name, type, UnaryOperator.identity());
    }

    /**
     * Declares an exchange.
     *
     * @param <E> the kind of message
     * @param kind how it finds where a message goes; any but {@link Exchange.Kind#DEFAULT}
     * @param name its name
     * @param type the kind of message
     * @param options changes the default options
     * @return the exchange of that name
     * @throws InvalidConfigurationException if the name or options are not allowed, or the name is taken by an exchange of
     *     another kind, type or other options
     * @throws IllegalStateException if the broker is closed
     */
    <E> Exchange<E> exchange(Exchange.Kind kind, String name, Class<E> type, UnaryOperator<Exchange.Options> options);

    /**
     * Returns the exchange that always exists: a message goes to the queue whose name is its routing key. Nothing can be
     * bound to it. A queue that cannot hold a message's type refuses it.
     *
     * @param <E> the kind of message
     * @param type the kind of message
     * @return the default exchange, whose name is empty
     * @throws IllegalStateException if the broker is closed
     */
    <E> Exchange<E> defaultExchange(Class<E> type);

    /**
     * Declares a queue with the default options.
     *
     * @param <E> the kind of message
     * @param name its name
     * @param type the kind of message
     * @return the queue of that name
     * @throws InvalidConfigurationException if the name is not allowed, or taken by a queue of other options or type
     * @throws IllegalStateException if the broker is closed
     */
    default <E> Queue<E> queue(String name, Class<E> type) {
        return queue(name, type, UnaryOperator.identity());
    }

    /**
     * Declares a queue.
     *
     * <p>The queue its dead letters go to is declared along with it, with this type and default options, unless it
     * exists. The first explicit declaration of such a queue decides its options.
     *
     * @param <E> the kind of message
     * @param name its name
     * @param type the kind of message
     * @param options changes the default options
     * @return the queue of that name
     * @throws InvalidConfigurationException if the name or options are not allowed, the name is taken by a queue of
     *     other options or type, or the queue for dead letters cannot hold this type
     * @throws IllegalStateException if the broker is closed
     */
    <E> Queue<E> queue(String name, Class<E> type, UnaryOperator<QueueOptions> options);

    /**
     * Declares a queue under a name that no other has. It goes with its last consumer; use {@link Queue#delete} if it never
     * gets one.
     *
     * @param <E> the kind of message
     * @param type the kind of message
     * @return a new queue whose name starts with {@code tenfold.gen-}
     * @throws IllegalStateException if the broker is closed
     */
    <E> Queue<E> temporaryQueue(Class<E> type);

    /**
     * Starts a transaction.
     *
     * @return an empty one
     * @throws IllegalStateException if the broker is closed
     */
    Transaction transaction();

    /**
     * Writes down every exchange with its bindings and every queue with its options and state, for people.
     *
     * @return several lines, sorted by name
     */
    String describe();

    /**
     * Closes within {@link #DEFAULT_DRAIN}, as {@link #close(Duration)} does. What was left is told to the observer.
     */
    @Override
    void close();

    /**
     * Refuses new messages at once, lets consumers finish what is in their queues, then stops them.
     *
     * <p>Waits until every queue that has a consumer is empty and every delivery settled, but not for a retry that falls
     * due after the deadline. A message that a handler publishes meanwhile is refused as well; dead letters are still
     * moved. Handlers that still run at the deadline are not interrupted. Do not call it from a handler: it would wait
     * for itself until the deadline. If the calling thread is interrupted, the wait ends there and the thread stays
     * interrupted. Closing again returns the first report.
     *
     * @param deadline how long to wait; zero or negative does not wait
     * @return what was left in the queues, which an in-memory broker then drops
     */
    DrainReport close(Duration deadline);

    /**
     * What closing a broker left undone.
     *
     * @param took how long the wait was
     * @param left the state of every queue that still had messages, sorted by name
     */
    record DrainReport(Duration took, List<Queue.State> left) {

        /**
         * Copies {@code left}.
         *
         * @param took how long the wait was
         * @param left the state of every queue that still had messages
         */
        public DrainReport {
            left = List.copyOf(left);
        }

        /**
         * Says whether nothing was left.
         *
         * @return true if every queue was empty and every delivery settled
         */
        public boolean isClean() {
            return left.isEmpty();
        }

        /**
         * Returns how many messages were left.
         *
         * @return the sum over the queues
         */
        public long messages() {
            return left.stream().mapToLong(Queue.State::messages).sum();
        }
    }

    /** How a durable broker writes its journal. Immutable: each setter returns a copy. */
    final class Durability {

        static final Durability DEFAULTS = new Durability(
                JournalSettings.DEFAULT_SEGMENT_SIZE,
                JournalSettings.DEFAULT_MAXIMUM_BUFFERED,
                Duration.ZERO,
                QueueOptions.DEFAULT_BLOCK_TIMEOUT,
                null);

        private final int segmentSize;
        private final int maximumBuffered;
        private final Duration flushInterval;
        private final Duration blockTimeout;
        final @Nullable Executor writer;

        private Durability(
                int segmentSize,
                int maximumBuffered,
                Duration flushInterval,
                Duration blockTimeout,
                @Nullable Executor writer) {
            this.segmentSize = segmentSize;
            this.maximumBuffered = maximumBuffered;
            this.flushInterval = Objects.requireNonNull(flushInterval, "flushInterval");
            this.blockTimeout = Objects.requireNonNull(blockTimeout, "blockTimeout");
            this.writer = writer;
        }

        /**
         * Sets how large each file is, and so the largest message. A folder that has larger ones keeps to their size.
         *
         * @param segmentSize bytes, 4096 to 1 GiB, a multiple of 512; 16 MiB unless set
         * @return a copy
         */
        public Durability segmentSize(int segmentSize) {
            return new Durability(segmentSize, maximumBuffered, flushInterval, blockTimeout, writer);
        }

        /**
         * Limits what may wait for the disk. Publishers wait beyond that.
         *
         * @param maximumBuffered bytes, at least 1; 8 MiB unless set
         * @return a copy
         */
        public Durability maximumBuffered(int maximumBuffered) {
            return new Durability(segmentSize, maximumBuffered, flushInterval, blockTimeout, writer);
        }

        /**
         * Sets how long a change waits for others to share a force with. It makes every confirm later; on a disk whose
         * forces are slow, it serves more of them.
         *
         * @param flushInterval not negative; zero unless set: whatever came while the disk was busy shares the next force
         * @return a copy
         */
        public Durability flushInterval(Duration flushInterval) {
            return new Durability(segmentSize, maximumBuffered, flushInterval, blockTimeout, writer);
        }

        /**
         * Limits how long a publisher waits for a disk that is full or slow, before it is refused.
         *
         * @param blockTimeout not negative; 30 seconds unless set
         * @return a copy
         */
        public Durability blockTimeout(Duration blockTimeout) {
            return new Durability(segmentSize, maximumBuffered, flushInterval, blockTimeout, writer);
        }

        /**
         * Sets who writes.
         *
         * @param writer runs one task for as long as the broker is open, on a thread that it must never interrupt; unless
         *     set, a thread is started, and ended by closing the broker
         * @return a copy
         */
        public Durability writer(Executor writer) {
            return new Durability(segmentSize, maximumBuffered, flushInterval, blockTimeout, writer);
        }

        JournalSettings settings(BrokerBuilder.Environment given) {
            return new JournalSettings(
                    segmentSize,
                    maximumBuffered,
                    flushInterval,
                    blockTimeout,
                    given.time(),
                    given.random(),
                    given.observer());
        }
    }
}
