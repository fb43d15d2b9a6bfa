package dev.tenfold.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.UnavailableException;
import dev.tenfold.retry.Backoff;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What a broker tells its log, and what it makes of it when it begins again. */
class RestartTest {

    private static final UnaryOperator<QueueOptions> MAIL = q -> q.maxLength(50)
            .retry(Backoff.fixed(Duration.ofSeconds(10)).attempts(2))
            .deadLetterTo("dead");

    private final FakeLog log = new FakeLog();
    private Bench bench = begin();

    private Bench begin() {
        return new Bench(builder -> builder, log);
    }

    /** Another process, with the same clock at zero; nothing of the old one is closed. */
    private Queue<String> restart() {
        bench = begin();
        return bench.broker.queue("mail", String.class, MAIL);
    }

    private List<String> bodies(Queue<String> queue) {
        return queue.browse(99).stream().map(Message::body).toList();
    }

    @Test
    void messagesBindingsAndOptionsAreThereAgain() {
        Queue<String> mail = bench.broker.queue("mail", String.class, MAIL);
        Exchange<String> orders = bench.broker.topicExchange("orders", String.class);
        Exchange<String> all = bench.broker.headersExchange("all", String.class);
        orders.bind(all, "#");
        all.bind(mail, "", Map.of("x-match", "any", "n", 1L));
        orders.bind(mail, "eu.*");
        orders.publish(
                "eu.a",
                Message.of("one").header("list", List.of("x", 2)).priority(3).id("id"));
        orders.publish("us.a", Message.of("two").header("n", 1));
        orders.publish("us.b", Message.of("nowhere"));
        mail.poll().orElseThrow().ack();
        orders.publish("eu.b", Message.of("three").persistent(false));

        Queue<String> again = restart();
        assertThat(bodies(again)).containsExactly("two");
        assertThat(again.browse(1).get(0).headers()).containsEntry("n", 1);
        Exchange<String> same = bench.broker.topicExchange("orders", String.class);
        same.publish("eu.c", "after");
        assertThat(bodies(again)).containsExactly("two", "after");
        assertThatThrownBy(() -> bench.broker.queue("mail", String.class)).hasMessageContaining("maxLength: 10000");
        assertThatThrownBy(() -> bench.broker.fanoutExchange("orders", String.class))
                .hasMessageContaining("kind: FANOUT");
        assertThat(same.unbind(again, "eu.*")).isTrue();
        restart();
        assertThat(Bench.now(bench.broker.topicExchange("orders", String.class).publish("eu.d", "gone")))
                .isEqualTo(Confirm.UNROUTED);
    }

    @Test
    void attemptsAndTheTimeOfTheNextOneAreKept() {
        Queue<String> mail = bench.broker.queue("mail", String.class, MAIL);
        bench.send(mail, "m");
        mail.poll().orElseThrow().fail(new Exception("no"));

        Queue<String> again = restart();
        assertThat(again.inspect().delayed()).isEqualTo(1);
        bench.time.advance(Duration.ofSeconds(10));
        Delivery<String> second = again.poll().orElseThrow();
        assertThat(second.attempt()).isEqualTo(2);
        assertThat(second.redelivered()).isTrue();
        second.fail(new Exception("no"));

        restart();
        Queue<String> dead = bench.broker.queue("dead", String.class);
        assertThat(Death.of(dead.browse(1).get(0).headers()).get(0).reason()).isEqualTo(Death.Reason.DELIVERY_LIMIT);
        assertThat(log.copies()).isEqualTo(1);
        dead.purge();
        assertThat(log.copies()).isZero();
    }

    @Test
    void aConfirmAndAnAckWaitForTheDisk() {
        Queue<String> mail = bench.broker.queue("mail", String.class, MAIL);
        log.slow = true;
        CompletableFuture<Confirm> confirm = bench.direct.publish("mail", "m").toCompletableFuture();
        Delivery<String> delivery = mail.poll().orElseThrow();
        CompletableFuture<Void> acked = delivery.ack().toCompletableFuture();
        assertThat(confirm).isNotDone();
        assertThat(acked).isNotDone();
        log.flush();
        assertThat(confirm).isCompletedWithValue(Confirm.ROUTED);
        assertThat(acked).isCompleted();
    }

    @Test
    void whatTheLogCannotTakeIsRefusedAndLeavesNoTrace() {
        Queue<String> mail = bench.broker.queue("mail", String.class, MAIL);
        bench.send(mail, "before");
        Delivery<String> held = mail.poll().orElseThrow();
        log.full = true;
        assertThatThrownBy(() -> bench.send(mail, "m")).isInstanceOf(UnavailableException.class);
        Transaction transaction =
                bench.broker.transaction().publish(bench.direct, "mail", "t").ack(held);
        assertThat(transaction.commit().toCompletableFuture()).isCompletedExceptionally();
        assertThat(mail.inspect().ready()).isZero();
        held.reject();
        assertThat(bench.kinds()).contains("deadletter.waits");
        log.full = false;
        bench.time.advance(Duration.ofSeconds(1));

        restart();
        assertThat(bodies(bench.broker.queue("dead", String.class))).containsExactly("before");
        assertThat(bench.broker.queue("mail", String.class, MAIL).inspect().messages())
                .isZero();
    }

    @Test
    void timesToLiveAndDelaysGoOn() {
        Queue<String> mail = bench.broker.queue("mail", String.class, MAIL);
        bench.direct.publish("mail", Message.of("late").delay(Duration.ofSeconds(5)));
        bench.direct.publish("mail", Message.of("short").ttl(Duration.ofSeconds(5)));
        assertThat(mail.inspect().delayed()).isEqualTo(1);

        Queue<String> again = restart();
        assertThat(bodies(again)).containsExactly("short");
        bench.time.advance(Duration.ofSeconds(5));
        assertThat(bodies(again)).containsExactly("late");
        assertThat(bodies(bench.broker.queue("dead", String.class))).containsExactly("short");
    }

    @Test
    void aTransactionAndADeletionAreOneChange() {
        Queue<String> mail = bench.broker.queue("mail", String.class, MAIL);
        Queue<String> other = bench.broker.queue("other", String.class);
        bench.send(mail, "work");
        bench.broker
                .transaction()
                .publish(bench.direct, "other", "a")
                .publish(bench.direct, "mail", "b")
                .ack(mail.poll().orElseThrow())
                .commit();
        assertThat(log.copies()).isEqualTo(2);
        other.delete();
        assertThat(log.copies()).isEqualTo(1);
        assertThat(bodies(restart())).containsExactly("b");
    }

    @Test
    void aBlockedPublisherOfADurableQueueGetsItsPlace() throws Exception {
        Queue<String> queue =
                bench.broker.queue("blocks", String.class, q -> q.maxLength(1).overflow(QueueOptions.Overflow.BLOCK));
        bench.send(queue, "a");
        CompletableFuture<Confirm> blocked =
                CompletableFuture.supplyAsync(() -> Bench.now(bench.direct.publish("blocks", "b")));
        while (queue.inspect().blockedPublishers() == 0) {
            Thread.onSpinWait();
        }
        queue.poll().orElseThrow().ack();
        assertThat(blocked.get(20, java.util.concurrent.TimeUnit.SECONDS)).isEqualTo(Confirm.ROUTED);
        assertThat(bodies(queue)).containsExactly("b");
        assertThat(log.copies()).isEqualTo(1);
    }
}
