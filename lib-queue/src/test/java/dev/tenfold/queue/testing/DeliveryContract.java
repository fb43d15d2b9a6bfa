package dev.tenfold.queue.testing;

import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.queue.Confirm;
import dev.tenfold.queue.Consumer;
import dev.tenfold.queue.Death;
import dev.tenfold.queue.Delivery;
import dev.tenfold.queue.Exchange;
import dev.tenfold.queue.Message;
import dev.tenfold.queue.PublishRejectedException;
import dev.tenfold.queue.Queue;
import dev.tenfold.queue.QueueOptions.Overflow;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Messages in a queue and how they leave it. Numbers are those of {@link BrokerContract}. */
abstract class DeliveryContract extends RoutingContract {

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
    @DisplayName("[12] priorities: higher ones first")
    void deliversHigherPrioritiesFirst() throws Exception {
        needs(Capability.PRIORITIES);
        Queue<String> queue = queue("q", options -> options.maxPriority(5));
        Exchange<String> exchange = broker.defaultExchange(String.class);
        done(exchange.publish(queue.name(), Message.of("low")));
        done(exchange.publish(queue.name(), Message.of("high").priority(5)));
        done(exchange.publish(queue.name(), Message.of("middle").priority(2)));
        assertThat(all(queue)).containsExactly("high", "middle", "low");
    }

    @Test
    void deliversADelayedMessageInItsTime() throws Exception {
        needs(Capability.DELAYS);
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
    @DisplayName("[6] nack: back to its place, redelivered, its attempt not counted")
    void givesAMessageBackToItsPlace() throws Exception {
        needs(Capability.PLACES_KEPT);
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
    }

    @Test
    @DisplayName("[6] nack of several, in any order: each to its place, redelivered")
    void givesSeveralMessagesBackToTheirPlaces() throws Exception {
        needs(Capability.PLACES_KEPT);
        Queue<String> queue = queue("q");
        List<Delivery<String>> held = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            send(queue, "m" + i);
        }
        for (int i = 0; i < 3; i++) {
            held.add(next(queue));
        }
        for (int each : new int[] {1, 2, 0}) {
            done(held.get(each).nack(true));
        }
        await(() -> queue.inspect().ready() == 4);
        for (int i = 0; i < 4; i++) {
            Delivery<String> delivery = next(queue);
            assertThat(delivery.body()).isEqualTo("m" + i);
            assertThat(delivery.redelivered()).isEqualTo(i < 3);
            done(delivery.ack());
        }
    }

    @Test
    @DisplayName("[7] reject without requeue: dropped, where there is no place for dead letters")
    void dropsWhatIsRejected() throws Exception {
        Queue<String> queue = queue("q");
        send(queue, "1");
        send(queue, "2");
        done(next(queue).reject());
        assertThat(take(queue)).isEqualTo("2");
        await(() -> queue.inspect().messages() == 0);
        assertThat(queue.poll()).isEmpty();
    }

    @Test
    @DisplayName("[24] a second settlement: refused")
    void refusesToSettleTwice() throws Exception {
        Queue<String> queue = queue("q");
        send(queue, "1");
        Delivery<String> delivery = next(queue);
        done(delivery.ack());
        assertThatThrownBy(delivery::ack).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> delivery.nack(true)).isInstanceOf(IllegalStateException.class);
        send(queue, "2");
        assertThat(take(queue)).isEqualTo("2");
    }

    @Test
    @DisplayName("[8] dead letters carry queue, reason, count, exchange, routing key and time, latest first")
    void retriesWithBackoffThenBuriesTheMessage() throws Exception {
        needs(Capability.DEAD_LETTERS);
        Instant began = Instant.now().minusSeconds(2);
        Queue<String> dead = queue("dead");
        Queue<String> queue = queue("q", options -> options.retry(QUICKLY).deadLetterTo(dead.name()));
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
        assertThat(deaths.get(0).at()).isBetween(began, Instant.now().plusSeconds(2));
        assertThat(buried.headers()).containsEntry(Death.FIRST_QUEUE, queue.name());
        assertThat(attempts).isEmpty();
        done(buried.ack());
        consumer.close();
    }

    @Test
    @DisplayName("[8] a message that dies in two queues, and twice in one: counted by queue and reason, the first kept")
    void countsDeathsByQueueAndReason() throws Exception {
        needs(Capability.DEAD_LETTERS);
        String secondName = prefix + "second";
        Queue<String> first = queue("first", options -> options.deadLetterTo(secondName));
        Queue<String> second = queue("second", options -> options.deadLetterTo(first.name()));
        send(first, "m");
        done(next(first).reject());
        done(next(second).reject());
        done(next(first).reject());
        Delivery<String> delivery = next(second);
        List<Death> deaths = Death.of(delivery.headers());
        assertThat(deaths).extracting(Death::queue).containsExactly(first.name(), second.name());
        assertThat(deaths).extracting(Death::count).containsExactly(2L, 1L);
        assertThat(deaths).extracting(Death::reason).containsOnly(Death.Reason.REJECTED);
        assertThat(delivery.headers())
                .containsEntry(Death.FIRST_QUEUE, first.name())
                .containsEntry(Death.FIRST_REASON, "rejected")
                .containsEntry(Death.FIRST_EXCHANGE, "");
        done(delivery.ack());
    }

    @Test
    @DisplayName("[8] rejected: the reason of what is rejected and of what is fatal")
    void buriesWhatIsRejectedAndWhatIsFatal() throws Exception {
        needs(Capability.DEAD_LETTERS);
        Queue<String> dead = queue("dead");
        Queue<String> queue = queue("q", options -> options.deadLetterTo(dead.name()));
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
    @DisplayName("[9] time to live, of the queue and of the message: dead-lettered as expired")
    void buriesWhatHasWaitedForTooLong() throws Exception {
        needs(Capability.TIMES_TO_LIVE, Capability.DEAD_LETTERS);
        Queue<String> dead = queue("dead");
        Queue<String> queue = queue("q", options -> options.ttl(ofMillis(50)).deadLetterTo(dead.name()));
        send(queue, "1");
        Delivery<String> buried = next(dead);
        assertThat(Death.of(buried.headers()).get(0).reason()).isEqualTo(Death.Reason.EXPIRED);
        done(buried.ack());
        Queue<String> other = queue("other", options -> options.deadLetterTo(dead.name()));
        done(broker.defaultExchange(String.class)
                .publish(other.name(), Message.of("2").ttl(ofMillis(20))));
        assertThat(take(dead)).isEqualTo("2");
    }

    @Test
    @DisplayName("[10] queue expiry: one that is not used is deleted")
    void deletesAQueueThatIsNotUsed() throws Exception {
        needs(Capability.QUEUE_EXPIRY);
        Queue<String> queue = broker.queue(prefix + "q", String.class, options -> options.expires(ofMillis(100)));
        send(queue, "1");
        Exchange<String> exchange = broker.defaultExchange(String.class);
        await(() -> exchange.publish(queue.name(), "2").toCompletableFuture().join() == Confirm.UNROUTED);
    }

    @Test
    @DisplayName("[8] [11] maximal length: drops the oldest as maxlen, or refuses the newest")
    void keepsToItsLength() throws Exception {
        needs(Capability.LIMITS, Capability.DEAD_LETTERS);
        Queue<String> dead = queue("dead");
        Queue<String> dropping = queue(
                "dropping",
                options -> options.maxLength(2).overflow(Overflow.DROP_HEAD).deadLetterTo(dead.name()));
        send(dropping, "1");
        send(dropping, "2");
        send(dropping, "3");
        Delivery<String> dropped = next(dead);
        assertThat(dropped.body()).isEqualTo("1");
        assertThat(Death.of(dropped.headers()).get(0).reason()).isEqualTo(Death.Reason.MAXLEN);
        assertThat(dropped.headers()).containsEntry(Death.FIRST_REASON, "maxlen");
        done(dropped.ack());
        assertThat(all(dropping)).containsExactly("2", "3");

        needs(Capability.EXACT_LIMITS);
        Queue<String> refusing = queue("refusing", options -> options.maxLength(1));
        send(refusing, "1");
        assertThatThrownBy(() -> send(refusing, "2"))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(PublishRejectedException.class);
        assertThat(all(refusing)).containsExactly("1");
    }

    @Test
    void makesItsPublishersWait() throws Exception {
        needs(Capability.LIMITS, Capability.EXACT_LIMITS);
        Queue<String> queue = queue("q", options -> options.maxLength(1).overflow(Overflow.BLOCK));
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
        await(() -> waitingPublishers(broker, queue) == 1);
        assertThat(taken).isFalse();
        assertThat(take(queue)).isEqualTo("1");
        publisher.join(20_000);
        assertThat(taken).isTrue();
        assertThat(take(queue)).isEqualTo("2");
    }

    @Test
    @DisplayName("[8] [13] delivery limit: counted 0, 1, 2, then gone, as delivery_limit")
    void buriesWhatComesBackTooOften() throws Exception {
        needs(Capability.DELIVERY_LIMITS);
        Queue<String> dead = queue("dead");
        Queue<String> queue = queue("q", options -> options.deliveryLimit(2).deadLetterTo(dead.name()));
        send(queue, "m");
        for (int count = 0; count < 3; count++) {
            Delivery<String> delivery = next(queue);
            assertThat(delivery.deliveryCount()).isEqualTo(count);
            assertThat(delivery.redelivered()).isEqualTo(count > 0);
            done(delivery.nack(true));
        }
        Delivery<String> buried = next(dead);
        assertThat(Death.of(buried.headers()).get(0).reason()).isEqualTo(Death.Reason.DELIVERY_LIMIT);
        assertThat(buried.headers()).containsEntry(Death.FIRST_REASON, "delivery_limit");
        done(buried.ack());
        assertThat(queue.poll()).isEmpty();
    }
}
