package dev.tenfold.queue;

import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.error.UnavailableException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Requests that wait for their answer. An answer goes straight to who waits for it, without a queue. */
final class Requests {

    /** Where answers are sent that go straight back. */
    private static final String REPLY_TO = "tenfold.reply-to";

    private final MemoryBroker broker;
    private final AtomicLong made = new AtomicLong();
    private final ConcurrentMap<String, Waiting<?>> waiting = new ConcurrentHashMap<>();

    Requests(MemoryBroker broker) {
        this.broker = broker;
    }

    <E, R> CompletionStage<R> request(
            MemoryExchange<E> exchange,
            String routingKey,
            Message<? extends E> message,
            Class<R> answer,
            Duration timeout) {
        if (timeout.isNegative() || timeout.isZero() || timeout.compareTo(QueueOptions.LONGEST) > 0) {
            throw new IllegalArgumentException("timeout: " + timeout + " (expected: above zero, at most 365 days)");
        }
        Names.checkKey("routingKey", routingKey);
        String id = "request-" + made.incrementAndGet();
        Waiting<R> mine = new Waiting<>(answer);
        waiting.put(id, mine);
        String what = "the answer to '" + routingKey + "' on exchange '" + exchange.name() + "'";
        mine.alarm = broker.alarms().of(() -> fail(id, new DeadlineExceededException(what, timeout, null)));
        try {
            broker.alarms().set(mine.alarm, broker.given().time().nanoTime() + timeout.toNanos());
        } catch (RejectedExecutionException closed) {
            fail(id, closed);
            return mine.future.minimalCompletionStage();
        }
        Message<? extends E> question =
                message.replyTo(REPLY_TO).correlationId(id).ttl(timeout).persistent(false);
        exchange.publish(routingKey, question).whenComplete((confirm, failure) -> {
            if (failure != null) {
                fail(
                        id,
                        failure instanceof CompletionException && failure.getCause() != null
                                ? failure.getCause()
                                : failure);
            } else if (confirm == Confirm.UNROUTED) {
                fail(id, new UnavailableException(what + " has no source", List.of("it leads to no queue"), null));
            }
        });
        return mine.future.minimalCompletionStage();
    }

    CompletionStage<Confirm> reply(Message<?> request, Object answer) {
        String to = request.replyTo()
                .orElseThrow(() -> new IllegalStateException(
                        "message '" + request.routingKey() + "' asks for no answer: it has no replyTo"));
        if (!to.equals(REPLY_TO)) {
            Message<Object> message = Message.of(answer);
            String id = request.correlationId().orElse(null);
            return broker.defaultExchange(Object.class).publish(to, id == null ? message : message.correlationId(id));
        }
        Waiting<?> asked = waiting.remove(request.correlationId().orElse(""));
        if (asked == null) {
            return CompletableFuture.completedStage(Confirm.UNROUTED);
        }
        asked.end(broker.alarms());
        asked.complete(answer);
        return CompletableFuture.completedStage(Confirm.ROUTED);
    }

    private void fail(String id, Throwable why) {
        Waiting<?> asked = waiting.remove(id);
        if (asked != null) {
            asked.end(broker.alarms());
            asked.future.completeExceptionally(why);
        }
    }

    void close() {
        for (String id : List.copyOf(waiting.keySet())) {
            fail(id, new UnavailableException("the broker is closed", List.of(), null));
        }
    }

    private static final class Waiting<R> {

        final CompletableFuture<R> future = new CompletableFuture<>();
        private final Class<R> type;
        Alarms.@Nullable Alarm alarm;

        Waiting(Class<R> type) {
            this.type = type;
        }

        void end(Alarms alarms) {
            if (alarm != null) {
                alarms.cancel(alarm);
            }
        }

        void complete(Object answer) {
            if (type.isInstance(answer)) {
                future.complete(type.cast(answer));
            } else {
                future.completeExceptionally(new ClassCastException(
                        "the answer is a " + answer.getClass().getName() + " (expected: " + type.getName() + ")"));
            }
        }
    }
}
