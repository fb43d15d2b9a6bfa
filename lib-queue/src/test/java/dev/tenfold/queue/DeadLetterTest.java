package dev.tenfold.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import dev.tenfold.queue.Death.Reason;
import dev.tenfold.queue.QueueOptions.Overflow;
import dev.tenfold.retry.Backoff;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DeadLetterTest {

    private final Bench bench = new Bench();
    private final Exchange<String> orders = bench.broker.directExchange("orders", String.class);
    private final List<Delivery<String>> dead = new ArrayList<>();

    private Queue<String> deadQueue() {
        return bench.broker.queue("dead", String.class);
    }

    @Test
    void theLastFailureMakesADeadLetterThatTellsItsHistory() {
        Queue<String> mail = bench.broker.queue(
                "mail",
                String.class,
                q -> q.deadLetterTo("dead")
                        .retry(Backoff.fixed(Duration.ofSeconds(1)).attempts(2)));
        orders.bind(mail, "created");
        mail.consume(1, delivery -> {
            throw new IllegalStateException("no");
        });
        orders.publish("created", "body", Map.of("trace", "t"));
        bench.time.advance(Duration.ofSeconds(1));
        deadQueue().consumeManually(1, dead::add);

        Delivery<String> letter = dead.get(0);
        assertThat(letter.body()).isEqualTo("body");
        assertThat(letter.exchange()).isEmpty();
        assertThat(letter.routingKey()).isEqualTo("dead");
        assertThat(letter.attempt()).isEqualTo(1);
        assertThat(letter.redelivered()).isFalse();
        assertThat(letter.headers())
                .contains(
                        entry("trace", "t"),
                        entry("x-first-death-queue", "mail"),
                        entry("x-first-death-reason", "delivery_limit"),
                        entry("x-first-death-exchange", "orders"));
        assertThat(Death.of(letter.headers()))
                .containsExactly(new Death("mail", Reason.DELIVERY_LIMIT, 1, "orders", "created", bench.time.now()));
        assertThat(bench.kinds()).containsExactly("consumer.failed", "consumer.failed", "message.deadlettered");
    }

    @Test
    void rejectingSkipsTheRetries() {
        Queue<String> mail = bench.broker.queue("mail", String.class, q -> q.deadLetterTo("dead"));
        mail.consumeManually(1, Delivery::reject);
        bench.send(mail, "a");
        deadQueue().consumeManually(1, dead::add);

        assertThat(Death.of(dead.get(0).headers())).extracting(Death::reason).containsExactly(Reason.REJECTED);
    }

    @Test
    void aFullQueueThatDropsItsHeadDeadLettersIt() {
        Queue<String> mail = bench.broker.queue(
                "mail",
                String.class,
                q -> q.maxLength(2).overflow(Overflow.DROP_HEAD).deadLetterTo("dead"));
        for (String body : List.of("a", "b", "c", "d")) {
            assertThat(bench.send(mail, body)).isEqualTo(Confirm.ROUTED);
        }
        deadQueue().consumeManually(9, dead::add);

        assertThat(dead).extracting(Delivery::body).containsExactly("a", "b");
        assertThat(Death.of(dead.get(0).headers())).extracting(Death::reason).containsExactly(Reason.MAXLEN);
        assertThat(mail.inspect().ready()).isEqualTo(2);
        assertThat(bench.kinds()).containsOnlyOnce("queue.full");
    }

    @Test
    void deathsInOneQueueForOneReasonAreCountedAndTheLatestIsFirst() {
        Queue<String> mail = bench.broker.queue("mail", String.class, q -> q.deadLetterTo("dead"));
        Queue<String> again = bench.broker.queue("dead", String.class, q -> q.deadLetterTo("mail"));
        List<Delivery<String>> open = new ArrayList<>();
        mail.consumeManually(1, open::add);
        bench.send(mail, "a");
        open.remove(0).reject();
        again.consumeManually(1, Delivery::reject);
        open.remove(0).reject();

        Delivery<String> third = open.remove(0);
        assertThat(Death.of(third.headers()))
                .extracting(death -> death.queue() + " " + death.reason() + " " + death.count())
                .containsExactly("dead rejected 2", "mail rejected 2");
        assertThat(third.headers()).contains(entry(Death.FIRST_QUEUE, "mail"), entry(Death.FIRST_REASON, "rejected"));
    }

    @Test
    void aCircleThatNobodyRejectedInEnds() {
        Queue<String> one = bench.broker.queue(
                "one", String.class, q -> q.deadLetterTo("two").retry(Backoff.none()));
        Queue<String> two = bench.broker.queue(
                "two", String.class, q -> q.deadLetterTo("one").retry(Backoff.none()));
        int[] calls = new int[1];
        for (Queue<String> queue : List.of(one, two)) {
            queue.consume(1, delivery -> {
                calls[0]++;
                throw new IllegalStateException("no");
            });
        }
        bench.send(one, "a");

        assertThat(calls[0]).isEqualTo(2);
        assertThat(bench.kinds())
                .containsExactlyInAnyOrder(
                        "consumer.failed", "message.deadlettered", "consumer.failed", "deadletter.cycle");
        assertThat(one.inspect().messages() + two.inspect().messages()).isZero();
    }

    @Test
    void twoFullQueuesThatDropToEachOtherNeedNoDeepStack() {
        Queue<String> one = bench.broker.queue(
                "one",
                String.class,
                q -> q.maxLength(20_000).overflow(Overflow.DROP_HEAD).deadLetterTo("two"));
        Queue<String> two = bench.broker.queue(
                "two",
                String.class,
                q -> q.maxLength(20_000).overflow(Overflow.DROP_HEAD).deadLetterTo("one"));
        for (int i = 0; i < 20_000; i++) {
            bench.send(one, "a");
            bench.send(two, "b");
        }
        assertThat(bench.send(one, "last")).isEqualTo(Confirm.ROUTED);

        assertThat(one.inspect().ready()).isEqualTo(20_000);
        assertThat(two.inspect().ready()).isEqualTo(20_000);
        assertThat(bench.kinds()).contains("deadletter.cycle");
    }

    @Test
    void withoutAPlaceForDeadLettersTheObserverIsTold() {
        Queue<String> mail = bench.broker.queue("mail", String.class, q -> q.retry(Backoff.none()));
        mail.consume(1, delivery -> {
            throw new IllegalStateException("no");
        });
        bench.send(mail, "a");

        assertThat(bench.kinds()).containsExactly("consumer.failed", "message.discarded");
        assertThat(mail.inspect().messages()).isZero();
    }

    @Test
    void aDeadLetterWaitsInItsQueueUntilTheOtherHasRoom() {
        Queue<String> full = bench.broker.queue("dead", String.class, q -> q.maxLength(1));
        Queue<String> mail =
                bench.broker.queue("mail", String.class, q -> q.maxLength(2).deadLetterTo("dead"));
        mail.consumeManually(1, Delivery::reject);
        bench.send(mail, "a");
        bench.send(mail, "b");
        bench.send(mail, "c");
        assertThat(mail.inspect().delayed()).isEqualTo(2);
        assertThat(bench.refusal(mail, "d")).isEqualTo("full, maxLength 2");
        bench.time.advance(Duration.ofSeconds(5));
        assertThat(mail.inspect().delayed()).isEqualTo(2);

        List<String> bodies = new ArrayList<>();
        full.consume(1, delivery -> bodies.add(delivery.body()));
        bench.time.advance(Duration.ofSeconds(1));
        assertThat(bodies).containsExactly("a", "b", "c");
        assertThat(mail.inspect().messages()).isZero();
        assertThat(bench.kinds().stream().filter("deadletter.waits"::equals)).hasSize(2);
    }
}
