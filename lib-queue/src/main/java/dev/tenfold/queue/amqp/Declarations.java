package dev.tenfold.queue.amqp;

import com.rabbitmq.client.Channel;
import dev.tenfold.error.Validation;
import dev.tenfold.observe.Measurement;
import dev.tenfold.queue.Exchange;
import dev.tenfold.queue.Queue;
import dev.tenfold.queue.QueueOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What this process has declared: the same name is the same exchange or queue, and after a connection was lost everything is
 * declared again, in the order in which it first was. Thread-safe; the lock is held while RabbitMQ answers, so that what is
 * here is there.
 */
final class Declarations {

    private final RabbitBroker broker;
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by the lock

    private final Map<String, RabbitExchange<?>> exchanges = new LinkedHashMap<>();
    private final Map<String, RabbitQueue<?>> queues = new LinkedHashMap<>();
    private final Set<Binding> bindings = new LinkedHashSet<>();

    /** Queues that were declared here only because another one sends its dead letters there. */
    private final Set<String> implied = new HashSet<>();

    private volatile Duration longestBlock = Duration.ZERO;

    Declarations(RabbitBroker broker) {
        this.broker = broker;
    }

    /** A binding that was made here. */
    record Binding(String from, String to, boolean toQueue, String key, Map<String, Object> arguments) {

        static Binding of(RabbitQueue<?> queue, String exchange, String key, Map<String, Object> arguments) {
            return new Binding(exchange, queue.name(), true, key, arguments);
        }

        static Binding of(RabbitExchange<?> to, String exchange, String key, Map<String, Object> arguments) {
            return new Binding(exchange, to.name(), false, key, arguments);
        }

        void declare(Channel channel) throws IOException {
            if (toQueue) {
                channel.queueBind(to, from, key, arguments);
            } else {
                channel.exchangeBind(to, from, key, arguments);
            }
        }
    }

    /** Declares an exchange whose options are valid. */
    <E> Exchange<E> exchange(Exchange.Kind kind, String name, Class<E> type, Exchange.Options chosen) {
        lock.lock();
        try {
            RabbitExchange<?> held = exchanges.get(name);
            if (held != null) {
                Validation check = Validation.of("exchange '" + name + "'");
                check.require(held.kind() == kind, "kind", kind, held.kind() + ", as it was declared first");
                requireSame(check, held.type(), type);
                check.require(
                        held.options().equals(chosen),
                        "options",
                        chosen,
                        held.options() + ", as it was declared first");
                check.throwIfInvalid();
                return typed(held);
            }
            RabbitExchange<E> made = new RabbitExchange<>(broker, name, type, kind, chosen);
            broker.channels().call("exchange '" + name + "'", channel -> {
                made.declare(channel);
                return made;
            });
            exchanges.put(name, made);
            return made;
        } finally {
            lock.unlock();
        }
    }

    private static void requireSame(Validation check, Class<?> held, Class<?> type) {
        check.require(held == type, "type", type.getName(), held.getName() + ", as it was declared first");
    }

    /** Only after the types were compared. */
    @SuppressWarnings("unchecked")
    private static <E> RabbitExchange<E> typed(RabbitExchange<?> held) {
        return (RabbitExchange<E>) held;
    }

    /** Only after the types were compared. */
    @SuppressWarnings("unchecked")
    private static <E> RabbitQueue<E> typed(RabbitQueue<?> held) {
        return (RabbitQueue<E>) held;
    }

    /** Declares a queue whose options are valid. */
    <E> Queue<E> queue(String name, Class<E> type, QueueOptions chosen) {
        lock.lock();
        try {
            RabbitQueue<?> held = queues.get(name);
            if (held != null) {
                Validation check = Validation.of("queue '" + name + "'");
                requireSame(check, held.type(), type);
                held.options().compare(check, chosen);
                check.throwIfInvalid();
                return typed(held);
            }
            return declare(new RabbitQueue<>(broker, name, type, chosen, false));
        } finally {
            lock.unlock();
        }
    }

    /** Declares a queue that goes with its last consumer and with the connection. */
    <E> Queue<E> temporaryQueue(String name, Class<E> type) {
        lock.lock();
        try {
            return declare(new RabbitQueue<>(
                    broker, name, type, QueueOptions.defaults().autoDelete(), true));
        } finally {
            lock.unlock();
        }
    }

    private <E> RabbitQueue<E> declare(RabbitQueue<E> queue) {
        String dead = queue.options().deadLetterTo();
        if (dead != null && !queues.containsKey(dead) && !dead.equals(queue.name())) {
            declareUnlessThere(new RabbitQueue<>(broker, dead, queue.type(), QueueOptions.defaults(), false));
        }
        if (implied.remove(queue.name()) && !queue.options().equals(QueueOptions.defaults())) {
            // It was to be as it is declared now. If it is in use already, the declaration is refused.
            var unused = queue.deleteIf(true, true);
        }
        broker.channels().call("queue '" + queue.name() + "'", channel -> {
            queue.declare(channel);
            return queue;
        });
        queues.put(queue.name(), queue);
        if (queue.options().overflow() == QueueOptions.Overflow.BLOCK
                && queue.options().blockTimeout().compareTo(longestBlock) > 0) {
            longestBlock = queue.options().blockTimeout();
        }
        return queue;
    }

    /** Another process may have declared it with options of its own. */
    private void declareUnlessThere(RabbitQueue<?> queue) {
        try {
            broker.channels()
                    .call("queue '" + queue.name() + "'", channel -> channel.queueDeclarePassive(queue.name()));
        } catch (IllegalStateException absent) {
            broker.channels().call("queue '" + queue.name() + "'", channel -> {
                queue.declare(channel);
                return queue;
            });
            implied.add(queue.name());
        }
    }

    /** How long a publisher waits for room at most, 0 where no queue makes it wait. */
    Duration longestBlock() {
        return longestBlock;
    }

    List<RabbitQueue<?>> queues() {
        lock.lock();
        try {
            return List.copyOf(queues.values());
        } finally {
            lock.unlock();
        }
    }

    void remember(Binding binding) {
        lock.lock();
        try {
            bindings.add(binding);
        } finally {
            lock.unlock();
        }
    }

    boolean forget(Binding binding) {
        lock.lock();
        try {
            return bindings.remove(binding);
        } finally {
            lock.unlock();
        }
    }

    void forget(RabbitQueue<?> queue) {
        lock.lock();
        try {
            queues.remove(queue.name(), queue);
            bindings.removeIf(each -> each.toQueue() && each.to().equals(queue.name()));
        } finally {
            lock.unlock();
        }
    }

    void forget(RabbitExchange<?> exchange) {
        lock.lock();
        try {
            exchanges.remove(exchange.name(), exchange);
            bindings.removeIf(each -> each.from().equals(exchange.name())
                    || (!each.toQueue() && each.to().equals(exchange.name())));
        } finally {
            lock.unlock();
        }
    }

    /** Declares everything once more. */
    void redeclare() {
        lock.lock();
        try {
            broker.channels().call("the declarations of this process", channel -> {
                for (RabbitExchange<?> exchange : exchanges.values()) {
                    exchange.declare(channel);
                }
                for (RabbitQueue<?> queue : queues.values()) {
                    queue.declare(channel);
                }
                for (Binding each : bindings) {
                    each.declare(channel);
                }
                return true;
            });
        } finally {
            lock.unlock();
        }
    }

    /** Writes exchanges with their bindings, then queues, each by name. */
    void describe(StringBuilder text) {
        lock.lock();
        try {
            new TreeMap<>(exchanges).forEach((name, exchange) -> {
                text.append("exchange ")
                        .append(name)
                        .append(' ')
                        .append(exchange.kind())
                        .append('\n');
                for (Binding each : bindings) {
                    if (each.from().equals(name)) {
                        text.append("  '")
                                .append(each.key())
                                .append(each.toQueue() ? "' -> queue " : "' -> exchange ")
                                .append(each.to())
                                .append('\n');
                    }
                }
            });
            new TreeMap<>(queues)
                    .forEach((name, queue) -> text.append("queue ")
                            .append(name)
                            .append(' ')
                            .append(queue.options())
                            .append(", ")
                            .append(queue.unsettled())
                            .append(" unsettled here\n"));
        } finally {
            lock.unlock();
        }
    }

    List<Measurement> measurements() {
        List<Measurement> all = new ArrayList<>();
        lock.lock();
        try {
            exchanges.values().forEach(exchange -> all.addAll(exchange.measurements()));
            queues.values().forEach(queue -> all.addAll(queue.measurements()));
        } finally {
            lock.unlock();
        }
        return all;
    }
}
