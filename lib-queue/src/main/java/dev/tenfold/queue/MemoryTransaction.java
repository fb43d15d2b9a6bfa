package dev.tenfold.queue;

import dev.tenfold.queue.DeadLetters.Burial;
import dev.tenfold.queue.Death.Reason;
import dev.tenfold.queue.log.QueueLog.Change;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A transaction in memory. It takes the locks of all its queues at once, in the order of their numbers, twice: to find out
 * whether there is room and keep it, and, when the log is written, to put everything in.
 */
final class MemoryTransaction implements Transaction {

    private final MemoryBroker broker;
    private final List<Step<?>> steps = new ArrayList<>();
    private final List<MemoryDelivery<?>> acks = new ArrayList<>();
    private boolean ended;

    MemoryTransaction(MemoryBroker broker) {
        this.broker = broker;
    }

    @Override
    public <E> Transaction publish(Exchange<E> exchange, String routingKey, Message<? extends E> message) {
        checkOpen();
        if (!(exchange instanceof MemoryExchange<E> own) || own.broker() != broker) {
            throw new IllegalArgumentException("exchange: " + exchange.name() + " (expected: one of this broker)");
        }
        steps.add(new Step<>(own, own.checked(own.here(routingKey, message))));
        return this;
    }

    @Override
    public Transaction ack(Delivery<?> delivery) {
        checkOpen();
        if (!(delivery instanceof MemoryDelivery<?> own) || own.broker() != broker) {
            throw new IllegalArgumentException("delivery: " + delivery + " (expected: one of this broker)");
        }
        own.claimOrThrow();
        acks.add(own);
        return this;
    }

    private void checkOpen() {
        if (ended) {
            throw new IllegalStateException("the transaction has ended already; begin another one");
        }
    }

    @Override
    public CompletionStage<Void> commit() {
        checkOpen();
        Map<Long, Part<?>> parts = new TreeMap<>();
        steps.forEach(step -> step.route(parts));
        List<Part<?>> inOrder = List.copyOf(parts.values());
        Map<String, String> refusals = new LinkedHashMap<>();
        ArrayDeque<Burial<?>> burials = new ArrayDeque<>();
        locked(inOrder, () -> {
            inOrder.forEach(part -> part.check(refusals));
            if (refusals.isEmpty()) {
                inOrder.forEach(part -> part.reserve(burials));
            }
        });
        if (!refusals.isEmpty()) {
            rollback();
            return CompletableFuture.failedStage(PublishRejectedException.by("of a transaction", "", refusals));
        }
        CompletionStage<Void> written;
        try {
            written = broker.log().ask(changes());
        } catch (RuntimeException refused) {
            inOrder.forEach(Part::release);
            broker.deadLetters().bury(burials);
            rollback();
            return CompletableFuture.failedStage(refused);
        }
        ended = true;
        List<Runnable> after = new ArrayList<>();
        locked(inOrder, () -> inOrder.forEach(part -> part.fill(after)));
        acks.forEach(MemoryDelivery::settledElsewhere);
        after.forEach(Runnable::run);
        broker.deadLetters().bury(burials);
        return written;
    }

    private List<Change> changes() {
        List<Change> changes = new ArrayList<>();
        if (broker.log().isOn()) {
            steps.forEach(step -> step.log(changes));
            long[] removed = acks.stream()
                    .mapToLong(MemoryDelivery::id)
                    .filter(id -> id != 0)
                    .toArray();
            if (removed.length > 0) {
                changes.add(new Change.Removed(removed));
            }
        }
        return changes;
    }

    /** Holds the locks of all these queues, which are in the order of their numbers, during an action. */
    private static void locked(List<Part<?>> parts, Runnable action) {
        int held = 0;
        try {
            for (Part<?> part : parts) {
                part.queue.lock.lock();
                held++;
            }
            action.run();
        } finally {
            for (int i = held - 1; i >= 0; i--) {
                parts.get(i).queue.lock.unlock();
            }
        }
    }

    @Override
    public void rollback() {
        if (!ended) {
            ended = true;
            acks.forEach(MemoryDelivery::unclaim);
        }
    }

    /** A message and where it leads. */
    private final class Step<E> {

        private final MemoryExchange<E> exchange;
        private final Message<E> message;
        private final List<MemoryQueue<E>> queues = new ArrayList<>();
        private final List<Entry<E>> entries = new ArrayList<>();

        Step(MemoryExchange<E> exchange, Message<E> message) {
            this.exchange = exchange;
            this.message = CarbonCopies.withoutBlind(message);
        }

        @SuppressWarnings("unchecked") // a part has its queue's type
        void route(Map<Long, Part<?>> parts) {
            for (MemoryQueue<E> queue : broker.topology().resolve(exchange, message)) {
                Entry<E> entry = queue.entry(message);
                queues.add(queue);
                entries.add(entry);
                Part<E> part = (Part<E>) parts.computeIfAbsent(queue.number(), first -> new Part<>(queue));
                part.entries.add(entry);
                if (!queue.holds(message)) {
                    part.unfit = "holds " + queue.typeName();
                }
            }
        }

        void log(List<Change> changes) {
            Change change = broker.log().enqueued(message, queues, entries);
            if (change != null) {
                changes.add(change);
            }
        }
    }

    /** What one queue is to get. */
    private static final class Part<E> {

        final MemoryQueue<E> queue;
        final List<Entry<E>> entries = new ArrayList<>();
        String unfit = "";

        Part(MemoryQueue<E> queue) {
            this.queue = queue;
        }

        void check(Map<String, String> refusals) {
            String refusal = unfit.isEmpty() ? queue.refusal(entries) : unfit;
            if (refusal != null) {
                refusals.put(queue.name(), refusal);
            }
        }

        void reserve(ArrayDeque<Burial<?>> burials) {
            queue.reserve(entries).forEach(dropped -> burials.add(new Burial<>(queue, dropped, Reason.MAXLEN)));
        }

        void release() {
            entries.forEach(queue::release);
        }

        void fill(List<Runnable> outside) {
            AfterUnlock<E> after = new AfterUnlock<>(queue);
            entries.forEach(entry -> queue.fill(entry, after));
            outside.add(after::run);
        }
    }
}
