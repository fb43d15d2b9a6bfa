package dev.tenfold.queue.amqp;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.LongString;
import dev.tenfold.queue.BrokerBuilder.Codecs;
import dev.tenfold.queue.Death;
import dev.tenfold.queue.Message;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Messages as RabbitMQ has them. What it has no place for is in headers that start with {@value #OWN}, which consumers do not
 * see: the type of the body, the attempt, and where a message that waited for its retry was first published.
 */
final class Wire {

    static final String OWN = "x-tenfold-";

    /** Which publish it was, for a message that comes back. */
    static final String SEQUENCE = OWN + "seq";

    private static final String TYPE = OWN + "type";
    private static final String ATTEMPT = OWN + "attempt";
    private static final String EXCHANGE = OWN + "exchange";
    private static final String KEY = OWN + "key";

    /** The queues in which a message waits for its time; its leaving them is no death. */
    static final String WAITING = "tenfold.wait.";

    private static final int PERSISTENT = 2;
    private static final int TRANSIENT = 1;

    private Wire() {}

    /** A body and what goes with it, ready to be sent. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Outgoing(BasicProperties properties, byte[] body) {

        Outgoing with(String header, Object value) {
            Map<String, Object> more = new LinkedHashMap<>(properties.getHeaders());
            more.put(header, value);
            return new Outgoing(properties.builder().headers(more).build(), body);
        }

        Outgoing expiring(@Nullable Duration ttl) {
            return new Outgoing(properties.builder().expiration(millis(ttl)).build(), body);
        }
    }

    static Outgoing outgoing(Message<?> message, Codecs codecs) {
        Map<String, Object> headers = new LinkedHashMap<>();
        message.headers().forEach((name, value) -> headers.put(name, toWire(value)));
        headers.put(TYPE, codecs.home(message.body().getClass()).getName());
        BasicProperties properties = new BasicProperties.Builder()
                .headers(headers)
                .messageId(message.id().orElse(null))
                .correlationId(message.correlationId().orElse(null))
                .replyTo(message.replyTo().orElse(null))
                .priority(message.priority())
                .expiration(millis(message.ttl().orElse(null)))
                .deliveryMode(message.isPersistent() ? PERSISTENT : TRANSIENT)
                .build();
        return new Outgoing(properties, codecs.encode(message.body()));
    }

    /** The same bytes once more, to wait for another attempt; keeps where they were published first. */
    static Outgoing retried(Envelope envelope, BasicProperties properties, byte[] body, int attempt) {
        Map<String, Object> headers = new LinkedHashMap<>(headers(properties));
        headers.put(ATTEMPT, attempt);
        headers.putIfAbsent(EXCHANGE, envelope.getExchange());
        headers.putIfAbsent(KEY, envelope.getRoutingKey());
        return new Outgoing(
                properties.builder().headers(headers).expiration(null).build(), body);
    }

    static int attempt(BasicProperties properties) {
        return headers(properties).get(ATTEMPT) instanceof Number number ? number.intValue() : 1;
    }

    /** How often it came back, as far as RabbitMQ knows: a classic queue only tells that it did. */
    static int deliveryCount(Envelope envelope, BasicProperties properties) {
        int before = attempt(properties) - 1;
        return headers(properties).get("x-delivery-count") instanceof Number count
                ? before + count.intValue()
                : before + (envelope.isRedeliver() ? 1 : 0);
    }

    static <E> Message<E> incoming(
            Envelope envelope, BasicProperties properties, byte[] body, Class<E> type, Codecs codecs) {
        Map<String, Object> raw = headers(properties);
        String exchange = text(raw, EXCHANGE, envelope.getExchange());
        String key = text(raw, KEY, envelope.getRoutingKey());
        Message<E> message = Message.of(decode(text(raw, TYPE, type.getName()), body, type, codecs))
                .headers(visible(raw, exchange, key));
        message = properties.getMessageId() == null ? message : message.id(properties.getMessageId());
        message =
                properties.getCorrelationId() == null ? message : message.correlationId(properties.getCorrelationId());
        message = properties.getReplyTo() == null ? message : message.replyTo(properties.getReplyTo());
        message = properties.getPriority() == null || properties.getPriority() == 0
                ? message
                : message.priority(properties.getPriority());
        message = properties.getExpiration() == null
                ? message
                : message.ttl(Duration.ofMillis(Long.parseLong(properties.getExpiration())));
        message = properties.getDeliveryMode() != null && properties.getDeliveryMode() == TRANSIENT
                ? message.persistent(false)
                : message;
        return message.at(exchange, key);
    }

    /** By the codec of the type that its publisher named, if it has one here and fits; else by the queue's. */
    static <E> E decode(String named, byte[] body, Class<E> type, Codecs codecs) {
        Class<?> actual = codecs.type(named).filter(type::isAssignableFrom).orElse(type);
        return type.cast(codecs.of(actual).decode(body));
    }

    static <R> R decode(BasicProperties properties, byte[] body, Class<R> type, Codecs codecs) {
        return decode(text(headers(properties), TYPE, type.getName()), body, type, codecs);
    }

    private static Map<String, Object> visible(Map<String, Object> raw, String exchange, String key) {
        Map<String, Object> headers = new LinkedHashMap<>();
        raw.forEach((name, value) -> {
            if (!name.startsWith(OWN) && value != null) {
                headers.put(name, fromWire(value));
            }
        });
        if (headers.remove(Death.HEADER) instanceof List<?> list) {
            boolean moved = raw.containsKey(EXCHANGE);
            List<Death> deaths = list.stream()
                    .filter(Map.class::isInstance)
                    .map(each -> death((Map<?, ?>) each, moved ? exchange : null, moved ? key : null))
                    .filter(each -> !each.queue().startsWith(WAITING))
                    .toList();
            if (!deaths.isEmpty()) {
                headers.put(Death.HEADER, deaths);
            }
            if (text(raw, Death.FIRST_QUEUE, "").startsWith(WAITING)) {
                first(deaths, headers);
            }
        }
        return headers;
    }

    /** The first death was none: what comes after it in time, of equal ones the last in the list, was. */
    private static void first(List<Death> deaths, Map<String, Object> headers) {
        headers.remove(Death.FIRST_QUEUE);
        headers.remove(Death.FIRST_REASON);
        headers.remove(Death.FIRST_EXCHANGE);
        Death first = null;
        for (Death each : deaths) {
            first = first == null || !each.at().isAfter(first.at()) ? each : first;
        }
        if (first != null) {
            headers.put(Death.FIRST_QUEUE, first.queue());
            headers.put(Death.FIRST_REASON, first.reason().toString());
            headers.put(Death.FIRST_EXCHANGE, first.exchange());
        }
    }

    private static Death death(Map<?, ?> table, @Nullable String exchange, @Nullable String key) {
        List<?> keys = table.get("routing-keys") instanceof List<?> list ? list : List.of();
        return new Death(
                String.valueOf(table.get("queue")),
                Death.Reason.valueOf(String.valueOf(table.get("reason")).toUpperCase(Locale.ROOT)),
                table.get("count") instanceof Number count ? count.longValue() : 1,
                exchange != null ? exchange : String.valueOf(table.get("exchange")),
                key != null ? key : keys.isEmpty() ? "" : String.valueOf(keys.get(0)),
                table.get("time") instanceof Instant time ? time : Instant.EPOCH);
    }

    private static Map<String, Object> headers(BasicProperties properties) {
        Map<String, Object> headers = properties.getHeaders();
        return headers == null ? Map.of() : headers;
    }

    private static String text(Map<String, Object> headers, String name, String otherwise) {
        Object value = headers.get(name);
        return value == null ? otherwise : value.toString();
    }

    private static @Nullable String millis(@Nullable Duration ttl) {
        return ttl == null ? null : Long.toString(ttl.toMillis());
    }

    /** What a table of AMQP can hold. */
    static Object toWire(Object value) {
        if (value instanceof Instant instant) {
            return Date.from(instant);
        }
        if (value instanceof Character character) {
            return character.toString();
        }
        if (value instanceof Death death) {
            Map<String, Object> table = new LinkedHashMap<>();
            table.put("queue", death.queue());
            table.put("reason", death.reason().toString());
            table.put("count", death.count());
            table.put("exchange", death.exchange());
            table.put("routing-keys", List.of(death.routingKey()));
            table.put("time", Date.from(death.at()));
            return table;
        }
        if (value instanceof List<?> list) {
            return list.stream()
                    .map(each -> toWire(Objects.requireNonNull(each)))
                    .toList();
        }
        if (value instanceof Map<?, ?> map) {
            Map<String, Object> table = new LinkedHashMap<>();
            map.forEach((name, each) -> table.put(String.valueOf(name), toWire(Objects.requireNonNull(each))));
            return table;
        }
        return value;
    }

    private static Object fromWire(Object value) {
        if (value instanceof LongString text) {
            return text.toString();
        }
        if (value instanceof Date date) {
            return date.toInstant();
        }
        if (value instanceof List<?> list) {
            List<Object> values = new ArrayList<>();
            list.forEach(each -> values.add(fromWire(each)));
            return values;
        }
        if (value instanceof Map<?, ?> map) {
            Map<String, Object> values = new LinkedHashMap<>();
            map.forEach((name, each) -> {
                if (each != null) {
                    values.put(String.valueOf(name), fromWire(each));
                }
            });
            return values;
        }
        return value;
    }
}
