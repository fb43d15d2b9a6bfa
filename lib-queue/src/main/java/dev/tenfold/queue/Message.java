package dev.tenfold.queue;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A body with what is said beside it. Immutable: each setter returns a copy. The body is passed by reference and should be
 * immutable, too.
 *
 * <pre>{@code
 * orders.publish("order.eu.created", Message.of(order).id(order.number()).priority(5).delay(ofMinutes(10)));
 * }</pre>
 *
 * @param <E> the kind of body
 */
public final class Message<E> {

    /** The highest priority there is: 255, which is AMQP's limit. */
    public static final int MAX_PRIORITY = 255;

    /** Names the header with a list of further routing keys, as in RabbitMQ. */
    public static final String CC = "CC";

    /** Names the header with a list of further routing keys that consumers do not see, as in RabbitMQ. */
    public static final String BCC = "BCC";

    private final E body;
    private final Map<String, Object> headers;
    private final String exchange;
    private final String routingKey;

    /** Null where none was set, which is the usual case and costs nothing. */
    private final @Nullable Properties properties;

    /** The headers must be immutable. */
    Message(E body, Map<String, Object> headers, String exchange, String routingKey, @Nullable Properties properties) {
        this.body = body;
        this.headers = headers;
        this.exchange = exchange;
        this.routingKey = routingKey;
        this.properties = properties;
    }

    /**
     * Makes a message of nothing but a body.
     *
     * @param <E> the kind of body
     * @param body what to deliver
     * @return a message without headers, of priority 0, that never expires, is delivered at once and is kept where its
     *     queue is durable
     */
    public static <E> Message<E> of(E body) {
        return new Message<>(Objects.requireNonNull(body, "body"), Map.of(), "", "", null);
    }

    /**
     * Adds a header, or replaces it.
     *
     * @param name its name
     * @param value its value; what leaves the process must be text, a number, a boolean, an {@link Instant}, bytes, or a
     *     list or map of those
     * @return a copy
     */
    public Message<E> header(String name, Object value) {
        Map<String, Object> more = new LinkedHashMap<>(headers);
        more.put(Objects.requireNonNull(name, "name"), Objects.requireNonNull(value, "value"));
        return new Message<>(body, Map.copyOf(more), exchange, routingKey, properties);
    }

    /**
     * Replaces all headers.
     *
     * @param replacement copied; neither names nor values may be null
     * @return a copy
     */
    public Message<E> headers(Map<String, ?> replacement) {
        return new Message<>(body, Map.copyOf(replacement), exchange, routingKey, properties);
    }

    /**
     * Names the message, so that a queue declared with {@link QueueOptions#deduplicate} takes it once.
     *
     * @param id at most 255 bytes of UTF-8
     * @return a copy
     */
    public Message<E> id(String id) {
        Names.checkKey("id", id);
        return with(properties().id(id));
    }

    /**
     * Says which request this answers.
     *
     * @param correlationId at most 255 bytes of UTF-8
     * @return a copy
     */
    public Message<E> correlationId(String correlationId) {
        Names.checkKey("correlationId", correlationId);
        return with(properties().correlationId(correlationId));
    }

    /**
     * Says where the answer is to be sent.
     *
     * @param queue the name of a queue
     * @return a copy
     */
    public Message<E> replyTo(String queue) {
        Names.checkKey("replyTo", queue);
        return with(properties().replyTo(queue));
    }

    /**
     * Lets the message overtake others in a queue declared with {@link QueueOptions#maxPriority}; elsewhere it has no
     * effect.
     *
     * @param priority 0, the default, to {@value #MAX_PRIORITY}; more than the queue has counts as its highest
     * @return a copy
     * @throws IllegalArgumentException if out of range
     */
    public Message<E> priority(int priority) {
        if (priority < 0 || priority > MAX_PRIORITY) {
            throw new IllegalArgumentException("priority: " + priority + " (expected: 0 to " + MAX_PRIORITY + ")");
        }
        return with(properties().priority(priority));
    }

    /**
     * Limits how long the message may wait in a queue; after that it is dead-lettered as expired. The shorter one of this
     * and {@link QueueOptions#ttl} holds. A dead letter waits without a limit of its own.
     *
     * @param ttl not negative; zero means that it is delivered at once or not at all
     * @return a copy
     * @throws IllegalArgumentException if negative
     */
    public Message<E> ttl(Duration ttl) {
        return with(properties().ttl(notNegative("ttl", ttl)));
    }

    /**
     * Delivers the message no earlier than this long after it was published. Until then it counts as delayed.
     *
     * @param delay not negative
     * @return a copy
     * @throws IllegalArgumentException if negative
     */
    public Message<E> delay(Duration delay) {
        return with(properties().delay(notNegative("delay", delay), null));
    }

    /**
     * Delivers the message no earlier than this. The wait is computed once, when the message is published.
     *
     * @param time by the broker's wall clock; past means at once
     * @return a copy
     */
    public Message<E> deliverAt(Instant time) {
        return with(properties().delay(null, Objects.requireNonNull(time, "time")));
    }

    /**
     * Hands the message to the handler of {@link Exchange#onReturn} if it leads to no queue.
     *
     * @return a copy
     */
    public Message<E> mandatory() {
        return with(properties().mandatory(true));
    }

    /**
     * Decides whether a durable queue keeps the message on disk.
     *
     * @param persistent true unless set; false is faster, and the message is lost when the process ends
     * @return a copy
     */
    public Message<E> persistent(boolean persistent) {
        return with(properties().persistent(persistent));
    }

    /**
     * Returns a copy as if it had been published there; for those who implement a {@link Broker}.
     *
     * @param exchange a name; empty for the default exchange
     * @param routingKey at most 255 bytes of UTF-8
     * @return a copy
     */
    public Message<E> at(String exchange, String routingKey) {
        return new Message<>(body, headers, exchange, routingKey, properties);
    }

    /**
     * Returns the body.
     *
     * @return as given
     */
    public E body() {
        return body;
    }

    /**
     * Returns what is said beside it.
     *
     * @return unmodifiable
     */
    public Map<String, Object> headers() {
        return headers;
    }

    /**
     * Returns where it was published.
     *
     * @return the name of the exchange; empty for the default exchange and before publishing
     */
    public String exchange() {
        return exchange;
    }

    /**
     * Returns the key it was published with.
     *
     * @return the routing key; empty before publishing
     */
    public String routingKey() {
        return routingKey;
    }

    /**
     * Returns its name.
     *
     * @return what {@link #id(String)} set
     */
    public Optional<String> id() {
        return Optional.ofNullable(properties().id);
    }

    /**
     * Returns which request it answers.
     *
     * @return what {@link #correlationId(String)} set
     */
    public Optional<String> correlationId() {
        return Optional.ofNullable(properties().correlationId);
    }

    /**
     * Returns where the answer is to be sent.
     *
     * @return what {@link #replyTo(String)} set
     */
    public Optional<String> replyTo() {
        return Optional.ofNullable(properties().replyTo);
    }

    /**
     * Returns its priority.
     *
     * @return 0 unless set
     */
    public int priority() {
        return properties == null ? 0 : properties.priority;
    }

    /**
     * Returns how long it may wait.
     *
     * @return what {@link #ttl(Duration)} set
     */
    public Optional<Duration> ttl() {
        return Optional.ofNullable(properties().ttl);
    }

    /**
     * Returns how long it is to be held back.
     *
     * @param now when it is published
     * @return zero unless it is delayed or scheduled
     */
    public Duration delayFrom(Instant now) {
        if (properties == null) {
            return Duration.ZERO;
        }
        if (properties.at == null) {
            return properties.delay == null ? Duration.ZERO : properties.delay;
        }
        return properties.at.isAfter(now) ? Duration.between(now, properties.at) : Duration.ZERO;
    }

    /**
     * Says whether it is to come back if it leads nowhere.
     *
     * @return false unless set
     */
    public boolean isMandatory() {
        return properties != null && properties.mandatory;
    }

    /**
     * Says whether a durable queue keeps it on disk.
     *
     * @return true unless set
     */
    public boolean isPersistent() {
        return properties == null || properties.persistent;
    }

    /** Returns what was set beside headers, or null. */
    @Nullable
    Properties propertiesOrNull() {
        return properties;
    }

    /** Returns every routing key: its own, then those of the headers CC and BCC. */
    List<String> routingKeys() {
        return CarbonCopies.keys(routingKey, headers);
    }

    private Properties properties() {
        return properties == null ? Properties.NONE : properties;
    }

    private Message<E> with(Properties changed) {
        return new Message<>(body, headers, exchange, routingKey, changed);
    }

    private static Duration notNegative(String option, Duration value) {
        if (value.isNegative()) {
            throw new IllegalArgumentException(option + ": " + value + " (expected: >= 0)");
        }
        return value;
    }

    @Override
    public String toString() {
        return "Message['" + routingKey + "' of exchange '" + exchange + "': " + body + ", headers=" + headers
                + (properties == null ? "" : ", " + properties) + "]";
    }

    /** What is rarely set. */
    record Properties(
            @Nullable String id,
            @Nullable String correlationId,
            @Nullable String replyTo,
            int priority,
            @Nullable Duration ttl,
            @Nullable Duration delay,
            @Nullable Instant at,
            boolean mandatory,
            boolean persistent) {

        static final Properties NONE = new Properties(null, null, null, 0, null, null, null, false, true);

        boolean isDelayed() {
            return delay != null || at != null;
        }

        Properties id(String set) {
            return new Properties(set, correlationId, replyTo, priority, ttl, delay, at, mandatory, persistent);
        }

        Properties correlationId(String set) {
            return new Properties(id, set, replyTo, priority, ttl, delay, at, mandatory, persistent);
        }

        Properties replyTo(String set) {
            return new Properties(id, correlationId, set, priority, ttl, delay, at, mandatory, persistent);
        }

        Properties priority(int set) {
            return new Properties(id, correlationId, replyTo, set, ttl, delay, at, mandatory, persistent);
        }

        Properties ttl(@Nullable Duration set) {
            return new Properties(id, correlationId, replyTo, priority, set, delay, at, mandatory, persistent);
        }

        Properties delay(@Nullable Duration after, @Nullable Instant time) {
            return new Properties(id, correlationId, replyTo, priority, ttl, after, time, mandatory, persistent);
        }

        Properties mandatory(boolean set) {
            return new Properties(id, correlationId, replyTo, priority, ttl, delay, at, set, persistent);
        }

        Properties persistent(boolean set) {
            return new Properties(id, correlationId, replyTo, priority, ttl, delay, at, mandatory, set);
        }
    }
}
