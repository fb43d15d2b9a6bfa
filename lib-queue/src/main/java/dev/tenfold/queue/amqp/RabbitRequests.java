package dev.tenfold.queue.amqp;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Return;
import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.queue.Message;
import dev.tenfold.queue.amqp.Wire.Outgoing;
import dev.tenfold.time.Scheduler;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Requests that wait for their answer, which comes by RabbitMQ's direct reply-to: over the channel they were made on. Where the
 * server has no such thing, it comes by a queue that goes with the connection.
 */
final class RabbitRequests implements AutoCloseable {

    private static final String DIRECT = "amq.rabbitmq.reply-to";

    private static final Duration LONGEST = Duration.ofDays(365);

    private final RabbitBroker broker;
    private final AtomicLong made = new AtomicLong();
    private final Map<String, Waiting<?>> waiting = new ConcurrentHashMap<>();
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Channel channel;
    private String replyTo = DIRECT;

    RabbitRequests(RabbitBroker broker) {
        this.broker = broker;
    }

    private static final class Waiting<R> {
        final CompletableFuture<R> answer = new CompletableFuture<>();
        final Class<R> type;
        final String what;
        Scheduler.@Nullable Task alarm;

        Waiting(Class<R> type, String what) {
            this.type = type;
            this.what = what;
        }

        void fail(Throwable why) {
            end();
            answer.completeExceptionally(why);
        }

        void end() {
            if (alarm != null) {
                alarm.cancel();
            }
        }
    }

    <R> CompletionStage<R> request(
            String exchange, String routingKey, Message<?> message, Class<R> answer, Duration timeout) {
        if (timeout.isNegative() || timeout.isZero() || timeout.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("timeout: " + timeout + " (expected: above zero, at most 365 days)");
        }
        String id = "request-" + made.incrementAndGet();
        String what = "the answer to '" + routingKey + "' on exchange '" + exchange + "'";
        Waiting<R> mine = new Waiting<>(answer, what);
        waiting.put(id, mine);
        mine.alarm = broker.given()
                .scheduler()
                .schedule(timeout, () -> fail(id, new DeadlineExceededException(what, timeout, null)));
        lock.lock();
        try {
            Channel to = open();
            Outgoing question = broker.outgoing(message.replyTo(replyTo).correlationId(id));
            // What an expiration means, AMQP alone leaves open.
            question = broker.server().isLikeRabbit() ? question.expiring(timeout) : question;
            to.basicPublish(exchange, routingKey, true, question.properties(), question.body());
        } catch (IOException | AlreadyClosedException failure) {
            fail(id, Channels.unavailable(failure));
        } finally {
            lock.unlock();
        }
        return mine.answer.minimalCompletionStage();
    }

    private Channel open() throws IOException {
        Channel held = channel;
        if (held != null && held.isOpen()) {
            return held;
        }
        Channel next = broker.channels().open();
        next.addReturnListener(this::returned);
        if (!broker.server().repliesDirectly()) {
            replyTo = next.queueDeclare().getQueue();
        }
        next.basicConsume(
                replyTo, true, (tag, delivery) -> answered(delivery.getProperties(), delivery.getBody()), tag -> {});
        channel = next;
        return next;
    }

    private void returned(Return message) {
        String id = message.getProperties().getCorrelationId();
        Waiting<?> asked = id == null ? null : waiting.remove(id);
        if (asked != null) {
            asked.fail(new UnavailableException(asked.what + " has no source", List.of("it leads to no queue"), null));
        }
    }

    private void answered(BasicProperties properties, byte[] body) {
        String id = properties.getCorrelationId();
        Waiting<?> asked = id == null ? null : waiting.remove(id);
        if (asked != null) {
            complete(asked, properties, body);
        }
    }

    private <R> void complete(Waiting<R> asked, BasicProperties properties, byte[] body) {
        asked.end();
        try {
            asked.answer.complete(
                    Wire.decode(properties, body, asked.type, broker.given().codecs()));
        } catch (RuntimeException unreadable) {
            asked.answer.completeExceptionally(unreadable);
        }
    }

    private void fail(String id, Throwable why) {
        Waiting<?> asked = waiting.remove(id);
        if (asked != null) {
            asked.fail(why);
        }
    }

    @Override
    public void close() {
        for (String id : List.copyOf(waiting.keySet())) {
            fail(id, new UnavailableException("the broker is closed", List.of(), null));
        }
        lock.lock();
        try {
            Channels.close(channel);
        } finally {
            lock.unlock();
        }
    }
}
