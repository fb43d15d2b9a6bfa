package dev.tenfold.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.queue.QueueOptions.Overflow;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TransactionTest {

    private final Bench bench = new Bench();
    private final Broker broker = bench.broker;
    private final Queue<String> one = broker.queue("one", String.class, q -> q.maxLength(2));
    private final Queue<String> two = broker.queue("two", String.class);

    @Test
    void nothingIsSeenBeforeTheCommitAndThenEverythingIs() {
        bench.send(two, "work");
        Delivery<String> work = two.poll().orElseThrow();
        Transaction transaction = broker.transaction()
                .publish(bench.direct, "one", "a")
                .publish(bench.direct, "two", "b")
                .ack(work);
        assertThat(one.inspect().messages()).isZero();
        assertThat(two.inspect().unsettled()).isEqualTo(1);
        assertThatThrownBy(work::ack).hasMessageContaining("is settled already");

        assertThat(transaction.commit()).isCompleted();
        assertThat(one.inspect().ready()).isEqualTo(1);
        assertThat(two.inspect()).isEqualTo(new Queue.State("two", 1, 0, 0, 0, 0, 0));
        assertThatThrownBy(transaction::commit).hasMessageContaining("has ended already");
    }

    @Test
    void aHandlerSeesAllOfItOrNothing() {
        List<Integer> lengths = new ArrayList<>();
        one.consume(1, delivery -> lengths.add(two.inspect().messages()));
        broker.transaction()
                .publish(bench.direct, "one", "a")
                .publish(bench.direct, "two", "b")
                .publish(bench.direct, "two", "c")
                .commit();
        assertThat(lengths).containsExactly(2);
    }

    @Test
    void rollingBackMakesDeliveriesUnsettledAgain() {
        bench.send(two, "work");
        Delivery<String> work = two.poll().orElseThrow();
        try (Transaction transaction = broker.transaction()) {
            transaction.publish(bench.direct, "one", "a").ack(work);
        }
        assertThat(one.inspect().messages()).isZero();
        work.nack(true);
        assertThat(two.inspect().ready()).isEqualTo(1);
    }

    @Test
    void aQueueWithoutRoomRefusesAllOfIt() {
        bench.send(one, "x");
        Transaction transaction = broker.transaction()
                .publish(bench.direct, "two", "b")
                .publish(bench.direct, "one", "1")
                .publish(bench.direct, "one", "2");
        assertThat(transaction.commit())
                .failsWithin(java.time.Duration.ZERO)
                .withThrowableOfType(java.util.concurrent.ExecutionException.class)
                .havingCause()
                .isInstanceOf(PublishRejectedException.class)
                .withMessageContaining("queue 'one': full, maxLength 2");
        assertThat(two.inspect().messages()).isZero();
        assertThat(one.inspect().messages()).isEqualTo(1);
        assertThat(bench.refusal(one, "y")).isNull();
    }

    @Test
    void aQueueThatDropsItsHeadMakesRoom() {
        Queue<String> drop = broker.queue(
                "drop",
                String.class,
                q -> q.maxLength(2).overflow(Overflow.DROP_HEAD).deadLetterTo("dead"));
        bench.send(drop, "1");
        bench.send(drop, "2");
        broker.transaction().publish(bench.direct, "drop", "3").commit();
        assertThat(drop.browse(9)).extracting(Message::body).containsExactly("2", "3");
        assertThat(broker.queue("dead", String.class).browse(9))
                .extracting(Message::body)
                .containsExactly("1");
    }
}
