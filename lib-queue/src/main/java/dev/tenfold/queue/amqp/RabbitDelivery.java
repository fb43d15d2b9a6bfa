package dev.tenfold.queue.amqp;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.ShutdownSignalException;
import dev.tenfold.queue.Confirm;
import dev.tenfold.queue.Delivery;
import dev.tenfold.queue.Message;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A message of RabbitMQ in the hands of a consumer. It is settled once; a failure is settled by publishing the message to wait
 * for its next attempt, and acknowledging this one when that is confirmed: if the process dies between, there are two.
 */
final class RabbitDelivery<E> implements Delivery<E> {

    private final RabbitQueue<E> queue;
    private final Channel channel;
    private final Envelope envelope;
    private final BasicProperties properties;
    private final byte[] bytes;
    private final Message<E> message;
    private final Runnable settled;
    private final AtomicBoolean claimed = new AtomicBoolean();
    private final boolean manual;
    /** Attempts made here, without the message having left. Written by the worker of its lane alone. */
    private final AtomicInteger local = new AtomicInteger();

    RabbitDelivery(
            RabbitQueue<E> queue,
            Channel channel,
            Envelope envelope,
            BasicProperties properties,
            byte[] bytes,
            boolean manual,
            Runnable settled) {
        this.queue = queue;
        this.channel = channel;
        this.envelope = envelope;
        this.properties = properties;
        this.bytes = bytes;
        this.manual = manual;
        this.settled = settled;
        this.message = Wire.incoming(
                envelope,
                properties,
                bytes,
                queue.type(),
                queue.broker().given().codecs());
    }

    @Override
    public Message<E> message() {
        return message;
    }

    @Override
    public int attempt() {
        return Wire.attempt(properties) + local.get();
    }

    @Override
    public int deliveryCount() {
        return Wire.deliveryCount(envelope, properties) + local.get();
    }

    @Override
    public CompletionStage<Void> ack() {
        claimManually("ack");
        return acknowledge();
    }

    @Override
    public CompletionStage<Void> nack(boolean requeue) {
        claimManually(requeue ? "nack" : "reject");
        return giveUp(requeue);
    }

    @Override
    public CompletionStage<Void> fail(Throwable cause) {
        claimManually("fail");
        return failed(
                queue.options()
                        .retry()
                        .delayAfter(attempt(), queue.broker().given().random()),
                cause);
    }

    @Override
    public CompletionStage<Void> retryAfter(Duration delay, Throwable cause) {
        claimManually("retryAfter");
        return failed(delay, cause);
    }

    @Override
    public CompletionStage<Confirm> reply(Object answer) {
        return queue.broker().reply(message, answer);
    }

    private void claimManually(String what) {
        if (!manual) {
            throw new IllegalStateException(
                    what + "(): the handler's outcome settles this delivery (expected: consumeManually)");
        }
        if (!claim()) {
            throw new IllegalStateException(
                    what + "(): delivery '" + envelope.getRoutingKey() + "' was settled before");
        }
    }

    /** Whether nobody has settled it yet, and nobody else will. */
    boolean claim() {
        return claimed.compareAndSet(false, true);
    }

    CompletionStage<Void> acknowledge() {
        return settle(() -> channel.basicAck(envelope.getDeliveryTag(), false));
    }

    CompletionStage<Void> giveUp(boolean requeue) {
        // Not nack: on quorum queues only a rejection counts towards the delivery limit.
        return requeue
                ? settle(() -> channel.basicReject(envelope.getDeliveryTag(), true))
                : settle(() -> queue.broker().server().discard(channel, envelope.getDeliveryTag()));
    }

    void unclaim() {
        claimed.set(false);
    }

    /** Makes it a delivery that nobody has settled, of the next attempt. */
    void tryAgain() {
        local.incrementAndGet();
        claimed.set(false);
    }

    void tell(boolean last, Throwable cause) {
        queue.broker()
                .given()
                .tell(
                        last ? Level.WARNING : Level.INFO,
                        "queue/" + queue.name(),
                        last ? "delivery.exhausted" : "delivery.failed",
                        "attempt " + attempt() + " of "
                                + queue.options().retry().attempts() + " failed: " + cause,
                        Map.of("attempt", attempt(), "failure", String.valueOf(cause)));
    }

    /** Another attempt, or the end of them. */
    CompletionStage<Void> failed(Duration delay, Throwable cause) {
        boolean last = !queue.options().retry().allowsAfter(attempt());
        tell(last, cause);
        if (last) {
            return giveUp(false);
        }
        CompletableFuture<Void> done = new CompletableFuture<>();
        queue.broker()
                .later(queue.name(), delay, Wire.retried(envelope, properties, bytes, attempt() + 1))
                .whenComplete((confirm, failure) -> (failure == null && confirm == Confirm.ROUTED
                                ? acknowledge()
                                : giveUp(true))
                        .whenComplete((nothing, lost) -> {
                            if (lost == null) {
                                done.complete(null);
                            } else {
                                done.completeExceptionally(lost);
                            }
                        }));
        return done.minimalCompletionStage();
    }

    private interface Step {
        void run() throws IOException;
    }

    /** Where the connection is gone, RabbitMQ has given the message to somebody else already, or will. */
    private CompletionStage<Void> settle(Step step) {
        try {
            step.run();
            return CompletableFuture.completedStage(null);
        } catch (IOException | ShutdownSignalException gone) {
            return CompletableFuture.failedStage(Channels.unavailable(gone));
        } finally {
            settled.run();
        }
    }

    Envelope envelope() {
        return envelope;
    }

    @Override
    public String toString() {
        return "Delivery[" + message + ", attempt " + attempt() + "]";
    }
}
