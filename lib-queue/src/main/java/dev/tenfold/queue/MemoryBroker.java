package dev.tenfold.queue;

import dev.tenfold.Codec;
import dev.tenfold.observe.Measurement;
import dev.tenfold.queue.BrokerBuilder.Environment;
import dev.tenfold.queue.BrokerBuilder.Propagation;
import dev.tenfold.queue.log.QueueLog;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A broker in memory, with a log or without: its parts, and its end. */
final class MemoryBroker implements Broker {

    private final Environment given;
    private final BrokerLog log;
    private final Alarms alarms;
    private final AtomicLong numbers = new AtomicLong();
    private final AtomicLong temporary = new AtomicLong();
    private final Topology topology = new Topology(this);
    private final DeadLetters deadLetters = new DeadLetters(this);
    private final Requests requests = new Requests(this);

    /** Whether messages are changed on their way in. */
    private final boolean plain;

    /** Set once, when the broker begins to close. */
    private volatile @Nullable Drain drain;

    private final CompletableFuture<DrainReport> report = new CompletableFuture<>();

    /** Puts back what the log holds; nobody else has the log. */
    MemoryBroker(Environment given, QueueLog log) {
        this.given = given;
        this.alarms = new Alarms(given);
        this.plain = !given.strict() && given.propagation() == Propagation.NONE;
        if (log.isDurable()) {
            Restoring restoring = new Restoring(given, log);
            this.log = new BrokerLog(given, log);
            restoring.into(topology, this.log);
        } else {
            this.log = new BrokerLog(given, log);
        }
    }

    Environment given() {
        return given;
    }

    BrokerLog log() {
        return log;
    }

    Alarms alarms() {
        return alarms;
    }

    Topology topology() {
        return topology;
    }

    DeadLetters deadLetters() {
        return deadLetters;
    }

    Requests requests() {
        return requests;
    }

    long nextNumber() {
        return numbers.incrementAndGet();
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

    /** Adds the context, and takes the body through its codec, where that is wanted. */
    <E> Message<E> outgoing(Message<E> message) {
        return plain ? message : changed(message);
    }

    @SuppressWarnings("unchecked") // a codec's decode gives what its encode was given
    private <E> Message<E> changed(Message<E> message) {
        E body = message.body();
        if (given.strict()) {
            Class<?> home = given.codecs().home(Objects.requireNonNull(body).getClass());
            Codec<Object> codec = (Codec<Object>) given.codecs().of(home);
            body = (E) codec.decode(codec.encode(body));
        }
        Map<String, Object> headers = message.headers();
        if (given.propagation() != Propagation.NONE) {
            Map<String, Object> more = new LinkedHashMap<>(headers);
            given.propagation().inject(more::put);
            headers = Map.copyOf(more);
        }
        return new Message<>(body, headers, message.exchange(), message.routingKey(), message.propertiesOrNull());
    }

    @Override
    public <E> Exchange<E> exchange(
            Exchange.Kind kind, String name, Class<E> type, UnaryOperator<Exchange.Options> options) {
        return topology.exchange(kind, name, type, options.apply(Exchange.Options.defaults()));
    }

    @Override
    public <E> Exchange<E> defaultExchange(Class<E> type) {
        return topology.defaultExchange(type);
    }

    @Override
    public <E> Queue<E> queue(String name, Class<E> type, UnaryOperator<QueueOptions> options) {
        return topology.queue(name, type, options.apply(QueueOptions.defaults()));
    }

    @Override
    public <E> Queue<E> temporaryQueue(Class<E> type) {
        return topology.queue(
                "tenfold.gen-" + temporary.incrementAndGet(),
                type,
                QueueOptions.defaults().autoDelete().durable(false));
    }

    @Override
    public Transaction transaction() {
        if (isClosed()) {
            throw new IllegalStateException("no transaction can begin: the broker is closed");
        }
        return new MemoryTransaction(this);
    }

    @Override
    public List<Measurement> measurements() {
        List<Measurement> all = new ArrayList<>();
        topology.sortedExchanges().forEach(exchange -> all.addAll(exchange.measurements()));
        topology.sortedQueues().forEach(queue -> all.addAll(queue.measurements()));
        return List.copyOf(all);
    }

    @Override
    public String describe() {
        StringBuilder text = new StringBuilder();
        topology.sortedExchanges().forEach(exchange -> describe(text, exchange));
        topology.sortedQueues()
                .forEach(queue -> text.append("queue ")
                        .append(queue.name())
                        .append(" of ")
                        .append(queue.typeName())
                        .append(": ")
                        .append(queue.options())
                        .append("\n  ")
                        .append(queue.inspect())
                        .append('\n'));
        return text.toString();
    }

    private static void describe(StringBuilder text, MemoryExchange<?> exchange) {
        text.append("exchange ")
                .append(exchange.name())
                .append(" of ")
                .append(exchange.typeName())
                .append(": ")
                .append(exchange.kind())
                .append(exchange.options().equals(Exchange.Options.defaults()) ? "" : " " + exchange.options())
                .append('\n');
        List<String> bindings = new ArrayList<>();
        exchange.router()
                .forEachBinding((key, arguments, target) -> bindings.add("  '" + key + "'"
                        + (arguments.isEmpty() ? "" : " " + arguments) + " -> "
                        + (target instanceof MemoryExchange ? target.label() : target.name()) + "\n"));
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
        List<MemoryQueue<?>> all = topology.sortedQueues().toList();
        all.forEach(MemoryQueue::closeIntake);
        mine.await();
        all.forEach(MemoryQueue::closeConsumers);
        all.forEach(MemoryQueue::cancelAlarm);
        requests.close();
        log.log().close();
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
        Drain[] begun = new Drain[1];
        topology.locked(() -> {
            if (drain == null) {
                begun[0] = new Drain(given, topology.sortedQueues().toList(), deadLetters, deadline);
                drain = begun[0];
            }
        });
        return begun[0];
    }
}
