package dev.tenfold.queue;

import dev.tenfold.queue.Death.Reason;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;

/** A message in the hands of a consumer of a queue in memory. */
final class MemoryDelivery<E> implements Delivery<E> {

    private static final CompletionStage<Void> DONE = CompletableFuture.completedStage(null);

    private final Deliveries<E> queue;
    private final MemoryConsumer<E> consumer;
    private final Entry<E> entry;
    private final int attempt;
    private final boolean redelivered;
    private final AtomicBoolean settled;

    /** Reads the entry before the handler can give it away. */
    MemoryDelivery(Deliveries<E> queue, MemoryConsumer<E> consumer, Entry<E> entry) {
        this.queue = queue;
        this.consumer = consumer;
        this.entry = entry;
        this.attempt = entry.failures + 1;
        this.redelivered = entry.delivered;
        this.settled = new AtomicBoolean(!consumer.isManual());
    }

    @Override
    public Message<E> message() {
        return entry.message;
    }

    @Override
    public int attempt() {
        return attempt;
    }

    @Override
    public int deliveryCount() {
        return redelivered ? 1 : 0;
    }

    @Override
    public CompletionStage<Void> retryAfter(Duration delay, Throwable cause) {
        throw new UnsupportedOperationException("retryAfter");
    }

    @Override
    public CompletionStage<Confirm> reply(Object answer) {
        throw new UnsupportedOperationException("reply");
    }

    @Override
    public CompletionStage<Void> ack() {
        claimOrThrow();
        queue.acknowledge(consumer);
        return DONE;
    }

    @Override
    public CompletionStage<Void> nack(boolean requeue) {
        claimOrThrow();
        if (requeue) {
            queue.requeue(consumer, entry);
        } else {
            queue.die(consumer, entry, Reason.REJECTED);
        }
        return DONE;
    }

    @Override
    public CompletionStage<Void> fail(Throwable cause) {
        Objects.requireNonNull(cause, "cause");
        claimOrThrow();
        queue.fail(consumer, entry, cause);
        return DONE;
    }

    /** Returns whether the caller is the one to settle this. */
    boolean claim() {
        return settled.compareAndSet(false, true);
    }

    private void claimOrThrow() {
        if (!claim()) {
            throw new IllegalStateException("delivery of '" + routingKey() + "' to " + consumer.name()
                    + (consumer.isManual()
                            ? " is settled already; settle each delivery once"
                            : " settles by outcome; start the consumer with consumeManually to settle it here"));
        }
    }

    @Override
    public String toString() {
        return "Delivery['" + routingKey() + "' to " + consumer.name() + ", attempt " + attempt + "]";
    }
}
