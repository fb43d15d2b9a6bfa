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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/**
 * Exchanges of every kind with alternates and bindings among each other, queues with limits, priorities and dead letters, and what
 * is done with them: bound, unbound, published, taken. {@link #play} does it with a broker, {@link TopologyModel} in the plainest
 * way there is; both say what came of it.
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

    /** A queue; no limit if {@code maxLength} is 0. */
    public record QueueSpec(int maxLength, boolean dropsHead, boolean hasDeadLetters, int maxPriority) {}

    /** What is done. Numbers are taken by the remainder, so that any fits. */
    public sealed interface Step {}

    /** Binds or unbinds. */
    public record Bind(boolean unbind, int exchange, boolean toQueue, int target, int key, int arguments)
            implements Step {}

    /** Publishes, with a second key if {@code copy} is not negative. */
    public record Publish(int exchange, int key, int headers, int priority, int copy) implements Step {}

    /** Takes the first message of a queue, and acknowledges or rejects it. */
    public record Take(int queue, boolean rejects) implements Step {}

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
     * @param plain without what only RabbitMQ has: bindings between exchanges, alternates, limits, priorities, dead letters,
     *     further keys
     * @return shrinks to few steps
     */
    public static Arbitrary<RandomTopology> any(boolean plain) {
        Arbitrary<Integer> number = Arbitraries.integers().between(0, 59);
        Arbitrary<Exchange.Kind> kinds =
                Arbitraries.of(Exchange.Kind.DIRECT, Exchange.Kind.FANOUT, Exchange.Kind.TOPIC, Exchange.Kind.HEADERS);
        Arbitrary<ExchangeSpec> exchange = Combinators.combine(
                        kinds,
                        plain ? Arbitraries.just(-1) : Arbitraries.integers().between(-1, 3))
                .as(ExchangeSpec::new);
        Arbitrary<QueueSpec> rich = Arbitraries.oneOf(
                Combinators.combine(
                                Arbitraries.integers().between(0, 4),
                                Arbitraries.of(true, false),
                                Arbitraries.of(true, false))
                        .as((length, drops, dead) -> new QueueSpec(length, drops, dead, 0)),
                Arbitraries.of(true, false).map(dead -> new QueueSpec(0, false, dead, 3)));
        Arbitrary<QueueSpec> queue = plain ? Arbitraries.just(new QueueSpec(0, false, false, 0)) : rich;
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
                        plain ? Arbitraries.just(-1) : Arbitraries.integers().between(-3, 9))
                .as(Publish::new);
        Arbitrary<Step> take =
                Combinators.combine(number, Arbitraries.of(true, false)).as(Take::new);
        Arbitrary<Step> step = Arbitraries.frequencyOf(Tuple.of(4, bind), Tuple.of(6, publish), Tuple.of(1, take));
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
        return publish.copy() < 0 ? message : message.header(Message.CC, List.of(pick(KEYS, publish.copy())));
    }

    /**
     * Does it all with a broker, and deletes everything again.
     *
     * @param broker for messages of text
     * @param prefix of all names
     * @param expected dead letters to wait for, since they may come a little later
     * @return what came of it
     * @throws Exception as the broker likes
     */
    public Outcome play(Broker broker, String prefix, int expected) throws Exception {
        List<Exchange<String>> made = new ArrayList<>();
        List<Queue<String>> declared = new ArrayList<>();
        boolean hasDead = queues.stream().anyMatch(QueueSpec::hasDeadLetters);
        Queue<String> dead = hasDead ? broker.queue(prefix + "dead", String.class) : null;
        try {
            for (int i = 0; i < exchanges.size(); i++) {
                made.add(declare(broker, prefix, i));
            }
            for (int i = 0; i < queues.size(); i++) {
                QueueSpec spec = queues.get(i);
                declared.add(broker.queue(prefix + "q" + i, String.class, options -> options(options, spec, prefix)));
            }
            List<String> answers = new ArrayList<>();
            for (Step step : steps) {
                if (step instanceof Bind bind) {
                    bind(bind, made, declared);
                } else if (step instanceof Publish publish) {
                    answers.add(publish(pick(made, publish.exchange()), publish, answers.size()));
                } else if (step instanceof Take take) {
                    answers.add(take(pick(declared, take.queue()), take.rejects()));
                }
            }
            Map<String, List<String>> left = new TreeMap<>();
            for (int i = 0; i < declared.size(); i++) {
                left.put("q" + i, drain(declared.get(i)));
            }
            return new Outcome(answers, left, dead == null ? Map.of() : deaths(dead, prefix, expected));
        } finally {
            declared.forEach(Queue::delete);
            made.forEach(Exchange::delete);
            if (dead != null) {
                dead.delete();
            }
        }
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
            Confirm confirm = exchange.publish(pick(KEYS, publish.key()), message(publish, number))
                    .toCompletableFuture()
                    .get(20, TimeUnit.SECONDS);
            return confirm.toString();
        } catch (ExecutionException refused) {
            if (refused.getCause() instanceof PublishRejectedException) {
                return "REJECTED";
            }
            throw refused;
        }
    }

    private static String take(Queue<String> queue, boolean rejects) throws Exception {
        Optional<Delivery<String>> found = queue.poll();
        if (found.isEmpty()) {
            return "EMPTY";
        }
        Delivery<String> delivery = found.get();
        (rejects ? delivery.reject() : delivery.ack()).toCompletableFuture().get(20, TimeUnit.SECONDS);
        return delivery.body();
    }

    private static List<String> drain(Queue<String> queue) throws Exception {
        List<String> bodies = new ArrayList<>();
        for (String next = take(queue, false); !next.equals("EMPTY"); next = take(queue, false)) {
            bodies.add(next);
        }
        return bodies;
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
                next.get().ack().toCompletableFuture().get(20, TimeUnit.SECONDS);
                count++;
            } else if (count >= expected || System.nanoTime() > end) {
                return found;
            }
        }
    }
}
