package dev.tenfold.queue.amqp;

import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ConfirmCallback;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Return;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.queue.Confirm;
import dev.tenfold.queue.PublishRejectedException;
import dev.tenfold.queue.amqp.Wire.Outgoing;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One channel on which everything is published and confirmed.
 *
 * <h2>Concurrency</h2>
 *
 * Publishes take the lock, so that sequence numbers are drawn in the order in which frames are sent; {@code pending} holds
 * each from before it is sent until it is confirmed, so that no confirm finds nothing. Every message is mandatory: RabbitMQ
 * returns what leads nowhere, and only then confirms it, on the same thread. Whoever takes a message out of {@code pending}
 * completes it, without a lock.
 *
 * <p>The client tells returns, confirms and the end of a channel on one thread, in the order in which they came; the numbers of
 * the next channel begin anew, but not before the last confirm of this one was told. When the channel ends, nobody knows what
 * became of what was pending; what is published on the next channel by then may share that fate. So a confirm is told only
 * if RabbitMQ gave it, and nothing waits for ever.
 */
final class Publishing implements AutoCloseable {

    /** One message under way. */
    private static final class Pending {
        final CompletableFuture<Confirm> confirm = new CompletableFuture<>();
        final String exchange;
        final String routingKey;
        final @Nullable Runnable onReturn;
        volatile boolean returned;

        Pending(String exchange, String routingKey, @Nullable Runnable onReturn) {
            this.exchange = exchange;
            this.routingKey = routingKey;
            this.onReturn = onReturn;
        }
    }

    private final Connection connection;
    private final ReentrantLock lock = new ReentrantLock();
    private final Semaphore window;
    private final ConcurrentNavigableMap<Long, Pending> pending = new ConcurrentSkipListMap<>();
    private @Nullable Channel channel;

    Publishing(Connection connection, int unconfirmed) {
        this.connection = connection;
        this.window = new Semaphore(unconfirmed);
    }

    /**
     * Publishes a message, waiting while too many are unconfirmed.
     *
     * @param onReturn told, before the confirm, if the message leads nowhere
     */
    CompletionStage<Confirm> publish(
            String exchange, String routingKey, Outgoing message, @Nullable Runnable onReturn) {
        Pending mine = new Pending(exchange, routingKey, onReturn);
        window.acquireUninterruptibly();
        var unused = mine.confirm.whenComplete((confirm, failure) -> window.release());
        lock.lock();
        try {
            Channel to = open();
            long sequence = to.getNextPublishSeqNo();
            Pending stale = pending.put(sequence, mine);
            if (stale != null) {
                // Of a channel that has ended: its numbers begin anew before everybody was told of the end.
                stale.confirm.completeExceptionally(unconfirmed(stale, null));
            }
            Outgoing numbered = message.with(Wire.SEQUENCE, sequence);
            try {
                to.basicPublish(exchange, routingKey, true, numbered.properties(), numbered.body());
            } catch (IOException | RuntimeException failure) {
                if (pending.remove(sequence, mine)) {
                    mine.confirm.completeExceptionally(unsent(failure));
                }
            }
        } catch (IOException | RuntimeException failure) {
            mine.confirm.completeExceptionally(unsent(failure));
        } finally {
            lock.unlock();
        }
        return mine.confirm.minimalCompletionStage();
    }

    private static RuntimeException unsent(Exception failure) {
        return failure instanceof AlreadyClosedException
                ? new UnavailableException("RabbitMQ is not connected; nothing was sent", List.of(), failure)
                : new OutcomeUnknownException("RabbitMQ may or may not have taken the message: " + failure, failure);
    }

    private Channel open() throws IOException {
        Channel held = channel;
        if (held != null && held.isOpen()) {
            return held;
        }
        Channel made = connection.createChannel();
        if (made == null) {
            throw new UnavailableException("RabbitMQ allows no further channel on this connection", List.of(), null);
        }
        made.confirmSelect();
        ConfirmCallback taken = (sequence, multiple) -> confirmed(sequence, multiple, true);
        ConfirmCallback refused = (sequence, multiple) -> confirmed(sequence, multiple, false);
        made.addConfirmListener(taken, refused);
        made.addReturnListener(this::returned);
        made.addShutdownListener(cause -> lost(cause));
        channel = made;
        return made;
    }

    private void returned(Return message) {
        Map<String, Object> headers = message.getProperties().getHeaders();
        Pending one = headers != null && headers.get(Wire.SEQUENCE) instanceof Number sequence
                ? pending.get(sequence.longValue())
                : null;
        if (one != null) {
            one.returned = true;
            if (one.onReturn != null) {
                one.onReturn.run();
            }
        }
    }

    private void confirmed(long sequence, boolean multiple, boolean taken) {
        if (!multiple) {
            confirm(sequence, taken);
            return;
        }
        for (Long each : pending.headMap(sequence, true).keySet()) {
            confirm(each, taken);
        }
    }

    private void confirm(long sequence, boolean taken) {
        Pending one = pending.remove(sequence);
        if (one == null) {
            return;
        }
        if (taken) {
            one.confirm.complete(one.returned ? Confirm.UNROUTED : Confirm.ROUTED);
        } else {
            one.confirm.completeExceptionally(PublishRejectedException.by(
                    one.exchange,
                    one.routingKey,
                    Map.of("?", "full, or RabbitMQ could not take it; it does not say which")));
        }
    }

    private void lost(Throwable cause) {
        for (Long sequence : pending.keySet()) {
            Pending one = pending.remove(sequence);
            if (one != null) {
                one.confirm.completeExceptionally(unconfirmed(one, cause));
            }
        }
    }

    private static OutcomeUnknownException unconfirmed(Pending one, @Nullable Throwable cause) {
        return new OutcomeUnknownException(
                "RabbitMQ may or may not have taken message '" + one.routingKey + "' to exchange '" + one.exchange
                        + "': the channel ended before its confirm",
                cause);
    }

    int unconfirmed() {
        return pending.size();
    }

    @Override
    public void close() {
        lock.lock();
        try {
            Channels.close(channel);
            channel = null;
        } finally {
            lock.unlock();
        }
    }
}
