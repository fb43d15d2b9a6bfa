package dev.tenfold.queue.amqp;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import dev.tenfold.error.Validation;
import dev.tenfold.queue.QueueOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Who is at the other end, by what it says of itself when the connection begins. RabbitMQ, and what is made like it, names the
 * extensions of AMQP 0-9-1 that it has; a server that names none is asked for nothing beyond AMQP.
 *
 * @param name for people, such as {@code RabbitMQ 3.13.7}
 * @param capabilities RabbitMQ's names of extensions
 */
record Server(String name, Set<String> capabilities) {

    static Server of(Connection connection) {
        return of(connection.getServerProperties());
    }

    static Server of(@Nullable Map<String, Object> properties) {
        Map<String, Object> told = properties == null ? Map.of() : properties;
        Map<Object, Object> capabilities =
                told.get("capabilities") instanceof Map<?, ?> table ? new HashMap<>(table) : Map.of();
        return new Server(
                told.getOrDefault("product", "an unnamed server") + " " + told.getOrDefault("version", ""),
                capabilities.entrySet().stream()
                        .filter(each -> Boolean.TRUE.equals(each.getValue()))
                        .map(each -> String.valueOf(each.getKey()))
                        .collect(Collectors.toUnmodifiableSet()));
    }

    /**
     * Whether it understands the arguments of queues and exchanges that start with {@code x-}: dead letters, limits, times to
     * live. They are no capability of their own, but are older than this one.
     */
    boolean isLikeRabbit() {
        return ranksConsumers();
    }

    boolean ranksConsumers() {
        return capabilities.contains("consumer_priorities");
    }

    boolean bindsExchanges() {
        return capabilities.contains("exchange_exchange_bindings");
    }

    /** Whether answers come over the channel of the request, without a queue. */
    boolean repliesDirectly() {
        return capabilities.contains("direct_reply_to");
    }

    /** Names what this library's users will miss. */
    List<String> lacks() {
        List<String> missing = new ArrayList<>();
        if (!isLikeRabbit()) {
            missing.add("limits, priorities, times to live, dead letters and delays of queues");
            missing.add("alternate exchanges");
            missing.add("priorities of consumers");
        }
        if (!bindsExchanges()) {
            missing.add("bindings between exchanges");
        }
        return missing;
    }

    /** Gives a message up: to its dead letters, where it has any. What becomes of a rejected one, AMQP alone leaves open. */
    void discard(Channel channel, long deliveryTag) throws IOException {
        if (isLikeRabbit()) {
            channel.basicReject(deliveryTag, false);
        } else {
            channel.basicAck(deliveryTag, false);
        }
    }

    /** Says that something needs more than this server. */
    UnsupportedOperationException without(String what) {
        return new UnsupportedOperationException(
                what + ": " + name + " does not say that it has it (expected: RabbitMQ)");
    }

    /** Notes what was set and cannot be had of a server that knows AMQP 0-9-1 alone. */
    void validate(Validation check, QueueOptions chosen) {
        if (isLikeRabbit()) {
            return;
        }
        QueueOptions usual = QueueOptions.defaults();
        require(check, "maxLength", chosen.maxLength(), usual.maxLength());
        require(check, "maxBytes", chosen.maxBytes(), usual.maxBytes());
        require(check, "overflow", chosen.overflow(), usual.overflow());
        require(check, "ttl", chosen.ttl(), usual.ttl());
        require(check, "expires", chosen.expires(), usual.expires());
        require(check, "maxPriority", chosen.maxPriority(), usual.maxPriority());
        require(check, "singleActiveConsumer", chosen.isSingleActiveConsumer(), false);
        check.require(chosen.deadLetterTo() == null, "deadLetterTo", chosen.deadLetterTo(), rule());
        check.require(chosen.deadLetterExchange() == null, "deadLetterExchange", chosen.deadLetterExchange(), rule());
    }

    private void require(Validation check, String option, Object value, Object usual) {
        check.require(value.equals(usual), option, value, rule());
    }

    /** What is expected of an option that needs RabbitMQ. */
    String rule() {
        return "unset: " + name + " is not RabbitMQ and does not know it";
    }
}
