package dev.tenfold.queue;

import dev.tenfold.observe.Measurement;
import dev.tenfold.time.Scheduler;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import dev.tenfold.queue.QueueOptions.Overflow;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A queue in memory: how messages come in, and the queue as a whole. What happens to them then is in {@link Deliveries},
 * whose rules for the lock hold here too.
 */
final class MemoryQueue<E> extends Deliveries<E> implements Queue<E> {

    /** Written again only if the queue was declared along with another one first. */
    private volatile Class<E> type;

    MemoryQueue(String name, Class<E> type, QueueOptions options, MemoryBroker broker) {
        super(name, options, broker);
        this.type = type;
    }

    @Override
    public Class<E> type() {
        return type;
    }

    void redeclare(Class<E> explicitType, QueueOptions explicitOptions) {
        type = explicitType;
        options(explicitOptions);
    }

    // Publishing

    /**
     * Takes a message in, or says why not.
     *
     * @param dead whether it is a dead letter: those come in while the broker drains, and never wait for room
     */
    Admission<E> offer(Message<E> message, boolean dead) {
        Admission<E> answer = Admission.taken();
        MemoryConsumer<E> woken = null;
        boolean nowFull = false;
        lock.lock();
        try {
            if (!accepting && !dead) {
                return Admission.refused("the broker is closed");
            }
            if (backlog.length() < options().maxLength() && backlog.blocked() == 0) {
                backlog.append(message);
            } else {
                nowFull = !full;
                full = true;
                answer = overflow(message, dead);
            }
            if (answer.isTaken()) {
                QueueCounters.add(counters().published, 1);
                woken = roster.pollIdle();
            }
        } finally {
            lock.unlock();
        }
        if (nowFull) {
            tell(
                    Level.WARNING,
                    "queue.full",
                    "full, maxLength " + options().maxLength() + ": "
                            + options().overflow());
        }
        if (woken != null) {
            woken.start();
        }
        return answer;
    }

    private Admission<E> overflow(Message<E> message, boolean dead) {
        if (options().overflow() == Overflow.DROP_HEAD) {
            List<Entry<E>> dropped = backlog.drop(backlog.length() - options().maxLength() + 1);
            moving += dropped.size();
            backlog.append(message);
            return Admission.taken(dropped);
        }
        if (options().overflow() == Overflow.BLOCK && !dead) {
            BlockedPublish<E> blocked = new BlockedPublish<>(message, new CompletableFuture<>());
            backlog.block(blocked);
            return Admission.blocked(blocked);
        }
        counters().refused.increment();
        return Admission.refused("full, maxLength " + options().maxLength());
    }

    /** Waits until a blocked message is in; returns why it is not, or null. */
    @Nullable
    String await(BlockedPublish<E> blocked) {
        Duration timeout = options().blockTimeout();
        String why = "full, maxLength " + options().maxLength() + ", no room within " + timeout;
        Scheduler.Task expiry;
        try {
            expiry = given().scheduler().schedule(timeout, () -> giveUp(blocked, why));
        } catch (RejectedExecutionException closed) {
            // Without a timer the wait would have no end.
            giveUp(blocked, "full, and the scheduler refuses to time the wait: " + closed);
            return blocked.verdict().join();
        }
        try {
            return blocked.verdict().get();
        } catch (InterruptedException stop) {
            giveUp(blocked, "interrupted while waiting for room");
            Thread.currentThread().interrupt();
            return blocked.verdict().join();
        } catch (ExecutionException impossible) {
            throw new IllegalStateException("a verdict is only ever completed", impossible);
        } finally {
            expiry.cancel();
        }
    }

    private void giveUp(BlockedPublish<E> blocked, String why) {
        lock.lock();
        try {
            if (!backlog.unblock(blocked)) {
                return;
            }
        } finally {
            lock.unlock();
        }
        counters().refused.increment();
        blocked.verdict().complete(why);
    }

    // Consuming

    @Override
    public Optional<Delivery<E>> poll() {
        throw new UnsupportedOperationException("poll");
    }

    @Override
    public List<Message<E>> browse(int limit) {
        throw new UnsupportedOperationException("browse");
    }

    @Override
    public boolean delete(DeleteIf... conditions) {
        throw new UnsupportedOperationException("delete");
    }

    @Override
    public Consumer consume(UnaryOperator<Consumer.Options<E>> options, Consumer.Handler<E> handler) {
        Objects.requireNonNull(handler, "handler");
        Consumer.Options<E> chosen = options.apply(Consumer.Options.defaults());
        chosen.validate(this);
        int prefetch = chosen.prefetch();
        boolean manual = chosen.isManual();
        MemoryConsumer<E> consumer;
        lock.lock();
        try {
            if (!accepting) {
                throw new IllegalStateException("queue '" + name() + "' takes no consumer: the broker is closed");
            }
            consumer =
                    new MemoryConsumer<>(this, name() + "#" + roster.nextNumber(), given(), prefetch, handler, manual);
            roster.add(consumer);
        } finally {
            lock.unlock();
        }
        consumer.start();
        return consumer;
    }

    // The whole

    @Override
    public int purge() {
        int[] removed = new int[1];
        change(after -> {
            removed[0] = backlog.clear();
            useRoom(after);
        });
        return removed[0];
    }

    @Override
    public State inspect() {
        lock.lock();
        try {
            return new State(
                    name(),
                    backlog.ready(),
                    backlog.delayed(),
                    roster.unsettled() + moving,
                    roster.open(),
                    backlog.blocked(),
                    0);
        } finally {
            lock.unlock();
        }
    }

    void closeIntake() {
        change(after -> {
            accepting = false;
            after.release(backlog.unblockAll(), "the broker is closed");
        });
    }

    void closeConsumers() {
        List<MemoryConsumer<E>> all;
        lock.lock();
        try {
            all = roster.all();
        } finally {
            lock.unlock();
        }
        all.forEach(MemoryConsumer::close);
    }

    @Override
    public List<Measurement> measurements() {
        return counters().measurements(this);
    }
}
