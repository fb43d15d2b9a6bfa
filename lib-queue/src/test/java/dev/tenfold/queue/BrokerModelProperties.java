package dev.tenfold.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.queue.Death.Reason;
import dev.tenfold.queue.QueueOptions.Overflow;
import dev.tenfold.retry.Backoff;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/**
 * A whole broker against the plainest thing that behaves like one: lists of messages, searched from the start. Three queues
 * of different kinds, whose dead letters go to a fourth; two exchanges, one leading to the other; polled one by one, so that
 * every delivery is compared. After each step every queue holds exactly what the model says, in its order: nothing is lost,
 * nothing is there twice, no limit is exceeded.
 */
class BrokerModelProperties {

    private static final int LIMIT = 4;
    private static final int ATTEMPTS = 3;
    private static final int DELIVERIES = 4;
    private static final Duration RETRY = Duration.ofMillis(7);
    private static final Duration TTL = Duration.ofMillis(40);
    private static final List<String> KEYS = List.of("a.x", "a.y", "b.x");
    private static final List<String> BINDINGS = List.of("a.*", "#", "*.x", "b.x");
    private static final List<String> QUEUES = List.of("drop", "reject", "priority");

    enum Kind {
        PUBLISH,
        DELAYED,
        EXPIRING,
        BIND,
        UNBIND,
        LINK,
        UNLINK,
        POLL,
        ACK,
        REQUEUE,
        REJECT,
        FAIL,
        WAIT,
        PURGE,
        TRANSACTION
    }

    /** What a user does; the choices pick one of what there is at that moment. */
    record Action(Kind kind, int choice, int other) {}

    @Provide
    Arbitrary<List<Action>> actions() {
        Arbitrary<Kind> kinds = Arbitraries.frequencyOf(
                Tuple.of(8, Arbitraries.of(Kind.PUBLISH, Kind.PUBLISH, Kind.DELAYED, Kind.EXPIRING)),
                Tuple.of(4, Arbitraries.of(Kind.BIND, Kind.BIND, Kind.UNBIND, Kind.LINK, Kind.UNLINK)),
                Tuple.of(6, Arbitraries.just(Kind.POLL)),
                Tuple.of(6, Arbitraries.of(Kind.ACK, Kind.REQUEUE, Kind.REJECT, Kind.FAIL)),
                Tuple.of(2, Arbitraries.just(Kind.WAIT)),
                Tuple.of(1, Arbitraries.of(Kind.PURGE, Kind.TRANSACTION, Kind.TRANSACTION)));
        return Combinators.combine(
                        kinds,
                        Arbitraries.integers().between(0, 11),
                        Arbitraries.integers().between(0, 11))
                .as(Action::new)
                .list()
                .ofMaxSize(60);
    }

    @Property(tries = 1_000)
    void everyQueueHoldsWhatTheModelSays(@ForAll("actions") List<Action> actions) {
        Run run = new Run();
        for (Action action : actions) {
            run.play(action);
            run.check(action);
        }
    }

    /** Found by chance. */
    @Example
    void aMessageThatWaitsForItsNextAttemptKeepsItsPlaceBeyondTheLimit() {
        everyQueueHoldsWhatTheModelSays(List.of(
                new Action(Kind.BIND, 0, 0),
                new Action(Kind.PUBLISH, 0, 0),
                new Action(Kind.PUBLISH, 0, 0),
                new Action(Kind.PUBLISH, 0, 0),
                new Action(Kind.PUBLISH, 0, 0),
                new Action(Kind.POLL, 0, 0),
                new Action(Kind.PUBLISH, 0, 0),
                new Action(Kind.FAIL, 0, 0),
                new Action(Kind.WAIT, 7, 0)));
    }

    /** One queue's copy of a message as the model sees it. */
    private static final class Copy {

        final String body;
        final int priority;
        final long order;
        int failures;
        int deliveries;
        long due = Long.MIN_VALUE;
        long expires = Long.MAX_VALUE;
        Delivery<String> held;
        List<String> deaths = new ArrayList<>();

        Copy(String body, int priority, long order) {
            this.body = body;
            this.priority = priority;
            this.order = order;
        }
    }

    private static final class Run {

        private final Bench bench = new Bench();
        private final Map<String, Queue<String>> queues = new LinkedHashMap<>();
        private final Map<String, List<Copy>> model = new LinkedHashMap<>();
        private final Exchange<String> first = bench.broker.topicExchange("first", String.class);
        private final Exchange<String> second = bench.broker.topicExchange("second", String.class);
        private final Set<String> bindings = new LinkedHashSet<>();
        private boolean linked;
        private int published;
        private long orders;

        Run() {
            declare("drop", q -> q.maxLength(LIMIT).overflow(Overflow.DROP_HEAD));
            declare("reject", q -> q.maxLength(LIMIT).ttl(TTL));
            declare("priority", q -> q.maxLength(LIMIT).maxPriority(2).deliveryLimit(DELIVERIES - 1));
            queues.put("dead", bench.broker.queue("dead", String.class));
            model.put("dead", new ArrayList<>());
        }

        private void declare(String name, java.util.function.UnaryOperator<QueueOptions> options) {
            queues.put(
                    name,
                    bench.broker.queue(
                            name,
                            String.class,
                            q -> options.apply(q.retry(Backoff.fixed(RETRY).attempts(ATTEMPTS))
                                    .deadLetterTo("dead"))));
            model.put(name, new ArrayList<>());
        }

        private long now() {
            return bench.time.nanoTime();
        }

        void play(Action action) {
            String name = QUEUES.get(action.choice() % QUEUES.size());
            String key = BINDINGS.get(action.other() % BINDINGS.size());
            Exchange<String> exchange = action.choice() % 2 == 0 ? first : second;
            String binding = exchange.name() + " " + key + " " + name;
            switch (action.kind()) {
                case PUBLISH -> publish(exchange, action, Duration.ZERO, null);
                case DELAYED -> publish(exchange, action, Duration.ofMillis(1 + action.other()), null);
                case EXPIRING -> publish(exchange, action, Duration.ZERO, Duration.ofMillis(1 + action.other()));
                case BIND -> {
                    exchange.bind(queues.get(name), key);
                    bindings.add(binding);
                }
                case UNBIND ->
                    assertThat(exchange.unbind(queues.get(name), key)).isEqualTo(bindings.remove(binding));
                case LINK -> {
                    first.bind(second, "#");
                    second.bind(first, "#");
                    linked = true;
                }
                case UNLINK -> {
                    assertThat(first.unbind(second, "#")).isEqualTo(linked);
                    second.unbind(first, "#");
                    linked = false;
                }
                case POLL -> poll(name);
                case WAIT -> passTime(action.choice());
                case PURGE -> {
                    List<Copy> waiting = waiting(name);
                    assertThat(queues.get(name).purge()).isEqualTo(waiting.size());
                    model.get(name).removeAll(waiting);
                }
                case TRANSACTION -> transaction(exchange, action);
                default -> settle(action);
            }
        }

        private Set<String> targets(Exchange<String> exchange, String key) {
            Set<String> found = new LinkedHashSet<>();
            for (String binding : bindings) {
                String[] parts = binding.split(" ");
                if ((linked || parts[0].equals(exchange.name())) && matches(parts[1], key)) {
                    found.add(parts[2]);
                }
            }
            return found;
        }

        private static boolean matches(String pattern, String key) {
            return pattern.equals("#")
                    || key.matches(pattern.replace(".", "\\.").replace("*", "[^.]+"));
        }

        private void publish(Exchange<String> exchange, Action action, Duration delay, Duration ttl) {
            String key = KEYS.get(action.choice() % KEYS.size());
            Message<String> message = Message.of("m" + published++).priority(action.other() % 3);
            message = delay.isZero() ? message : message.delay(delay);
            message = ttl == null ? message : message.ttl(ttl);
            Set<String> targets = targets(exchange, key);
            Set<String> refused = new LinkedHashSet<>();
            for (String target : targets) {
                if (!target.equals("drop") && waiting(target).size() >= LIMIT) {
                    refused.add(target);
                } else {
                    makeRoom(target, 1);
                    put(target, message, delay, ttl);
                }
            }
            var answer = exchange.publish(key, message).toCompletableFuture();
            if (!refused.isEmpty()) {
                assertThat(answer).isCompletedExceptionally();
                answer.exceptionally(failure -> {
                    assertThat(((PublishRejectedException) failure).refusals().keySet())
                            .isEqualTo(refused);
                    return null;
                });
            } else {
                assertThat(answer).isCompletedWithValue(targets.isEmpty() ? Confirm.UNROUTED : Confirm.ROUTED);
            }
        }

        /** Before anything is put: of a transaction's messages none makes room for another. */
        private void makeRoom(String target, int messages) {
            // What waits for its next attempt may have made it longer than the limit.
            while (target.equals("drop") && waiting(target).size() + messages > LIMIT) {
                List<Copy> ready = ready(target);
                Copy head = ready.isEmpty()
                        ? waiting(target).stream()
                                .min(Comparator.<Copy>comparingLong(copy -> copy.due)
                                        .thenComparing(copy -> copy.order))
                                .orElseThrow()
                        : ready.get(0);
                die(target, head, Reason.MAXLEN);
            }
        }

        private void put(String target, Message<String> message, Duration delay, Duration ttl) {
            Copy copy = new Copy(message.body(), target.equals("priority") ? message.priority() : 0, orders++);
            long begin = now() + delay.toNanos();
            copy.due = delay.isZero() ? Long.MIN_VALUE : begin;
            copy.expires = Math.min(
                    ttl == null ? Long.MAX_VALUE : begin + ttl.toNanos(),
                    target.equals("reject") ? begin + TTL.toNanos() : Long.MAX_VALUE);
            model.get(target).add(copy);
        }

        private void transaction(Exchange<String> exchange, Action action) {
            String key = KEYS.get(action.choice() % KEYS.size());
            Transaction transaction = bench.broker.transaction();
            Set<String> targets = targets(exchange, key);
            boolean room = targets.stream()
                    .noneMatch(
                            target -> !target.equals("drop") && waiting(target).size() + 2 > LIMIT);
            List<Message<String>> messages = List.of(Message.of("m" + published++), Message.of("m" + published++));
            messages.forEach(message -> transaction.publish(exchange, key, message));
            List<Copy> held = held();
            Copy acked = held.isEmpty() ? null : held.get(action.other() % held.size());
            if (acked != null) {
                transaction.ack(acked.held);
            }
            if (room) {
                targets.forEach(target -> {
                    makeRoom(target, messages.size());
                    messages.forEach(message -> put(target, message, Duration.ZERO, null));
                });
                if (acked != null) {
                    model.values().forEach(copies -> copies.remove(acked));
                }
            }
            assertThat(transaction.commit().toCompletableFuture().isCompletedExceptionally())
                    .isEqualTo(!room);
        }

        private void poll(String name) {
            List<Copy> ready = ready(name);
            Delivery<String> delivery = queues.get(name).poll().orElse(null);
            if (ready.isEmpty()) {
                assertThat(delivery).isNull();
                return;
            }
            Copy expected = ready.get(0);
            assertThat(delivery).isNotNull();
            assertThat(delivery.body()).isEqualTo(expected.body);
            assertThat(delivery.attempt()).isEqualTo(expected.failures + 1);
            assertThat(delivery.deliveryCount()).isEqualTo(expected.deliveries);
            expected.deliveries++;
            expected.held = delivery;
        }

        private void settle(Action action) {
            List<Copy> held = held();
            if (held.isEmpty()) {
                return;
            }
            Copy copy = held.get(action.other() % held.size());
            String name = QUEUES.stream()
                    .filter(queue -> model.get(queue).contains(copy))
                    .findFirst()
                    .orElseThrow();
            Delivery<String> delivery = copy.held;
            copy.held = null;
            boolean often = name.equals("priority") && copy.deliveries > DELIVERIES - 1;
            switch (action.kind()) {
                case ACK -> {
                    model.get(name).remove(copy);
                    delivery.ack();
                }
                case REJECT -> {
                    die(name, copy, Reason.REJECTED);
                    delivery.reject();
                }
                case REQUEUE -> {
                    back(name, copy, often, Long.MIN_VALUE);
                    // Which may be the one that came back.
                    makeRoom(name, 0);
                    delivery.nack(true);
                }
                default -> {
                    copy.failures++;
                    back(name, copy, often || copy.failures == ATTEMPTS, now() + RETRY.toNanos());
                    delivery.fail(new Exception("no"));
                }
            }
        }

        private void back(String name, Copy copy, boolean last, long due) {
            copy.due = due;
            if (last) {
                die(name, copy, Reason.DELIVERY_LIMIT);
            }
        }

        private void die(String name, Copy copy, Reason reason) {
            model.get(name).remove(copy);
            Copy letter = new Copy(copy.body, 0, orders++);
            letter.deaths.add(name + " " + reason);
            model.get("dead").add(letter);
        }

        /** Moves the clock in the smallest steps that matter, so that the model sees each death in its order. */
        private void passTime(int millis) {
            for (int i = 0; i < millis; i++) {
                bench.time.advance(Duration.ofMillis(1));
                expire();
            }
        }

        private void expire() {
            for (String name : QUEUES) {
                waiting(name).stream()
                        .filter(copy -> copy.due <= now() && copy.expires <= now())
                        .sorted(Comparator.<Copy>comparingLong(copy -> copy.expires)
                                .thenComparing(copy -> copy.order))
                        .forEach(copy -> die(name, copy, Reason.EXPIRED));
            }
        }

        void check(Action action) {
            // A message that came back after its time is dead at the next alarm, which may be this very instant.
            bench.time.advance(Duration.ZERO);
            expire();
            queues.forEach((name, queue) -> {
                List<Copy> ready = ready(name);
                assertThat(queue.browse(99).stream().map(Message::body).sorted())
                        .as("%s after %s", name, action)
                        .isEqualTo(
                                ready.stream().map(copy -> copy.body).sorted().toList());
                if (!name.equals("dead")) {
                    assertThat(queue.browse(99))
                            .as("%s after %s", name, action)
                            .extracting(Message::body)
                            .isEqualTo(ready.stream().map(copy -> copy.body).toList());
                    long held = model.get(name).stream()
                            .filter(copy -> copy.held != null)
                            .count();
                    assertThat(queue.inspect())
                            .as("after %s", action)
                            .isEqualTo(new Queue.State(
                                    name, ready.size(), waiting(name).size() - ready.size(), (int) held, 0, 0, 0));
                }
            });
            queues.get("dead")
                    .browse(99)
                    .forEach(letter -> assertThat(Death.of(letter.headers()))
                            .singleElement()
                            .satisfies(death -> assertThat(model.get("dead"))
                                    .anyMatch(copy -> copy.body.equals(letter.body())
                                            && copy.deaths.contains(death.queue() + " " + death.reason()))));
        }

        private List<Copy> waiting(String name) {
            return model.get(name).stream().filter(copy -> copy.held == null).toList();
        }

        private List<Copy> ready(String name) {
            return waiting(name).stream()
                    .filter(copy -> copy.due <= now())
                    .sorted(Comparator.<Copy>comparingInt(copy -> -copy.priority)
                            .thenComparing(copy -> copy.order))
                    .toList();
        }

        private List<Copy> held() {
            return QUEUES.stream()
                    .flatMap(name -> model.get(name).stream())
                    .filter(copy -> copy.held != null)
                    .toList();
        }
    }
}
