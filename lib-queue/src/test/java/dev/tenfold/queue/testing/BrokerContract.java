package dev.tenfold.queue.testing;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.queue.Broker;
import dev.tenfold.queue.Confirm;
import dev.tenfold.queue.Consumer;
import dev.tenfold.queue.Death;
import dev.tenfold.queue.Delivery;
import dev.tenfold.queue.Exchange;
import dev.tenfold.queue.Message;
import dev.tenfold.queue.PublishRejectedException;
import dev.tenfold.queue.Queue;
import dev.tenfold.queue.QueueOptions.Overflow;
import dev.tenfold.queue.Transaction;
import dev.tenfold.retry.Backoff;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link Broker} does, whether in memory, on disk or elsewhere, with real clocks. What brokers may do differently is
 * not here, but in their documentation. Extend it with one class per implementation.
 */
@Timeout(60)
public abstract class BrokerContract {

    private static final AtomicInteger NAMES = new AtomicInteger();
    private static final Backoff QUICKLY =
            Backoff.exponential(ofMillis(10), ofMillis(50)).attempts(3);

    private final String prefix = "contract-" + ProcessHandle.current().pid() + "-" + NAMES.incrementAndGet() + "-";
    private final List<Queue<String>> queues = new ArrayList<>();
    private final List<Exchange<String>> exchanges = new ArrayList<>();
    private Broker broker = Broker.inMemory();

    /** For subclasses. */
    protected BrokerContract() {}

    /**
     * Opens a broker for messages of text.
     *
     * @return a broker
     * @throws Exception as it likes
     */
    protected abstract Broker open() throws Exception;

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

    private Queue<String> queue(String name) {
        return kept(broker.queue(prefix + name, String.class));
    }

    private Queue<String> kept(Queue<String> queue) {
        queues.add(queue);
        return queue;
    }

    private Exchange<String> exchange(Exchange.Kind kind, String name) {
        Exchange<String> exchange = broker.exchange(kind, prefix + name, String.class, options -> options);
        exchanges.add(exchange);
        return exchange;
    }

    private static <T> T done(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    private Confirm send(Queue<String> queue, String body) throws Exception {
        return done(broker.defaultExchange(String.class).publish(queue.name(), body));
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        for (long end = System.nanoTime() + ofSeconds(20).toNanos(); !condition.getAsBoolean(); ) {
            assertThat(System.nanoTime()).isLessThan(end);
            TimeUnit.MILLISECONDS.sleep(2);
        }
    }

    private static Delivery<String> next(Queue<String> queue) throws InterruptedException {
        List<Delivery<String>> found = new ArrayList<>();
        await(() -> {
            queue.poll().ifPresent(found::add);
            return !found.isEmpty();
        });
        return found.get(0);
    }

    private static String take(Queue<String> queue) throws Exception {
        Delivery<String> delivery = next(queue);
        done(delivery.ack());
        return delivery.body();
    }

    private static List<String> all(Queue<String> queue) throws Exception {
        List<String> bodies = new ArrayList<>();
        for (Optional<Delivery<String>> each = queue.poll(); each.isPresent(); each = queue.poll()) {
            bodies.add(each.get().body());
            done(each.get().ack());
        }
        return bodies;
    }

    // Routing

    @Test
    void routesByTheKeyItWasBoundWith() throws Exception {
        Exchange<String> direct = exchange(Exchange.Kind.DIRECT, "direct");
        Queue<String> red = queue("red");
        Queue<String> both = queue("both");
        direct.bind(red, "red");
        direct.bind(both, "red");
        direct.bind(both, "blue");
        assertThat(done(direct.publish("red", "1"))).isEqualTo(Confirm.ROUTED);
        assertThat(done(direct.publish("blue", "2"))).isEqualTo(Confirm.ROUTED);
        assertThat(done(direct.publish("green", "3"))).isEqualTo(Confirm.UNROUTED);
        assertThat(all(red)).containsExactly("1");
        assertThat(all(both)).containsExactly("1", "2");
        direct.unbind(both, "blue");
        assertThat(done(direct.publish("blue", "4"))).isEqualTo(Confirm.UNROUTED);
    }

    @Test
    void fansOut() throws Exception {
        Exchange<String> fanout = exchange(Exchange.Kind.FANOUT, "fanout");
        Queue<String> a = queue("a");
        Queue<String> b = queue("b");
        fanout.bind(a);
        fanout.bind(b);
        done(fanout.publish("whatever", "1"));
        assertThat(take(a)).isEqualTo("1");
        assertThat(take(b)).isEqualTo("1");
    }

    @Test
    void routesByPatternAndOnceToAQueue() throws Exception {
        Exchange<String> topic = exchange(Exchange.Kind.TOPIC, "topic");
        Queue<String> queue = queue("q");
        Queue<String> every = queue("every");
        topic.bind(queue, "order.*.created");
        topic.bind(queue, "order.#");
        topic.bind(every, "#");
        done(topic.publish("order.eu.created", "1"));
        done(topic.publish("order", "2"));
        done(topic.publish("invoice", "3"));
        done(topic.publish("", "4"));
        assertThat(all(queue)).containsExactly("1", "2");
        assertThat(all(every)).containsExactly("1", "2", "3", "4");
    }

    @Test
    void routesByHeaders() throws Exception {
        Exchange<String> headers = exchange(Exchange.Kind.HEADERS, "headers");
        Queue<String> both = queue("both");
        Queue<String> either = queue("either");
        headers.bind(both, "", Map.of("x-match", "all", "format", "pdf", "pages", 3));
        headers.bind(either, "", Map.of("x-match", "any", "format", "pdf", "pages", 3));
        done(headers.publish("", "1", Map.of("format", "pdf", "pages", 3)));
        done(headers.publish("", "2", Map.of("format", "pdf", "pages", 4)));
        assertThat(done(headers.publish("", "3", Map.of("format", "txt")))).isEqualTo(Confirm.UNROUTED);
        assertThat(all(both)).containsExactly("1");
        assertThat(all(either)).containsExactly("1", "2");
    }

    @Test
    void routesThroughOtherExchangesAndToTheAlternate() throws Exception {
        Exchange<String> lost = exchange(Exchange.Kind.FANOUT, "lost");
        Exchange<String> front = broker.exchange(
                Exchange.Kind.DIRECT, prefix + "front", String.class, options -> options.alternate(lost.name()));
        exchanges.add(0, front);
        Exchange<String> back = exchange(Exchange.Kind.TOPIC, "back");
        Queue<String> queue = queue("q");
        Queue<String> unclaimed = queue("unclaimed");
        front.bind(back, "order.new");
        back.bind(queue, "order.*");
        lost.bind(unclaimed);
        assertThat(done(front.publish("order.new", "1"))).isEqualTo(Confirm.ROUTED);
        assertThat(done(front.publish("order.old", "2"))).isEqualTo(Confirm.ROUTED);
        assertThat(all(queue)).containsExactly("1");
        assertThat(all(unclaimed)).containsExactly("2");
    }

    @Test
    void returnsAMandatoryMessageBeforeItsConfirm() throws Exception {
        Exchange<String> direct = exchange(Exchange.Kind.DIRECT, "direct");
        List<String> returned = new ArrayList<>();
        direct.onReturn(message -> returned.add(message.body() + " by " + message.routingKey()));
        assertThat(done(direct.publish("nowhere", Message.of("1").mandatory()))).isEqualTo(Confirm.UNROUTED);
        assertThat(returned).containsExactly("1 by nowhere");
        done(direct.publish("nowhere", Message.of("2")));
        assertThat(returned).hasSize(1);
    }

    @Test
    void refusesAnotherDeclarationOfAName() {
        queue("q");
        assertThatThrownBy(() -> broker.queue(prefix + "q", String.class, options -> options.maxLength(5)))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("maxLength");
        exchange(Exchange.Kind.DIRECT, "x");
        assertThatThrownBy(() -> broker.topicExchange(prefix + "x", String.class))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("DIRECT");
        assertThatThrownBy(() -> broker.queue("amq.mine", String.class))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("amq.");
    }

    // Messages

    @Test
    void carriesWhatIsSaidBesideTheBody() throws Exception {
        Queue<String> queue = queue("q");
        Message<String> message = Message.of("body")
                .id("id-1")
                .correlationId("c-1")
                .header("text", "ä")
                .header("number", 42)
                .header("long", 1L << 40)
                .header("flag", true)
                .header("list", List.of("a", "b"))
                .header("map", Map.of("k", "v"));
        done(broker.defaultExchange(String.class).publish(queue.name(), message));
        Delivery<String> delivery = next(queue);
        assertThat(delivery.message().id()).contains("id-1");
        assertThat(delivery.message().correlationId()).contains("c-1");
        assertThat(delivery.routingKey()).isEqualTo(queue.name());
        assertThat(delivery.exchange()).isEmpty();
        assertThat(delivery.attempt()).isEqualTo(1);
        assertThat(delivery.redelivered()).isFalse();
        assertThat(delivery.headers())
                .containsEntry("text", "ä")
                .containsEntry("number", 42)
                .containsEntry("long", 1L << 40)
                .containsEntry("flag", true)
                .containsEntry("list", List.of("a", "b"))
                .containsEntry("map", Map.of("k", "v"));
        done(delivery.ack());
    }

    @Test
    void deliversHigherPrioritiesFirst() throws Exception {
        Queue<String> queue = kept(broker.queue(prefix + "q", String.class, options -> options.maxPriority(5)));
        Exchange<String> exchange = broker.defaultExchange(String.class);
        done(exchange.publish(queue.name(), Message.of("low")));
        done(exchange.publish(queue.name(), Message.of("high").priority(5)));
        done(exchange.publish(queue.name(), Message.of("middle").priority(2)));
        assertThat(all(queue)).containsExactly("high", "middle", "low");
    }

    @Test
    void deliversADelayedMessageInItsTime() throws Exception {
        Queue<String> queue = queue("q");
        Exchange<String> direct = exchange(Exchange.Kind.DIRECT, "direct");
        direct.bind(queue, "k");
        long began = System.nanoTime();
        done(direct.publish("k", Message.of("late").delay(ofMillis(300))));
        done(direct.publish("k", Message.of("now")));
        assertThat(take(queue)).isEqualTo("now");
        Delivery<String> late = next(queue);
        assertThat(late.body()).isEqualTo("late");
        assertThat(late.routingKey()).isEqualTo("k");
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThanOrEqualTo(ofMillis(300));
        done(late.ack());
    }

    // Settling

    @Test
    void givesAMessageBackToItsPlace() throws Exception {
        Queue<String> queue = queue("q");
        send(queue, "1");
        send(queue, "2");
        Delivery<String> first = next(queue);
        done(first.nack(true));
        Delivery<String> again = next(queue);
        assertThat(again.body()).isEqualTo("1");
        assertThat(again.redelivered()).isTrue();
        assertThat(again.attempt()).isEqualTo(1);
        done(again.ack());
        assertThat(take(queue)).isEqualTo("2");
        assertThatThrownBy(again::ack).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void retriesWithBackoffThenBuriesTheMessage() throws Exception {
        Queue<String> dead = queue("dead");
        Queue<String> queue = kept(broker.queue(
                prefix + "q", String.class, options -> options.retry(QUICKLY).deadLetterTo(dead.name())));
        Exchange<String> direct = exchange(Exchange.Kind.DIRECT, "direct");
        direct.bind(queue, "k");
        BlockingQueue<String> attempts = new LinkedBlockingQueue<>();
        Consumer consumer = queue.consume(1, delivery -> {
            attempts.add(delivery.body() + delivery.attempt() + delivery.exchange() + delivery.routingKey());
            throw new IllegalStateException("no");
        });
        done(direct.publish("k", "m"));
        for (int attempt = 1; attempt <= 3; attempt++) {
            assertThat(attempts.poll(20, TimeUnit.SECONDS)).isEqualTo("m" + attempt + direct.name() + "k");
        }
        Delivery<String> buried = next(dead);
        assertThat(buried.body()).isEqualTo("m");
        List<Death> deaths = Death.of(buried.headers());
        assertThat(deaths).hasSize(1);
        assertThat(deaths.get(0).queue()).isEqualTo(queue.name());
        assertThat(deaths.get(0).count()).isEqualTo(1);
        assertThat(deaths.get(0).exchange()).isEqualTo(direct.name());
        assertThat(deaths.get(0).routingKey()).isEqualTo("k");
        assertThat(buried.headers()).containsEntry(Death.FIRST_QUEUE, queue.name());
        assertThat(attempts).isEmpty();
        done(buried.ack());
        consumer.close();
    }

    @Test
    void buriesWhatIsRejectedAndWhatIsFatal() throws Exception {
        Queue<String> dead = queue("dead");
        Queue<String> queue =
                kept(broker.queue(prefix + "q", String.class, options -> options.deadLetterTo(dead.name())));
        send(queue, "1");
        done(next(queue).reject());
        Delivery<String> first = next(dead);
        assertThat(Death.of(first.headers()).get(0).reason()).isEqualTo(Death.Reason.REJECTED);
        done(first.ack());
        Consumer consumer = queue.consume(1, delivery -> {
            throw new Consumer.Fatal("never");
        });
        send(queue, "2");
        assertThat(take(dead)).isEqualTo("2");
        consumer.close();
    }

    @Test
    void buriesWhatHasWaitedForTooLong() throws Exception {
        Queue<String> dead = queue("dead");
        Queue<String> queue = kept(broker.queue(
                prefix + "q", String.class, options -> options.ttl(ofMillis(50)).deadLetterTo(dead.name())));
        send(queue, "1");
        Delivery<String> buried = next(dead);
        assertThat(Death.of(buried.headers()).get(0).reason()).isEqualTo(Death.Reason.EXPIRED);
        done(buried.ack());
        Queue<String> other =
                kept(broker.queue(prefix + "other", String.class, options -> options.deadLetterTo(dead.name())));
        done(broker.defaultExchange(String.class)
                .publish(other.name(), Message.of("2").ttl(ofMillis(20))));
        assertThat(take(dead)).isEqualTo("2");
    }

    @Test
    void keepsToItsLength() throws Exception {
        Queue<String> dead = queue("dead");
        Queue<String> dropping = kept(broker.queue(
                prefix + "dropping",
                String.class,
                options -> options.maxLength(2).overflow(Overflow.DROP_HEAD).deadLetterTo(dead.name())));
        send(dropping, "1");
        send(dropping, "2");
        send(dropping, "3");
        assertThat(take(dead)).isEqualTo("1");
        assertThat(all(dropping)).containsExactly("2", "3");

        Queue<String> refusing = kept(broker.queue(prefix + "refusing", String.class, options -> options.maxLength(1)));
        send(refusing, "1");
        assertThatThrownBy(() -> send(refusing, "2"))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(PublishRejectedException.class);
        assertThat(all(refusing)).containsExactly("1");
    }

    @Test
    void makesItsPublishersWait() throws Exception {
        Queue<String> queue = kept(broker.queue(
                prefix + "q", String.class, options -> options.maxLength(1).overflow(Overflow.BLOCK)));
        send(queue, "1");
        AtomicBoolean taken = new AtomicBoolean();
        Thread publisher = new Thread(() -> {
            try {
                send(queue, "2");
                taken.set(true);
            } catch (Exception failure) {
                throw new IllegalStateException(failure);
            }
        });
        publisher.start();
        TimeUnit.MILLISECONDS.sleep(50);
        assertThat(taken).isFalse();
        assertThat(take(queue)).isEqualTo("1");
        publisher.join(20_000);
        assertThat(taken).isTrue();
        assertThat(take(queue)).isEqualTo("2");
    }

    // Consumers

    @Test
    void letsConsumersCompeteWithinTheirPrefetch() throws Exception {
        Queue<String> queue = queue("q");
        BlockingQueue<Delivery<String>> one = new LinkedBlockingQueue<>();
        BlockingQueue<Delivery<String>> two = new LinkedBlockingQueue<>();
        Consumer a = queue.consumeManually(2, one::add);
        Consumer b = queue.consumeManually(2, two::add);
        for (int i = 0; i < 6; i++) {
            send(queue, "m" + i);
        }
        await(() -> one.size() == 2 && two.size() == 2);
        assertThat(a.unsettled()).isEqualTo(2);
        await(() -> queue.inspect().ready() == 2);
        done(one.take().ack());
        await(() -> one.size() == 2);
        for (int acknowledged = 1; acknowledged < 6; acknowledged++) {
            await(() -> one.size() + two.size() > 0);
            Delivery<String> delivery = one.poll();
            done((delivery == null ? two.take() : delivery).ack());
        }
        a.close();
        b.close();
        await(() -> queue.inspect().messages() == 0);
    }

    @Test
    void givesBackWhatAClosedConsumerHadNotBegun() throws Exception {
        Queue<String> queue = queue("q");
        for (int i = 0; i < 4; i++) {
            send(queue, "m" + i);
        }
        BlockingQueue<Delivery<String>> held = new LinkedBlockingQueue<>();
        Consumer consumer = queue.consumeManually(1, held::add);
        await(() -> held.size() == 1);
        consumer.close();
        assertThat(consumer.isOpen()).isFalse();
        Delivery<String> first = held.take();
        done(first.ack());
        await(() -> queue.inspect().ready() == 3);
        assertThat(all(queue)).containsExactly("m1", "m2", "m3");
    }

    @Test
    void prefersConsumersOfAHigherPriority() throws Exception {
        Queue<String> queue = queue("q");
        AtomicInteger low = new AtomicInteger();
        AtomicInteger high = new AtomicInteger();
        Consumer a = queue.consume(options -> options.prefetch(20), delivery -> low.incrementAndGet());
        Consumer b = queue.consume(options -> options.prefetch(20).priority(10), delivery -> high.incrementAndGet());
        for (int i = 0; i < 10; i++) {
            send(queue, "m" + i);
        }
        await(() -> low.get() + high.get() == 10);
        assertThat(high).hasValue(10);
        a.close();
        b.close();
    }

    @Test
    void letsOneConsumerWorkAtATime() throws Exception {
        Queue<String> queue = kept(broker.queue(prefix + "q", String.class, options -> options.singleActiveConsumer()));
        AtomicInteger first = new AtomicInteger();
        AtomicInteger second = new AtomicInteger();
        Consumer a = queue.consume(1, delivery -> first.incrementAndGet());
        Consumer b = queue.consume(1, delivery -> second.incrementAndGet());
        for (int i = 0; i < 5; i++) {
            send(queue, "m" + i);
        }
        await(() -> first.get() + second.get() == 5);
        assertThat(first).hasValue(5);
        a.close();
        send(queue, "last");
        await(() -> second.get() == 1);
        b.close();
    }

    @Test
    void refusesASecondConsumerBesideAnExclusiveOne() throws Exception {
        Queue<String> queue = queue("q");
        Consumer alone = queue.consume(options -> options.exclusive(), delivery -> {});
        assertThatThrownBy(() -> queue.consume(1, delivery -> {})).isInstanceOf(RuntimeException.class);
        alone.close();
        await(() -> {
            try {
                queue.consume(1, delivery -> {}).close();
                return true;
            } catch (RuntimeException stillThere) {
                return false;
            }
        });
    }

    @Test
    void keepsTheOrderOfEachKey() throws Exception {
        Queue<String> queue = kept(broker.queue(prefix + "q", String.class, options -> options.retry(QUICKLY)));
        List<String> seen = new CopyOnWriteArrayList<>();
        AtomicBoolean failed = new AtomicBoolean();
        Consumer consumer = queue.consume(
                options -> options.prefetch(4).concurrency(1, 4).orderedBy(body -> body.charAt(0)), delivery -> {
                    if (delivery.body().equals("a2") && failed.compareAndSet(false, true)) {
                        throw new IllegalStateException("once");
                    }
                    seen.add(delivery.body());
                });
        for (int i = 0; i < 10; i++) {
            send(queue, "a" + i);
            send(queue, "b" + i);
        }
        await(() -> seen.size() == 20);
        for (String key : List.of("a", "b")) {
            assertThat(seen.stream().filter(body -> body.startsWith(key)).toList())
                    .isSorted()
                    .hasSize(10);
        }
        consumer.close();
    }

    @Test
    void tellsConsumersThatTheirQueueIsGone() throws Exception {
        Queue<String> queue = queue("q");
        AtomicBoolean told = new AtomicBoolean();
        Consumer consumer = queue.consume(options -> options.onCancel(() -> told.set(true)), delivery -> {});
        assertThat(queue.delete(Queue.DeleteIf.UNUSED)).isFalse();
        assertThat(queue.delete()).isTrue();
        await(told::get);
        assertThat(consumer.isOpen()).isFalse();
        assertThat(done(broker.defaultExchange(String.class).publish(queue.name(), "x")))
                .isEqualTo(Confirm.UNROUTED);
    }

    // The rest

    @Test
    void answersRequests() throws Exception {
        Queue<String> queue = queue("q");
        Consumer consumer = queue.consume(1, delivery -> done(delivery.reply(delivery.body() + "!")));
        Exchange<String> exchange = broker.defaultExchange(String.class);
        assertThat(done(exchange.request(queue.name(), "hello", String.class, ofSeconds(20))))
                .isEqualTo("hello!");
        consumer.close();
        assertThatThrownBy(() -> done(exchange.request(queue.name(), "silence", String.class, ofMillis(50))))
                .hasCauseInstanceOf(DeadlineExceededException.class);
        assertThatThrownBy(() -> done(exchange.request(prefix + "nobody", "x", String.class, ofSeconds(20))))
                .hasCauseInstanceOf(UnavailableException.class);
    }

    @Test
    void publishesATransactionAsAWholeOrNotAtAll() throws Exception {
        Queue<String> queue = queue("q");
        Queue<String> other = queue("other");
        Exchange<String> exchange = broker.defaultExchange(String.class);
        send(queue, "work");
        Delivery<String> delivery = next(queue);
        try (Transaction transaction = broker.transaction()) {
            transaction
                    .publish(exchange, other.name(), "1")
                    .publish(exchange, other.name(), "2")
                    .ack(delivery);
            assertThat(other.poll()).isEmpty();
            done(transaction.commit());
        }
        assertThat(all(other)).containsExactly("1", "2");
        try (Transaction transaction = broker.transaction()) {
            transaction.publish(exchange, other.name(), "3");
        }
        assertThat(other.poll()).isEmpty();
        assertThat(queue.poll()).isEmpty();
    }

    @Test
    void purges() throws Exception {
        Queue<String> queue = queue("q");
        send(queue, "1");
        send(queue, "2");
        await(() -> queue.inspect().ready() == 2);
        assertThat(queue.purge()).isEqualTo(2);
        assertThat(queue.poll()).isEmpty();
    }

    @Test
    void givesTemporaryQueuesNamesOfTheirOwn() throws Exception {
        Queue<String> one = broker.temporaryQueue(String.class);
        Queue<String> two = broker.temporaryQueue(String.class);
        assertThat(one.name()).isNotEqualTo(two.name());
        AtomicInteger handled = new AtomicInteger();
        Consumer consumer = one.consume(1, delivery -> handled.incrementAndGet());
        send(one, "x");
        await(() -> handled.get() == 1);
        consumer.close();
        two.delete();
    }

    @Test
    void refusesMessagesOnceItIsClosed() throws Exception {
        Queue<String> queue = queue("q");
        Exchange<String> exchange = broker.defaultExchange(String.class);
        queue.delete();
        queues.clear();
        assertThat(broker.close(ofSeconds(5)).isClean()).isTrue();
        assertThatThrownBy(() -> done(exchange.publish(queue.name(), "x")))
                .hasCauseInstanceOf(PublishRejectedException.class);
        assertThatThrownBy(() -> broker.queue(prefix + "new", String.class)).isInstanceOf(IllegalStateException.class);
    }
}
