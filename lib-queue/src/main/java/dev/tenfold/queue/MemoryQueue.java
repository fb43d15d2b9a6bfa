package dev.tenfold.queue;

import dev.tenfold.observe.Measurement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A queue in memory, as its users see it. The rules for its lock are those of {@link QueueCore}. */
final class MemoryQueue<E> extends Intake<E> implements Queue<E>, Destination {

    private final Set<MemoryExchange<?>> sources = new HashSet<>(2);

    /** Null in a queue out of the log that nobody has declared again yet. */
    private volatile @Nullable Class<E> type;

    private volatile String typeName;

    /** Holds what was polled; made when needed. Guarded by the lock. */
    private @Nullable Worker<E> poller;

    MemoryQueue(String name, @Nullable Class<E> type, String typeName, QueueOptions options, MemoryBroker broker) {
        super(name, options, broker);
        this.type = type;
        this.typeName = typeName;
    }

    @Override
    public Class<E> type() {
        return Objects.requireNonNull(type, "type");
    }

    /** Returns the type where it is known. */
    @Nullable
    Class<E> typeOrNull() {
        return type;
    }

    @Override
    String typeName() {
        return typeName;
    }

    @Override
    public Set<MemoryExchange<?>> sources() {
        return sources;
    }

    @Override
    boolean holds(Message<?> message) {
        Class<E> known = type;
        return known == null || known.isInstance(message.body());
    }

    void redeclare(Class<E> explicitType, QueueOptions explicitOptions) {
        type = explicitType;
        typeName = explicitType.getName();
        options(explicitOptions);
    }

    // Consuming

    @Override
    public Consumer consume(UnaryOperator<Consumer.Options<E>> options, Consumer.Handler<E> handler) {
        Objects.requireNonNull(handler, "handler");
        Consumer.Options<E> chosen = options.apply(Consumer.Options.defaults());
        chosen.validate(this);
        MemoryConsumer<E> consumer;
        lock.lock();
        try {
            checkUsable("takes no consumer");
            if (roster.hasExclusive() || (chosen.isExclusive() && roster.open() > 0)) {
                throw new IllegalStateException("queue '" + name() + "' takes no further consumer: "
                        + (roster.hasExclusive() ? "the one it has is exclusive" : "this one is to be exclusive"));
            }
            consumer = new MemoryConsumer<>(this, name() + "#" + roster.nextNumber(), chosen, handler);
            roster.add(consumer);
            used();
        } finally {
            lock.unlock();
        }
        consumer.start();
        return consumer;
    }

    /** With the lock held. */
    private void checkUsable(String what) {
        if (deleted || !accepting) {
            throw new IllegalStateException(
                    "queue '" + name() + "' " + what + ": " + (deleted ? "it is deleted" : "the broker is closed"));
        }
    }

    @Override
    public Optional<Delivery<E>> poll() {
        AfterUnlock<E> after = new AfterUnlock<>(this);
        Delivery<E> delivery = null;
        lock.lock();
        try {
            checkUsable("cannot be polled");
            if (roster.hasExclusive()) {
                throw new IllegalStateException(
                        "queue '" + name() + "' cannot be polled: the consumer it has is exclusive");
            }
            touch(after);
            Entry<E> entry = takeFirst(after);
            if (entry != null) {
                Worker<E> holder = poller();
                holder.countTaken(1);
                QueueCounters.add(counters().delivered, 1);
                delivery = new MemoryDelivery<>(this, holder, entry);
                entry.deliveries++;
                useRoom(after);
            }
        } finally {
            lock.unlock();
        }
        after.run();
        return Optional.ofNullable(delivery);
    }

    /** Never started: it only keeps the books of what was polled. */
    private Worker<E> poller() {
        if (poller == null) {
            Consumer.Options<E> options = Consumer.Options.<E>defaults().manual();
            poller = new MemoryConsumer<E>(this, name() + "#poll", options, delivery -> {})
                    .workers()
                    .get(0);
        }
        return poller;
    }

    @Override
    int polled() {
        return poller == null ? 0 : poller.unsettled();
    }

    // The whole

    @Override
    public List<Message<E>> browse(int limit) {
        if (limit < 0) {
            throw new IllegalArgumentException("limit: " + limit + " (expected: >= 0)");
        }
        lock.lock();
        try {
            List<Entry<E>> all = backlog.readyInOrder();
            return all.subList(0, Math.min(limit, all.size())).stream()
                    .map(entry -> entry.message)
                    .toList();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int purge() {
        List<Entry<E>> removed = new ArrayList<>();
        change(after -> {
            removed.addAll(clear());
            useRoom(after);
        });
        broker().log().removed(removed);
        return removed.size();
    }

    /** Takes out all that waits; with the lock held. */
    private List<Entry<E>> clear() {
        List<Entry<E>> all = backlog.clear();
        all.forEach(this::unblock);
        return all;
    }

    @Override
    public boolean delete(DeleteIf... conditions) {
        return broker().topology().delete(this, Arrays.asList(conditions));
    }

    @Override
    void deleteUnused() {
        delete(DeleteIf.UNUSED);
    }

    /**
     * Makes an end, if the conditions hold; called by the topology.
     *
     * @return what was in it, or null if it goes on
     */
    @Nullable
    List<Entry<E>> end(List<DeleteIf> conditions) {
        List<Entry<E>> left = new ArrayList<>();
        List<MemoryConsumer<E>> consumers = new ArrayList<>();
        AfterUnlock<E> after = new AfterUnlock<>(this);
        lock.lock();
        try {
            boolean inUse = roster.open() > 0 && conditions.contains(DeleteIf.UNUSED);
            boolean filled =
                    conditions.contains(DeleteIf.EMPTY) && backlog.length() + roster.unsettled() + polled() > 0;
            if (deleted || inUse || filled) {
                return null;
            }
            deleted = true;
            after.release(backlog.unblockAll(), "it is deleted");
            left.addAll(clear());
            for (MemoryConsumer<E> consumer : roster.all()) {
                if (roster.close(consumer, after)) {
                    consumers.add(consumer);
                }
            }
        } finally {
            lock.unlock();
        }
        cancelAlarm();
        after.run();
        consumers.forEach(consumer -> consumer.options().cancelled().ifPresent(Runnable::run));
        return left;
    }

    @Override
    public State inspect() {
        lock.lock();
        try {
            return new State(
                    name(),
                    backlog.ready(),
                    backlog.delayed(),
                    roster.unsettled() + polled() + moving,
                    roster.open(),
                    backlog.blocked(),
                    backlog.bytes());
        } finally {
            lock.unlock();
        }
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

    /** It was declared again, which counts as use. */
    void declaredAgain() {
        change(this::touch);
    }

    @Override
    public List<Measurement> measurements() {
        return counters().measurements(this);
    }

    @Override
    public String toString() {
        return "Queue['" + name() + "' of " + typeName + "]";
    }
}
