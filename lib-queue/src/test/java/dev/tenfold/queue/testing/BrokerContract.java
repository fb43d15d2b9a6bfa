package dev.tenfold.queue.testing;

import static java.time.Duration.ZERO;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.queue.Broker;
import dev.tenfold.queue.Consumer;
import dev.tenfold.queue.Delivery;
import dev.tenfold.queue.Exchange;
import dev.tenfold.queue.PublishRejectedException;
import dev.tenfold.queue.Queue;
import dev.tenfold.queue.Transaction;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link Broker} does, whether in memory, on disk or elsewhere, with real clocks. What brokers may do differently is
 * not here, but in their documentation. Extend it with one class per implementation, which says what it {@linkplain #lacks
 * lacks}.
 *
 * <p>RabbitMQ's semantics, which all share, are numbered, and the names of the tests say which of them they show:
 *
 * <ol>
 *   <li>direct, fanout, topic, headers with all, any and x-, default exchange
 *   <li>exchange to exchange
 *   <li>alternate exchange
 *   <li>mandatory: returned, then confirmed
 *   <li>confirms
 *   <li>nack of several: back to their places, redelivered
 *   <li>reject without requeue: dropped
 *   <li>dead letters with their history; rejected, expired, maxlen, delivery_limit
 *   <li>time to live of queue and message
 *   <li>queue expiry
 *   <li>maximal length: drops the head, or refuses
 *   <li>priorities
 *   <li>deliveries are counted, and limited
 *   <li>single active consumer
 *   <li>consumer priorities
 *   <li>prefetch is each consumer's own
 *   <li>consumers are told when their queue is deleted
 *   <li>transactions
 *   <li>replies
 *   <li>CC and BCC
 *   <li>exclusive queues with names of their own
 *   <li>another declaration of a name is refused, naming what differs
 *   <li>what was not settled comes again when its holder is gone
 *   <li>a second settlement is refused
 * </ol>
 */
@Timeout(60)
public abstract class BrokerContract extends DeliveryContract {

    /** For subclasses. */
    protected BrokerContract() {}

    @Test
    @DisplayName("[16] prefetch: each consumer has its own")
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
        await(() ->
                lacks().containsKey(Capability.READY_COUNTS) || queue.inspect().ready() == 2);
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
    @DisplayName("[23] a consumer that is closed: what it had not begun comes again")
    void givesBackWhatAClosedConsumerHadNotBegun() throws Exception {
        needs(Capability.PLACES_KEPT);
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
    @DisplayName("[23] a broker that ends: what was not settled comes again")
    void deliversAgainWhatNobodyHadSettledWhenTheBrokerEnded() throws Exception {
        needs(Capability.SURVIVES);
        Queue<String> queue = queue("q");
        send(queue, "1");
        send(queue, "2");
        Delivery<String> settled = next(queue);
        assertThat(next(queue).body()).isEqualTo("2");
        done(settled.ack());
        assertThat(broker.close(ZERO).messages()).isPositive();
        queues.clear();
        broker = open();
        Queue<String> again = queue("q");
        assertThat(take(again)).isEqualTo("2");
        assertThat(again.poll()).isEmpty();
    }

    @Test
    @DisplayName("[15] consumer priorities: 0 to 10")
    void prefersConsumersOfAHigherPriority() throws Exception {
        needs(Capability.CONSUMER_PRIORITIES);
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
    @DisplayName("[14] single active consumer: all to one, then to the next")
    void letsOneConsumerWorkAtATime() throws Exception {
        needs(Capability.SINGLE_ACTIVE_CONSUMER);
        Queue<String> queue = queue("q", options -> options.singleActiveConsumer());
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
        needs(Capability.EXCLUSIVE_CONSUMERS);
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
        Queue<String> queue = queue("q", options -> options.retry(QUICKLY));
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
    @DisplayName("[17] a deleted queue: its consumers are told")
    void tellsConsumersThatTheirQueueIsGone() throws Exception {
        needs(Capability.CANCEL_NOTICES);
        Queue<String> queue = queue("q");
        AtomicBoolean told = new AtomicBoolean();
        Consumer consumer = queue.consume(options -> options.onCancel(() -> told.set(true)), delivery -> {});
        assertThat(queue.delete(Queue.DeleteIf.UNUSED)).isFalse();
        assertThat(queue.delete()).isTrue();
        await(told::get);
        assertThat(consumer.isOpen()).isFalse();
        assertUnrouted(broker.defaultExchange(String.class).publish(queue.name(), "x"));
    }

    @Test
    void deletesAQueueOnlyIfTheConditionsHold() throws Exception {
        Queue<String> queue = queue("q");
        send(queue, "1");
        assertThat(queue.delete(Queue.DeleteIf.EMPTY)).isFalse();
        assertThat(take(queue)).isEqualTo("1");
        Consumer consumer = queue.consume(1, delivery -> {});
        assertThat(queue.delete(Queue.DeleteIf.UNUSED, Queue.DeleteIf.EMPTY)).isFalse();
        consumer.close();
        await(() -> queue.inspect().messages() == 0);
        await(() -> queue.delete(Queue.DeleteIf.UNUSED, Queue.DeleteIf.EMPTY));
        assertThat(queue.delete(Queue.DeleteIf.EMPTY)).isTrue();
    }

    // The rest

    @Test
    @DisplayName("[19] replies: to the one who asked, in time")
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
    @DisplayName("[18] transactions: committed as a whole, or not at all")
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
    @DisplayName("[21] temporary queues: names of their own, gone with their consumer")
    void givesTemporaryQueuesNamesOfTheirOwn() throws Exception {
        Queue<String> one = broker.temporaryQueue(String.class);
        Queue<String> two = broker.temporaryQueue(String.class);
        assertThat(one.name()).isNotEqualTo(two.name());
        AtomicInteger handled = new AtomicInteger();
        Consumer consumer = one.consume(1, delivery -> handled.incrementAndGet());
        send(one, "x");
        await(() -> handled.get() == 1);
        consumer.close();
        await(() -> isGone(one));
        two.delete();
    }

    private boolean isGone(Queue<String> queue) {
        try {
            assertUnrouted(broker.defaultExchange(String.class).publish(queue.name(), "x"));
            return true;
        } catch (AssertionError stillThere) {
            return false;
        } catch (Exception failure) {
            throw new IllegalStateException(failure);
        }
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
