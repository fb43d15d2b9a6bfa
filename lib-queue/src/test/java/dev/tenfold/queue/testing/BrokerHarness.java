package dev.tenfold.queue.testing;

import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.queue.Broker;
import dev.tenfold.queue.Confirm;
import dev.tenfold.queue.Delivery;
import dev.tenfold.queue.Exchange;
import dev.tenfold.queue.PublishRejectedException;
import dev.tenfold.queue.Queue;
import dev.tenfold.queue.QueueOptions;
import dev.tenfold.retry.Backoff;
import dev.tenfold.testing.Await;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;

/** A broker for each test, what was declared on it, and how tests talk to it. */
abstract class BrokerHarness {

    static final Backoff QUICKLY =
            Backoff.exponential(ofMillis(10), ofMillis(50)).attempts(3);

    private static final AtomicInteger NAMES = new AtomicInteger();

    final String prefix = "contract-" + ProcessHandle.current().pid() + "-" + NAMES.incrementAndGet() + "-";
    final List<Queue<String>> queues = new ArrayList<>();
    final List<Exchange<String>> exchanges = new ArrayList<>();
    Broker broker = Broker.inMemory();

    /** What a broker may lack. Tests that need it are skipped, and counted so. */
    public enum Capability {
        /** One exchange leads to another. */
        EXCHANGE_BINDINGS,
        /** An exchange hands on what it has no binding for. */
        ALTERNATE_EXCHANGES,
        /** Messages have further routing keys. */
        CARBON_COPIES,
        /** Bindings may compare headers that start with {@code x-}, and headers of which only the name matters. */
        WIDE_HEADERS,
        /** What leads nowhere is returned before it is confirmed. */
        RETURN_BEFORE_CONFIRM,
        /** Queues dead-letter what is rejected. */
        DEAD_LETTERS,
        /** Messages expire. */
        TIMES_TO_LIVE,
        /** Queues expire. */
        QUEUE_EXPIRY,
        /** Queues have a limit. */
        LIMITS,
        /** A queue of one message refuses the second. */
        EXACT_LIMITS,
        /** Messages have priorities. */
        PRIORITIES,
        /** Messages come later than they were published. */
        DELAYS,
        /** Deliveries are counted and limited. */
        DELIVERY_LIMITS,
        /** Consumers have priorities. */
        CONSUMER_PRIORITIES,
        /** One consumer of a queue works at a time. */
        SINGLE_ACTIVE_CONSUMER,
        /** Consumers are told when their queue is deleted. */
        CANCEL_NOTICES,
        /** A message that was given back keeps its place. */
        PLACES_KEPT,
        /** One consumer may shut out others. */
        EXCLUSIVE_CONSUMERS,
        /** A queue tells how many messages are ready, apart from those that consumers hold. */
        READY_COUNTS,
        /** Messages are there when the broker is opened again. */
        SURVIVES
    }

    /**
     * Opens a broker for messages of text.
     *
     * @return a broker; called again in the same test, one that knows what the first one kept
     * @throws Exception as it likes
     */
    protected abstract Broker open() throws Exception;

    /**
     * Says what this broker does without.
     *
     * @return why, by what is lacking; nothing unless overridden
     */
    protected Map<Capability, String> lacks() {
        return Map.of();
    }

    /**
     * Counts the publishers that wait for room in a queue.
     *
     * @param on the broker
     * @param queue one whose publishers wait
     * @return how many
     */
    protected long waitingPublishers(Broker on, Queue<String> queue) {
        return queue.inspect().blockedPublishers();
    }

    @BeforeEach
    void begin() throws Exception {
        broker = open();
    }

    @AfterEach
    void end() {
        queues.forEach(Queue::delete);
        exchanges.forEach(Exchange::delete);
        broker.close();
    }

    final void needs(Capability... all) {
        for (Capability each : all) {
            String why = lacks().get(each);
            Assumptions.assumeTrue(why == null, () -> each + ": " + why);
        }
    }

    final Queue<String> queue(String name) {
        return kept(broker.queue(prefix + name, String.class));
    }

    final Queue<String> queue(String name, UnaryOperator<QueueOptions> options) {
        return kept(broker.queue(prefix + name, String.class, options));
    }

    private Queue<String> kept(Queue<String> queue) {
        queues.add(queue);
        return queue;
    }

    final Exchange<String> exchange(Exchange.Kind kind, String name) {
        Exchange<String> exchange = broker.exchange(kind, prefix + name, String.class, options -> options);
        exchanges.add(exchange);
        return exchange;
    }

    static <T> T done(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    final Confirm send(Queue<String> queue, String body) throws Exception {
        return done(broker.defaultExchange(String.class).publish(queue.name(), body));
    }

    /** That a message led to no queue, however the broker says so. */
    final void assertUnrouted(CompletionStage<Confirm> confirm) throws Exception {
        if (lacks().containsKey(Capability.RETURN_BEFORE_CONFIRM)) {
            assertThatThrownBy(() -> done(confirm)).hasCauseInstanceOf(PublishRejectedException.class);
        } else {
            assertThat(done(confirm)).isEqualTo(Confirm.UNROUTED);
        }
    }

    static void await(BooleanSupplier condition) {
        Await.until("what the test waits for", condition::getAsBoolean);
    }

    static Delivery<String> next(Queue<String> queue) {
        List<Delivery<String>> found = new ArrayList<>();
        await(() -> {
            queue.poll().ifPresent(found::add);
            return !found.isEmpty();
        });
        return found.get(0);
    }

    static String take(Queue<String> queue) throws Exception {
        Delivery<String> delivery = next(queue);
        done(delivery.ack());
        return delivery.body();
    }

    static List<String> all(Queue<String> queue) throws Exception {
        List<String> bodies = new ArrayList<>();
        for (Optional<Delivery<String>> each = queue.poll(); each.isPresent(); each = queue.poll()) {
            bodies.add(each.get().body());
            done(each.get().ack());
        }
        return bodies;
    }
}
