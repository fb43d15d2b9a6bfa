package dev.tenfold.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.retry.Backoff;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** One queue against a list of messages with a state each, over random sequences of what users do. */
class QueueModelProperties {

    private static final int LIMIT = 6;
    private static final int ATTEMPTS = 3;
    private static final Duration DELAY = Duration.ofMillis(10);

    enum Kind {
        PUBLISH,
        ACK,
        REQUEUE,
        REJECT,
        FAIL,
        WAIT,
        OPEN,
        CLOSE,
        PURGE
    }

    /** What a user does; {@code choice} picks one of what there is at that moment. */
    record Action(Kind kind, int choice) {}

    @Property(tries = 2_000)
    void behavesAsAList(@ForAll("actions") List<Action> actions) {
        new Run().play(actions);
    }

    @Provide
    Arbitrary<List<Action>> actions() {
        Arbitrary<Kind> kinds = Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(6, Arbitraries.just(Kind.PUBLISH)),
                net.jqwik.api.Tuple.of(8, Arbitraries.of(Kind.ACK, Kind.REQUEUE, Kind.REJECT, Kind.FAIL)),
                net.jqwik.api.Tuple.of(2, Arbitraries.just(Kind.WAIT)),
                net.jqwik.api.Tuple.of(3, Arbitraries.of(Kind.OPEN, Kind.OPEN, Kind.CLOSE)),
                net.jqwik.api.Tuple.of(1, Arbitraries.just(Kind.PURGE)));
        return Combinators.combine(kinds, Arbitraries.integers().between(0, 11))
                .as(Action::new)
                .list()
                .ofMaxSize(40);
    }

    /** A message as the model sees it. */
    private static final class Expected {
        final int body;
        int failures;
        boolean delivered;
        long due = Long.MIN_VALUE;
        Delivery<Integer> held;
        boolean gone;

        Expected(int body) {
            this.body = body;
        }
    }

    private static final class Run {

        private final Bench bench = new Bench();
        private final Exchange<Integer> direct = bench.broker.defaultExchange(Integer.class);
        private final Queue<Integer> queue = bench.broker.queue(
                "q",
                Integer.class,
                q -> q.maxLength(LIMIT)
                        .retry(Backoff.fixed(DELAY).attempts(ATTEMPTS))
                        .deadLetterTo("dead"));
        private final Queue<Integer> dead = bench.broker.queue("dead", Integer.class);
        private final Map<Integer, Expected> model = new LinkedHashMap<>();
        private final Map<Consumer, Integer> prefetch = new LinkedHashMap<>();
        private final Map<Expected, Integer> holder = new HashMap<>();
        private final List<Integer> expectedDead = new ArrayList<>();
        private int consumers;

        void play(List<Action> actions) {
            for (Action action : actions) {
                play(action);
                check(action);
            }
            List<Integer> letters = new ArrayList<>();
            dead.consume(100, delivery -> letters.add(delivery.body()));
            assertThat(letters).isEqualTo(expectedDead);
        }

        private void play(Action action) {
            switch (action.kind()) {
                case PUBLISH -> publish();
                case WAIT -> bench.time.advance(Duration.ofMillis(action.choice()));
                case OPEN -> open(1 + action.choice() % 3);
                case CLOSE ->
                    pick(new ArrayList<>(prefetch.keySet()), action.choice(), consumer -> {
                        prefetch.remove(consumer);
                        consumer.close();
                    });
                case PURGE -> purge();
                default -> pick(held(), action.choice(), expected -> settle(expected, action.kind()));
            }
        }

        private void publish() {
            Expected expected = new Expected(model.size());
            boolean room = waiting().size() < LIMIT;
            if (room) {
                model.put(expected.body, expected);
            }
            assertThat(direct.publish("q", expected.body).toCompletableFuture().isCompletedExceptionally())
                    .isEqualTo(!room);
        }

        private void open(int limit) {
            int number = consumers++;
            Consumer consumer = queue.consumeManually(limit, delivery -> {
                // The oldest that is ready, and nothing else.
                Expected expected = ready().get(0);
                assertThat(delivery.body()).isEqualTo(expected.body);
                assertThat(delivery.attempt()).isEqualTo(expected.failures + 1);
                assertThat(delivery.redelivered()).isEqualTo(expected.delivered);
                expected.delivered = true;
                expected.held = delivery;
                holder.put(expected, number);
                assertThat(held().stream().filter(other -> holder.get(other) == number))
                        .hasSizeLessThanOrEqualTo(limit);
            });
            prefetch.put(consumer, limit);
        }

        private void settle(Expected expected, Kind how) {
            Delivery<Integer> delivery = expected.held;
            expected.held = null;
            switch (how) {
                case ACK -> {
                    expected.gone = true;
                    delivery.ack();
                }
                case REQUEUE -> delivery.nack(true);
                case REJECT -> {
                    expected.gone = true;
                    expectedDead.add(expected.body);
                    delivery.reject();
                }
                default -> {
                    expected.failures++;
                    expected.due = bench.time.nanoTime() + DELAY.toNanos();
                    if (expected.failures == ATTEMPTS) {
                        expected.gone = true;
                        expectedDead.add(expected.body);
                    }
                    delivery.fail(new Exception("no"));
                }
            }
        }

        private void purge() {
            List<Expected> removed = waiting();
            removed.forEach(expected -> expected.gone = true);
            assertThat(queue.purge()).isEqualTo(removed.size());
        }

        private void check(Action action) {
            // What a handler's assertion threw was taken for a failure of the handler.
            assertThat(bench.events)
                    .as("after %s", action)
                    .noneMatch(event -> event.details().get("cause") instanceof AssertionError);
            int ready = ready().size();
            assertThat(queue.inspect())
                    .as("after %s", action)
                    .isEqualTo(new Queue.State(
                            "q", ready, waiting().size() - ready, held().size(), prefetch.size(), 0, 0));
            if (ready > 0) {
                prefetch.forEach((consumer, limit) -> assertThat(consumer.unsettled())
                        .as("%s while messages are ready", consumer.name())
                        .isEqualTo(limit));
            }
        }

        private List<Expected> waiting() {
            return model.values().stream()
                    .filter(expected -> !expected.gone && expected.held == null)
                    .toList();
        }

        private List<Expected> ready() {
            return waiting().stream()
                    .filter(expected -> expected.due <= bench.time.nanoTime())
                    .sorted(Comparator.comparingInt(expected -> expected.body))
                    .toList();
        }

        private List<Expected> held() {
            return model.values().stream()
                    .filter(expected -> expected.held != null)
                    .toList();
        }

        private static <T> void pick(List<T> candidates, int choice, java.util.function.Consumer<T> action) {
            if (!candidates.isEmpty()) {
                action.accept(candidates.get(choice % candidates.size()));
            }
        }
    }
}
