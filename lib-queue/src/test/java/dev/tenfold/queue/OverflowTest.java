package dev.tenfold.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.queue.QueueOptions.Overflow;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class OverflowTest {

    private final Bench bench = new Bench();

    @Test
    void aMessageThatLeadsNowhereIsUnrouted() {
        assertThat(Bench.now(bench.direct.publish("nobody", "a"))).isEqualTo(Confirm.UNROUTED);
    }

    @Test
    void rejectFailsThePublishAndNamesTheQueueWhileOthersHaveTheMessage() {
        Exchange<String> all = bench.broker.fanoutExchange("all", String.class);
        Queue<String> small = bench.broker.queue("small", String.class, q -> q.maxLength(1));
        Queue<String> large = bench.broker.queue("large", String.class);
        all.bind(small, "");
        all.bind(large, "");
        assertThat(Bench.now(all.publish("k", "a"))).isEqualTo(Confirm.ROUTED);

        assertThatThrownBy(() -> Bench.now(all.publish("k", "b")))
                .isInstanceOfSatisfying(
                        PublishRejectedException.class,
                        rejected -> assertThat(rejected.refusals())
                                .containsExactly(java.util.Map.entry("small", "full, maxLength 1")))
                .hasMessage("message 'k' to exchange 'all' was refused by queue 'small': full, maxLength 1");
        assertThat(small.inspect().ready()).isEqualTo(1);
        assertThat(large.inspect().ready()).isEqualTo(2);
    }

    @Test
    void fullAndRelievedAreToldOnceEach() {
        Queue<String> queue = bench.broker.queue("q", String.class, q -> q.maxLength(4));
        for (int i = 0; i < 7; i++) {
            bench.refusal(queue, "m");
        }
        assertThat(bench.kinds()).containsExactly("queue.full");
        queue.consume(1, delivery -> {});
        assertThat(bench.kinds()).containsExactly("queue.full", "queue.relieved");
    }

    @Test
    void theDefaultExchangeChecksTheTypeOfTheMessage() {
        bench.broker.queue("numbers", Integer.class);

        assertThatThrownBy(() -> Bench.now(bench.direct.publish("numbers", "text")))
                .isInstanceOf(PublishRejectedException.class)
                .hasMessageContaining("holds java.lang.Integer, not java.lang.String");
    }

    /** Publishes on a thread of its own and waits until that thread is blocked. */
    private CompletableFuture<Confirm> sendBlocked(Queue<String> queue, String body, int blocked) {
        CompletableFuture<Confirm> sent = CompletableFuture.supplyAsync(
                () -> bench.send(queue, body), task -> new Thread(task, "publisher " + body).start());
        while (queue.inspect().blockedPublishers() < blocked && !sent.isDone()) {
            Thread.onSpinWait();
        }
        return sent;
    }

    @Test
    void blockedPublishersEnterInOrderAsRoomAppears() {
        Queue<String> queue =
                bench.broker.queue("q", String.class, q -> q.maxLength(1).overflow(Overflow.BLOCK));
        bench.send(queue, "a");
        CompletableFuture<Confirm> b = sendBlocked(queue, "b", 1);
        CompletableFuture<Confirm> c = sendBlocked(queue, "c", 2);
        assertThat(b).isNotDone();
        List<String> seen = new ArrayList<>();
        Consumer consumer = queue.consume(1, delivery -> seen.add(delivery.body()));

        assertThat(b.join()).isEqualTo(Confirm.ROUTED);
        assertThat(c.join()).isEqualTo(Confirm.ROUTED);
        consumer.close();
        assertThat(seen).containsExactly("a", "b", "c");
        assertThat(bench.time.pending()).isZero();
    }

    @Test
    void aBlockedPublisherIsRefusedAtItsTimeout() {
        Queue<String> queue = bench.broker.queue(
                "q", String.class, q -> q.maxLength(1).overflow(Overflow.BLOCK).blockTimeout(Duration.ofSeconds(5)));
        bench.send(queue, "a");
        CompletableFuture<Confirm> b = sendBlocked(queue, "b", 1);
        while (bench.time.pending() == 0) {
            Thread.onSpinWait();
        }
        bench.time.advance(Duration.ofSeconds(5));

        assertThatThrownBy(b::join)
                .isInstanceOf(CompletionException.class)
                .hasMessageContaining("full, maxLength 1, no room within PT5S");
        assertThat(queue.inspect()).isEqualTo(new Queue.State("q", 1, 0, 0, 0, 0, 0));
    }

    @Test
    void aBlockedPublisherThatIsInterruptedIsRefusedAndStaysInterrupted() {
        Queue<String> queue =
                bench.broker.queue("q", String.class, q -> q.maxLength(1).overflow(Overflow.BLOCK));
        bench.send(queue, "a");
        Thread.currentThread().interrupt();

        assertThat(bench.refusal(queue, "b")).isEqualTo("interrupted while waiting for room");
        assertThat(Thread.interrupted()).isTrue();
        assertThat(queue.inspect().blockedPublishers()).isZero();
    }

    @Test
    void purgeLetsBlockedPublishersIn() {
        Queue<String> queue =
                bench.broker.queue("q", String.class, q -> q.maxLength(1).overflow(Overflow.BLOCK));
        bench.send(queue, "a");
        CompletableFuture<Confirm> b = sendBlocked(queue, "b", 1);

        assertThat(queue.purge()).isEqualTo(1);
        assertThat(b.join()).isEqualTo(Confirm.ROUTED);
        assertThat(queue.inspect().ready()).isEqualTo(1);
    }
}
