package dev.tenfold.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.queue.Broker.DrainReport;
import dev.tenfold.retry.Backoff;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class CloseTest {

    private final Bench bench = new Bench();

    @Test
    void nothingLeftIsACleanReport() {
        Queue<String> queue = bench.broker.queue("q", String.class);
        queue.consume(1, delivery -> {});
        bench.send(queue, "a");
        DrainReport report = bench.broker.close(Duration.ofSeconds(5));

        assertThat(report.isClean()).isTrue();
        assertThat(report).isSameAs(bench.broker.close(Duration.ZERO));
        assertThat(bench.kinds()).containsExactly("broker.closed");
    }

    @Test
    void whatHasNoConsumerIsReportedWithoutWaiting() {
        Queue<String> queue = bench.broker.queue("q", String.class);
        bench.send(queue, "a");
        bench.send(queue, "b");
        DrainReport report = bench.broker.close(Duration.ofDays(1));

        assertThat(report.left()).containsExactly(new Queue.State("q", 2, 0, 0, 0, 0, 0));
        assertThat(report.messages()).isEqualTo(2);
        assertThat(report.took()).isZero();
    }

    @Test
    void aClosedBrokerTakesNothing() {
        Queue<String> queue = bench.broker.queue("q", String.class);
        bench.broker.close();

        assertThat(bench.refusal(queue, "a")).isEqualTo("the broker is closed");
        assertThatThrownBy(() -> Bench.now(bench.direct.publish("nobody", "a")))
                .isInstanceOf(PublishRejectedException.class)
                .hasMessageContaining("the broker is closed");
        assertThatThrownBy(() -> queue.consume(1, delivery -> {})).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> bench.broker.queue("r", String.class)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> bench.broker.directExchange("x", String.class))
                .isInstanceOf(IllegalStateException.class);
    }

    /** Closes on a thread of its own, because the clock is moved from here. */
    private CompletableFuture<DrainReport> close(Duration deadline) {
        CompletableFuture<DrainReport> closing = CompletableFuture.supplyAsync(
                () -> bench.broker.close(deadline), task -> new Thread(task, "closer").start());
        while (bench.time.pending() == 0 && !closing.isDone()) {
            Thread.onSpinWait();
        }
        return closing;
    }

    @Test
    void closingWaitsForDeliveriesToBeSettled() {
        Queue<String> queue = bench.broker.queue("q", String.class);
        Deque<Delivery<String>> open = new ArrayDeque<>();
        queue.consumeManually(1, open::add);
        bench.send(queue, "a");
        bench.send(queue, "b");
        CompletableFuture<DrainReport> closing = close(Duration.ofSeconds(5));
        assertThat(closing).isNotDone();
        open.remove().ack();
        open.remove().ack();

        assertThat(closing.join().isClean()).isTrue();
    }

    @Test
    void closingStopsAtTheDeadlineAndSaysWhatWasLeft() {
        Queue<String> queue = bench.broker.queue("q", String.class);
        Deque<Delivery<String>> open = new ArrayDeque<>();
        queue.consumeManually(1, open::add);
        bench.send(queue, "a");
        bench.send(queue, "b");
        CompletableFuture<DrainReport> closing = close(Duration.ofSeconds(5));
        bench.time.advance(Duration.ofSeconds(5));

        DrainReport report = closing.join();
        assertThat(report.left()).containsExactly(new Queue.State("q", 1, 0, 1, 0, 0, 0));
        assertThat(report.took()).isEqualTo(Duration.ofSeconds(5));
        open.remove().ack();
        assertThat(open).isEmpty();
    }

    @Test
    void retriesThatFallDueInTimeAreWaitedForAndLaterOnesAreNot() {
        List<String> seen = new ArrayList<>();
        for (int seconds : new int[] {3, 30}) {
            Queue<String> queue = bench.broker.queue(
                    "q" + seconds,
                    String.class,
                    q -> q.retry(Backoff.fixed(Duration.ofSeconds(seconds)).attempts(2)));
            queue.consume(1, delivery -> {
                seen.add(delivery.body() + delivery.attempt());
                if (delivery.attempt() == 1) {
                    throw new IllegalStateException("no");
                }
            });
            bench.send(queue, "m" + seconds);
        }
        CompletableFuture<DrainReport> closing = close(Duration.ofSeconds(10));
        bench.time.advance(Duration.ofSeconds(3));

        assertThat(closing.join().left()).containsExactly(new Queue.State("q30", 0, 1, 0, 0, 0, 0));
        assertThat(seen).containsExactly("m31", "m301", "m32");
    }

    @Test
    void deadLettersAreMovedAndConsumedWhileItDrains() {
        Queue<String> mail = bench.broker.queue("mail", String.class, q -> q.deadLetterTo("dead"));
        Deque<Delivery<String>> open = new ArrayDeque<>();
        mail.consumeManually(1, open::add);
        List<String> dead = new ArrayList<>();
        bench.broker.queue("dead", String.class).consume(1, delivery -> dead.add(delivery.body()));
        bench.send(mail, "a");
        CompletableFuture<DrainReport> closing = close(Duration.ofSeconds(5));
        open.remove().reject();

        assertThat(closing.join().isClean()).isTrue();
        assertThat(dead).containsExactly("a");
    }
}
