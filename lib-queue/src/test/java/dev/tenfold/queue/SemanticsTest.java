package dev.tenfold.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.queue.QueueOptions.Overflow;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What was found by probing a live RabbitMQ 3.10.8 and is not told by another test here. */
class SemanticsTest {

    private final Bench bench = new Bench();
    private final Broker broker = bench.broker;
    private final Queue<String> queue = broker.queue("q", String.class, q -> q.deadLetterTo("dead"));
    private final List<Delivery<String>> held = new ArrayList<>();

    private List<String> bodies() {
        return held.stream().map(Delivery::body).toList();
    }

    @Test
    void nackOfSeveralRequeuesToTheOriginalPositionsWithRedeliveredSet() {
        Consumer consumer = queue.consumeManually(4, held::add);
        for (String body : List.of("1", "2", "3", "4", "5")) {
            bench.send(queue, body);
        }
        consumer.close();
        List<Delivery<String>> first = List.copyOf(held);
        held.clear();
        List.of(first.get(2), first.get(0), first.get(3), first.get(1)).forEach(delivery -> delivery.nack(true));
        queue.consumeManually(9, held::add);
        assertThat(bodies()).containsExactly("1", "2", "3", "4", "5");
        assertThat(held.stream().map(Delivery::redelivered)).containsExactly(true, true, true, true, false);
    }

    @Test
    void deadLetterHeadersTellReasonCountExchangeKeysQueueAndTime() {
        Exchange<String> direct = broker.directExchange("direct", String.class);
        direct.bind(queue, "k");
        direct.publish("k", "m", Map.of("own", 1));
        queue.poll().orElseThrow().reject();
        Message<String> letter = broker.queue("dead", String.class).browse(1).get(0);
        assertThat(Death.of(letter.headers()))
                .containsExactly(new Death("q", Death.Reason.REJECTED, 1, "direct", "k", bench.time.now()));
        assertThat(letter.headers())
                .containsEntry("x-first-death-queue", "q")
                .containsEntry("x-first-death-reason", "rejected")
                .containsEntry("x-first-death-exchange", "direct")
                .containsEntry("own", 1);
    }

    @Test
    void rejectPublishTurnsIntoARefusalOfTheConfirmAndLimitsCountReadyMessagesOnly() {
        Queue<String> small =
                broker.queue("small", String.class, q -> q.maxLength(1).overflow(Overflow.REJECT));
        bench.send(small, "1");
        assertThat(bench.refusal(small, "2")).isEqualTo("full, maxLength 1");
        Delivery<String> taken = small.poll().orElseThrow();
        assertThat(bench.refusal(small, "3")).isNull();
        taken.nack(true);
        assertThat(small.browse(9)).extracting(Message::body).containsExactly("1", "3");
    }

    @Test
    void dropHeadDeadLettersTheOldestAsMaxlen() {
        Queue<String> small = broker.queue(
                "small",
                String.class,
                q -> q.maxLength(1).overflow(Overflow.DROP_HEAD).deadLetterTo("dead"));
        bench.send(small, "1");
        bench.send(small, "2");
        Message<String> letter = broker.queue("dead", String.class).browse(1).get(0);
        assertThat(letter.body()).isEqualTo("1");
        assertThat(Death.of(letter.headers()).get(0).reason()).hasToString("maxlen");
    }

    @Test
    void whatAClosedConsumerHeldAndHadNotBegunComesBackUncounted() {
        List<Runnable> tasks = new ArrayList<>();
        Bench slow = new Bench(builder -> builder.executor(tasks::add));
        Queue<String> work = slow.broker.queue("work", String.class);
        Consumer[] consumer = new Consumer[1];
        consumer[0] = work.consume(10, delivery -> consumer[0].close());
        for (String body : List.of("1", "2", "3")) {
            slow.send(work, body);
        }
        while (!tasks.isEmpty()) {
            tasks.remove(0).run();
        }
        assertThat(work.browse(9)).extracting(Message::body).containsExactly("2", "3");
        assertThat(work.poll().orElseThrow().redelivered()).isFalse();
    }

    @Test
    void aDoubleAckIsAnError() {
        bench.send(queue, "m");
        Delivery<String> delivery = queue.poll().orElseThrow();
        assertThat(delivery.ack()).isCompleted();
        assertThatThrownBy(delivery::ack)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("settled already");
    }

    @Test
    void redeclaringDifferentlyNamesEveryArgument() {
        assertThatThrownBy(() ->
                        broker.queue("q", String.class, q -> q.maxLength(5).maxPriority(2)))
                .hasMessageContaining("maxLength: 5 (expected: 10000, as it was declared first)")
                .hasMessageContaining("maxPriority: 2 (expected: 0")
                .hasMessageContaining("deadLetterTo: null (expected: dead");
        assertThat(broker.queue("q", String.class, q -> q.deadLetterTo("dead").maxLength(10_000)))
                .isSameAs(queue);
    }

    @Test
    void batchesAreConfirmedOneByOne() {
        Queue<String> small = broker.queue("small", String.class, q -> q.maxLength(1));
        var confirms = bench.direct.publishAll("small", List.of(Message.of("1"), Message.of("2")));
        assertThat(Bench.now(confirms.get(0))).isEqualTo(Confirm.ROUTED);
        assertThat(confirms.get(1).toCompletableFuture()).isCompletedExceptionally();
        assertThat(small.inspect().ready()).isEqualTo(1);
    }
}
