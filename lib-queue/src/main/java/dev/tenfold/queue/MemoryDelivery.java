package dev.tenfold.queue;

import dev.tenfold.queue.Death.Reason;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;

/** A message in the hands of a consumer of a queue in memory. */
final class MemoryDelivery<E> implements Delivery<E> {

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
    public E body() {
        return entry.message.body();
    }

    @Override
    public Map<String, Object> headers() {
        return entry.message.headers();
    }

    @Override
    public String routingKey() {
        return entry.message.routingKey();
    }

    @Override
    public String exchange() {
        return entry.message.exchange();
    }

    @Override
    public int attempt() {
        return attempt;
    }

    @Override
    public boolean redelivered() {
        return redelivered;
    }

    @Override
    public void ack() {
        claimOrThrow();
        queue.acknowledge(consumer);
    }

    @Override
    public void nack(boolean requeue) {
        claimOrThrow();
        if (requeue) {
            queue.requeue(consumer, entry);
        } else {
            queue.die(consumer, entry, Reason.REJECTED);
        }
    }

    @Override
    public void reject() {
        nack(false);
    }

    @Override
    public void fail(Throwable cause) {
        Objects.requireNonNull(cause, "cause");
        claimOrThrow();
        queue.fail(consumer, entry, cause);
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
