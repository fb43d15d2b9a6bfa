package dev.tenfold.queue;

import dev.tenfold.queue.Death.Reason;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Moves messages that a queue gave up to the queue named for them, with their history in the headers, by RabbitMQ's
 * rules. A message that cannot be moved is kept by its queue or, last, dropped; the observer is told in every case.
 */
final class DeadLetters {

    private final MemoryBroker broker;
    private final AtomicLong begun = new AtomicLong();

    DeadLetters(MemoryBroker broker) {
        this.broker = broker;
    }

    /**
     * Moves a message that left its queue and is counted there as moving. One that makes a full queue drop its head moves
     * that one next, by a list rather than by recursion, because two full queues may pass on many.
     */
    <E> void bury(Deliveries<E> from, Entry<E> entry, Reason reason) {
        begun.incrementAndGet();
        ArrayDeque<Burial<?>> work = new ArrayDeque<>();
        work.add(new Burial<>(from, entry, reason));
        for (Burial<?> next = work.poll(); next != null; next = work.poll()) {
            bury(next, work);
        }
    }

    /** Returns how many times something was moved or tried to be; grows before the first message arrives. */
    long begun() {
        return begun.get();
    }

    private <E> void bury(Burial<E> burial, ArrayDeque<Burial<?>> work) {
        Deliveries<E> from = burial.from;
        String name = from.options().deadLetterTo();
        if (name == null) {
            discard(burial, Level.WARNING, "message.discarded", "the queue has no deadLetterTo");
            return;
        }
        List<Death> deaths = history(burial);
        if (isCycle(name, deaths)) {
            discard(burial, Level.ERROR, "deadletter.cycle", "it comes back to '" + name + "' by itself");
            return;
        }
        MemoryQueue<E> target = broker.deadLetterQueue(name);
        Admission<E> answer = target.offer(letter(burial, name, deaths), true);
        for (Entry<E> dropped : answer.dropped()) {
            work.add(new Burial<>(target, dropped, Reason.MAXLEN));
        }
        if (answer.isTaken()) {
            from.counters().deadLettered.increment();
            tell(burial, Level.WARNING, "message.deadlettered", "moved to '" + name + "'");
            from.moved();
        } else if (burial.reason == Reason.MAXLEN) {
            discard(burial, Level.ERROR, "message.discarded", "'" + name + "' is full, too");
        } else {
            if (burial.entry.dying == null) {
                tell(burial, Level.WARNING, "deadletter.waits", "'" + name + "' is " + answer.refusal());
            }
            from.keep(burial.entry, burial.reason);
        }
    }

    private <E> void discard(Burial<E> burial, Level level, String kind, String why) {
        burial.from.counters().discarded.increment();
        tell(burial, level, kind, "dropped, " + why);
        burial.from.moved();
    }

    private <E> void tell(Burial<E> burial, Level level, String kind, String what) {
        Message<E> message = burial.entry.message;
        broker.given()
                .tell(
                        level,
                        "queue/" + burial.from.name(),
                        kind,
                        "message '" + message.routingKey() + "' (" + burial.reason + ") " + what,
                        Map.of(
                                "reason", burial.reason.toString(),
                                "exchange", message.exchange(),
                                "routingKey", message.routingKey(),
                                "failures", burial.entry.failures));
    }

    private static <E> Message<E> letter(Burial<E> burial, String name, List<Death> deaths) {
        Message<E> message = burial.entry.message;
        Map<String, Object> headers = new LinkedHashMap<>(message.headers());
        headers.put(Death.HEADER, deaths);
        headers.putIfAbsent(Death.FIRST_QUEUE, burial.from.name());
        headers.putIfAbsent(Death.FIRST_REASON, burial.reason.toString());
        headers.putIfAbsent(Death.FIRST_EXCHANGE, message.exchange());
        return new Message<>(message.body(), Map.copyOf(headers), "", name, null);
    }

    /** Counts this death, and puts it first. */
    private <E> List<Death> history(Burial<E> burial) {
        Message<E> message = burial.entry.message;
        String queue = burial.from.name();
        List<Death> deaths = new ArrayList<>(Death.of(message.headers()));
        Death latest = new Death(
                queue,
                burial.reason,
                1,
                message.exchange(),
                message.routingKey(),
                broker.given().time().now());
        for (Death earlier : List.copyOf(deaths)) {
            if (earlier.queue().equals(queue) && earlier.reason() == burial.reason) {
                deaths.remove(earlier);
                latest = new Death(
                        queue,
                        burial.reason,
                        earlier.count() + 1,
                        earlier.exchange(),
                        earlier.routingKey(),
                        earlier.at());
            }
        }
        deaths.add(0, latest);
        return List.copyOf(deaths);
    }

    /** Says whether a message has been in {@code queue} before and nobody rejected it since: it would go on for ever. */
    private static boolean isCycle(String queue, List<Death> deaths) {
        for (Death death : deaths) {
            if (death.reason() == Reason.REJECTED) {
                return false;
            }
            if (death.queue().equals(queue)) {
                return true;
            }
        }
        return false;
    }

    private record Burial<E>(Deliveries<E> from, Entry<E> entry, Reason reason) {}
}
