package dev.tenfold.queue;

import dev.tenfold.queue.Death.Reason;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

/** A message in the hands of a consumer of a queue in memory. */
final class MemoryDelivery<E> implements Delivery<E> {

    private static final int OPEN = 0;
    private static final int SETTLED = 1;

    @SuppressWarnings("rawtypes") // an updater knows the class only
    private static final AtomicIntegerFieldUpdater<MemoryDelivery> STATE =
            AtomicIntegerFieldUpdater.newUpdater(MemoryDelivery.class, "state");

    private final Deliveries<E> queue;
    private final Worker<E> worker;
    private final Entry<E> entry;
    private final int attempt;
    private final int deliveryCount;

    /** Whether it was settled by a call; where its outcome settles it, nobody asks. */
    private volatile int state;

    /** Reads the entry before the handler can give it away. */
    MemoryDelivery(Deliveries<E> queue, Worker<E> worker, Entry<E> entry) {
        this.queue = queue;
        this.worker = worker;
        this.entry = entry;
        this.attempt = entry.failures + 1;
        this.deliveryCount = entry.deliveries;
    }

    MemoryBroker broker() {
        return queue.broker();
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
        return deliveryCount;
    }

    @Override
    public CompletionStage<Void> ack() {
        claimOrThrow();
        return queue.acknowledge(worker, entry);
    }

    @Override
    public CompletionStage<Void> nack(boolean requeue) {
        claimOrThrow();
        return requeue ? queue.requeue(worker, entry) : queue.die(worker, entry, Reason.REJECTED);
    }

    @Override
    public CompletionStage<Void> fail(Throwable cause) {
        Objects.requireNonNull(cause, "cause");
        claimOrThrow();
        return queue.fail(worker, entry, cause, null);
    }

    @Override
    public CompletionStage<Void> retryAfter(Duration delay, Throwable cause) {
        Objects.requireNonNull(cause, "cause");
        if (delay.isNegative()) {
            throw new IllegalArgumentException("delay: " + delay + " (expected: >= 0)");
        }
        claimOrThrow();
        return queue.fail(worker, entry, cause, delay);
    }

    @Override
    public CompletionStage<Confirm> reply(Object answer) {
        return queue.broker().requests().reply(message(), Objects.requireNonNull(answer, "answer"));
    }

    /** Returns whether the caller is the one to settle this; never where its outcome does. */
    boolean claim() {
        return worker.consumer().isManual() && state == OPEN && STATE.compareAndSet(this, OPEN, SETTLED);
    }

    /** A transaction that was to settle it was rolled back. */
    void unclaim() {
        state = OPEN;
    }

    /** Returns what the log knows the message by, or 0. */
    long id() {
        return entry.id;
    }

    /** A transaction settled it. */
    void settledElsewhere() {
        queue.acknowledged(worker);
    }

    void claimOrThrow() {
        if (!claim()) {
            throw new IllegalStateException("delivery of '" + routingKey() + "' to "
                    + worker.consumer().name()
                    + (worker.consumer().isManual()
                            ? " is settled already; settle each delivery once"
                            : " settles by outcome; start the consumer with consumeManually to settle it here"));
        }
    }

    @Override
    public String toString() {
        return "Delivery['" + routingKey() + "' to " + worker.consumer().name() + ", attempt " + attempt + "]";
    }
}
