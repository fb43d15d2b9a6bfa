package dev.tenfold.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.retry.Backoff;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RetryTest {

    private static final Backoff STEPS = Backoff.exponential(Duration.ofMillis(100), Duration.ofMillis(300))
            .attempts(4)
            .jitter(0);

    private final Bench bench = new Bench();
    private final List<String> seen = new ArrayList<>();

    private long millis() {
        return bench.time.nanoTime() / 1_000_000;
    }

    @Test
    void failuresComeBackAfterTheBackoffWithoutBlockingTheMessagesBehind() {
        Queue<String> queue = bench.broker.queue("work", String.class, q -> q.retry(STEPS));
        queue.consume(1, delivery -> {
            seen.add(millis() + " " + delivery.body() + delivery.attempt() + (delivery.redelivered() ? "r" : ""));
            if (delivery.body().equals("bad")) {
                throw new IllegalStateException("no");
            }
        });
        bench.send(queue, "bad");
        bench.send(queue, "good");
        bench.time.advance(Duration.ofSeconds(10));

        assertThat(seen).containsExactly("0 bad1", "0 good1", "100 bad2r", "300 bad3r", "600 bad4r");
        assertThat(queue.inspect().messages()).isZero();
        assertThat(bench.time.pending()).isZero();
    }

    @Test
    void anEarlierRetryIsNotHeldUpByALaterOne() {
        Queue<String> queue = bench.broker.queue("work", String.class, q -> q.retry(STEPS));
        queue.consume(1, delivery -> {
            seen.add(millis() + " " + delivery.body() + delivery.attempt());
            if (delivery.attempt() < 3) {
                throw new IllegalStateException("no");
            }
        });
        bench.send(queue, "a");
        bench.time.advance(Duration.ofMillis(150));
        bench.send(queue, "b");
        bench.time.advance(Duration.ofSeconds(10));

        assertThat(seen).containsExactly("0 a1", "100 a2", "150 b1", "250 b2", "300 a3", "450 b3");
    }

    @Test
    void aRetryTakesItsOldPlaceAheadOfYoungerMessages() {
        Queue<String> queue = bench.broker.queue("work", String.class, q -> q.retry(STEPS));
        List<Delivery<String>> open = new ArrayList<>();
        Consumer consumer = queue.consumeManually(1, open::add);
        bench.send(queue, "a");
        bench.send(queue, "b");
        consumer.close();
        open.get(0).fail(new Exception("no"));
        bench.time.advance(Duration.ofMillis(100));
        queue.consume(1, delivery -> seen.add(delivery.body() + delivery.attempt()));

        assertThat(seen).containsExactly("a2", "b1");
    }

    @Test
    void jitterIsDrawnFromTheGivenChance() {
        Queue<String> queue = bench.broker.queue(
                "work",
                String.class,
                q -> q.retry(Backoff.exponential(Duration.ofMillis(100), Duration.ofMillis(100))
                        .attempts(2)
                        .jitter(0.5)));
        queue.consume(1, delivery -> {
            seen.add(delivery.body());
            if (delivery.attempt() == 1) {
                throw new IllegalStateException("no");
            }
        });
        for (int i = 0; i < 100; i++) {
            bench.send(queue, "m" + i);
        }
        bench.time.advance(Duration.ofMillis(49));
        assertThat(seen).hasSize(100);
        bench.time.advance(Duration.ofMillis(26));
        assertThat(seen.size() - 100).isBetween(25, 75);
        bench.time.advance(Duration.ofMillis(25));
        assertThat(seen).hasSize(200);
    }

    @Test
    void aRetryWithoutDelayNeedsNoTimer() {
        Queue<String> queue = bench.broker.queue(
                "work", String.class, q -> q.retry(Backoff.fixed(Duration.ZERO).attempts(3)));
        queue.consume(1, delivery -> {
            seen.add(delivery.body() + delivery.attempt());
            throw new IllegalStateException("no");
        });
        bench.send(queue, "a");

        assertThat(seen).containsExactly("a1", "a2", "a3");
        assertThat(bench.time.pending()).isZero();
    }

    @Test
    void messagesThatWaitForTheirRetryCountAgainstTheLimit() {
        Queue<String> queue =
                bench.broker.queue("work", String.class, q -> q.maxLength(2).retry(STEPS));
        queue.consume(1, delivery -> {
            throw new IllegalStateException("no");
        });
        assertThat(bench.refusal(queue, "a")).isNull();
        assertThat(bench.refusal(queue, "b")).isNull();
        assertThat(bench.refusal(queue, "c")).isEqualTo("full, maxLength 2");
        assertThat(queue.inspect().delayed()).isEqualTo(2);
    }

    /** The default timer is the JDK's: this test waits for real time, 20 ms of it. */
    @Test
    void theDefaultTimerWorks() throws Exception {
        Broker broker = Broker.builder().observer(event -> {}).inMemory();
        Queue<String> queue = broker.queue(
                "work",
                String.class,
                q -> q.retry(Backoff.fixed(Duration.ofMillis(10)).attempts(3)));
        var done = new java.util.concurrent.CountDownLatch(1);
        queue.consume(1, delivery -> {
            if (delivery.attempt() < 3) {
                throw new IllegalStateException("no");
            }
            done.countDown();
        });
        broker.defaultExchange(String.class).publish("work", "a");

        assertThat(done.await(20, java.util.concurrent.TimeUnit.SECONDS)).isTrue();
        assertThat(broker.close(Duration.ofSeconds(20)).isClean()).isTrue();
    }
}
