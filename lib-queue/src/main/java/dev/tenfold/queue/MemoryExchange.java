package dev.tenfold.queue;

import dev.tenfold.observe.Measurement;
import dev.tenfold.queue.routing.Router;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** An exchange in memory: a router and what it counts. */
final class MemoryExchange<E> implements Exchange<E> {

    /** The usual answers, completed once for all. A stage, unlike a future, cannot be completed anew by who gets it. */
    private static final CompletionStage<Confirm> ROUTED = CompletableFuture.completedStage(Confirm.ROUTED);

    private static final CompletionStage<Confirm> UNROUTED = CompletableFuture.completedStage(Confirm.UNROUTED);

    private final MemoryBroker broker;
    private final String name;
    private final Class<E> type;
    private final Kind kind;
    private final Router<MemoryQueue<E>> router;
    private final LongAdder published = new LongAdder();
    private final LongAdder unrouted = new LongAdder();
    private final LongAdder rejected = new LongAdder();

    MemoryExchange(MemoryBroker broker, String name, Class<E> type, Kind kind, Router<MemoryQueue<E>> router) {
        this.broker = broker;
        this.name = name;
        this.type = type;
        this.kind = kind;
        this.router = router;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Class<E> type() {
        return type;
    }

    @Override
    public Kind kind() {
        return kind;
    }

    Router<MemoryQueue<E>> router() {
        return router;
    }

    @Override
    public Options options() {
        return Options.defaults();
    }

    @Override
    public void bind(Queue<? super E> queue, String bindingKey, Map<String, ? extends @Nullable Object> arguments) {
        Names.checkKey("bindingKey", bindingKey);
        router.bind(own(queue), bindingKey, Map.of());
    }

    @Override
    public boolean unbind(
            Queue<? super E> queue, String bindingKey, Map<String, ? extends @Nullable Object> arguments) {
        return router.unbind(own(queue), bindingKey, Map.of());
    }

    @Override
    public void bind(
            Exchange<? super E> exchange, String bindingKey, Map<String, ? extends @Nullable Object> arguments) {
        throw new UnsupportedOperationException("bind");
    }

    @Override
    public boolean unbind(
            Exchange<? super E> exchange, String bindingKey, Map<String, ? extends @Nullable Object> arguments) {
        throw new UnsupportedOperationException("unbind");
    }

    @Override
    public CompletionStage<Confirm> publish(String routingKey, Message<? extends E> message) {
        return publish(routingKey, message.body(), message.headers());
    }

    @Override
    public List<CompletionStage<Confirm>> publishAll(
            String routingKey, List<? extends Message<? extends E>> messages) {
        throw new UnsupportedOperationException("publishAll");
    }

    @Override
    public <R> CompletionStage<R> request(
            String routingKey, Message<? extends E> message, Class<R> answer, Duration timeout) {
        throw new UnsupportedOperationException("request");
    }

    @Override
    public void onReturn(java.util.function.Consumer<? super Message<E>> handler) {
        throw new UnsupportedOperationException("onReturn");
    }

    @Override
    public void delete() {
        throw new UnsupportedOperationException("delete");
    }

    @Override
    public boolean deleteIfUnused() {
        throw new UnsupportedOperationException("deleteIfUnused");
    }

    /** A queue of a wider type holds this exchange's messages as well. */
    @SuppressWarnings("unchecked")
    private MemoryQueue<E> own(Queue<? super E> queue) {
        if (!(queue instanceof MemoryQueue<? super E> own) || own.broker() != broker) {
            throw new IllegalArgumentException("queue: " + queue.name() + " (expected: one of this broker)");
        }
        if (!own.type().isAssignableFrom(type)) {
            throw new IllegalArgumentException("queue: " + queue.name() + " of "
                    + own.type().getName() + " (expected: one that holds " + type.getName() + ")");
        }
        return (MemoryQueue<E>) own;
    }

    @Override
    public CompletionStage<Confirm> publish(String routingKey, E message, Map<String, ?> headers) {
        Names.checkKey("routingKey", routingKey);
        Message<E> copy = new Message<>(
                Objects.requireNonNull(message, "message"),
                headers.isEmpty() ? Map.of() : Map.copyOf(headers),
                name,
                routingKey,
                null);
        published.increment();
        List<MemoryQueue<E>> targets = router.route(routingKey, copy.headers());
        if (targets.isEmpty()) {
            return unrouted(copy);
        }
        Dispatch<E> dispatch = null;
        for (int i = 0; i < targets.size(); i++) {
            MemoryQueue<E> target = targets.get(i);
            Admission<E> answer = offer(target, copy);
            if (!answer.isPlain()) {
                dispatch = dispatch == null ? new Dispatch<>() : dispatch;
                dispatch.note(target, answer);
            }
        }
        return dispatch == null ? ROUTED : finish(copy, dispatch);
    }

    /** Only the default exchange reaches queues whose type was not compared with its own when they were bound. */
    private Admission<E> offer(MemoryQueue<E> target, Message<E> message) {
        if (kind == Kind.DEFAULT && !target.type().isInstance(message.body())) {
            return Admission.refused("holds " + target.type().getName() + ", not "
                    + message.body().getClass().getName());
        }
        return target.offer(message, false);
    }

    private CompletionStage<Confirm> unrouted(Message<E> message) {
        if (broker.isClosed()) {
            rejected.increment();
            return CompletableFuture.failedStage(PublishRejectedException.closed(name, message.routingKey()));
        }
        unrouted.increment();
        return UNROUTED;
    }

    /** Every queue was asked; now wait for those that are full and bury what others dropped. */
    private CompletionStage<Confirm> finish(Message<E> message, Dispatch<E> dispatch) {
        Map<String, String> refusals = dispatch.finish(broker.deadLetters());
        if (refusals.isEmpty()) {
            return ROUTED;
        }
        rejected.increment();
        return CompletableFuture.failedStage(PublishRejectedException.by(name, message.routingKey(), refusals));
    }

    @Override
    public List<Measurement> measurements() {
        Map<String, String> tags = Map.of("exchange", name);
        return List.of(
                Measurement.counter("tenfold.exchange.published", "Messages published", tags, published::sum),
                Measurement.counter("tenfold.exchange.unrouted", "Messages that led nowhere", tags, unrouted::sum),
                Measurement.counter("tenfold.exchange.rejected", "Messages a queue refused", tags, rejected::sum));
    }

    /** The answers to one message that were not plain yes. */
    private static final class Dispatch<E> {

        private final List<MemoryQueue<E>> queues = new ArrayList<>(1);
        private final List<Admission<E>> answers = new ArrayList<>(1);

        void note(MemoryQueue<E> queue, Admission<E> answer) {
            queues.add(queue);
            answers.add(answer);
        }

        Map<String, String> finish(DeadLetters deadLetters) {
            Map<String, String> refusals = new LinkedHashMap<>();
            for (int i = 0; i < queues.size(); i++) {
                MemoryQueue<E> queue = queues.get(i);
                Admission<E> answer = answers.get(i);
                answer.dropped().forEach(head -> deadLetters.bury(queue, head, Death.Reason.MAXLEN));
                BlockedPublish<E> blocked = answer.blocked();
                String refusal = blocked == null ? answer.refusal() : queue.await(blocked);
                if (refusal != null) {
                    refusals.put(queue.name(), refusal);
                }
            }
            return refusals;
        }
    }
}
