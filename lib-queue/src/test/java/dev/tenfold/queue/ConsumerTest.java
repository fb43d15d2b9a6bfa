package dev.tenfold.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.retry.Backoff;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class ConsumerTest {

    private final Bench bench = new Bench();
    private final Queue<String> queue = bench.broker.queue("work", String.class);
    private final List<String> seen = new ArrayList<>();
    private final Deque<Delivery<String>> open = new ArrayDeque<>();

    private void send(String... bodies) {
        for (String body : bodies) {
            assertThat(bench.send(queue, body)).isEqualTo(Confirm.ROUTED);
        }
    }

    @Test
    void returningAcknowledges() {
        send("a", "b");
        queue.consume(8, delivery -> seen.add(delivery.body()));
        send("c");

        assertThat(seen).containsExactly("a", "b", "c");
        assertThat(queue.inspect()).isEqualTo(new Queue.State("work", 0, 0, 0, 1, 0, 0));
    }

    @Test
    void aDeliveryTellsWhereItCameFrom() {
        Exchange<String> orders = bench.broker.topicExchange("orders", String.class);
        orders.bind(queue, "order.*");
        queue.consumeManually(1, open::add);
        orders.publish("order.eu", "body", java.util.Map.of("trace", 7));

        Delivery<String> delivery = open.remove();
        assertThat(delivery.exchange()).isEqualTo("orders");
        assertThat(delivery.routingKey()).isEqualTo("order.eu");
        assertThat(delivery.headers()).containsExactly(java.util.Map.entry("trace", 7));
        assertThat(delivery.attempt()).isEqualTo(1);
        assertThat(delivery.redelivered()).isFalse();
    }

    @Test
    void prefetchLimitsWhatEachConsumerHolds() {
        Consumer first = queue.consumeManually(2, open::add);
        List<Delivery<String>> others = new ArrayList<>();
        Consumer second = queue.consumeManually(3, others::add);
        send("a", "b", "c", "d", "e", "f", "g");

        assertThat(first.unsettled()).isEqualTo(2);
        assertThat(second.unsettled()).isEqualTo(3);
        assertThat(queue.inspect()).isEqualTo(new Queue.State("work", 2, 0, 5, 2, 0, 0));
        open.remove().ack();
        assertThat(open).hasSize(2);
        assertThat(first.unsettled()).isEqualTo(2);
    }

    @Test
    void idleConsumersTakeTurns() {
        queue.consumeManually(10, open::add);
        List<String> others = new ArrayList<>();
        queue.consume(10, delivery -> others.add(delivery.body()));
        send("a", "b", "c", "d");

        assertThat(open).extracting(Delivery::body).containsExactly("a", "c");
        assertThat(others).containsExactly("b", "d");
    }

    @Test
    void requeueReturnsToTheOldPlaceWithoutCountingAnAttempt() {
        Consumer consumer = queue.consumeManually(3, open::add);
        send("a", "b", "c", "d");
        Delivery<String> a = open.remove();
        Delivery<String> b = open.remove();
        Delivery<String> c = open.remove();
        consumer.close();
        c.nack(true);
        a.nack(true);
        b.nack(true);
        queue.consume(1, delivery -> seen.add(delivery.body() + delivery.attempt() + delivery.redelivered()));

        assertThat(seen).containsExactly("a1true", "b1true", "c1true", "d1false");
    }

    @Test
    void aDeliveryIsSettledOnce() {
        queue.consumeManually(1, open::add);
        send("a");
        Delivery<String> delivery = open.remove();
        delivery.ack();

        assertThatThrownBy(delivery::ack)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("delivery of 'work' to work#1 is settled already; settle each delivery once");
        assertThatThrownBy(() -> delivery.nack(true)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(delivery::reject).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> delivery.fail(new Exception())).isInstanceOf(IllegalStateException.class);
        assertThat(queue.inspect().messages()).isZero();
    }

    @Test
    void aHandlerThatSettlesByOutcomeCannotSettleItself() {
        queue.consume(1, open::add);
        send("a");

        assertThatThrownBy(open.remove()::ack)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("consumeManually");
    }

    @Test
    void aManualHandlerThatThrowsHasFailedUnlessItSettledBefore() {
        Queue<String> once =
                bench.broker.queue("once", String.class, q -> q.retry(Backoff.fixed(Duration.ofSeconds(1))));
        once.consumeManually(9, delivery -> {
            seen.add(delivery.body() + delivery.attempt());
            if (delivery.body().equals("settled")) {
                delivery.ack();
            }
            throw new IllegalStateException("no");
        });
        bench.send(once, "settled");
        bench.send(once, "open");

        assertThat(once.inspect().delayed()).isEqualTo(1);
        bench.time.advance(Duration.ofSeconds(1));
        assertThat(seen).containsExactly("settled1", "open1", "open2");
        assertThat(bench.kinds()).containsExactly("consumer.failed", "consumer.failed", "consumer.failed");
    }

    @Test
    void aClosedConsumerGivesBackWhatItHadNotBegunAndCanStillSettleTheRest() {
        Consumer[] consumer = new Consumer[1];
        Runnable[] task = new Runnable[1];
        Broker held = Broker.builder().executor(run -> task[0] = run).inMemory();
        Queue<String> other = held.queue("work", String.class);
        Exchange<String> straight = held.defaultExchange(String.class);
        List.of("a", "b", "c").forEach(body -> straight.publish("work", body));
        consumer[0] = other.consumeManually(8, delivery -> {
            open.add(delivery);
            consumer[0].close();
        });
        task[0].run();

        assertThat(open).hasSize(1);
        assertThat(other.inspect()).isEqualTo(new Queue.State("work", 2, 0, 1, 0, 0, 0));
        open.remove().ack();
        assertThat(other.inspect()).isEqualTo(new Queue.State("work", 2, 0, 0, 0, 0, 0));
        List<String> rest = new ArrayList<>();
        other.consume(8, delivery -> rest.add(delivery.body() + delivery.redelivered()));
        task[0].run();
        assertThat(rest).containsExactly("bfalse", "cfalse");
    }

    @Test
    void aMessageMeantForAConsumerThatClosesGoesToAnother() {
        Deque<Runnable> tasks = new ArrayDeque<>();
        Broker held = Broker.builder().executor(tasks::add).inMemory();
        Queue<String> work = held.queue("work", String.class);
        Consumer first = work.consume(1, delivery -> seen.add("first " + delivery.body()));
        work.consume(1, delivery -> seen.add("second " + delivery.body()));
        tasks.remove().run();
        tasks.remove().run();
        held.defaultExchange(String.class).publish("work", "a");
        first.close();
        while (!tasks.isEmpty()) {
            tasks.remove().run();
        }

        assertThat(seen).containsExactly("second a");
    }

    @Test
    void anExecutorThatRefusesIsReportedAndTheMessageStays() {
        boolean[] refuse = new boolean[1];
        List<String> kinds = new ArrayList<>();
        Broker broker = Broker.builder()
                .observer(event -> kinds.add(event.kind()))
                .executor(task -> {
                    if (refuse[0]) {
                        throw new RejectedExecutionException("closed");
                    }
                    task.run();
                })
                .inMemory();
        Queue<String> work = broker.queue("work", String.class);
        work.consume(1, delivery -> seen.add(delivery.body()));
        refuse[0] = true;
        broker.defaultExchange(String.class).publish("work", "a");
        assertThat(kinds).containsExactly("consumer.stalled");
        assertThat(work.inspect().ready()).isEqualTo(1);

        refuse[0] = false;
        broker.defaultExchange(String.class).publish("work", "b");
        assertThat(seen).containsExactly("a", "b");
    }

    @Test
    void aLongBacklogOnTheCallingThreadNeedsNoDeepStack() {
        Queue<String> deep = bench.broker.queue("deep", String.class, q -> q.maxLength(200_000));
        for (int i = 0; i < 200_000; i++) {
            bench.send(deep, "m");
        }
        int[] calls = new int[1];
        int[] depth = new int[1];
        deep.consume(64, delivery -> {
            if (calls[0]++ % 1_000 == 999) {
                depth[0] = Math.max(depth[0], new Throwable().getStackTrace().length);
            }
        });

        assertThat(calls[0]).isEqualTo(200_000);
        assertThat(deep.inspect().messages()).isZero();
        assertThat(depth[0]).isLessThan(200);
    }

    @Test
    void aConsumerLetsOthersHaveTheThread() {
        Deque<Runnable> tasks = new ArrayDeque<>();
        Broker held = Broker.builder().executor(tasks::add).inMemory();
        Queue<String> work = held.queue("work", String.class);
        for (int i = 0; i < 1_000; i++) {
            held.defaultExchange(String.class).publish("work", "m");
        }
        work.consume(64, delivery -> seen.add(delivery.body()));
        tasks.remove().run();
        assertThat(seen).hasSizeBetween(100, 400);
        assertThat(tasks).hasSize(1);
        while (!tasks.isEmpty()) {
            tasks.remove().run();
        }

        assertThat(seen).hasSize(1_000);
    }

    @Test
    void interruptionFailsTheAttemptAndIsPassedOnToTheThread() {
        queue.consume(8, delivery -> {
            seen.add(delivery.body());
            if (delivery.body().equals("a")) {
                throw new InterruptedException();
            }
        });
        send("a");
        assertThat(Thread.interrupted()).isTrue();
        send("b");

        assertThat(seen).containsExactly("a", "b");
        assertThat(queue.inspect().delayed()).isEqualTo(1);
    }

    @Test
    void prefetchIsChecked() {
        assertThatThrownBy(() -> queue.consume(0, delivery -> {}))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("prefetch: 0 (expected: 1 to 65535)");
    }

    @Test
    void purgeRemovesWhatWaitsAndLeavesWhatIsHeld() {
        queue.consumeManually(1, open::add);
        send("a", "b", "c");

        assertThat(queue.purge()).isEqualTo(2);
        assertThat(queue.inspect()).isEqualTo(new Queue.State("work", 0, 0, 1, 1, 0, 0));
        open.remove().nack(true);
        assertThat(open).extracting(Delivery::body).containsExactly("a");
    }
}
