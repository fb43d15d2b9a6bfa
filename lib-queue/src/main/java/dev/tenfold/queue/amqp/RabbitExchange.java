package dev.tenfold.queue.amqp;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import dev.tenfold.observe.Measurement;
import dev.tenfold.queue.Confirm;
import dev.tenfold.queue.Exchange;
import dev.tenfold.queue.Message;
import dev.tenfold.queue.PublishRejectedException;
import dev.tenfold.queue.Queue;
import dev.tenfold.queue.amqp.Declarations.Binding;
import dev.tenfold.queue.amqp.Wire.Outgoing;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** An exchange of RabbitMQ. */
final class RabbitExchange<E> implements Exchange<E> {

    private static final Duration FIRST_WAIT_FOR_ROOM = Duration.ofMillis(5);
    private static final Duration LONGEST_WAIT_FOR_ROOM = Duration.ofMillis(250);

    private final RabbitBroker broker;
    private final String name;
    private final Class<E> type;
    private final Kind kind;
    private final Options options;
    private final LongAdder published = new LongAdder();
    private final LongAdder unrouted = new LongAdder();
    private final LongAdder rejected = new LongAdder();
    private volatile @Nullable Consumer<? super Message<E>> onReturn;
    private volatile boolean deleted;

    RabbitExchange(RabbitBroker broker, String name, Class<E> type, Kind kind, Options options) {
        this.broker = broker;
        this.name = name;
        this.type = type;
        this.kind = kind;
        this.options = options;
    }

    void declare(Channel channel) throws IOException {
        Map<String, Object> arguments = new LinkedHashMap<>();
        if (options.alternate() != null) {
            arguments.put("alternate-exchange", options.alternate());
        }
        if (options.hashHeader() != null) {
            arguments.put("hash-header", options.hashHeader());
        }
        channel.exchangeDeclare(name, typeName(), options.isDurable(), options.isAutoDelete(), arguments);
    }

    private String typeName() {
        return switch (kind) {
            case DIRECT -> "direct";
            case FANOUT -> "fanout";
            case TOPIC -> "topic";
            case HEADERS -> "headers";
            case HASH -> "x-consistent-hash";
            case DEFAULT -> throw new IllegalStateException("the default exchange is never declared");
        };
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

    @Override
    public Options options() {
        return options;
    }

    @Override
    public void bind(Queue<? super E> queue, String bindingKey, Map<String, ? extends @Nullable Object> arguments) {
        RabbitQueue<?> own = own(queue);
        change("bind", bindingKey, arguments, (channel, table) -> {
            channel.queueBind(own.name(), name, bindingKey, table);
            return true;
        });
        broker.declarations().remember(Binding.of(own, name, bindingKey, wire(arguments)));
    }

    @Override
    public boolean unbind(
            Queue<? super E> queue, String bindingKey, Map<String, ? extends @Nullable Object> arguments) {
        RabbitQueue<?> own = own(queue);
        change("unbind", bindingKey, arguments, (channel, table) -> {
            channel.queueUnbind(own.name(), name, bindingKey, table);
            return true;
        });
        return broker.declarations().forget(Binding.of(own, name, bindingKey, wire(arguments)));
    }

    @Override
    public void bind(
            Exchange<? super E> exchange, String bindingKey, Map<String, ? extends @Nullable Object> arguments) {
        RabbitExchange<?> own = own(exchange);
        if (!broker.server().bindsExchanges()) {
            throw broker.server().without("bind to exchange '" + own.name() + "'");
        }
        change("bind", bindingKey, arguments, (channel, table) -> {
            channel.exchangeBind(own.name(), name, bindingKey, table);
            return true;
        });
        broker.declarations().remember(Binding.of(own, name, bindingKey, wire(arguments)));
    }

    @Override
    public boolean unbind(
            Exchange<? super E> exchange, String bindingKey, Map<String, ? extends @Nullable Object> arguments) {
        RabbitExchange<?> own = own(exchange);
        change("unbind", bindingKey, arguments, (channel, table) -> {
            channel.exchangeUnbind(own.name(), name, bindingKey, table);
            return true;
        });
        return broker.declarations().forget(Binding.of(own, name, bindingKey, wire(arguments)));
    }

    private interface Change {
        Boolean on(Channel channel, Map<String, Object> arguments) throws IOException;
    }

    private void change(
            String what, String bindingKey, Map<String, ? extends @Nullable Object> arguments, Change change) {
        requireNamed(what);
        RabbitBroker.checkKey("bindingKey", bindingKey);
        Map<String, Object> table = wire(arguments);
        String subject = "binding '" + bindingKey + "' of exchange '" + name + "'";
        if (what.equals("unbind")) {
            // RabbitMQ does not mind if there is no such binding, others do.
            var unused = broker.channels().callUnless(AMQP.NOT_FOUND, subject, channel -> change.on(channel, table));
        } else {
            broker.channels().call(subject, channel -> change.on(channel, table));
        }
    }

    private static Map<String, Object> wire(Map<String, ? extends @Nullable Object> arguments) {
        Map<String, Object> table = new LinkedHashMap<>();
        arguments.forEach((name, value) -> table.put(name, value == null ? null : Wire.toWire(value)));
        return table;
    }

    private void requireNamed(String what) {
        broker.requireOpen();
        if (kind == Kind.DEFAULT) {
            throw new UnsupportedOperationException(what + ": not on the default exchange, which leads to every queue");
        }
        requireThere();
    }

    private void requireThere() {
        if (deleted) {
            throw new IllegalStateException("exchange '" + name + "' was deleted");
        }
    }

    private RabbitQueue<?> own(Queue<? super E> queue) {
        if (!(queue instanceof RabbitQueue<? super E> own) || own.broker() != broker) {
            throw new IllegalArgumentException("queue: " + queue.name() + " (expected: one of this broker)");
        }
        requireHolds("queue", own.name(), own.type());
        return own;
    }

    private RabbitExchange<?> own(Exchange<? super E> exchange) {
        if (!(exchange instanceof RabbitExchange<? super E> own) || own.broker != broker) {
            throw new IllegalArgumentException("exchange: " + exchange.name() + " (expected: one of this broker)");
        }
        if (own.kind == Kind.DEFAULT) {
            throw new UnsupportedOperationException("bind: not to the default exchange");
        }
        requireHolds("exchange", own.name(), own.type());
        return own;
    }

    private void requireHolds(String what, String which, Class<?> held) {
        if (!held.isAssignableFrom(type)) {
            throw new IllegalArgumentException(what + ": " + which + " of " + held.getName()
                    + " (expected: one that holds " + type.getName() + ")");
        }
    }

    @Override
    public CompletionStage<Confirm> publish(String routingKey, Message<? extends E> message) {
        RabbitBroker.checkKey("routingKey", routingKey);
        requireThere();
        published.increment();
        if (broker.isClosed()) {
            rejected.increment();
            return CompletableFuture.failedStage(PublishRejectedException.closed(name, routingKey));
        }
        Outgoing outgoing = broker.outgoing(message);
        Duration delay = message.delayFrom(broker.given().time().now());
        Consumer<? super Message<E>> handler = onReturn;
        Runnable returned = null;
        if (handler != null && message.isMandatory()) {
            Message<E> back = widened(message).at(name, routingKey);
            returned = () -> handler.accept(back);
        }
        return counted(send(routingKey, outgoing, delay, returned));
    }

    /** A message is immutable, so one of a narrower type is as good. */
    @SuppressWarnings("unchecked")
    private Message<E> widened(Message<? extends E> message) {
        return (Message<E>) message;
    }

    private CompletionStage<Confirm> send(
            String routingKey, Outgoing outgoing, Duration delay, @Nullable Runnable returned) {
        if (delay.isZero()) {
            CompletionStage<Confirm> first = broker.publishing().publish(name, routingKey, outgoing, returned);
            Duration patience = broker.declarations().longestBlock();
            return patience.isZero() ? first : waiting(first, routingKey, outgoing, returned, patience);
        }
        if (!broker.server().isLikeRabbit()) {
            throw broker.server().without("delay");
        }
        if (kind == Kind.DEFAULT) {
            return broker.later(routingKey, delay, outgoing);
        }
        String before = broker.waits().before(name, delay);
        return broker.publishing().publish(before, routingKey, outgoing, returned);
    }

    /** Where a queue is to make its publishers wait: again, while it is full, until the time is up. */
    private CompletionStage<Confirm> waiting(
            CompletionStage<Confirm> first,
            String routingKey,
            Outgoing outgoing,
            @Nullable Runnable returned,
            Duration patience) {
        CompletableFuture<Confirm> answer = new CompletableFuture<>();
        long end = broker.given().time().nanoTime() + patience.toNanos();
        await(first, answer, routingKey, outgoing, returned, end, FIRST_WAIT_FOR_ROOM);
        return answer.minimalCompletionStage();
    }

    private void await(
            CompletionStage<Confirm> attempt,
            CompletableFuture<Confirm> answer,
            String routingKey,
            Outgoing outgoing,
            @Nullable Runnable returned,
            long end,
            Duration pause) {
        var unused = attempt.whenComplete((confirm, wrapped) -> {
            Throwable failure =
                    wrapped instanceof CompletionException && wrapped.getCause() != null ? wrapped.getCause() : wrapped;
            if (failure == null) {
                answer.complete(confirm);
            } else if (!(failure instanceof PublishRejectedException)
                    || broker.given().time().nanoTime() - end >= 0) {
                answer.completeExceptionally(failure);
            } else {
                Duration next = pause.multipliedBy(2);
                broker.waiting().increment();
                broker.given().scheduler().schedule(pause, () -> {
                    broker.waiting().decrement();
                    await(
                            broker.publishing().publish(name, routingKey, outgoing, returned),
                            answer,
                            routingKey,
                            outgoing,
                            returned,
                            end,
                            next.compareTo(LONGEST_WAIT_FOR_ROOM) > 0 ? LONGEST_WAIT_FOR_ROOM : next);
                });
            }
        });
    }

    private CompletionStage<Confirm> counted(CompletionStage<Confirm> confirm) {
        return confirm.whenComplete((answer, failure) -> {
            if (failure != null) {
                rejected.increment();
            } else if (answer == Confirm.UNROUTED) {
                unrouted.increment();
            }
        });
    }

    @Override
    public List<CompletionStage<Confirm>> publishAll(String routingKey, List<? extends Message<? extends E>> messages) {
        List<CompletionStage<Confirm>> confirms = new ArrayList<>(messages.size());
        for (Message<? extends E> message : messages) {
            confirms.add(publish(routingKey, message));
        }
        return confirms;
    }

    @Override
    public <R> CompletionStage<R> request(
            String routingKey, Message<? extends E> message, Class<R> answer, Duration timeout) {
        RabbitBroker.checkKey("routingKey", routingKey);
        requireThere();
        return broker.requests().request(name, routingKey, message, answer, timeout);
    }

    @Override
    public void onReturn(Consumer<? super Message<E>> handler) {
        onReturn = Objects.requireNonNull(handler, "handler");
    }

    @Override
    public void delete() {
        requireDeletable();
        if (!deleted) {
            broker.channels().call("exchange '" + name + "'", channel -> channel.exchangeDelete(name));
            deleted = true;
            broker.declarations().forget(this);
        }
    }

    @Override
    public boolean deleteIfUnused() {
        requireDeletable();
        if (deleted) {
            return true;
        }
        if (!broker.channels()
                .callUnless(
                        AMQP.PRECONDITION_FAILED,
                        "exchange '" + name + "'",
                        channel -> channel.exchangeDelete(name, true))) {
            return false;
        }
        deleted = true;
        broker.declarations().forget(this);
        return true;
    }

    private void requireDeletable() {
        if (kind == Kind.DEFAULT) {
            throw new UnsupportedOperationException("delete: not the default exchange");
        }
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
        return "RabbitExchange[" + name + ", " + kind + "]";
    }
}
