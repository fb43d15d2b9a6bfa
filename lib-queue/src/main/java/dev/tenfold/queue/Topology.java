package dev.tenfold.queue;

import dev.tenfold.error.Validation;
import dev.tenfold.queue.Exchange.Kind;
import dev.tenfold.queue.LogFormat.BindingDefinition;
import dev.tenfold.queue.LogFormat.ExchangeDefinition;
import dev.tenfold.queue.LogFormat.QueueDefinition;
import dev.tenfold.queue.Queue.DeleteIf;
import dev.tenfold.queue.log.QueueLog.Change;
import dev.tenfold.queue.log.QueueLog.Change.Declared;
import dev.tenfold.queue.log.QueueLog.Change.Undeclared;
import dev.tenfold.queue.routing.DirectRouter;
import dev.tenfold.queue.routing.FanoutRouter;
import dev.tenfold.queue.routing.HashRouter;
import dev.tenfold.queue.routing.HeadersRouter;
import dev.tenfold.queue.routing.Router;
import dev.tenfold.queue.routing.TopicRouter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which exchanges, queues and bindings there are.
 *
 * <h2>Concurrency</h2>
 *
 * One lock orders all that changes them, among each other and with closing. Under this lock a queue's lock may be taken and the
 * log be written, never the other way round.
 *
 * <p>Routing reads without it. A message sees the bindings of one exchange at one instant. Where it goes on to another exchange it
 * sees that one's at another, later instant, as in RabbitMQ: a way that was cut at its beginning and extended at its end meanwhile
 * may be found though it never was there as a whole. A queue is deleted at the instant at which it takes no message any more; that
 * it is still found by its name or its bindings for a moment makes no difference, because it answers that it is gone.
 */
final class Topology {

    private final MemoryBroker broker;
    private final ReentrantLock lock = new ReentrantLock();
    private final ConcurrentMap<String, MemoryExchange<?>> exchanges = new ConcurrentHashMap<>();

    /** Each queue alone in a list, which is what a router returns. Written under the lock. */
    private final ConcurrentMap<String, List<Destination>> queues = new ConcurrentHashMap<>();

    /** Queues that exist only because another one sends its dead letters there. Guarded by the lock. */
    private final Set<String> implied = new HashSet<>();

    private final DefaultRouter defaultRouter = new DefaultRouter(queues);

    Topology(MemoryBroker broker) {
        this.broker = broker;
    }

    void locked(Runnable action) {
        lock.lock();
        try {
            action.run();
        } finally {
            lock.unlock();
        }
    }

    private void checkOpen(String what) {
        if (broker.isClosed()) {
            throw new IllegalStateException(what + " cannot be declared: the broker is closed");
        }
    }

    // Exchanges

    <E> Exchange<E> defaultExchange(Class<E> type) {
        checkOpen("the default exchange");
        return new MemoryExchange<>(
                broker, "", type, type.getName(), Kind.DEFAULT, Exchange.Options.defaults(), defaultRouter);
    }

    @SuppressWarnings("unchecked") // of the same type if nothing was noted
    <E> Exchange<E> exchange(Kind kind, String name, Class<E> type, Exchange.Options options) {
        Validation check = Validation.of("exchange '" + name + "'");
        Names.check(check, "name", name);
        check.require(kind != Kind.DEFAULT, "kind", kind, "another one; there is one default exchange");
        String alternate = options.alternate();
        if (alternate != null) {
            Names.check(check, "alternate", alternate);
        }
        check.require(
                options.hashHeader() == null || kind == Kind.HASH,
                "hashHeader",
                options.hashHeader(),
                "a HASH exchange");
        check.throwIfInvalid();
        lock.lock();
        try {
            checkOpen("exchange '" + name + "'");
            MemoryExchange<?> known = exchanges.get(name);
            if (known == null) {
                if (options.isDurable()) {
                    write(new Declared(
                            "exchange " + name, LogFormat.exchange(definition(kind, type.getName(), options))));
                }
                MemoryExchange<E> made =
                        new MemoryExchange<>(broker, name, type, type.getName(), kind, options, router(kind, options));
                exchanges.put(name, made);
                return made;
            }
            Names.same(check, "kind", known.kind(), kind);
            Names.same(check, "type", known.typeName(), type.getName());
            Names.same(check, "alternate", known.options().alternate(), alternate);
            Names.same(check, "hashHeader", known.options().hashHeader(), options.hashHeader());
            Names.same(check, "autoDelete", known.options().isAutoDelete(), options.isAutoDelete());
            Names.same(check, "durable", known.options().isDurable(), options.isDurable());
            check.throwIfInvalid();
            MemoryExchange<E> same = (MemoryExchange<E>) known;
            same.type(type);
            return same;
        } finally {
            lock.unlock();
        }
    }

    private static ExchangeDefinition definition(Kind kind, String typeName, Exchange.Options options) {
        return new ExchangeDefinition(kind, typeName, options);
    }

    private static Router<Destination> router(Kind kind, Exchange.Options options) {
        return switch (kind) {
            case DIRECT -> new DirectRouter<>();
            case FANOUT -> new FanoutRouter<>();
            case TOPIC -> new TopicRouter<>();
            case HEADERS -> new HeadersRouter<>();
            case HASH -> new HashRouter<>(options.hashHeader(), Destination::label);
            case DEFAULT -> throw new IllegalArgumentException("there is one default exchange, and it is not declared");
        };
    }

    // Queues

    <E> MemoryQueue<E> queue(String name, Class<E> type, QueueOptions wanted) {
        Objects.requireNonNull(type, "type");
        Validation check = Validation.of("queue '" + name + "'");
        Names.check(check, "name", name);
        wanted.validate(check);
        check.require(
                wanted.maxBytes() == Long.MAX_VALUE || broker.given().codecs().canSize(type),
                "maxBytes",
                wanted.maxBytes(),
                "a way to know sizes; call BrokerBuilder.sizeOf or codec for " + type.getName());
        lock.lock();
        try {
            checkOpen("queue '" + name + "'");
            MemoryQueue<?> known = find(name);
            compare(check, known, name, type, wanted);
            String dead = wanted.deadLetterTo();
            MemoryQueue<?> deadQueue = dead == null ? null : find(dead);
            if (deadQueue != null && deadQueue.typeOrNull() != null) {
                check.require(
                        deadQueue.type().isAssignableFrom(type),
                        "deadLetterTo",
                        dead + " of " + deadQueue.typeName(),
                        "one that holds " + type.getName());
            }
            check.throwIfInvalid();
            MemoryQueue<E> queue = declare(name, type, wanted, known);
            if (dead != null && deadQueue == null && !dead.equals(name)) {
                implied.add(dead);
                declare(dead, type, QueueOptions.defaults(), null);
            }
            return queue;
        } finally {
            lock.unlock();
        }
    }

    private void compare(
            Validation check, @Nullable MemoryQueue<?> known, String name, Class<?> type, QueueOptions wanted) {
        if (known == null) {
            return;
        }
        if (!implied.contains(name)) {
            Names.same(check, "type", known.typeName(), type.getName());
            known.options().compare(check, wanted);
        } else if (known.typeOrNull() != null) {
            check.require(
                    type.isAssignableFrom(known.type()),
                    "type",
                    type.getName(),
                    "one that holds " + known.typeName() + ", whose dead letters come here");
        }
    }

    @SuppressWarnings("unchecked") // a known queue holds this type: checked by the caller
    private <E> MemoryQueue<E> declare(
            String name, Class<E> type, QueueOptions options, @Nullable MemoryQueue<?> known) {
        MemoryQueue<E> queue = (MemoryQueue<E>) known;
        boolean stays = implied.contains(name) && known == null;
        if (queue == null || implied.contains(name)) {
            if (options.isDurable()) {
                write(new Declared(
                        "queue " + name, LogFormat.queue(new QueueDefinition(type.getName(), stays, options))));
            }
        }
        if (queue == null) {
            queue = new MemoryQueue<>(name, type, type.getName(), options, broker);
            queues.put(name, List.of(queue));
            queue.declaredAgain();
        } else if (implied.remove(name) || queue.typeOrNull() == null) {
            queue.redeclare(type, options);
        } else {
            queue.declaredAgain();
        }
        return queue;
    }

    private @Nullable MemoryQueue<?> find(String name) {
        List<Destination> found = queues.get(name);
        return found == null ? null : (MemoryQueue<?>) found.get(0);
    }

    /** Returns the queue of a name alone, or none. Its type is to be compared with each message. */
    @SuppressWarnings("unchecked")
    <E> List<MemoryQueue<E>> named(String name) {
        MemoryQueue<?> found = find(name);
        return found == null ? List.of() : List.of((MemoryQueue<E>) found);
    }

    Stream<MemoryQueue<?>> sortedQueues() {
        return new TreeMap<>(queues).values().stream().map(alone -> (MemoryQueue<?>) alone.get(0));
    }

    Stream<MemoryExchange<?>> sortedExchanges() {
        return new TreeMap<>(exchanges).values().stream();
    }

    // Bindings

    void bind(MemoryExchange<?> source, Destination target, String key, Map<String, @Nullable Object> arguments) {
        lock.lock();
        try {
            checkThere(source);
            checkThere(target);
            if (target instanceof MemoryExchange) {
                source.leadsOn();
            }
            boolean added = source.router().bind(target, key, arguments);
            target.sources().add(source);
            if (added && isKept(source, target)) {
                BindingDefinition definition = new BindingDefinition(
                        source.name(), target instanceof MemoryExchange, target.name(), key, arguments);
                try {
                    write(new Declared(bindingKey(source, target, key, arguments), LogFormat.binding(definition)));
                } catch (RuntimeException logIsStuck) {
                    source.router().unbind(target, key, arguments);
                    throw logIsStuck;
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private void checkThere(Destination end) {
        boolean there = end instanceof MemoryExchange<?> exchange ? !exchange.isDeleted() : find(end.name()) == end;
        if (!there) {
            throw new IllegalStateException(end.label() + " cannot be bound: it is deleted");
        }
    }

    private static boolean isKept(MemoryExchange<?> source, Destination target) {
        return source.options().isDurable()
                && (target instanceof MemoryQueue<?> queue
                        ? queue.options().isDurable()
                        : ((MemoryExchange<?>) target).options().isDurable());
    }

    private static String bindingKey(
            MemoryExchange<?> source, Destination target, String key, Map<String, @Nullable Object> arguments) {
        return "binding " + source.name() + '\0' + target.label() + '\0' + key + '\0' + new TreeMap<>(arguments);
    }

    boolean unbind(MemoryExchange<?> source, Destination target, String key, Map<String, @Nullable Object> arguments) {
        lock.lock();
        try {
            boolean removed = source.router().unbind(target, key, arguments);
            if (removed && isKept(source, target)) {
                write(new Undeclared(bindingKey(source, target, key, arguments)));
            }
            if (removed) {
                deleteIfDone(source);
            }
            return removed;
        } finally {
            lock.unlock();
        }
    }

    private void deleteIfDone(MemoryExchange<?> source) {
        if (source.options().isAutoDelete()
                && !source.isDeleted()
                && source.router().isEmpty()) {
            delete(source, true);
        }
    }

    // Ends

    <E> boolean delete(MemoryQueue<E> queue, List<DeleteIf> conditions) {
        lock.lock();
        try {
            List<Entry<E>> left = queue.end(conditions);
            if (left == null) {
                return find(queue.name()) != queue;
            }
            List<Change> changes = new ArrayList<>();
            queues.remove(queue.name());
            implied.remove(queue.name());
            changes.add(new Undeclared("queue " + queue.name()));
            unbindAll(queue, changes);
            broker.log().removed(left);
            if (queue.options().isDurable()) {
                write(changes.toArray(Change[]::new));
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    boolean delete(MemoryExchange<?> exchange, boolean ifUnused) {
        lock.lock();
        try {
            if (exchange.isDeleted()) {
                return true;
            }
            if (ifUnused && !exchange.router().isEmpty()) {
                return false;
            }
            exchange.markDeleted();
            exchanges.remove(exchange.name());
            List<Change> changes = new ArrayList<>();
            changes.add(new Undeclared("exchange " + exchange.name()));
            exchange.router().forEachBinding((key, arguments, target) -> {
                if (isKept(exchange, target)) {
                    changes.add(new Undeclared(bindingKey(exchange, target, key, arguments)));
                }
            });
            unbindAll(exchange, changes);
            if (exchange.options().isDurable()) {
                write(changes.toArray(Change[]::new));
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void unbindAll(Destination target, List<Change> changes) {
        for (MemoryExchange<?> source : List.copyOf(target.sources())) {
            source.router().forEachBinding((key, arguments, bound) -> {
                if (bound == target && isKept(source, target)) {
                    changes.add(new Undeclared(bindingKey(source, target, key, arguments)));
                }
            });
            source.router().unbindAll(target);
            deleteIfDone(source);
        }
        target.sources().clear();
    }

    private void write(Change... changes) {
        if (broker.log().isOn()) {
            // Definitions come before what depends on them because of the order in the log; nobody waits for the disk.
            var unused = broker.log().ask(List.of(changes));
        }
    }

    // Routing

    /** Follows a message through every exchange it comes to, each once, and returns every queue it comes to, each once. */
    @SuppressWarnings("unchecked") // the type of each queue is to be compared with the message
    <E> List<MemoryQueue<E>> resolve(MemoryExchange<?> first, Message<E> message) {
        List<String> keys = message.routingKeys();
        Set<MemoryQueue<E>> found = new LinkedHashSet<>();
        Set<MemoryExchange<?>> seen = new HashSet<>();
        ArrayDeque<MemoryExchange<?>> work = new ArrayDeque<>();
        seen.add(first);
        work.add(first);
        for (MemoryExchange<?> exchange = work.poll(); exchange != null; exchange = work.poll()) {
            boolean matched = false;
            for (String key : keys) {
                for (Destination target : exchange.router().route(key, message.headers())) {
                    matched = true;
                    if (target instanceof MemoryExchange<?> next) {
                        if (seen.add(next)) {
                            work.add(next);
                        }
                    } else {
                        found.add((MemoryQueue<E>) target);
                    }
                }
            }
            String alternate = matched ? null : exchange.options().alternate();
            MemoryExchange<?> other = alternate == null ? null : exchanges.get(alternate);
            if (other != null && seen.add(other)) {
                work.add(other);
            }
        }
        return List.copyOf(found);
    }

    /** Routes a message by the name of its exchange; one that is not there leads nowhere. */
    <E> List<MemoryQueue<E>> route(Message<E> message) {
        MemoryExchange<?> exchange = exchanges.get(message.exchange());
        return exchange == null ? List.of() : resolve(exchange, message);
    }

    // Restoring

    /** Puts back what was declared in an earlier life. Called before the broker is seen by anybody. */
    void restore(String key, byte[] content) {
        String kind = key.substring(0, key.indexOf(' '));
        switch (kind) {
            case "exchange" -> {
                String name = key.substring(kind.length() + 1);
                ExchangeDefinition known = LogFormat.exchange(content);
                exchanges.put(
                        name,
                        new MemoryExchange<>(
                                broker,
                                name,
                                null,
                                known.typeName(),
                                known.kind(),
                                known.options(),
                                router(known.kind(), known.options())));
            }
            case "queue" -> {
                String name = key.substring(kind.length() + 1);
                QueueDefinition known = LogFormat.queue(content);
                queues.put(name, List.of(new MemoryQueue<>(name, null, known.typeName(), known.options(), broker)));
                if (known.implied()) {
                    implied.add(name);
                }
            }
            case "binding" -> restore(LogFormat.binding(content));
            default ->
                throw new IllegalArgumentException(
                        "a definition in the log: " + kind + " (expected: exchange, queue or binding)");
        }
    }

    private void restore(BindingDefinition known) {
        MemoryExchange<?> source = exchanges.get(known.source());
        Destination target = known.toExchange() ? exchanges.get(known.target()) : find(known.target());
        if (source != null && target != null) {
            if (target instanceof MemoryExchange) {
                source.leadsOn();
            }
            source.router().bind(target, known.key(), known.arguments());
            target.sources().add(source);
        }
    }
}
