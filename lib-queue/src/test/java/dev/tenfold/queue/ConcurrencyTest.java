package dev.tenfold.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.queue.QueueOptions.Overflow;
import dev.tenfold.retry.Backoff;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Nothing is lost and nothing comes twice while many threads publish, consume, fail and rebind. */
class ConcurrencyTest {

    private static final int PRODUCERS = 8;
    private static final int CONSUMERS = 8;
    private static final int EACH = 12_500;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Broker broker =
            Broker.builder().executor(threads).observer(event -> {}).inMemory();

    @AfterEach
    void stop() throws InterruptedException {
        threads.shutdownNow();
        assertThat(threads.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
    }

    /** Publishes on all producers at once and waits for them. */
    private void produce(Exchange<Integer> exchange) throws Exception {
        CountDownLatch produced = new CountDownLatch(PRODUCERS);
        AtomicInteger refused = new AtomicInteger();
        for (int p = 0; p < PRODUCERS; p++) {
            int first = p * EACH;
            threads.execute(() -> {
                for (int i = 0; i < EACH; i++) {
                    exchange.publish("key." + i % 10, first + i).exceptionally(failure -> {
                        refused.incrementAndGet();
                        return null;
                    });
                }
                produced.countDown();
            });
        }
        assertThat(produced.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(refused).hasValue(0);
    }

    @Test
    void everyMessageIsDeliveredOnceAndInOrderOfItsProducer() throws Exception {
        Exchange<Integer> exchange = broker.topicExchange("x", Integer.class);
        Queue<Integer> queue =
                broker.queue("q", Integer.class, q -> q.maxLength(1_000).overflow(Overflow.BLOCK));
        Queue<Integer> one =
                broker.queue("one", Integer.class, q -> q.maxLength(1_000).overflow(Overflow.BLOCK));
        exchange.bind(queue, "key.#");
        exchange.bind(queue, "#");
        exchange.bind(one, "key.*");
        AtomicIntegerArray times = new AtomicIntegerArray(PRODUCERS * EACH);
        for (int c = 0; c < CONSUMERS; c++) {
            queue.consume(c + 1, delivery -> times.incrementAndGet(delivery.body()));
        }
        int[] last = new int[PRODUCERS];
        AtomicInteger disorder = new AtomicInteger();
        AtomicInteger inOrder = new AtomicInteger();
        one.consume(32, delivery -> {
            int producer = delivery.body() / EACH;
            if (delivery.body() % EACH != last[producer]++) {
                disorder.incrementAndGet();
            }
            inOrder.incrementAndGet();
        });
        produce(exchange);

        assertThat(broker.close(Duration.ofSeconds(30)).left()).isEmpty();
        for (int i = 0; i < times.length(); i++) {
            assertThat(times.get(i)).as("message %s", i).isEqualTo(1);
        }
        assertThat(inOrder).hasValue(PRODUCERS * EACH);
        assertThat(disorder).hasValue(0);
    }

    /** Each handler waits for the others: a message that was left to a worker about to look again must not wait for long. */
    @Test
    void messagesThatComeTogetherAreHandledTogether() throws Exception {
        int together = 3;
        Exchange<Integer> exchange = broker.defaultExchange(Integer.class);
        Queue<Integer> queue = broker.queue("q", Integer.class);
        CyclicBarrier barrier = new CyclicBarrier(together + 1);
        for (int c = 0; c < together; c++) {
            queue.consume(100, delivery -> barrier.await(20, TimeUnit.SECONDS));
        }
        for (int round = 0; round < 5_000; round++) {
            for (int i = 0; i < together; i++) {
                assertThat(exchange.publish("q", i)).isCompleted();
            }
            barrier.await(20, TimeUnit.SECONDS);
        }
        assertThat(broker.close(Duration.ofSeconds(30)).left()).isEmpty();
    }

    @Test
    void everyMessageIsDoneOrDeadHoweverConsumersTreatIt() throws Exception {
        Exchange<Integer> exchange = broker.directExchange("x", Integer.class);
        Queue<Integer> queue = broker.queue(
                "q",
                Integer.class,
                q -> q.maxLength(1_000)
                        .overflow(Overflow.BLOCK)
                        .retry(Backoff.fixed(Duration.ofMillis(1)).attempts(2))
                        .deadLetterTo("dead"));
        Queue<Integer> dead = broker.queue("dead", Integer.class, q -> q.maxLength(50));
        for (int i = 0; i < 10; i++) {
            exchange.bind(queue, "key." + i);
        }
        AtomicIntegerArray done = new AtomicIntegerArray(PRODUCERS * EACH);
        AtomicIntegerArray died = new AtomicIntegerArray(PRODUCERS * EACH);
        AtomicInteger over = new AtomicInteger();
        AtomicInteger[] held = new AtomicInteger[CONSUMERS];
        List<Consumer> consumers = new ArrayList<>();
        for (int c = 0; c < CONSUMERS; c++) {
            int prefetch = c + 1;
            AtomicInteger mine = held[c] = new AtomicInteger();
            consumers.add(queue.consumeManually(prefetch, delivery -> {
                if (mine.incrementAndGet() > prefetch) {
                    over.incrementAndGet();
                }
                threads.execute(() -> {
                    mine.decrementAndGet();
                    int body = delivery.body();
                    switch (body % 20) {
                        case 0 -> delivery.reject();
                        case 1 -> delivery.fail(new Exception("no"));
                        case 2 -> {
                            if (delivery.redelivered()) {
                                done.incrementAndGet(body);
                                delivery.ack();
                            } else {
                                delivery.nack(true);
                            }
                        }
                        default -> {
                            done.incrementAndGet(body);
                            delivery.ack();
                        }
                    }
                });
            }));
        }
        dead.consume(1, delivery -> died.incrementAndGet(delivery.body()));
        produce(exchange);

        assertThat(broker.close(Duration.ofSeconds(30)).left()).isEmpty();
        for (int i = 0; i < done.length(); i++) {
            assertThat(done.get(i)).as("message %s", i).isEqualTo(i % 20 < 2 ? 0 : 1);
            assertThat(died.get(i)).as("message %s", i).isEqualTo(i % 20 < 2 ? 1 : 0);
        }
        assertThat(over).hasValue(0);
    }

    @Test
    void bindingsChangeWhileMessagesFlow() throws Exception {
        Exchange<Integer> exchange = broker.topicExchange("x", Integer.class);
        Queue<Integer> stable = broker.queue("stable", Integer.class, q -> q.maxLength(PRODUCERS * EACH));
        Queue<Integer> moving = broker.queue("moving", Integer.class, q -> q.maxLength(PRODUCERS * EACH));
        exchange.bind(stable, "key.*");
        CountDownLatch stop = new CountDownLatch(1);
        CountDownLatch stopped = new CountDownLatch(1);
        threads.execute(() -> {
            while (stop.getCount() > 0) {
                exchange.bind(moving, "key.#");
                exchange.unbind(moving, "key.#");
            }
            stopped.countDown();
        });
        produce(exchange);
        stop.countDown();
        assertThat(stopped.await(20, TimeUnit.SECONDS)).isTrue();

        assertThat(stable.inspect().ready()).isEqualTo(PRODUCERS * EACH);
        int before = moving.inspect().ready();
        exchange.publish("key.1", 1);
        assertThat(moving.inspect().ready()).isEqualTo(before);
    }
}
