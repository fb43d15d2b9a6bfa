package dev.tenfold.queue;

import dev.tenfold.queue.BrokerBuilder.Environment;
import dev.tenfold.error.Validation;
import dev.tenfold.observe.Measurement;
import dev.tenfold.queue.Exchange.Kind;
import dev.tenfold.queue.log.QueueLog;
import dev.tenfold.queue.routing.DirectRouter;
import dev.tenfold.queue.routing.FanoutRouter;
import dev.tenfold.queue.routing.Router;
import dev.tenfold.queue.routing.TopicRouter;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A broker in memory: the names of its parts, and its end. */
final class MemoryBroker implements Broker {

    private final Environment given;
    private final DeadLetters deadLetters = new DeadLetters(this);

    /** Orders declarations among each other and with closing. */
    private final ReentrantLock declaring = new ReentrantLock();

    private final ConcurrentMap<String, MemoryExchange<?>> exchanges = new ConcurrentHashMap<>();

    /** Each queue alone in a list, which is what a router returns. Written under the lock. */
    private final ConcurrentMap<String, List<MemoryQueue<?>>> queues = new ConcurrentHashMap<>();

    /** Queues that exist only because another one sends its dead letters there. Guarded by the lock. */
    private final Set<String> implied = new HashSet<>();

    /** Set once, when the broker begins to close. */
    private volatile @Nullable Drain drain;

    private final CompletableFuture<DrainReport> report = new CompletableFuture<>();

    MemoryBroker(Environment given, QueueLog log) {
        this.given = given;
    }

    Environment given() {
        return given;
    }

    DeadLetters deadLetters() {
        return deadLetters;
    }

    boolean isClosed() {
        return drain != null;
    }

    /** A queue changed, which may have been the last thing to wait for. */
    void progressed() {
        Drain running = drain;
        if (running != null) {
            running.check();
        }
    }

    @Override
    @SuppressWarnings({"unchecked", "rawtypes"}) // it checks the type of each message instead
    public <E> Exchange<E> defaultExchange(Class<E> type) {
        checkOpen("the default exchange");
        return new MemoryExchange<>(this, "", type, Kind.DEFAULT, new Named<>((Map) queues));
    }

    @SuppressWarnings("unchecked") // of the same type if nothing was noted
    @Override
    public <E> Exchange<E> exchange(Kind kind, String name, Class<E> type, UnaryOperator<Exchange.Options> options) {
        Validation check = Validation.of("exchange '" + name + "'");
        Names.check(check, "name", name);
        check.throwIfInvalid();
        declaring.lock();
        try {
            checkOpen("exchange '" + name + "'");
            MemoryExchange<?> known = exchanges.get(name);
            if (known == null) {
                MemoryExchange<E> made = new MemoryExchange<>(this, name, type, kind, router(kind));
                exchanges.put(name, made);
                return made;
            }
            Names.same(check, "kind", known.kind(), kind);
            Names.same(check, "type", known.type().getName(), type.getName());
            check.throwIfInvalid();
            return (MemoryExchange<E>) known;
        } finally {
            declaring.unlock();
        }
    }

    private static <T> Router<T> router(Kind kind) {
        return switch (kind) {
            case DIRECT -> new DirectRouter<>();
            case FANOUT -> new FanoutRouter<>();
            case TOPIC -> new TopicRouter<>();
            default -> throw new IllegalArgumentException("there is one default exchange, and it is not declared");
        };
    }

    @Override
    public <E> Queue<E> queue(String name, Class<E> type, UnaryOperator<QueueOptions> options) {
        Objects.requireNonNull(type, "type");
        QueueOptions wanted = options.apply(QueueOptions.defaults());
        Validation check = Validation.of("queue '" + name + "'");
        Names.check(check, "name", name);
        wanted.validate(check);
        declaring.lock();
        try {
            checkOpen("queue '" + name + "'");
            MemoryQueue<?> known = find(name);
            if (known != null && implied.contains(name)) {
                check.require(
                        type.isAssignableFrom(known.type()),
                        "type",
                        type.getName(),
                        "one that holds " + known.type().getName() + ", whose dead letters come here");
            } else if (known != null) {
                Names.same(check, "type", known.type().getName(), type.getName());
                known.options().compare(check, wanted);
            }
            String dead = wanted.deadLetterTo();
            MemoryQueue<?> deadQueue = dead == null ? null : find(dead);
            if (deadQueue != null) {
                check.require(
                        deadQueue.type().isAssignableFrom(type),
                        "deadLetterTo",
                        dead + " of " + deadQueue.type().getName(),
                        "one that holds " + type.getName());
            }
            check.throwIfInvalid();
            MemoryQueue<E> queue = declare(name, type, wanted, known);
            if (dead != null && deadQueue == null && !dead.equals(name)) {
                declare(dead, type, QueueOptions.defaults(), null);
                implied.add(dead);
            }
            return queue;
        } finally {
            declaring.unlock();
        }
    }

    @SuppressWarnings("unchecked") // a known queue holds this type: checked by the caller
    private <E> MemoryQueue<E> declare(
            String name, Class<E> type, QueueOptions options, @Nullable MemoryQueue<?> known) {
        if (known == null) {
            MemoryQueue<E> made = new MemoryQueue<>(name, type, options, this);
            queues.put(name, List.of(made));
            return made;
        }
        MemoryQueue<E> queue = (MemoryQueue<E>) known;
        if (implied.remove(name)) {
            queue.redeclare(type, options);
        }
        return queue;
    }

    private void checkOpen(String what) {
        if (isClosed()) {
            throw new IllegalStateException(what + " cannot be declared: the broker is closed");
        }
    }

    private @Nullable MemoryQueue<?> find(String name) {
        List<MemoryQueue<?>> found = queues.get(name);
        return found == null ? null : found.get(0);
    }

    /** Returns a queue that another was declared with; it holds the other's type, which was checked then. */
    @SuppressWarnings("unchecked")
    <E> MemoryQueue<E> deadLetterQueue(String name) {
        return (MemoryQueue<E>) Objects.requireNonNull(find(name), name);
    }

    private Stream<MemoryQueue<?>> sortedQueues() {
        return new TreeMap<>(queues).values().stream().map(alone -> alone.get(0));
    }

    @Override
    public List<Measurement> measurements() {
        List<Measurement> all = new ArrayList<>();
        new TreeMap<>(exchanges).values().forEach(exchange -> all.addAll(exchange.measurements()));
        sortedQueues().forEach(queue -> all.addAll(queue.measurements()));
        return List.copyOf(all);
    }

    @Override
    public <E> Queue<E> temporaryQueue(Class<E> type) {
        throw new UnsupportedOperationException("temporaryQueue");
    }

    @Override
    public Transaction transaction() {
        throw new UnsupportedOperationException("transaction");
    }

    private record Named<T>(Map<String, List<T>> queues) implements Router<T> {

        @Override
        public List<T> route(String routingKey, Map<String, Object> headers) {
            return queues.getOrDefault(routingKey, List.of());
        }

        @Override
        public boolean bind(T target, String key, Map<String, @Nullable Object> arguments) {
            throw fixed();
        }

        @Override
        public boolean unbind(T target, String key, Map<String, @Nullable Object> arguments) {
            throw fixed();
        }

        @Override
        public void forEachBinding(Visitor<? super T> visitor) {
            queues.forEach((name, queue) -> queue.forEach(target -> visitor.visit(name, Map.of(), target)));
        }

        private static UnsupportedOperationException fixed() {
            return new UnsupportedOperationException(
                    "the default exchange leads to every queue by its name; bind to another");
        }
    }

    @Override
    public String describe() {
        StringBuilder text = new StringBuilder();
        new TreeMap<>(exchanges).forEach((name, exchange) -> describe(text, exchange));
        sortedQueues()
                .forEach(queue -> text.append("queue ")
                        .append(queue.name())
                        .append(" of ")
                        .append(queue.type().getName())
                        .append(": ")
                        .append(queue.options())
                        .append("\n  ")
                        .append(queue.inspect())
                        .append('\n'));
        return text.toString();
    }

    private static <E> void describe(StringBuilder text, MemoryExchange<E> exchange) {
        text.append("exchange ")
                .append(exchange.name())
                .append(" of ")
                .append(exchange.type().getName())
                .append(": ")
                .append(exchange.kind())
                .append('\n');
        List<String> bindings = new ArrayList<>();
        exchange.router().forEachBinding((key, arguments, queue) -> bindings.add("  '" + key + "' -> " + queue.name() + "\n"));
        bindings.stream().sorted().forEach(text::append);
    }

    @Override
    public void close() {
        close(DEFAULT_DRAIN);
    }

    @Override
    public DrainReport close(Duration deadline) {
        Drain mine = beginClosing(deadline);
        if (mine == null) {
            return report.join();
        }
        List<MemoryQueue<?>> all = sortedQueues().toList();
        all.forEach(MemoryQueue::closeIntake);
        mine.await();
        all.forEach(MemoryQueue::closeConsumers);
        DrainReport result = new DrainReport(
                mine.took(),
                all.stream()
                        .<Queue.State>map(MemoryQueue::inspect)
                        .filter(state -> state.messages() > 0)
                        .toList());
        given.tell(
                result.isClean() ? Level.INFO : Level.WARNING,
                "broker/memory",
                "broker.closed",
                "closed with " + result.messages() + " messages left in "
                        + result.left().size() + " queues",
                Map.of("left", result.left()));
        report.complete(result);
        return result;
    }

    /** Returns null if somebody else closes it. */
    private @Nullable Drain beginClosing(Duration deadline) {
        declaring.lock();
        try {
            if (drain != null) {
                return null;
            }
            Drain mine = new Drain(given, sortedQueues().toList(), deadLetters, deadline);
            drain = mine;
            return mine;
        } finally {
            declaring.unlock();
        }
    }
}
