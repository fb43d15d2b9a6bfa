package dev.tenfold.queue.amqp;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.GetResponse;
import com.rabbitmq.client.ShutdownSignalException;
import dev.tenfold.error.Validation;
import dev.tenfold.observe.Measurement;
import dev.tenfold.queue.Consumer;
import dev.tenfold.queue.Delivery;
import dev.tenfold.queue.Message;
import dev.tenfold.queue.Queue;
import dev.tenfold.queue.QueueOptions;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A queue of RabbitMQ. */
final class RabbitQueue<E> implements Queue<E> {

    private final RabbitBroker broker;
    private final String name;
    private final Class<E> type;
    private final QueueOptions options;
    private final boolean temporary;
    private final List<RabbitConsumer<E>> consumers = new CopyOnWriteArrayList<>();
    private final AtomicInteger polled = new AtomicInteger();
    private final AtomicInteger numbers = new AtomicInteger();
    private volatile boolean deleted;
    private final ReentrantLock pollingLock = new ReentrantLock();
    /** For polling: what is got on a channel must be settled on it. Guarded by its lock. */
    private @Nullable Channel polling;

    RabbitQueue(RabbitBroker broker, String name, Class<E> type, QueueOptions options, boolean temporary) {
        this.broker = broker;
        this.name = name;
        this.type = type;
        this.options = options;
        this.temporary = temporary;
    }

    /** Notes what RabbitMQ cannot do. */
    static void validate(Validation check, QueueOptions options, boolean quorum) {
        check.require(
                options.deduplicate().isEmpty(),
                "deduplicate",
                options.deduplicate().orElse(null),
                "none: RabbitMQ does not compare ids; compare them where messages are handled");
        check.require(
                options.deliveryLimit() == Integer.MAX_VALUE || quorum,
                "deliveryLimit",
                options.deliveryLimit(),
                "none, or RabbitOptions.quorumQueues(true): classic queues do not count deliveries");
        check.require(
                options.maxPriority() == 0 || !quorum, "maxPriority", options.maxPriority(), "0 on quorum queues");
        check.require(
                !options.isAutoDelete() || !quorum,
                "autoDelete",
                true,
                "unset on quorum queues, which stay; use expires");
        check.require(options.isDurable() || !quorum, "durable", false, "true on quorum queues");
    }

    void declare(Channel channel) throws IOException {
        channel.queueDeclare(name, options.isDurable() && !temporary, temporary, options.isAutoDelete(), arguments());
    }

    private Map<String, Object> arguments() {
        if (!broker.server().isLikeRabbit()) {
            return Map.of();
        }
        Map<String, Object> arguments = new LinkedHashMap<>();
        arguments.put("x-max-length", options.maxLength());
        if (options.maxBytes() != Long.MAX_VALUE) {
            arguments.put("x-max-length-bytes", options.maxBytes());
        }
        arguments.put(
                "x-overflow", options.overflow() == QueueOptions.Overflow.DROP_HEAD ? "drop-head" : "reject-publish");
        options.ttl().ifPresent(ttl -> arguments.put("x-message-ttl", ttl.toMillis()));
        options.expires().ifPresent(expires -> arguments.put("x-expires", expires.toMillis()));
        if (options.maxPriority() > 0) {
            arguments.put("x-max-priority", options.maxPriority());
        }
        if (options.isSingleActiveConsumer()) {
            arguments.put("x-single-active-consumer", true);
        }
        if (options.deadLetterTo() != null) {
            arguments.put("x-dead-letter-exchange", "");
            arguments.put("x-dead-letter-routing-key", options.deadLetterTo());
        } else if (options.deadLetterExchange() != null) {
            arguments.put("x-dead-letter-exchange", options.deadLetterExchange());
            if (options.deadLetterKey() != null) {
                arguments.put("x-dead-letter-routing-key", options.deadLetterKey());
            }
        }
        if (isQuorum()) {
            arguments.put("x-queue-type", "quorum");
            if (options.deliveryLimit() != Integer.MAX_VALUE) {
                arguments.put("x-delivery-limit", options.deliveryLimit());
            }
        }
        return arguments;
    }

    RabbitBroker broker() {
        return broker;
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
    public QueueOptions options() {
        return options;
    }

    boolean isTemporary() {
        return temporary;
    }

    @Override
    public Consumer consume(UnaryOperator<Consumer.Options<E>> change, Consumer.Handler<E> handler) {
        Consumer.Options<E> chosen = change.apply(Consumer.Options.defaults());
        chosen.validate(this);
        Validation check = Validation.of("consumer of queue '" + name + "'");
        check.require(
                chosen.priority() == 0 || broker.server().ranksConsumers(),
                "priority",
                chosen.priority(),
                broker.server().rule());
        check.require(
                !chosen.isExclusive() || chosen.order().isPresent() || !isQuorum(),
                "exclusive",
                true,
                "unset on quorum queues, which have no such thing; declare the queue with singleActiveConsumer");
        check.throwIfInvalid();
        requireUsable();
        RabbitConsumer<E> consumer =
                new RabbitConsumer<>(this, name + "#" + numbers.incrementAndGet(), chosen, handler);
        consumer.start();
        consumers.add(consumer);
        return consumer;
    }

    void remove(RabbitConsumer<E> consumer) {
        consumers.remove(consumer);
    }

    private void requireUsable() {
        broker.requireOpen();
        if (deleted) {
            throw new IllegalStateException("queue '" + name + "' was deleted");
        }
    }

    @Override
    public Optional<Delivery<E>> poll() {
        requireUsable();
        Channel channel = pollingChannel();
        try {
            GetResponse got = channel.basicGet(name, false);
            if (got == null) {
                return Optional.empty();
            }
            polled.incrementAndGet();
            return Optional.of(new RabbitDelivery<>(
                    this, channel, got.getEnvelope(), got.getProps(), got.getBody(), true, polled::decrementAndGet));
        } catch (IOException | ShutdownSignalException failure) {
            throw Channels.translated("queue '" + name + "'", failure);
        }
    }

    private Channel pollingChannel() {
        pollingLock.lock();
        try {
            Channel held = polling;
            if (held == null || !held.isOpen()) {
                held = broker.channels().open();
                polling = held;
                polled.set(0);
            }
            return held;
        } finally {
            pollingLock.unlock();
        }
    }

    /**
     * {@inheritDoc}
     *
     * <p>Not here: RabbitMQ cannot show a message without delivering it, after which it counts as redelivered.
     *
     * @throws UnsupportedOperationException always
     */
    @Override
    public List<Message<E>> browse(int limit) {
        throw new UnsupportedOperationException(
                "browse: RabbitMQ delivers what it shows, and then it is redelivered; use poll() and nack(true)");
    }

    @Override
    public int purge() {
        return broker.channels()
                .call(
                        "queue '" + name + "'",
                        channel -> channel.queuePurge(name).getMessageCount());
    }

    @Override
    public boolean delete(DeleteIf... conditions) {
        if (deleted) {
            return true;
        }
        List<DeleteIf> all = Arrays.asList(conditions);
        if (all.isEmpty()) {
            broker.channels().call("queue '" + name + "'", channel -> channel.queueDelete(name));
        } else if (!deleteIf(all.contains(DeleteIf.UNUSED), all.contains(DeleteIf.EMPTY))) {
            return false;
        }
        deleted = true;
        broker.declarations().forget(this);
        return true;
    }

    /** Deletes it in RabbitMQ alone; returns whether the conditions held. */
    boolean deleteIf(boolean unused, boolean empty) {
        String subject = "queue '" + name + "'";
        if (!isQuorum()) {
            return broker.channels()
                    .callUnless(AMQP.PRECONDITION_FAILED, subject, channel -> channel.queueDelete(name, unused, empty));
        }
        // Quorum queues take no conditions: somebody may come between the look and the end.
        State found = inspect();
        if ((unused && found.consumers() > 0) || (empty && found.messages() > 0)) {
            return false;
        }
        broker.channels().call(subject, channel -> channel.queueDelete(name));
        return true;
    }

    private boolean isQuorum() {
        return broker.options().isQuorumQueues() && !temporary;
    }

    @Override
    public State inspect() {
        AMQP.Queue.DeclareOk found =
                broker.channels().call("queue '" + name + "'", channel -> channel.queueDeclarePassive(name));
        return new State(name, found.getMessageCount(), 0, unsettled(), found.getConsumerCount(), 0, 0);
    }

    /** Messages that this process holds. */
    int unsettled() {
        return polled.get()
                + consumers.stream().mapToInt(RabbitConsumer::unsettled).sum();
    }

    void closeConsumers() {
        consumers.forEach(RabbitConsumer::close);
    }

    @Override
    public List<Measurement> measurements() {
        Map<String, String> tags = Map.of("queue", name);
        return List.of(
                Measurement.gauge(
                        "tenfold.queue.unsettled",
                        "messages",
                        "Messages that consumers here hold",
                        tags,
                        this::unsettled),
                Measurement.gauge(
                        "tenfold.queue.consumers", "consumers", "Consumers here that are open", tags, consumers::size));
    }

    @Override
    public String toString() {
        return "RabbitQueue[" + name + ", " + options + "]";
    }
}
