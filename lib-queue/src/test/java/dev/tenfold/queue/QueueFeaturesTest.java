package dev.tenfold.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.queue.QueueOptions.Overflow;
import dev.tenfold.retry.Backoff;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What queues do beyond first in, first out; time is simulated. */
class QueueFeaturesTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final Bench bench = new Bench();
    private final Broker broker = bench.broker;
    private final List<String> seen = new ArrayList<>();

    private void publish(Queue<String> queue, Message<String> message) {
        bench.direct.publish(queue.name(), message);
    }

    private List<String> bodies(Queue<String> queue) {
        return queue.browse(100).stream().map(Message::body).toList();
    }

    @Test
    void whatWasHeldWhileItsQueueWasPurgedExpiresWhenItComesBack() {
        Bench bench = new Bench();
        Queue<String> queue = bench.broker.queue("work", String.class);
        bench.direct.publish(queue.name(), Message.of("m").ttl(Duration.ofMillis(10)));
        Delivery<String> held = queue.poll().orElseThrow();
        queue.purge();
        held.nack(true);
        assertThat(queue.inspect().ready()).isEqualTo(1);

        bench.time.advance(Duration.ofMillis(10));
        assertThat(queue.inspect().messages()).isZero();
    }

    @Test
    void messagesExpireWhenTheirTimeComesWhereverTheyStandAndAreDeadLettered() {
        Queue<String> queue = broker.queue("q", String.class, q -> q.ttl(SECOND).deadLetterTo("dead"));
        Queue<String> dead = broker.queue("dead", String.class);
        publish(queue, Message.of("long"));
        publish(queue, Message.of("short").ttl(Duration.ofMillis(100)));
        publish(queue, Message.of("longer").ttl(Duration.ofHours(1)));
        bench.time.advance(Duration.ofMillis(100));
        assertThat(bodies(queue)).containsExactly("long", "longer");
        assertThat(bodies(dead)).containsExactly("short");
        bench.time.advance(SECOND);

        assertThat(queue.inspect().messages()).isZero();
        assertThat(bodies(dead)).containsExactly("short", "long", "longer");
        assertThat(Death.of(dead.browse(1).get(0).headers()).get(0).reason()).isEqualTo(Death.Reason.EXPIRED);
        assertThat(bench.time.pending()).isZero();
    }

    @Test
    void aMessageOfNoTimeToLiveIsDeliveredAtOnceOrNotAtAll() {
        Queue<String> queue =
                broker.queue("q", String.class, q -> q.ttl(Duration.ZERO).deadLetterTo("dead"));
        publish(queue, Message.of("nobody"));
        queue.consume(1, delivery -> seen.add(delivery.body()));
        publish(queue, Message.of("somebody"));

        assertThat(seen).containsExactly("somebody");
        assertThat(bodies(broker.queue("dead", String.class))).containsExactly("nobody");
    }

    @Test
    void whatExpiresWhileAConsumerHoldsItIsNotTakenAwayButNotDeliveredAgainEither() {
        Queue<String> queue = broker.queue("q", String.class, q -> q.ttl(SECOND));
        List<Delivery<String>> held = new ArrayList<>();
        queue.consumeManually(1, held::add);
        publish(queue, Message.of("m"));
        bench.time.advance(SECOND.multipliedBy(2));
        assertThat(queue.inspect().unsettled()).isEqualTo(1);
        held.get(0).nack(true);

        assertThat(held).hasSize(1);
        assertThat(queue.inspect().messages()).isZero();
    }

    @Test
    void manyExpiredMessagesBehindOneThatStaysLeaveNoTrace() {
        Queue<String> queue = broker.queue("q", String.class, q -> q.maxLength(100));
        publish(queue, Message.of("stays"));
        for (int i = 0; i < 5_000; i++) {
            publish(queue, Message.of("goes").ttl(Duration.ofMillis(1)));
            bench.time.advance(Duration.ofMillis(1));
        }
        assertThat(queue.inspect()).isEqualTo(new Queue.State("q", 1, 0, 0, 0, 0, 0));
        queue.consume(1, delivery -> seen.add(delivery.body()));
        assertThat(seen).containsExactly("stays");
    }

    @Test
    void delayedAndScheduledMessagesComeWhenTheyAreDue() {
        Queue<String> queue = broker.queue("q", String.class);
        queue.consume(1, delivery -> seen.add(delivery.body() + "@" + bench.time.nanoTime() / 1_000_000));
        Instant now = bench.time.now();
        publish(queue, Message.of("late").delay(Duration.ofMillis(300)));
        publish(queue, Message.of("at").deliverAt(now.plusMillis(200)));
        publish(queue, Message.of("past").deliverAt(now.minusMillis(200)));
        publish(queue, Message.of("now"));
        assertThat(queue.inspect().delayed()).isEqualTo(2);
        bench.time.advance(SECOND);

        assertThat(seen).containsExactly("past@0", "now@0", "at@200", "late@300");
    }

    @Test
    void aQueueThatIsNotUsedIsDeleted() {
        Queue<String> queue = broker.queue("q", String.class, q -> q.expires(SECOND));
        bench.time.advance(Duration.ofMillis(900));
        broker.queue("q", String.class, q -> q.expires(SECOND));
        bench.time.advance(Duration.ofMillis(900));
        Consumer consumer = queue.consume(1, delivery -> {});
        bench.time.advance(Duration.ofHours(1));
        assertThat(bench.send(queue, "m")).isEqualTo(Confirm.ROUTED);
        consumer.close();
        bench.time.advance(Duration.ofMillis(999));
        assertThat(bench.send(queue, "m")).isEqualTo(Confirm.ROUTED);
        bench.time.advance(Duration.ofMillis(1));

        assertThat(bench.send(queue, "m")).isEqualTo(Confirm.UNROUTED);
    }

    @Test
    void anAutoDeleteQueueGoesWithItsLastConsumer() {
        Queue<String> queue = broker.queue("q", String.class, QueueOptions::autoDelete);
        assertThat(bench.send(queue, "m")).isEqualTo(Confirm.ROUTED);
        Consumer first = queue.consume(1, delivery -> {});
        Consumer second = queue.consume(1, delivery -> {});
        first.close();
        assertThat(bench.send(queue, "m")).isEqualTo(Confirm.ROUTED);
        second.close();
        assertThat(bench.send(queue, "m")).isEqualTo(Confirm.UNROUTED);
        assertThat(broker.temporaryQueue(String.class).name())
                .isNotEqualTo(broker.temporaryQueue(String.class).name());
    }

    @Test
    void higherPrioritiesComeFirstAndEachKeepsItsOrder() {
        Queue<String> queue = broker.queue("q", String.class, q -> q.maxPriority(5));
        publish(queue, Message.of("a0"));
        publish(queue, Message.of("b5").priority(5));
        publish(queue, Message.of("c9").priority(9));
        publish(queue, Message.of("d1").priority(1));
        publish(queue, Message.of("e0"));

        assertThat(bodies(queue)).containsExactly("b5", "c9", "d1", "a0", "e0");
        Delivery<String> first = queue.poll().orElseThrow();
        first.nack(true);
        queue.consume(1, delivery -> seen.add(delivery.body()));
        assertThat(seen).containsExactly("b5", "c9", "d1", "a0", "e0");
    }

    @Test
    void bytesAreLimitedAsMessagesAre() {
        Queue<String> reject = broker.queue("reject", String.class, q -> q.maxBytes(10));
        assertThat(bench.refusal(reject, "12345")).isNull();
        assertThat(bench.refusal(reject, "1234é")).isEqualTo("full, maxLength 10000, maxBytes 10");
        assertThat(reject.inspect().bytes()).isEqualTo(5);
        assertThat(bench.refusal(reject, "12345")).isNull();
        assertThat(bench.refusal(reject, "x".repeat(11))).isEqualTo("its body of 11 bytes is larger than maxBytes 10");
        Queue<String> drop =
                broker.queue("drop", String.class, q -> q.maxBytes(10).overflow(Overflow.DROP_HEAD));
        for (String body : List.of("1234", "567", "89", "abcdef")) {
            bench.send(drop, body);
        }
        assertThat(bodies(drop)).containsExactly("89", "abcdef");
        assertThatThrownBy(() -> broker.queue("odd", Object.class, q -> q.maxBytes(10)))
                .hasMessageContaining("maxBytes: 10 (expected: a way to know sizes");
    }

    @Test
    void aMessageWithAKnownIdIsTakenOnceWithinTheWindow() {
        Queue<String> queue =
                broker.queue("q", String.class, q -> q.deduplicate(SECOND).maxLength(2));
        Message<String> order = Message.of("order").id("42");
        assertThat(Bench.now(bench.direct.publish("q", order))).isEqualTo(Confirm.ROUTED);
        assertThat(Bench.now(bench.direct.publish("q", order))).isEqualTo(Confirm.ROUTED);
        publish(queue, Message.of("other").id("43"));
        assertThat(bodies(queue)).containsExactly("order", "other");
        // Refused is not taken: the same id is welcome once there is room.
        assertThat(bench.refusal(queue, "x")).isNotNull();
        bench.direct.publish("q", Message.of("late").id("44"));
        queue.purge();
        publish(queue, Message.of("late").id("44"));
        bench.time.advance(SECOND);
        publish(queue, order);
        assertThat(bodies(queue)).containsExactly("late", "order");
    }

    @Test
    void aMessageThatComesBackTooOftenIsDeadLettered() {
        Queue<String> queue =
                broker.queue("q", String.class, q -> q.deliveryLimit(2).deadLetterTo("dead"));
        publish(queue, Message.of("m"));
        for (int count = 0; count <= 2; count++) {
            Delivery<String> delivery = queue.poll().orElseThrow();
            assertThat(delivery.deliveryCount()).isEqualTo(count);
            assertThat(delivery.redelivered()).isEqualTo(count > 0);
            delivery.nack(true);
        }
        assertThat(queue.poll()).isEmpty();
        Message<String> letter = broker.queue("dead", String.class).browse(1).get(0);
        assertThat(Death.of(letter.headers()).get(0).reason()).isEqualTo(Death.Reason.DELIVERY_LIMIT);
    }

    @Test
    void deadLettersGoThroughAnExchangeWithTheirKeyOrAnother() {
        Exchange<String> graves = broker.topicExchange("graves", String.class);
        Queue<String> all = broker.queue("all", String.class);
        Queue<String> failed = broker.queue("failed", String.class);
        graves.bind(all, "#");
        graves.bind(failed, "failed.*");
        Queue<String> same = broker.queue("same", String.class, q -> q.deadLetterExchange("graves"));
        Queue<String> other = broker.queue("other", String.class, q -> q.deadLetterExchange("graves", "failed.x"));
        publish(same, Message.of("a").ttl(SECOND));
        publish(other, Message.of("b"));
        same.poll().orElseThrow().reject();
        other.poll().orElseThrow().reject();

        assertThat(all.browse(9)).extracting(Message::routingKey).containsExactly("same", "failed.x");
        assertThat(bodies(failed)).containsExactly("b");
        // The time to live ended with the first death.
        bench.time.advance(SECOND.multipliedBy(2));
        assertThat(bodies(all)).containsExactly("a", "b");
        assertThatThrownBy(() -> broker.queue(
                        "both",
                        String.class,
                        q -> q.deadLetterExchange("graves").deadLetterTo("dead")))
                .hasMessageContaining("deadLetterExchange: graves (expected: none beside deadLetterTo)");
    }

    @Test
    void browsingAndPollingDisturbNothing() {
        Queue<String> queue = broker.queue("q", String.class);
        publish(queue, Message.of("a").header("h", 1).correlationId("c"));
        publish(queue, Message.of("b"));
        assertThat(queue.browse(1)).singleElement().satisfies(message -> {
            assertThat(message.body()).isEqualTo("a");
            assertThat(message.headers()).containsEntry("h", 1);
            assertThat(message.correlationId()).contains("c");
            assertThat(message.routingKey()).isEqualTo("q");
        });
        Delivery<String> polled = queue.poll().orElseThrow();
        assertThat(queue.inspect()).isEqualTo(new Queue.State("q", 1, 0, 1, 0, 0, 0));
        polled.nack(true);
        assertThat(bodies(queue)).containsExactly("a", "b");
        assertThat(queue.poll().orElseThrow().redelivered()).isTrue();
    }

    @Test
    void allQueuesTogetherNeedOneTaskAtTheScheduler() {
        for (int i = 0; i < 50; i++) {
            Queue<String> queue = broker.queue("q" + i, String.class);
            publish(queue, Message.of("m").delay(SECOND.plusMillis(i)));
            publish(queue, Message.of("m").ttl(SECOND.plusMillis(100 - i)));
        }
        assertThat(bench.time.pending()).isEqualTo(1);
        bench.time.advance(SECOND.multipliedBy(2));
        assertThat(bench.time.pending()).isZero();
    }

    @Test
    void retryAfterSaysItselfWhen() {
        Queue<String> queue = broker.queue(
                "q", String.class, q -> q.retry(Backoff.fixed(SECOND).attempts(2)));
        publish(queue, Message.of("m"));
        queue.poll().orElseThrow().retryAfter(Duration.ofMillis(5), new Exception("not yet"));
        bench.time.advance(Duration.ofMillis(4));
        assertThat(queue.poll()).isEmpty();
        bench.time.advance(Duration.ofMillis(1));
        Delivery<String> again = queue.poll().orElseThrow();
        assertThat(again.attempt()).isEqualTo(2);
        again.retryAfter(Duration.ofMillis(5), new Exception("the last"));
        assertThat(queue.inspect().messages()).isZero();
    }
}
