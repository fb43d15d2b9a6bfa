package dev.tenfold.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.retry.Backoff;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Several consumers of one queue, and what one consumer can be told. */
class ConsumersTest {

    private final Bench bench = new Bench();
    private final Broker broker = bench.broker;
    private final List<String> seen = new ArrayList<>();

    private Consumer hold(Queue<String> queue, int prefetch, List<Delivery<String>> held, int priority) {
        return queue.consume(options -> options.prefetch(prefetch).manual().priority(priority), held::add);
    }

    @Test
    void consumersOfAHigherPriorityGetAllTheyCanHold() {
        Queue<String> queue = broker.queue("q", String.class);
        List<Delivery<String>> low = new ArrayList<>();
        List<Delivery<String>> high = new ArrayList<>();
        hold(queue, 10, low, 0);
        hold(queue, 10, high, 10);
        for (int i = 0; i < 10; i++) {
            bench.send(queue, "m" + i);
        }
        assertThat(low).isEmpty();
        assertThat(high).hasSize(10);
        bench.send(queue, "more");
        assertThat(low).hasSize(1);
        high.get(0).ack();
        bench.send(queue, "again");
        assertThat(high).hasSize(11);
    }

    @Test
    void prefetchIsPerConsumer() {
        Queue<String> queue = broker.queue("q", String.class);
        List<Delivery<String>> one = new ArrayList<>();
        List<Delivery<String>> two = new ArrayList<>();
        hold(queue, 2, one, 0);
        hold(queue, 2, two, 0);
        for (int i = 0; i < 10; i++) {
            bench.send(queue, "m" + i);
        }
        assertThat(List.of(one.size(), two.size(), queue.inspect().ready())).containsExactly(2, 2, 6);
    }

    @Test
    void aSingleActiveConsumerGetsEverythingAndTheNextTakesOverWhenItHasSettled() {
        Queue<String> queue = broker.queue("q", String.class, QueueOptions::singleActiveConsumer);
        List<Delivery<String>> one = new ArrayList<>();
        List<Delivery<String>> two = new ArrayList<>();
        Consumer first = hold(queue, 20, one, 0);
        hold(queue, 20, two, 0);
        for (int i = 0; i < 10; i++) {
            bench.send(queue, "m" + i);
        }
        assertThat(List.of(one.size(), two.size())).containsExactly(10, 0);
        first.close();
        bench.send(queue, "late");
        assertThat(two).isEmpty();
        one.subList(0, 9).forEach(Delivery::ack);
        assertThat(two).isEmpty();
        one.get(9).nack(true);

        assertThat(two).extracting(Delivery::body).containsExactly("m9", "late");
    }

    @Test
    void anExclusiveConsumerIsAlone() {
        Queue<String> queue = broker.queue("q", String.class);
        Consumer only = queue.consume(Consumer.Options::exclusive, delivery -> {});
        assertThatThrownBy(() -> queue.consume(1, delivery -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("queue 'q' takes no further consumer: the one it has is exclusive");
        assertThatThrownBy(queue::poll).hasMessageContaining("exclusive");
        only.close();
        queue.consume(1, delivery -> {});
        assertThatThrownBy(() -> queue.consume(Consumer.Options::exclusive, delivery -> {}))
                .hasMessageContaining("this one is to be exclusive");
    }

    @Test
    void aFatalFailureIsNotTriedAgain() {
        Queue<String> queue = broker.queue("q", String.class, q -> q.deadLetterTo("dead"));
        queue.consume(options -> options.fatal(IllegalArgumentException.class), delivery -> {
            seen.add(delivery.body() + delivery.attempt());
            if (delivery.body().equals("fatal")) {
                throw new Consumer.Fatal("no such order");
            }
            throw new NumberFormatException("a kind of illegal argument");
        });
        bench.send(queue, "fatal");
        bench.send(queue, "named");
        bench.time.advance(Duration.ofHours(1));

        assertThat(seen).containsExactly("fatal1", "named1");
        assertThat(broker.queue("dead", String.class).browse(9))
                .extracting(letter -> Death.of(letter.headers()).get(0).reason())
                .containsOnly(Death.Reason.REJECTED);
    }

    /** Tasks that the test runs one by one: as if each were on a thread that is slow. */
    private static final class Threads {

        final ArrayDeque<Runnable> tasks = new ArrayDeque<>();

        void runAll() {
            for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                task.run();
            }
        }
    }

    @Test
    void workersBeginWithTheDepthOfTheQueueAndWithItsAge() {
        Threads threads = new Threads();
        Bench slow = new Bench(builder -> builder.executor(threads.tasks::add));
        Queue<String> queue = slow.broker.queue("q", String.class);
        List<Delivery<String>> held = new ArrayList<>();
        queue.consume(
                options -> options.manual().prefetch(2).concurrency(1, 4).patience(Duration.ofSeconds(1)), held::add);
        threads.runAll();
        slow.send(queue, "1");
        threads.runAll();
        slow.send(queue, "2");
        threads.runAll();
        assertThat(held).hasSize(2);
        // One more waits: not enough for another worker, until it has waited too long.
        slow.send(queue, "3");
        threads.runAll();
        assertThat(held).hasSize(2);
        slow.time.advance(Duration.ofMillis(999));
        threads.runAll();
        assertThat(held).hasSize(2);
        slow.time.advance(Duration.ofMillis(1));
        threads.runAll();
        assertThat(held).hasSize(3);
        // Deep enough for the third at once.
        for (int i = 4; i <= 9; i++) {
            slow.send(queue, "" + i);
        }
        threads.runAll();
        assertThat(held.size()).isGreaterThanOrEqualTo(6);
        slow.time.advance(Duration.ofSeconds(5));
        threads.runAll();
        assertThat(held).hasSize(8);
        assertThat(queue.inspect().ready()).isEqualTo(1);
    }

    @Test
    void messagesOfOneKeyStayInOrderWhileOthersGoOn() {
        Queue<String> queue = broker.queue(
                "q",
                String.class,
                q -> q.retry(Backoff.fixed(Duration.ofSeconds(1)).attempts(3)));
        for (String body : List.of("a1", "b1", "a2", "b2", "a3")) {
            bench.send(queue, body);
        }
        queue.consume(
                options -> options.prefetch(8).concurrency(16, 16).orderedBy(body -> body.charAt(0)), delivery -> {
                    seen.add(delivery.body());
                    if (delivery.body().equals("a1") && delivery.attempt() < 3) {
                        throw new IllegalStateException("not yet");
                    }
                });
        bench.send(queue, "a4");
        bench.send(queue, "b3");
        assertThat(seen).containsExactlyInAnyOrder("a1", "b1", "b2", "b3");
        bench.time.advance(Duration.ofSeconds(1));
        bench.send(queue, "a5");
        bench.time.advance(Duration.ofSeconds(1));

        assertThat(seen.stream().filter(body -> body.startsWith("a")))
                .containsExactly("a1", "a1", "a1", "a2", "a3", "a4", "a5");
        assertThat(seen.stream().filter(body -> body.startsWith("b"))).containsExactly("b1", "b2", "b3");
        assertThat(queue.inspect().messages()).isZero();
    }

    @Test
    void orderByKeyOutlivesTheConsumer() {
        Queue<String> queue = broker.queue("q", String.class);
        List<Delivery<String>> held = new ArrayList<>();
        UnaryOperator<Consumer.Options<String>> ordered =
                options -> options.manual().concurrency(4, 4).orderedBy(body -> body.charAt(0));
        Consumer first = queue.consume(ordered, held::add);
        for (String body : List.of("a1", "a2", "b1", "a3")) {
            bench.send(queue, body);
        }
        assertThat(held).extracting(Delivery::body).containsExactlyInAnyOrder("a1", "b1");
        first.close();
        List<Delivery<String>> later = new ArrayList<>();
        queue.consume(ordered, later::add);
        // The first one's message is not settled: its key must wait.
        assertThat(later).isEmpty();
        held.get(0).fail(new Exception("again"));
        held.get(1).ack();
        bench.time.advance(Duration.ofMinutes(1));
        while (!later.isEmpty()) {
            seen.add(later.get(0).body());
            later.remove(0).ack();
        }
        assertThat(seen).containsExactly("a1", "a2", "a3");
    }

    @Test
    void afterAConsumerThatKeepsOrderOthersCompeteAgain() {
        Queue<String> queue = broker.queue("q", String.class);
        queue.consume(options -> options.orderedBy(body -> body), delivery -> {})
                .close();
        List<Delivery<String>> one = new ArrayList<>();
        List<Delivery<String>> two = new ArrayList<>();
        hold(queue, 1, one, 0);
        hold(queue, 1, two, 0);
        bench.send(queue, "a");
        bench.send(queue, "b");
        assertThat(List.of(one.size(), two.size())).containsExactly(1, 1);
    }

    @Test
    void whatTheConsumersOfADeletedQueueHeldIsGone() {
        Queue<String> queue = broker.queue("q", String.class, q -> q.deadLetterTo("dead"));
        List<Delivery<String>> held = new ArrayList<>();
        hold(queue, 3, held, 0);
        bench.send(queue, "a");
        bench.send(queue, "b");
        bench.send(queue, "c");
        queue.delete();
        held.get(0).ack();
        held.get(1).reject();
        held.get(2).fail(new Exception("late"));
        bench.time.advance(Duration.ofMinutes(1));
        assertThat(queue.inspect().messages()).isZero();
        assertThat(broker.queue("dead", String.class).inspect().messages()).isZero();
    }

    @Test
    void theContextOfThePublisherReachesTheHandler() {
        List<String> current = new ArrayList<>(List.of("none"));
        Bench traced = new Bench(builder -> builder.propagation(new BrokerBuilder.Propagation() {
            @Override
            public void inject(java.util.function.BiConsumer<String, Object> headers) {
                headers.accept("traceparent", current.get(0));
            }

            @Override
            public Scope extract(Map<String, Object> headers) {
                String before = current.set(0, "handler of " + headers.get("traceparent"));
                return () -> current.set(0, before);
            }
        }));
        Queue<String> queue = traced.broker.queue("q", String.class);
        queue.consume(1, delivery -> seen.add(current.get(0)));
        current.set(0, "trace 7");
        traced.send(queue, "m");

        assertThat(seen).containsExactly("handler of trace 7");
        assertThat(current).containsExactly("trace 7");
    }

    /** A body that is not what its codec makes of it. */
    record Order(String number, Object forgotten) {}

    @Test
    void strictCodecsShowWhatWouldNotSurviveTheWire() {
        Bench strict = new Bench(builder -> builder.strictCodecs(true)
                .codec(
                        Order.class,
                        dev.tenfold.Codec.of(
                                order -> order.number().getBytes(java.nio.charset.StandardCharsets.UTF_8),
                                bytes -> new Order(
                                        new String(bytes, java.nio.charset.StandardCharsets.UTF_8), "decoded"))));
        Queue<Order> queue = strict.broker.queue("q", Order.class);
        strict.broker.defaultExchange(Order.class).publish("q", new Order("1", "kept?"));
        assertThat(queue.poll().orElseThrow().body()).isEqualTo(new Order("1", "decoded"));
        assertThatThrownBy(() -> strict.broker.defaultExchange(Integer.class).publish("q", 1))
                .hasMessageContaining("call BrokerBuilder.codec(Integer.class, ...)");
    }
}
