package dev.tenfold.queue.amqp;

import com.rabbitmq.client.Connection;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.error.Validation;
import dev.tenfold.observe.Measurement;
import dev.tenfold.queue.Broker;
import dev.tenfold.queue.BrokerBuilder.Environment;
import dev.tenfold.queue.Confirm;
import dev.tenfold.queue.Exchange;
import dev.tenfold.queue.Message;
import dev.tenfold.queue.Queue;
import dev.tenfold.queue.QueueOptions;
import dev.tenfold.queue.Transaction;
import dev.tenfold.queue.amqp.Wire.Outgoing;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.StartedScheduler;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.UnaryOperator;

/**
 * A broker over RabbitMQ, for when one process is not enough: the same exchanges, queues and consumers, with bodies as bytes.
 *
 * <pre>{@code
 * Broker broker = RabbitBroker.connect("amqp://guest:guest@localhost:5672", options -> options
 *         .broker(Broker.builder().codec(OrderEvent.class, Codec.of(json::writeValueAsBytes, json::readOrderEvent))));
 * }</pre>
 *
 * <p>What RabbitMQ does itself it is left to do: routing, confirms, prefetch, priorities, times to live, limits, dead letters,
 * single active and exclusive consumers. What it does not is done here:
 *
 * <table>
 *   <caption>What differs from {@link Broker#inMemory()}</caption>
 *   <tr><th>what</th><th>here</th></tr>
 *   <tr><td>retry with backoff, delays</td><td>the message waits in a queue of its own, up to a tenth longer than asked, 48
 *       days at most, and comes back at the end of its queue; if the process dies as it is moved, there are two of it</td></tr>
 *   <tr><td>{@link QueueOptions.Overflow#BLOCK}</td><td>a refused message is published again until there is room, to all the
 *       queues it leads to; the publisher's stage waits, not its thread</td></tr>
 *   <tr><td>a refusal</td><td>RabbitMQ does not say which queue it was</td></tr>
 *   <tr><td>acknowledgements</td><td>are not confirmed</td></tr>
 *   <tr><td>{@link dev.tenfold.queue.Delivery#deliveryCount}</td><td>classic queues only tell whether there was one before</td></tr>
 *   <tr><td>the reason of a last failed attempt</td><td>{@code rejected}, not {@code delivery_limit}</td></tr>
 *   <tr><td>{@link Transaction}</td><td>publishes are atomic, acknowledgements follow</td></tr>
 *   <tr><td>{@link Queue#browse}, {@link QueueOptions#deduplicate}</td><td>refused: there is no such thing</td></tr>
 *   <tr><td>{@link Exchange.Kind#HASH}</td><td>needs RabbitMQ's plugin {@code rabbitmq_consistent_hash_exchange}</td></tr>
 *   <tr><td>{@link Queue#inspect}</td><td>unsettled are this process's alone; nothing is known of delayed ones</td></tr>
 *   <tr><td>{@link Queue#delete} on a condition</td><td>on quorum queues looks first and deletes then, in two steps</td></tr>
 *   <tr><td>exclusive consumers</td><td>refused on quorum queues, which have none; declare those with ordered consumers in
 *       several processes with {@link QueueOptions#singleActiveConsumer}</td></tr>
 *   <tr><td>what has expired</td><td>stays, and counts for the limits, until it comes to the front of its queue; nobody gets
 *       it</td></tr>
 *   <tr><td>ordered consumers</td><td>keep the order unless the process dies between two attempts</td></tr>
 *   <tr><td>{@link #close(Duration)}</td><td>waits for what handlers work on; the rest stays in RabbitMQ. If RabbitMQ
 *       does not answer, closing takes up to three seconds longer than the deadline</td></tr>
 * </table>
 *
 * <p>Another server of AMQP 0-9-1 will do for what AMQP itself has: exchanges, bindings, confirms, prefetch, acknowledgements,
 * transactions, requests. What that server does not name among its capabilities is refused where it is asked for, with its
 * name; its queues have no limit, which the observer is told. A failed message waits for its retry in this process there,
 * unsettled, and a dead one is dropped; what leads nowhere may be told as refused.
 *
 * <p>A lost connection is made again, with everything that was declared here; consumers go on. What was published and not
 * confirmed then fails with {@link dev.tenfold.error.OutcomeUnknownException}. Thread-safe; has one connection, one channel for
 * all publishes and one per consumer, and the client's threads.
 */
public final class RabbitBroker implements Broker {

    private static final int MAXIMUM_KEY_BYTES = 255;

    /** Within the range of the client's clock. */
    private static final Duration LONGEST = Duration.ofDays(20);

    private static final Duration GOODBYE = Duration.ofSeconds(1);

    private final Environment given;
    private final RabbitOptions options;
    private final Connection connection;
    private final Server server;
    private final Channels channels;
    private final Publishing publishing;
    private final Waits waits;
    private final RabbitRequests requests;
    private final Declarations declarations = new Declarations(this);
    private final LongAdder waiting = new LongAdder();
    private final AtomicBoolean closed = new AtomicBoolean();

    RabbitBroker(Environment given, RabbitOptions options, Connection connection) {
        this.given = given;
        this.options = options;
        this.connection = connection;
        this.server = Server.of(connection);
        this.channels = new Channels(connection);
        this.publishing = new Publishing(connection, options.maximumUnconfirmed());
        this.waits = new Waits(channels, given.time(), options.isQuorumQueues());
        this.requests = new RabbitRequests(this);
    }

    /**
     * Connects with the defaults: bodies are text and bytes.
     *
     * @param uri such as {@code amqp://user:password@host:5672/vhost} or {@code amqps://...}
     * @return a broker, to be closed
     * @throws UnavailableException if RabbitMQ cannot be reached
     * @throws dev.tenfold.error.InvalidConfigurationException if the URI does not fit
     * @throws IllegalStateException if RabbitMQ's client is not there
     */
    public static Broker connect(String uri) {
        return connect(uri, UnaryOperator.identity());
    }

    /**
     * Connects.
     *
     * @param uri such as {@code amqp://user:password@host:5672/vhost} or {@code amqps://...}
     * @param options changes the default options
     * @return a broker, to be closed
     * @throws UnavailableException if RabbitMQ cannot be reached
     * @throws dev.tenfold.error.InvalidConfigurationException if the URI or the options do not fit
     * @throws IllegalStateException if RabbitMQ's client is not there
     */
    public static Broker connect(String uri, UnaryOperator<RabbitOptions> options) {
        RabbitOptions chosen = options.apply(RabbitOptions.defaults());
        requireClient();
        return Connecting.open(uri, chosen);
    }

    private static void requireClient() {
        try {
            Class.forName("com.rabbitmq.client.ConnectionFactory", false, RabbitBroker.class.getClassLoader());
        } catch (ClassNotFoundException missing) {
            throw new IllegalStateException(
                    "RabbitMQ's client is missing; add com.rabbitmq:amqp-client:5.20.0 or newer to the dependencies",
                    missing);
        }
    }

    static void checkKey(String argument, String key) {
        if (key.length() > MAXIMUM_KEY_BYTES / 3 && key.getBytes(StandardCharsets.UTF_8).length > MAXIMUM_KEY_BYTES) {
            throw new IllegalArgumentException(
                    argument + ": " + key + " (expected: at most " + MAXIMUM_KEY_BYTES + " bytes of UTF-8)");
        }
    }

    private static void checkName(Validation check, String name) {
        int bytes = name.getBytes(StandardCharsets.UTF_8).length;
        check.require(bytes >= 1 && bytes <= MAXIMUM_KEY_BYTES, "name", name, "1 to 255 bytes of UTF-8");
        check.require(!name.startsWith("amq."), "name", name, "not to start with amq., which RabbitMQ reserves");
        check.require(!name.startsWith(Wire.WAITING), "name", name, "not to start with " + Wire.WAITING);
    }

    Environment given() {
        return given;
    }

    RabbitOptions options() {
        return options;
    }

    Channels channels() {
        return channels;
    }

    Publishing publishing() {
        return publishing;
    }

    Waits waits() {
        return waits;
    }

    RabbitRequests requests() {
        return requests;
    }

    Server server() {
        return server;
    }

    /** Counts the messages that wait for room in a queue that makes its publishers wait. */
    LongAdder waiting() {
        return waiting;
    }

    Declarations declarations() {
        return declarations;
    }

    boolean isClosed() {
        return closed.get();
    }

    void requireOpen() {
        if (isClosed()) {
            throw new IllegalStateException("the broker is closed");
        }
    }

    Outgoing outgoing(Message<?> message) {
        if (message.ttl().isPresent() && !server.isLikeRabbit()) {
            throw server.without("ttl");
        }
        Message<?>[] whole = {message};
        given.propagation().inject((name, value) -> whole[0] = whole[0].header(name, value));
        return Wire.outgoing(whole[0], given.codecs());
    }

    /** Publishes to a queue, to arrive there in time. Where no queue can keep it meanwhile, this process does. */
    CompletionStage<Confirm> later(String queue, Duration delay, Outgoing message) {
        if (server.isLikeRabbit()) {
            return publishing.publish("", waits.towards(queue, delay), message, null);
        }
        CompletableFuture<CompletionStage<Confirm>> published = new CompletableFuture<>();
        given.scheduler().schedule(delay, () -> published.complete(publishing.publish("", queue, message, null)));
        return published.thenCompose(confirm -> confirm);
    }

    CompletionStage<Confirm> reply(Message<?> request, Object answer) {
        String to = request.replyTo()
                .orElseThrow(() -> new IllegalStateException(
                        "message '" + request.routingKey() + "' asks for no answer: it has no replyTo"));
        Message<Object> message = Message.of(answer);
        String id = request.correlationId().orElse(null);
        return publishing.publish("", to, outgoing(id == null ? message : message.correlationId(id)), null);
    }

    @Override
    public <E> Exchange<E> exchange(
            Exchange.Kind kind, String name, Class<E> type, UnaryOperator<Exchange.Options> change) {
        Exchange.Options chosen = change.apply(Exchange.Options.defaults());
        Validation check = Validation.of("exchange '" + name + "'");
        checkName(check, name);
        check.require(kind != Exchange.Kind.DEFAULT, "kind", kind, "any but that; call defaultExchange");
        check.require(
                chosen.alternate() == null || server.isLikeRabbit(), "alternate", chosen.alternate(), server.rule());
        check.throwIfInvalid();
        requireOpen();
        given.codecs().of(type);
        return declarations.exchange(kind, name, type, chosen);
    }

    @Override
    public <E> Exchange<E> defaultExchange(Class<E> type) {
        requireOpen();
        return new RabbitExchange<>(this, "", type, Exchange.Kind.DEFAULT, Exchange.Options.defaults());
    }

    @Override
    public <E> Queue<E> queue(String name, Class<E> type, UnaryOperator<QueueOptions> change) {
        QueueOptions chosen = change.apply(QueueOptions.defaults());
        Validation check = Validation.of("queue '" + name + "'");
        checkName(check, name);
        chosen.validate(check);
        RabbitQueue.validate(check, chosen, options.isQuorumQueues());
        server.validate(check, chosen);
        check.throwIfInvalid();
        requireOpen();
        given.codecs().of(type);
        return declarations.queue(name, type, chosen);
    }

    @Override
    public <E> Queue<E> temporaryQueue(Class<E> type) {
        requireOpen();
        given.codecs().of(type);
        String name = "tenfold.gen-" + HexFormat.of().toHexDigits(given.random().nextLong())
                + HexFormat.of().toHexDigits(given.random().nextLong());
        return declarations.temporaryQueue(name, type);
    }

    @Override
    public Transaction transaction() {
        requireOpen();
        return new RabbitTransaction(this);
    }

    @Override
    public String describe() {
        StringBuilder text = new StringBuilder(server.name())
                .append(" at ")
                .append(connection.getAddress())
                .append(':')
                .append(connection.getPort())
                .append(connection.isOpen() ? "" : " (not connected)")
                .append('\n');
        declarations.describe(text);
        return text.toString();
    }

    @Override
    public void close() {
        DrainReport report = close(DEFAULT_DRAIN);
        if (!report.isClean()) {
            given.tell(
                    Level.WARNING,
                    "broker",
                    "broker.left",
                    report.messages() + " messages were still being worked on and will come again",
                    Map.of("messages", report.messages()));
        }
    }

    @Override
    public DrainReport close(Duration deadline) {
        long began = given.time().nanoTime();
        if (!closed.compareAndSet(false, true)) {
            return new DrainReport(Duration.ZERO, List.of());
        }
        long end = given.time().nanoTime()
                + Math.max(0, deadline.compareTo(LONGEST) > 0 ? LONGEST.toNanos() : deadline.toNanos());
        List<RabbitQueue<?>> all = new CopyOnWriteArrayList<>();
        within(end, () -> {
            all.addAll(declarations.queues());
            all.forEach(RabbitQueue::closeConsumers);
        });
        Drained.await(all, Duration.ofNanos(end - given.time().nanoTime()), given);
        List<Queue.State> left = new ArrayList<>();
        for (RabbitQueue<?> queue : all) {
            int unsettled = queue.unsettled();
            if (unsettled > 0) {
                left.add(new Queue.State(queue.name(), 0, 0, unsettled, 0, 0, 0));
            }
        }
        within(end, () -> {
            requests.close();
            publishing.close();
        });
        connection.abort((int) patience(end).toMillis());
        return new DrainReport(Duration.ofNanos(given.time().nanoTime() - began), left);
    }

    /** A server is given a moment to say goodbye, even if there is no time left. */
    private Duration patience(long end) {
        Duration left = Duration.ofNanos(end - given.time().nanoTime());
        return left.compareTo(GOODBYE) < 0 ? GOODBYE : left;
    }

    /** Does what waits for answers, but leaves it to itself when the time is up: a server may have stopped to answer. */
    private void within(long end, Runnable step) {
        FutureTask<Boolean> task = new FutureTask<>(step, true);
        try (StartedScheduler own = Scheduler.start("tenfold-rabbit-close")) {
            var unusedTimer = own.schedule(Duration.ZERO, task);
            var unused = task.get(patience(end).toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException silent) {
            given.tell(Level.WARNING, "broker", "broker.silent", server.name() + " does not answer", Map.of());
        } catch (ExecutionException failure) {
            String why = String.valueOf(failure.getCause());
            given.tell(
                    Level.WARNING, "broker", "broker.unclosed", "closing went wrong: " + why, Map.of("failure", why));
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public List<Measurement> measurements() {
        List<Measurement> all = declarations.measurements();
        all.add(Measurement.gauge(
                "tenfold.rabbit.connected",
                "1",
                "1 if RabbitMQ is connected",
                Map.of(),
                () -> connection.isOpen() ? 1 : 0));
        all.add(Measurement.gauge(
                "tenfold.rabbit.unconfirmed",
                "messages",
                "Messages published and not confirmed yet",
                Map.of(),
                publishing::unconfirmed));
        all.add(Measurement.gauge(
                "tenfold.rabbit.waiting",
                "messages",
                "Messages that RabbitMQ refused and that wait here for room",
                Map.of(),
                waiting::sum));
        return all;
    }

    /** Declares everything again that was declared here. */
    void redeclare() {
        try {
            declarations.redeclare();
        } catch (RuntimeException failure) {
            given.tell(
                    Level.ERROR,
                    "broker",
                    "broker.undeclared",
                    "what was declared here could not be declared again: " + failure,
                    Map.of("failure", String.valueOf(failure)));
        }
    }

    @Override
    public String toString() {
        return "RabbitBroker[" + connection.getAddress() + "]";
    }
}
