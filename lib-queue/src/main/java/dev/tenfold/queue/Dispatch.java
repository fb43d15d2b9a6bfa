package dev.tenfold.queue;

import dev.tenfold.queue.DeadLetters.Burial;
import dev.tenfold.queue.Death.Reason;
import dev.tenfold.queue.log.QueueLog.Change;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One message on its way into several queues, where that takes more than a plain yes of each: room is reserved, the log is
 * written, then the message is put in. Queues that make it wait are waited for last.
 */
final class Dispatch<E> {

    private final MemoryBroker broker;
    private final Message<E> message;
    private final boolean dead;
    private final boolean reserve;

    /** The queues that have it or keep a place for it, and their copies. */
    private final List<MemoryQueue<E>> takers = new ArrayList<>(2);

    private final List<Entry<E>> entries = new ArrayList<>(2);

    private final List<MemoryQueue<E>> waiting = new ArrayList<>(0);
    private final List<BlockedPublish<E>> blocked = new ArrayList<>(0);
    private final ArrayDeque<Burial<?>> burials = new ArrayDeque<>(0);
    private final Map<String, String> refusals = new LinkedHashMap<>();

    /** Queues that were there, or took it and had no use for it. */
    private int found;

    /**
     * Begins.
     *
     * @param dead whether it is a dead letter
     * @param found how many queues have it already
     */
    Dispatch(MemoryBroker broker, Message<E> message, boolean dead, int found) {
        this.broker = broker;
        this.message = message;
        this.dead = dead;
        this.found = found;
        this.reserve = broker.log().isOn();
    }

    /** Asks a queue. */
    void offer(MemoryQueue<E> queue) {
        Entry<E> entry = queue.entry(message);
        note(queue, entry, queue.admit(entry, dead, reserve));
    }

    /** Refuses for a queue that cannot hold the message. */
    void refuse(MemoryQueue<E> queue, String why) {
        found++;
        refusals.put(queue.name(), why);
    }

    /** Takes a queue's answer in. */
    void note(MemoryQueue<E> queue, Entry<E> entry, Admission<E> answer) {
        found++;
        switch (answer.verdict()) {
            case TAKEN -> {
                takers.add(queue);
                entries.add(entry);
                answer.dropped().forEach(head -> burials.add(new Burial<>(queue, head, Reason.MAXLEN)));
            }
            case BLOCKED -> {
                waiting.add(queue);
                blocked.add(Objects.requireNonNull(answer.blocked()));
            }
            case REFUSED -> refusals.put(queue.name(), String.valueOf(answer.refusal()));
            case DROPPED -> {
                answer.dropped().forEach(head -> burials.add(new Burial<>(queue, head, Reason.MAXLEN)));
                burials.add(new Burial<>(queue, entry, Reason.MAXLEN));
            }
            case EXPIRED -> burials.add(new Burial<>(queue, entry, Reason.EXPIRED));
            case DUPLICATE -> {}
            case GONE -> found--;
        }
    }

    /** Waits for the queues that are full; returns whether there is something to finish again. */
    boolean await() {
        for (int i = 0; i < waiting.size(); i++) {
            MemoryQueue<E> queue = waiting.get(i);
            String verdict = queue.await(blocked.get(i));
            if (verdict == null) {
                takers.add(queue);
                entries.add(blocked.get(i).entry());
            } else if (!verdict.equals(BlockedPublish.DUPLICATE)) {
                refusals.put(queue.name(), verdict);
            }
        }
        return reserve && !takers.isEmpty();
    }

    /** Writes the log, with a further change, and puts the message in. Throws if the log takes nothing. */
    CompletionStage<Void> finish(@Nullable Change also) {
        return finish(also, false);
    }

    /** Writes the log and puts the message in; says whether more messages follow at once. */
    CompletionStage<Void> finish(@Nullable Change also, boolean more) {
        if (!reserve) {
            return BrokerLog.DONE;
        }
        List<Change> changes = new ArrayList<>(2);
        if (also != null) {
            changes.add(also);
        }
        CompletionStage<Void> written;
        try {
            Change enqueued = broker.log().enqueued(message, takers, entries);
            if (enqueued != null) {
                changes.add(enqueued);
            }
            written = broker.log().ask(changes, more);
        } catch (RuntimeException refused) {
            for (int i = 0; i < takers.size(); i++) {
                takers.get(i).release(entries.get(i));
            }
            throw refused;
        }
        for (int i = 0; i < takers.size(); i++) {
            takers.get(i).fill(entries.get(i));
        }
        takers.clear();
        entries.clear();
        return written;
    }

    /** Returns what queues gave up for it, for {@link DeadLetters#bury}. */
    ArrayDeque<Burial<?>> burials() {
        return burials;
    }

    /** Says whether the message led to any queue. */
    boolean isRouted() {
        return found > 0;
    }

    /** Says whether some queue has a place for it; before {@link #finish}. */
    boolean isTaken() {
        return !takers.isEmpty();
    }

    Map<String, String> refusals() {
        return refusals;
    }
}
