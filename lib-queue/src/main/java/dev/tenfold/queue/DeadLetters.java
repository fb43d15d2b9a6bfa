package dev.tenfold.queue;

import dev.tenfold.queue.Death.Reason;
import dev.tenfold.queue.log.QueueLog.Change;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Moves messages that a queue gave up to where its options say, with their history in the headers, by RabbitMQ's rules. A
 * message that cannot be moved is kept by its queue or, last, dropped; the observer is told in every case.
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
     *
     * @return completes when the move is on disk, where it has to be
     */
    <E> CompletionStage<Void> bury(QueueCore<E> from, Entry<E> entry, Reason reason) {
        ArrayDeque<Burial<?>> work = new ArrayDeque<>(2);
        CompletionStage<Void> kept = move(new Burial<>(from, entry, reason), work);
        bury(work);
        return kept;
    }

    /** Moves what a queue dropped, and what is dropped for that. */
    void bury(ArrayDeque<Burial<?>> work) {
        for (Burial<?> next = work.poll(); next != null; next = work.poll()) {
            move(next, work);
        }
    }

    /** Returns how many times something was moved or tried to be; grows before the first message arrives. */
    long begun() {
        return begun.get();
    }

    private <E> CompletionStage<Void> move(Burial<E> burial, ArrayDeque<Burial<?>> work) {
        begun.incrementAndGet();
        QueueCore<E> from = burial.from;
        QueueOptions options = from.options();
        String queue = options.deadLetterTo();
        String exchange = options.deadLetterExchange();
        if (queue == null && exchange == null) {
            Level level = burial.reason == Reason.EXPIRED ? Level.DEBUG : Level.WARNING;
            return discard(burial, level, "message.discarded", "the queue has no place for dead letters");
        }
        List<Death> deaths = history(burial);
        Message<E> letter;
        List<MemoryQueue<E>> targets;
        if (queue != null) {
            letter = letter(burial, "", queue, deaths);
            targets = broker.topology().named(queue);
        } else {
            String key = options.deadLetterKey();
            letter = letter(
                    burial, String.valueOf(exchange), key == null ? burial.entry.message.routingKey() : key, deaths);
            targets = broker.topology().route(letter);
        }
        return move(burial, letter, targets, deaths, work);
    }

    private <E> CompletionStage<Void> move(
            Burial<E> burial,
            Message<E> letter,
            List<MemoryQueue<E>> targets,
            List<Death> deaths,
            ArrayDeque<Burial<?>> work) {
        String where =
                letter.exchange().isEmpty() ? "'" + letter.routingKey() + "'" : "exchange '" + letter.exchange() + "'";
        if (targets.isEmpty()) {
            return discard(burial, Level.ERROR, "message.discarded", where + " leads nowhere");
        }
        List<MemoryQueue<E>> ahead = targets.stream()
                .filter(target -> !isCycle(target.name(), deaths))
                .toList();
        if (ahead.isEmpty()) {
            return discard(burial, Level.ERROR, "deadletter.cycle", "it comes back to " + where + " by itself");
        }
        Dispatch<E> dispatch = new Dispatch<>(broker, letter, true, 0);
        for (MemoryQueue<E> target : ahead) {
            if (target.holds(letter)) {
                dispatch.offer(target);
            } else {
                dispatch.refuse(target, "holds " + target.typeName());
            }
        }
        work.addAll(dispatch.burials());
        if (dispatch.isRouted() && !dispatch.isTaken() && !dispatch.refusals().isEmpty()) {
            return keep(burial, where, dispatch.refusals());
        }
        CompletionStage<Void> written;
        try {
            written = dispatch.finish(burial.entry.id == 0 ? null : new Change.Removed(burial.entry.id));
        } catch (RuntimeException logIsStuck) {
            return keep(burial, where, Map.of("log", logIsStuck.toString()));
        }
        burial.from.counters().deadLettered.increment();
        tell(burial, Level.WARNING, "message.deadlettered", "moved to " + where);
        moved(burial);
        return written;
    }

    /** There is no room: it stays, except where staying would keep the room it was to make. */
    private <E> CompletionStage<Void> keep(Burial<E> burial, String where, Map<String, String> refusals) {
        if (burial.reason == Reason.MAXLEN) {
            return discard(burial, Level.ERROR, "message.discarded", where + " is full, too");
        }
        if (burial.entry.dying() == null) {
            tell(burial, Level.WARNING, "deadletter.waits", where + " does not take it: " + refusals);
        }
        if (burial.from instanceof Deliveries<E> queue) {
            queue.keep(burial.entry, burial.reason);
        }
        return BrokerLog.DONE;
    }

    private <E> CompletionStage<Void> discard(Burial<E> burial, Level level, String kind, String why) {
        CompletionStage<Void> kept = broker.log().removed(burial.entry);
        burial.from.counters().discarded.increment();
        tell(burial, level, kind, "dropped, " + why);
        moved(burial);
        return kept;
    }

    private static <E> void moved(Burial<E> burial) {
        if (burial.from instanceof Deliveries<E> queue) {
            queue.moved();
        }
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

    /** The time to live and the delay were the old queue's business; further routing keys led here. */
    private static <E> Message<E> letter(Burial<E> burial, String exchange, String key, List<Death> deaths) {
        Message<E> message = burial.entry.message;
        Map<String, Object> headers = new LinkedHashMap<>(message.headers());
        headers.remove(Message.CC);
        headers.remove(Message.BCC);
        headers.put(Death.HEADER, deaths);
        headers.putIfAbsent(Death.FIRST_QUEUE, burial.from.name());
        headers.putIfAbsent(Death.FIRST_REASON, burial.reason.toString());
        headers.putIfAbsent(Death.FIRST_EXCHANGE, message.exchange());
        Message.Properties properties = message.propertiesOrNull();
        return new Message<>(
                message.body(),
                Map.copyOf(headers),
                exchange,
                key,
                properties == null
                        ? null
                        : properties.ttl(null).delay(null, null).mandatory(false));
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

    /** A message that left its queue, where it is counted as moving, and why. */
    record Burial<E>(QueueCore<E> from, Entry<E> entry, Reason reason) {}
}
