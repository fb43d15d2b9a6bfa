package dev.tenfold.queue.testing;

import dev.tenfold.queue.Broker;
import dev.tenfold.queue.Confirm;
import dev.tenfold.queue.Death;
import dev.tenfold.queue.Delivery;
import dev.tenfold.queue.Exchange;
import dev.tenfold.queue.Message;
import dev.tenfold.queue.PublishRejectedException;
import dev.tenfold.queue.Queue;
import dev.tenfold.queue.QueueOptions;
import dev.tenfold.queue.QueueOptions.Overflow;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/**
 * Exchanges of every kind with alternates and bindings among each other, queues with limits, priorities, times to live and dead
 * letters, and what is done with them: bound, unbound, published, delayed, taken, held, given back, tried again. {@link #play} does it
 * with a broker, {@link TopologyModel} in the plainest way there is; both say what came of it.
 *
 * <p>Nothing here depends on how long anything takes. What is to expire or to come later is waited for before the next step, so that
 * a slow broker has the same outcome as a quick one.
 */
public record RandomTopology(List<ExchangeSpec> exchanges, List<QueueSpec> queues, List<Step> steps) {

    static final List<String> KEYS = List.of("", "a", "b", "a.b", "b.b", "a.b.c", "a.c");
    static final List<String> BINDING_KEYS = List.of("a", "b", "a.b", "a.*", "#", "*.b", "a.#.c", "", "#.b.#", "*");
    static final List<Map<String, Object>> HEADERS =
            List.of(Map.of(), Map.of("h", 1), Map.of("h", 1, "g", "x"), Map.of("g", "y"), Map.of("h", 2, "g", "x"));
    static final List<Map<String, Object>> ARGUMENTS = List.of(
            Map.of(),
            Map.of("x-match", "all", "h", 1),
            Map.of("x-match", "any", "h", 1, "g", "x"),
            Map.of("x-match", "all", "h", 1, "g", "x"));

    /** An exchange; its alternate is the number of another one, or -1. */
    public record ExchangeSpec(Exchange.Kind kind, int alternate) {}

    /** A queue; no limit if {@code maxLength} is 0. In a brief one everything expires at once. */
    public record QueueSpec(
            int maxLength, boolean dropsHead, boolean hasDeadLetters, int maxPriority, boolean isBrief) {}

    /** What a topology has. */
    public enum Flavour {
        /**
         * What AMQP alone has: no bindings between exchanges, alternates, limits, priorities, dead letters, further keys, and no
         * place for what is given back.
         */
        PLAIN,
        /** Everything but time. */
        LIMITED,
        /**
         * Times to live, delays and retries. No limits, because what has expired behind another message counts in RabbitMQ until it
         * comes to the front, and no priorities, because then it is not known what is in front.
         */
        TIMED
    }

    /** How long a message may live. */
    public enum Life {
        UNLIMITED,
        /** Longer than any test. */
        LONG,
        /** Until somebody looks. */
        BRIEF
    }

    /** What becomes of a message that was taken. */
    public enum Fate {
        ACKNOWLEDGED,
        REJECTED,
        /** It stays with who took it, for {@link Settle}. */
        HELD
    }

    /**
     * Where and how it is done.
     *
     * @param prefix of all names
     * @param dead dead letters to wait for, since they may come a little later
     * @param exact whether deliveries are counted, and what has expired goes wherever it stands; in RabbitMQ a delivery is known only
     *     to have been or not, and what has expired stays until it comes to the front
     * @param clock lets time pass
     */
    public record Stage(String prefix, int dead, boolean exact, Consumer<Duration> clock) {}

    private static final Duration MOMENT = Duration.ofMillis(1);
    private static final int LOOKS = 30_000;

    /** What is done. Numbers are taken by the remainder, so that any fits. */
    public sealed interface Step {}

    /** Binds or unbinds. */
    public record Bind(boolean unbind, int exchange, boolean toQueue, int target, int key, int arguments)
            implements Step {}

    /** Publishes, with a second key if {@code copy} is not negative. */
    public record Publish(int exchange, int key, int headers, int priority, int copy, Life life) implements Step {}

    /** Publishes straight to a queue, in a moment, and waits for it. */
    public record Delay(int queue) implements Step {}

    /** Takes the first message of a queue. */
    public record Take(int queue, Fate fate) implements Step {}

    /** Settles what is held, if anything is. */
    public record Settle(int held, boolean acknowledges) implements Step {}

    /**
     * Gives back what is held, if anything is, and holds what is first in its queue then: by that, it is known to have come back.
     */
    public record GiveBack(int held) implements Step {}

    /** Takes the first message of a queue; if it was the only one, it fails, comes again, and is acknowledged then. */
    public record Retry(int queue) implements Step {}

    /**
     * What came of it.
     *
     * @param answers to each publish and take, in order
     * @param left in each queue at the end, in order
     * @param dead the dead letters of each queue by reason, in order
     */
    public record Outcome(List<String> answers, Map<String, List<String>> left, Map<String, List<String>> dead) {}

    /**
     * Makes topologies.
     *
     * @param flavour what they have
     * @return shrinks to few steps
     */
    public static Arbitrary<RandomTopology> any(Flavour flavour) {
        boolean plain = flavour == Flavour.PLAIN;
        boolean timed = flavour == Flavour.TIMED;
        Arbitrary<Integer> number = Arbitraries.integers().between(0, 59);
        Arbitrary<Exchange.Kind> kinds =
                Arbitraries.of(Exchange.Kind.DIRECT, Exchange.Kind.FANOUT, Exchange.Kind.TOPIC, Exchange.Kind.HEADERS);
        Arbitrary<ExchangeSpec> exchange = Combinators.combine(
                        kinds,
                        plain ? Arbitraries.just(-1) : Arbitraries.integers().between(-1, 3))
                .as(ExchangeSpec::new);
        Arbitrary<Boolean> either = Arbitraries.of(true, false);
        Arbitrary<QueueSpec> limited = Combinators.combine(
                        Arbitraries.integers().between(0, 4), either, either, Arbitraries.of(0, 0, 3))
                .as((length, drops, dead, priority) -> new QueueSpec(length, drops, dead, priority, false));
        Arbitrary<QueueSpec> queue = switch (flavour) {
            case PLAIN -> Arbitraries.just(new QueueSpec(0, false, false, 0, false));
            case LIMITED -> limited;
            case TIMED ->
                Combinators.combine(either, Arbitraries.of(false, false, true))
                        .as((dead, brief) -> new QueueSpec(0, false, dead, 0, brief));
        };
        Arbitrary<Boolean> unbind = Arbitraries.of(false, false, false, true);
        // Where arguments tell no bindings apart, keys must.
        Arbitrary<Integer> keyed = Arbitraries.integers().between(0, BINDING_KEYS.size() - 1);
        Arbitrary<Step> bind = plain
                ? Combinators.combine(unbind, number, number, keyed)
                        .as((un, from, to, key) -> new Bind(un, from, true, to, key, key))
                : Combinators.combine(unbind, number, Arbitraries.of(true, true, false), number, number, number)
                        .as(Bind::new);
        // To Qpid the empty key has a word.
        Arbitrary<Integer> routed = Arbitraries.integers().between(plain ? 1 : 0, KEYS.size() - 1);
        Arbitrary<Step> publish = Combinators.combine(
                        number,
                        routed,
                        number,
                        Arbitraries.integers().between(0, 3),
                        plain ? Arbitraries.just(-1) : Arbitraries.integers().between(-3, 9),
                        timed ? Arbitraries.of(Life.values()) : Arbitraries.just(Life.UNLIMITED))
                .as(Publish::new);
        Arbitrary<Step> take = Combinators.combine(
                        number,
                        plain ? Arbitraries.of(Fate.ACKNOWLEDGED, Fate.REJECTED) : Arbitraries.of(Fate.values()))
                .as(Take::new);
        Arbitrary<Step> settle = Combinators.combine(number, either).as(Settle::new);
        Arbitrary<Step> back = number.map(GiveBack::new);
        Arbitrary<Step> step = switch (flavour) {
            case PLAIN -> Arbitraries.frequencyOf(Tuple.of(4, bind), Tuple.of(6, publish), Tuple.of(1, take));
            case LIMITED ->
                Arbitraries.frequencyOf(
                        Tuple.of(8, bind),
                        Tuple.of(12, publish),
                        Tuple.of(4, take),
                        Tuple.of(1, settle),
                        Tuple.of(2, back));
            case TIMED ->
                Arbitraries.frequencyOf(
                        Tuple.of(8, bind),
                        Tuple.of(12, publish),
                        Tuple.of(4, take),
                        Tuple.of(1, settle),
                        Tuple.of(2, back),
                        Tuple.of(2, number.map(Delay::new)),
                        Tuple.of(2, number.map(Retry::new)));
        };
        return Combinators.combine(
                        exchange.list().ofMinSize(1).ofMaxSize(4),
                        queue.list().ofMinSize(1).ofMaxSize(4),
                        step.list().ofMaxSize(60))
                .as(RandomTopology::new);
    }

    <T> T pick(List<T> list, int number) {
        return list.get(number % list.size());
    }

    /** Which arguments tell bindings apart is not plain AMQP's business, so only headers exchanges have any. */
    Map<String, Object> arguments(Bind bind) {
        boolean headers = pick(exchanges, bind.exchange()).kind() == Exchange.Kind.HEADERS;
        return headers ? pick(ARGUMENTS, bind.arguments()) : Map.of();
    }

    Message<String> message(Publish publish, int number) {
        Message<String> message = Message.of("m" + number)
                .headers(pick(HEADERS, publish.headers()))
                .priority(publish.priority());
        message = switch (publish.life()) {
            case UNLIMITED -> message;
            case LONG -> message.ttl(Duration.ofHours(1));
            case BRIEF -> message.ttl(MOMENT);
        };
        return publish.copy() < 0 ? message : message.header(Message.CC, List.of(pick(KEYS, publish.copy())));
    }

    /** Says how an answer names a delivery. */
    static String named(String body, int deliveries, boolean counts) {
        return deliveries == 0 ? body : counts ? body + " again " + deliveries : body + " again";
    }

    /**
     * Does it all with a broker, and deletes everything again.
     *
     * @param broker for messages of text
     * @param stage where and how
     * @return what came of it
     * @throws Exception as the broker likes
     */
    public Outcome play(Broker broker, Stage stage) throws Exception {
        return new Play(broker, stage).run();
    }

    /** A message that was taken from a queue. */
    private record Held(int queue, Delivery<String> delivery) {}

    /** One run, with one broker. */
    private final class Play {

        private final Broker broker;
        private final Stage stage;
        private final List<Exchange<String>> made = new ArrayList<>();
        private final List<Queue<String>> declared = new ArrayList<>();
        private final List<Held> held = new ArrayList<>();
        private final List<String> answers = new ArrayList<>();

        Play(Broker broker, Stage stage) {
            this.broker = broker;
            this.stage = stage;
        }

        Outcome run() throws Exception {
            String prefix = stage.prefix();
            boolean hasDead = queues.stream().anyMatch(QueueSpec::hasDeadLetters);
            Queue<String> dead = hasDead ? broker.queue(prefix + "dead", String.class) : null;
            try {
                for (int i = 0; i < exchanges.size(); i++) {
                    made.add(declare(broker, prefix, i));
                }
                for (int i = 0; i < queues.size(); i++) {
                    QueueSpec spec = queues.get(i);
                    declared.add(
                            broker.queue(prefix + "q" + i, String.class, options -> options(options, spec, prefix)));
                }
                for (Step step : steps) {
                    step(step);
                }
                for (Held each : held) {
                    done(each.delivery().nack(true));
                }
                Map<String, List<String>> left = new TreeMap<>();
                for (int i = 0; i < declared.size(); i++) {
                    List<String> bodies = new ArrayList<>();
                    for (String next = take(i, Fate.ACKNOWLEDGED);
                            !next.equals("EMPTY");
                            next = take(i, Fate.ACKNOWLEDGED)) {
                        bodies.add(next);
                    }
                    left.put("q" + i, bodies);
                }
                return new Outcome(answers, left, dead == null ? Map.of() : deaths(dead, prefix, stage.dead()));
            } finally {
                declared.forEach(Queue::delete);
                made.forEach(Exchange::delete);
                if (dead != null) {
                    dead.delete();
                }
            }
        }

        private void step(Step step) throws Exception {
            if (step instanceof Bind bind) {
                bind(bind, made, declared);
            } else if (step instanceof Publish publish) {
                answers.add(published(publish));
            } else if (step instanceof Delay delay) {
                answers.add(delay(delay.queue() % queues.size()));
            } else if (step instanceof Take take) {
                answers.add(take(take.queue() % queues.size(), take.fate()));
            } else if (step instanceof Retry retry) {
                answers.add(retry(retry.queue() % queues.size()));
            } else if (step instanceof Settle settle && !held.isEmpty()) {
                Delivery<String> delivery =
                        held.remove(settle.held() % held.size()).delivery();
                done(settle.acknowledges() ? delivery.ack() : delivery.reject());
            } else if (step instanceof GiveBack back && !held.isEmpty()) {
                Held one = held.remove(back.held() % held.size());
                done(one.delivery().nack(true));
                answers.add(take(one.queue(), Fate.HELD));
            }
        }

        private void await(BooleanSupplier condition) {
            for (int looks = 0; !condition.getAsBoolean(); looks++) {
                if (looks == LOOKS) {
                    throw new AssertionError("what was to happen has not, after " + answers);
                }
                stage.clock().accept(MOMENT);
            }
        }

        private int ready(int queue) {
            return declared.get(queue).inspect().ready();
        }

        private String published(Publish publish) throws Exception {
            Map<Integer, Integer> passing = new TreeMap<>();
            for (int i = 0; i < queues.size(); i++) {
                int before = ready(i);
                if (queues.get(i).isBrief() || (publish.life() == Life.BRIEF && (before == 0 || stage.exact()))) {
                    passing.put(i, before);
                }
            }
            String answer = publish(pick(made, publish.exchange()), publish, answers.size());
            if (publish.life() == Life.BRIEF) {
                stage.clock().accept(MOMENT.multipliedBy(5));
            }
            await(() -> passing.entrySet().stream().allMatch(each -> ready(each.getKey()) == each.getValue()));
            return answer;
        }

        private String delay(int queue) throws Exception {
            int before = ready(queue);
            Message<String> message = Message.of("m" + answers.size()).delay(MOMENT);
            String name = declared.get(queue).name();
            Confirm confirm = done(broker.defaultExchange(String.class).publish(name, message));
            if (queues.get(queue).isBrief()) {
                stage.clock().accept(MOMENT.multipliedBy(5));
            } else {
                await(() -> ready(queue) == before + 1);
            }
            return confirm.toString();
        }

        private String take(int queue, Fate fate) throws Exception {
            Optional<Delivery<String>> found = declared.get(queue).poll();
            if (found.isEmpty()) {
                return "EMPTY";
            }
            Delivery<String> delivery = found.get();
            switch (fate) {
                case ACKNOWLEDGED -> done(delivery.ack());
                case REJECTED -> done(delivery.reject());
                case HELD -> held.add(new Held(queue, delivery));
            }
            return named(delivery.body(), delivery.deliveryCount(), stage.exact());
        }

        private String retry(int queue) throws Exception {
            Optional<Delivery<String>> found = declared.get(queue).poll();
            if (found.isEmpty()) {
                return "EMPTY";
            }
            Delivery<String> first = found.get();
            if (ready(queue) > 0) {
                done(first.ack());
                return first.body();
            }
            done(first.retryAfter(MOMENT, new Exception("not yet")));
            await(() -> ready(queue) == 1);
            Delivery<String> second = declared.get(queue).poll().orElseThrow();
            done(second.ack());
            return first.body() + ", then " + second.body() + " attempt " + second.attempt()
                    + (second.redelivered() ? " again" : "");
        }
    }

    private static <T> T done(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    private Exchange<String> declare(Broker broker, String prefix, int number) {
        ExchangeSpec spec = exchanges.get(number);
        return broker.exchange(
                spec.kind(),
                prefix + "x" + number,
                String.class,
                options -> spec.alternate() < 0
                        ? options
                        : options.alternate(prefix + "x" + spec.alternate() % exchanges.size()));
    }

    private static QueueOptions options(QueueOptions options, QueueSpec spec, String prefix) {
        QueueOptions chosen = spec.maxLength() == 0 ? options : options.maxLength(spec.maxLength());
        chosen = spec.dropsHead() ? chosen.overflow(Overflow.DROP_HEAD) : chosen;
        chosen = spec.isBrief() ? chosen.ttl(MOMENT) : chosen;
        chosen = spec.hasDeadLetters() ? chosen.deadLetterTo(prefix + "dead") : chosen;
        return chosen.maxPriority(spec.maxPriority());
    }

    private void bind(Bind bind, List<Exchange<String>> made, List<Queue<String>> declared) {
        Exchange<String> exchange = pick(made, bind.exchange());
        String key = pick(BINDING_KEYS, bind.key());
        Map<String, Object> arguments = arguments(bind);
        if (bind.toQueue()) {
            Queue<String> queue = pick(declared, bind.target());
            if (bind.unbind()) {
                exchange.unbind(queue, key, arguments);
            } else {
                exchange.bind(queue, key, arguments);
            }
        } else {
            Exchange<String> target = pick(made, bind.target());
            if (bind.unbind()) {
                exchange.unbind(target, key, arguments);
            } else {
                exchange.bind(target, key, arguments);
            }
        }
    }

    private String publish(Exchange<String> exchange, Publish publish, int number) throws Exception {
        try {
            return done(exchange.publish(pick(KEYS, publish.key()), message(publish, number)))
                    .toString();
        } catch (ExecutionException refused) {
            if (refused.getCause() instanceof PublishRejectedException) {
                return "REJECTED";
            }
            throw refused;
        }
    }

    /** Of one queue and reason they come in order; of several, in any. */
    private static Map<String, List<String>> deaths(Queue<String> dead, String prefix, int expected) throws Exception {
        Map<String, List<String>> found = new TreeMap<>();
        int count = 0;
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (true) {
            Optional<Delivery<String>> next = dead.poll();
            if (next.isPresent()) {
                Death death = Death.of(next.get().headers()).get(0);
                String source = death.queue().substring(prefix.length()) + " " + death.reason();
                found.computeIfAbsent(source, first -> new ArrayList<>())
                        .add(next.get().body());
                done(next.get().ack());
                count++;
            } else if (count >= expected || System.nanoTime() > end) {
                return found;
            }
        }
    }
}
