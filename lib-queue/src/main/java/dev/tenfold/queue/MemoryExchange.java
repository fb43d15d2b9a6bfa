package dev.tenfold.queue;

import dev.tenfold.error.UnavailableException;
import dev.tenfold.observe.Measurement;
import dev.tenfold.queue.routing.Router;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** An exchange in memory: a router and what it counts. */
final class MemoryExchange<E> implements Exchange<E>, Destination {

    /** The usual answers, completed once for all. A stage, unlike a future, cannot be completed anew by who gets it. */
    private static final CompletionStage<Confirm> ROUTED = CompletableFuture.completedStage(Confirm.ROUTED);

    private static final CompletionStage<Confirm> UNROUTED = CompletableFuture.completedStage(Confirm.UNROUTED);

    private final MemoryBroker broker;
    private final String name;
    private final Kind kind;
    private final Options options;
    private final Router<Destination> router;
    private final Set<MemoryExchange<?>> sources = new HashSet<>(2);
    private final LongAdder published = new LongAdder();
    private final LongAdder unrouted = new LongAdder();
    private final LongAdder rejected = new LongAdder();

    /** Null in an exchange out of the log that nobody has declared again yet. */
    private volatile @Nullable Class<E> type;

    private final String typeName;

    /** Whether its bindings lead to queues only, whose types were compared when they were bound. */
    private volatile boolean direct;

    private volatile boolean deleted;
    private volatile java.util.function.@Nullable Consumer<? super Message<E>> returns;

    MemoryExchange(
            MemoryBroker broker,
            String name,
            @Nullable Class<E> type,
            String typeName,
            Kind kind,
            Options options,
            Router<Destination> router) {
        this.broker = broker;
        this.name = name;
        this.type = type;
        this.typeName = typeName;
        this.kind = kind;
        this.options = options;
        this.router = router;
        this.direct = options.alternate() == null && kind != Kind.DEFAULT;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Class<E> type() {
        return Objects.requireNonNull(type, "type");
    }

    @Nullable
    Class<E> typeOrNull() {
        return type;
    }

    String typeName() {
        return typeName;
    }

    void type(Class<E> explicit) {
        type = explicit;
    }

    @Override
    public Kind kind() {
        return kind;
    }

    @Override
    public Options options() {
        return options;
    }

    Router<Destination> router() {
        return router;
    }

    @Override
    public Set<MemoryExchange<?>> sources() {
        return sources;
    }

    MemoryBroker broker() {
        return broker;
    }

    /** From now on its bindings may lead anywhere. */
    void leadsOn() {
        direct = false;
    }

    boolean isDeleted() {
        return deleted;
    }

    void markDeleted() {
        deleted = true;
    }

    // Bindings

    @Override
    public void bind(Queue<? super E> queue, String bindingKey, Map<String, ? extends @Nullable Object> arguments) {
        Names.checkBindingKey(kind, bindingKey);
        broker.topology().bind(this, own(queue), bindingKey, copy(arguments));
    }

    @Override
    public boolean unbind(
            Queue<? super E> queue, String bindingKey, Map<String, ? extends @Nullable Object> arguments) {
        return broker.topology().unbind(this, own(queue), bindingKey, copy(arguments));
    }

    @Override
    public void bind(
            Exchange<? super E> exchange, String bindingKey, Map<String, ? extends @Nullable Object> arguments) {
        Names.checkBindingKey(kind, bindingKey);
        broker.topology().bind(this, own(exchange), bindingKey, copy(arguments));
    }

    @Override
    public boolean unbind(
            Exchange<? super E> exchange, String bindingKey, Map<String, ? extends @Nullable Object> arguments) {
        return broker.topology().unbind(this, own(exchange), bindingKey, copy(arguments));
    }

    private static Map<String, @Nullable Object> copy(Map<String, ? extends @Nullable Object> arguments) {
        return arguments.isEmpty() ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(arguments));
    }

    /** A queue of a wider type holds this exchange's messages as well. */
    private Destination own(Queue<? super E> queue) {
        if (!(queue instanceof MemoryQueue<? super E> own) || own.broker() != broker) {
            throw new IllegalArgumentException("queue: " + queue.name() + " (expected: one of this broker)");
        }
        if (!own.type().isAssignableFrom(type())) {
            throw new IllegalArgumentException("queue: " + queue.name() + " of "
                    + own.type().getName() + " (expected: one that holds " + type().getName() + ")");
        }
        return own;
    }

    private Destination own(Exchange<? super E> exchange) {
        if (exchange.kind() == Kind.DEFAULT) {
            throw new UnsupportedOperationException("nothing can be bound to the default exchange");
        }
        if (!(exchange instanceof MemoryExchange<? super E> own) || own.broker != broker) {
            throw new IllegalArgumentException("exchange: " + exchange.name() + " (expected: one of this broker)");
        }
        if (!own.type().isAssignableFrom(type())) {
            throw new IllegalArgumentException("exchange: " + exchange.name() + " of "
                    + own.type().getName() + " (expected: one that takes " + type().getName() + ")");
        }
        return own;
    }

    @Override
    public void delete() {
        checkDeletable();
        broker.topology().delete(this, false);
    }

    @Override
    public boolean deleteIfUnused() {
        checkDeletable();
        return broker.topology().delete(this, true);
    }

    private void checkDeletable() {
        if (kind == Kind.DEFAULT) {
            throw new UnsupportedOperationException("the default exchange cannot be deleted");
        }
    }

    // Publishing

    @Override
    public CompletionStage<Confirm> publish(String routingKey, E message) {
        return send(new Message<>(Objects.requireNonNull(message, "message"), Map.of(), name, routingKey, null));
    }

    @Override
    public CompletionStage<Confirm> publish(String routingKey, E message, Map<String, ?> headers) {
        return send(new Message<>(
                Objects.requireNonNull(message, "message"),
                headers.isEmpty() ? Map.of() : Map.copyOf(headers),
                name,
                routingKey,
                null));
    }

    @Override
    public CompletionStage<Confirm> publish(String routingKey, Message<? extends E> message) {
        return send(here(routingKey, message));
    }

    /** A copy as published here. */
    Message<E> here(String routingKey, Message<? extends E> message) {
        return new Message<>(message.body(), message.headers(), name, routingKey, message.propertiesOrNull());
    }

    @Override
    public List<CompletionStage<Confirm>> publishAll(String routingKey, List<? extends Message<? extends E>> messages) {
        Names.checkKey("routingKey", routingKey);
        List<CompletionStage<Confirm>> confirms = new ArrayList<>(messages.size());
        for (Message<? extends E> message : messages) {
            confirms.add(send(here(routingKey, message), confirms.size() + 1 < messages.size()));
        }
        return Collections.unmodifiableList(confirms);
    }

    private CompletionStage<Confirm> send(Message<E> draft) {
        return send(draft, false);
    }

    /** Publishes, and says whether more messages follow at once. */
    private CompletionStage<Confirm> send(Message<E> draft, boolean more) {
        Message<E> message = checked(draft);
        published.increment();
        if (direct && !CarbonCopies.in(message.headers()) && !broker.log().isOn()) {
            return sendDirectly(message);
        }
        return dispatch(message, broker.topology().resolve(this, message), more);
    }

    /** Checks the key and the state, and adds what the broker adds to every message. */
    Message<E> checked(Message<E> draft) {
        Names.checkKey("routingKey", draft.routingKey());
        if (deleted) {
            throw new IllegalStateException("exchange '" + name + "' is deleted");
        }
        return broker.outgoing(draft);
    }

    /** The usual way: bindings lead to queues, and every queue says yes. */
    private CompletionStage<Confirm> sendDirectly(Message<E> message) {
        List<Destination> targets = router.route(message.routingKey(), message.headers());
        if (targets.isEmpty()) {
            return unrouted(message);
        }
        Dispatch<E> dispatch = null;
        for (int i = 0; i < targets.size(); i++) {
            MemoryQueue<E> target = queue(targets.get(i));
            Entry<E> entry = target.entry(message);
            Admission<E> answer = target.admit(entry, false, false);
            if (dispatch != null || !answer.isPlain()) {
                dispatch = dispatch == null ? new Dispatch<>(broker, message, false, i) : dispatch;
                dispatch.note(target, entry, answer);
            }
        }
        return dispatch == null ? ROUTED : finish(message, dispatch, false);
    }

    @SuppressWarnings("unchecked") // its type was compared when it was bound, or is compared with each message
    private MemoryQueue<E> queue(Destination target) {
        return (MemoryQueue<E>) target;
    }

    private CompletionStage<Confirm> dispatch(Message<E> routed, List<MemoryQueue<E>> targets, boolean more) {
        Message<E> message = CarbonCopies.withoutBlind(routed);
        if (targets.isEmpty()) {
            return unrouted(message);
        }
        Dispatch<E> dispatch = new Dispatch<>(broker, message, false, 0);
        for (MemoryQueue<E> target : targets) {
            if (target.holds(message)) {
                dispatch.offer(target);
            } else {
                dispatch.refuse(
                        target,
                        "holds " + target.typeName() + ", not "
                                + message.body().getClass().getName());
            }
        }
        return finish(message, dispatch, more);
    }

    private CompletionStage<Confirm> unrouted(Message<E> message) {
        if (broker.isClosed()) {
            rejected.increment();
            return CompletableFuture.failedStage(PublishRejectedException.closed(name, message.routingKey()));
        }
        unrouted.increment();
        java.util.function.Consumer<? super Message<E>> handler = returns;
        if (handler != null && message.isMandatory()) {
            handler.accept(message);
        }
        return UNROUTED;
    }

    /** Every queue was asked; now put it in, bury what others dropped, and wait for those that are full. */
    private CompletionStage<Confirm> finish(Message<E> message, Dispatch<E> dispatch, boolean more) {
        broker.deadLetters().bury(dispatch.burials());
        if (!dispatch.isRouted()) {
            return unrouted(message);
        }
        CompletionStage<Void> written;
        try {
            written = dispatch.finish(null, more);
            if (dispatch.await()) {
                CompletionStage<Void> early = written;
                written = dispatch.finish(null).thenCompose(late -> early);
            }
        } catch (UnavailableException logIsStuck) {
            rejected.increment();
            return CompletableFuture.failedStage(logIsStuck);
        }
        if (!dispatch.refusals().isEmpty()) {
            rejected.increment();
            return CompletableFuture.failedStage(
                    PublishRejectedException.by(name, message.routingKey(), dispatch.refusals()));
        }
        return written == BrokerLog.DONE ? ROUTED : written.thenApply(done -> Confirm.ROUTED);
    }

    @Override
    public <R> CompletionStage<R> request(
            String routingKey, Message<? extends E> message, Class<R> answer, Duration timeout) {
        return broker.requests().request(this, routingKey, message, answer, timeout);
    }

    @Override
    public void onReturn(java.util.function.Consumer<? super Message<E>> handler) {
        returns = Objects.requireNonNull(handler, "handler");
    }

    @Override
    public List<Measurement> measurements() {
        Map<String, String> tags = Map.of("exchange", name);
        return List.of(
                Measurement.counter("tenfold.exchange.published", "Messages published", tags, published::sum),
                Measurement.counter("tenfold.exchange.unrouted", "Messages that led nowhere", tags, unrouted::sum),
                Measurement.counter("tenfold.exchange.rejected", "Messages a queue refused", tags, rejected::sum));
    }

    @Override
    public String toString() {
        return "Exchange['" + name + "', " + kind + " of " + typeName + "]";
    }
}
