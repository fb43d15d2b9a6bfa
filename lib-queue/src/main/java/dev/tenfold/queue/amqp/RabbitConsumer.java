package dev.tenfold.queue.amqp;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ChannelContinuationTimeoutException;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.ShutdownSignalException;
import dev.tenfold.queue.BrokerBuilder.Propagation.Scope;
import dev.tenfold.queue.Consumer;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A subscription to a queue of RabbitMQ: RabbitMQ pushes as many messages as its workers may hold together, they wait here, and
 * workers take them one after the other.
 *
 * <p>{@code lock} guards the lanes. Without an order there is one lane, worked on by as many workers as it needs; with one
 * there are as many lanes as workers, and one worker to a lane. A worker occupies a thread only while its lane has messages.
 */
final class RabbitConsumer<E> implements Consumer {

    /** Messages that wait, and how many workers are at it. */
    private static final class Lane<E> {
        final ArrayDeque<Waiting<E>> waiting = new ArrayDeque<>();
        int working;
    }

    private record Waiting<E>(RabbitDelivery<E> delivery, long since) {}

    private final RabbitQueue<E> queue;
    private final String name;
    private final Options<E> options;
    private final Handler<E> handler;
    private final ReentrantLock lock = new ReentrantLock();
    private final List<Lane<E>> lanes = new ArrayList<>();
    private final AtomicInteger unsettled = new AtomicInteger();
    private volatile boolean open = true;
    private @Nullable Channel channel;
    private volatile @Nullable String tag;

    RabbitConsumer(RabbitQueue<E> queue, String name, Options<E> options, Handler<E> handler) {
        this.queue = queue;
        this.name = name;
        this.options = options;
        this.handler = Objects.requireNonNull(handler, "handler");
        for (int i = options.order().isPresent() ? options.ceiling() : 1; i > 0; i--) {
            lanes.add(new Lane<>());
        }
    }

    void start() {
        Channel made = queue.broker().channels().open();
        channel = made;
        try {
            made.basicQos(Math.min(MAX_PREFETCH, options.prefetch() * options.ceiling()));
            tag = made.basicConsume(
                    queue.name(),
                    false,
                    "",
                    false,
                    options.isExclusive(),
                    options.priority() == 0 ? Map.of() : Map.of("x-priority", options.priority()),
                    new Subscription(made));
        } catch (IOException | ShutdownSignalException failure) {
            Channels.close(made);
            throw Channels.translated("consumer of queue '" + queue.name() + "'", failure);
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int unsettled() {
        return unsettled.get();
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    /** Waits for RabbitMQ's answer, as long as a call may take; what is delivered meanwhile is given back. */
    @Override
    public void close() {
        if (!end()) {
            return;
        }
        Channel held = Objects.requireNonNull(channel);
        try {
            held.basicCancel(Objects.requireNonNull(tag));
        } catch (ChannelContinuationTimeoutException silent) {
            // It would be a consumer again on the next connection.
            queue.broker().given().scheduler().schedule(Duration.ZERO, () -> Channels.abort(held));
        } catch (IOException | ShutdownSignalException gone) {
            // Then nothing is delivered any more either.
        }
        for (Waiting<E> each : drained()) {
            if (each.delivery().claim()) {
                var unused = each.delivery().giveUp(true);
            }
        }
        closeChannelWhenIdle();
        queue.remove(this);
    }

    private boolean end() {
        lock.lock();
        try {
            boolean first = open;
            open = false;
            return first;
        } finally {
            lock.unlock();
        }
    }

    private List<Waiting<E>> drained() {
        List<Waiting<E>> all = new ArrayList<>();
        lock.lock();
        try {
            for (Lane<E> lane : lanes) {
                all.addAll(lane.waiting);
                lane.waiting.clear();
            }
        } finally {
            lock.unlock();
        }
        return all;
    }

    private void settled() {
        unsettled.decrementAndGet();
        closeChannelWhenIdle();
    }

    /** What was handed out can still be settled; on a channel that is closed it could not. */
    private void closeChannelWhenIdle() {
        if (!open && unsettled.get() == 0) {
            Channel held = channel;
            if (held != null && held.isOpen()) {
                // Not from the thread of the channel itself, which would wait for itself.
                queue.broker().given().scheduler().schedule(Duration.ZERO, () -> Channels.close(held));
            }
        }
    }

    private void arrived(RabbitDelivery<E> delivery) {
        Lane<E> lane = laneOf(delivery);
        boolean begin = false;
        boolean refused = false;
        lock.lock();
        try {
            if (!open) {
                refused = true;
            } else {
                lane.waiting.add(
                        new Waiting<>(delivery, queue.broker().given().time().nanoTime()));
                begin = wantsWorker(lane);
                lane.working += begin ? 1 : 0;
            }
        } finally {
            lock.unlock();
        }
        if (refused && delivery.claim()) {
            var unused = delivery.giveUp(true);
        }
        if (begin) {
            begin(lane);
        }
    }

    private Lane<E> laneOf(RabbitDelivery<E> delivery) {
        return options.order()
                .map(order ->
                        lanes.get(Math.floorMod(spread(Objects.hashCode(order.apply(delivery.body()))), lanes.size())))
                .orElse(lanes.get(0));
    }

    private static int spread(int hash) {
        int mixed = hash * 0x9E3779B9;
        return mixed ^ (mixed >>> 16);
    }

    private boolean wantsWorker(Lane<E> lane) {
        if (options.order().isPresent()) {
            return lane.working == 0;
        }
        if (lane.working >= options.ceiling()) {
            return false;
        }
        Waiting<E> oldest = lane.waiting.peek();
        return lane.working < options.floor()
                || lane.waiting.size() > lane.working * options.prefetch()
                || (oldest != null
                        && queue.broker().given().time().nanoTime() - oldest.since()
                                > options.patience().toNanos());
    }

    private void begin(Lane<E> lane) {
        try {
            queue.broker().given().executor().execute(() -> work(lane));
        } catch (RejectedExecutionException refused) {
            lock.lock();
            try {
                lane.working--;
            } finally {
                lock.unlock();
            }
            queue.broker()
                    .given()
                    .tell(
                            Level.ERROR,
                            "queue/" + queue.name(),
                            "consumer.refused",
                            "the executor takes no work; the consumer is closed: " + refused,
                            Map.of("consumer", name));
            close();
        }
    }

    private void work(Lane<E> lane) {
        while (true) {
            Waiting<E> next;
            lock.lock();
            try {
                next = lane.waiting.poll();
                if (next == null) {
                    lane.working--;
                    return;
                }
            } finally {
                lock.unlock();
            }
            if (!handle(lane, next)) {
                return;
            }
        }
    }

    /** False if the lane waits: whoever wakes it goes on. */
    private boolean handle(Lane<E> lane, Waiting<E> next) {
        RabbitDelivery<E> delivery = next.delivery();
        try {
            handleInContext(delivery);
            if (!options.isManual() && delivery.claim()) {
                var unused = delivery.acknowledge();
            }
            return true;
        } catch (Throwable failure) {
            if (!delivery.claim()) {
                return true;
            }
            return options.isFatal(failure) ? reject(delivery, failure) : again(lane, next, failure);
        }
    }

    @SuppressWarnings("try") // it is there while the handler runs
    private void handleInContext(RabbitDelivery<E> delivery) throws Exception {
        try (Scope context = queue.broker().given().propagation().extract(delivery.headers())) {
            handler.handle(delivery);
        }
    }

    private boolean reject(RabbitDelivery<E> delivery, Throwable failure) {
        queue.broker()
                .given()
                .tell(
                        Level.WARNING,
                        "queue/" + queue.name(),
                        "delivery.fatal",
                        "will not be tried again: " + failure,
                        Map.of("failure", String.valueOf(failure)));
        var unused = delivery.giveUp(false);
        return true;
    }

    private boolean again(Lane<E> lane, Waiting<E> next, Throwable failure) {
        RabbitDelivery<E> delivery = next.delivery();
        Duration delay = queue.options()
                .retry()
                .delayAfter(delivery.attempt(), queue.broker().given().random());
        if (options.order().isEmpty() || !queue.options().retry().allowsAfter(delivery.attempt())) {
            var unused = delivery.failed(delay, failure);
            return true;
        }
        // Messages with the same key must not overtake it, so it stays here, at the head of its lane.
        delivery.tell(false, failure);
        delivery.tryAgain();
        lock.lock();
        try {
            lane.waiting.addFirst(next);
        } finally {
            lock.unlock();
        }
        queue.broker().given().scheduler().schedule(delay, () -> begin(lane));
        return false;
    }

    /** What RabbitMQ calls. */
    private final class Subscription extends DefaultConsumer {

        Subscription(Channel channel) {
            super(channel);
        }

        @Override
        public void handleDelivery(String consumer, Envelope envelope, BasicProperties properties, byte[] body) {
            unsettled.incrementAndGet();
            RabbitDelivery<E> delivery;
            try {
                delivery = new RabbitDelivery<>(
                        queue,
                        getChannel(),
                        envelope,
                        properties,
                        body,
                        options.isManual(),
                        RabbitConsumer.this::settled);
            } catch (RuntimeException unreadable) {
                rejectUnreadable(envelope, unreadable);
                return;
            }
            arrived(delivery);
        }

        private void rejectUnreadable(Envelope envelope, RuntimeException unreadable) {
            queue.broker()
                    .given()
                    .tell(
                            Level.ERROR,
                            "queue/" + queue.name(),
                            "delivery.unreadable",
                            "a message cannot be decoded and is rejected: " + unreadable,
                            Map.of("failure", String.valueOf(unreadable)));
            try {
                queue.broker().server().discard(getChannel(), envelope.getDeliveryTag());
            } catch (IOException | ShutdownSignalException gone) {
                // It is delivered again.
            } finally {
                settled();
            }
        }

        @Override
        public void handleCancel(String consumer) {
            if (end()) {
                drained().forEach(each -> {
                    if (each.delivery().claim()) {
                        unsettled.decrementAndGet();
                    }
                });
                queue.remove(RabbitConsumer.this);
                options.cancelled().ifPresent(Runnable::run);
            }
        }

        /** What waits here is delivered again, to whoever is there then. */
        @Override
        public void handleShutdownSignal(String consumer, ShutdownSignalException signal) {
            drained().forEach(each -> {
                if (each.delivery().claim()) {
                    unsettled.decrementAndGet();
                }
            });
        }
    }
}
