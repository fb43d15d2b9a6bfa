package dev.tenfold.queue;

import dev.tenfold.error.Validation;
import dev.tenfold.retry.Backoff;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How a queue behaves. Immutable: each setter returns a copy. What does not fit is reported when the queue is declared.
 */
public final class QueueOptions {

    /** How many messages may wait unless changed: 10,000. */
    public static final int DEFAULT_MAX_LENGTH = 10_000;

    /** How long a publishing thread waits for room unless changed: 30 seconds. */
    public static final Duration DEFAULT_BLOCK_TIMEOUT = Duration.ofSeconds(30);

    /** How failures are retried unless changed: five attempts, 100 ms doubling up to 30 s, with full jitter. */
    public static final Backoff DEFAULT_RETRY =
            Backoff.exponential(Duration.ofMillis(100), Duration.ofSeconds(30)).attempts(5);

    /** How many ids of messages a queue that deduplicates remembers at most: 100,000, some 10 MB. */
    public static final int MAX_REMEMBERED_IDS = 100_000;

    /** The longest time to live, queue expiry or window: 365 days. */
    public static final Duration LONGEST = Duration.ofDays(365);

    private static final QueueOptions DEFAULTS = new QueueOptions(Map.of());

    /** Only what was set, so that two are the same exactly if they behave the same. */
    private final Map<QueueOption, Object> set;

    private QueueOptions(Map<QueueOption, Object> set) {
        this.set = set;
    }

    /**
     * Returns the options of a queue for which none is set.
     *
     * @return the defaults
     */
    public static QueueOptions defaults() {
        return DEFAULTS;
    }

    /** What a full queue does with one more message. */
    public enum Overflow {
        /** Refuses it: publishing fails with {@link PublishRejectedException}. */
        REJECT,
        /**
         * Takes it and dead-letters those that would be delivered first, as RabbitMQ does: the oldest of the highest priority. So a
         * message that outranks all that wait is itself the one to go, and so is one that comes back to its place at the head of a
         * queue that has become full meanwhile.
         */
        DROP_HEAD,
        /**
         * Makes the publishing thread wait for room, in order of arrival, up to {@link QueueOptions#blockTimeout()}, and
         * refuses it after that.
         */
        BLOCK
    }

    /**
     * Limits the queue. Messages that wait count, for a consumer, for their time or for their retry; those that consumers
     * hold do not, so what they give back may exceed the limit by as much as they held.
     *
     * @param maxLength at least 1; {@value #DEFAULT_MAX_LENGTH} unless set
     * @return a copy
     */
    public QueueOptions maxLength(int maxLength) {
        return with(QueueOption.MAX_LENGTH, maxLength);
    }

    /**
     * Limits the bytes of the bodies that wait, beside {@link #maxLength(int)}. What a body's size is, {@link
     * BrokerBuilder#sizeOf} says, else its codec. A single body that is larger than the limit is refused.
     *
     * @param maxBytes at least 1; no limit unless set
     * @return a copy
     */
    public QueueOptions maxBytes(long maxBytes) {
        return with(QueueOption.MAX_BYTES, maxBytes);
    }

    /**
     * Decides what happens at the limit.
     *
     * @param overflow {@link Overflow#REJECT} unless set
     * @return a copy
     */
    public QueueOptions overflow(Overflow overflow) {
        return with(QueueOption.OVERFLOW, Objects.requireNonNull(overflow, "overflow"));
    }

    /**
     * Limits how long a publishing thread waits where the overflow is {@link Overflow#BLOCK}.
     *
     * @param blockTimeout above zero; 30 seconds unless set
     * @return a copy
     */
    public QueueOptions blockTimeout(Duration blockTimeout) {
        return with(QueueOption.BLOCK_TIMEOUT, Objects.requireNonNull(blockTimeout, "blockTimeout"));
    }

    /**
     * Decides how often and when a message is tried again after a failure. Messages behind it do not wait; it comes back
     * at its old place, ahead of younger ones.
     *
     * @param retry {@link #DEFAULT_RETRY} unless set
     * @return a copy
     */
    public QueueOptions retry(Backoff retry) {
        return with(QueueOption.RETRY, Objects.requireNonNull(retry, "retry"));
    }

    /**
     * Limits how often a message may come back, given back or failed, before it becomes a dead letter: with 2, it is
     * delivered three times at most. Messages that a consumer held but never began do not count.
     *
     * @param deliveryLimit at least 0; no limit unless set, but for failures there is always {@link #retry(Backoff)}
     * @return a copy
     */
    public QueueOptions deliveryLimit(int deliveryLimit) {
        return with(QueueOption.DELIVERY_LIMIT, deliveryLimit);
    }

    /**
     * Sends messages that were rejected, expired, came back too often or were dropped at the limit to another queue, with
     * their history in the headers, see {@link Death}. Without a place for dead letters they are dropped, which the
     * observer is told.
     *
     * <p>If that queue is full, a message that consumers gave up stays in this one, where it counts, and is moved as soon
     * as there is room. A message that comes around a circle of such queues without any consumer having rejected it on
     * the way is dropped.
     *
     * @param queue the name of a queue of the same broker that can hold this type; declared by default if there is none
     * @return a copy
     */
    public QueueOptions deadLetterTo(String queue) {
        return with(QueueOption.DEAD_LETTER_TO, Objects.requireNonNull(queue, "queue"));
    }

    /**
     * Publishes such messages to an exchange with the routing key they had, instead of {@link #deadLetterTo}.
     *
     * @param exchange the name of an exchange of the same broker; where there is none at that moment, or the message
     *     leads nowhere, it is dropped, which the observer is told; where all queues it leads to are full, it stays here
     * @return a copy
     */
    public QueueOptions deadLetterExchange(String exchange) {
        return with(QueueOption.DEAD_LETTER_EXCHANGE, Objects.requireNonNull(exchange, "exchange"));
    }

    /**
     * Publishes such messages to an exchange with another routing key.
     *
     * @param exchange as in {@link #deadLetterExchange(String)}
     * @param routingKey at most 255 bytes of UTF-8
     * @return a copy
     */
    public QueueOptions deadLetterExchange(String exchange, String routingKey) {
        return deadLetterExchange(exchange)
                .with(QueueOption.DEAD_LETTER_KEY, Objects.requireNonNull(routingKey, "routingKey"));
    }

    /**
     * Limits how long a message may wait to be delivered; after that it is dead-lettered as expired, when its time comes,
     * wherever it stands. (RabbitMQ looks at the head only, so there a message may wait behind a younger limit.) The time
     * goes on while a consumer holds the message, but it is not taken away from one. A message that is delayed begins to
     * wait when its delay is over.
     *
     * @param ttl 0 to 365 days; no limit unless set; zero means that a message goes to a consumer at once or not at all
     * @return a copy
     */
    public QueueOptions ttl(Duration ttl) {
        return with(QueueOption.TTL, Objects.requireNonNull(ttl, "ttl"));
    }

    /**
     * Deletes the queue, with what is in it, when it was not used for so long: without a consumer, and neither declared
     * again nor polled. Its messages are not dead-lettered.
     *
     * @param expires above zero to 365 days; never unless set
     * @return a copy
     */
    public QueueOptions expires(Duration expires) {
        return with(QueueOption.EXPIRES, Objects.requireNonNull(expires, "expires"));
    }

    /**
     * Delivers messages of a higher {@link Message#priority(int)} first.
     *
     * @param maxPriority how many priorities there are above 0: 0, the default, to 255; few cost less
     * @return a copy
     */
    public QueueOptions maxPriority(int maxPriority) {
        return with(QueueOption.MAX_PRIORITY, maxPriority);
    }

    /**
     * Lets only one consumer work at a time; the others take over, in order of priority and then of start, when it is
     * closed and has settled what it held, so that the order of the queue is kept.
     *
     * @return a copy
     */
    public QueueOptions singleActiveConsumer() {
        return with(QueueOption.SINGLE_ACTIVE_CONSUMER, true);
    }

    /**
     * Deletes the queue, with what is in it, when its last consumer is closed; one that never had a consumer stays.
     *
     * @return a copy
     */
    public QueueOptions autoDelete() {
        return with(QueueOption.AUTO_DELETE, true);
    }

    /**
     * Takes a message whose {@link Message#id(String)} it took before as taken, without a second copy. Messages without
     * an id are not compared. The last {@value #MAX_REMEMBERED_IDS} ids are remembered, in memory.
     *
     * @param window how long an id is remembered; above zero to 365 days; not at all unless set
     * @return a copy
     */
    public QueueOptions deduplicate(Duration window) {
        return with(QueueOption.DEDUPLICATE, Objects.requireNonNull(window, "window"));
    }

    /**
     * Decides whether a durable broker keeps the queue, its bindings and its persistent messages on disk; elsewhere it
     * has no effect.
     *
     * @param durable true unless set
     * @return a copy
     */
    public QueueOptions durable(boolean durable) {
        return with(QueueOption.DURABLE, durable);
    }

    /**
     * Returns how many messages may wait.
     *
     * @return at least 1
     */
    public int maxLength() {
        return get(QueueOption.MAX_LENGTH, Integer.class);
    }

    /**
     * Returns how many bytes may wait.
     *
     * @return {@link Long#MAX_VALUE} for no limit
     */
    public long maxBytes() {
        return get(QueueOption.MAX_BYTES, Long.class);
    }

    /**
     * Returns what happens at the limit.
     *
     * @return the overflow
     */
    public Overflow overflow() {
        return get(QueueOption.OVERFLOW, Overflow.class);
    }

    /**
     * Returns how long a publishing thread waits for room.
     *
     * @return above zero
     */
    public Duration blockTimeout() {
        return get(QueueOption.BLOCK_TIMEOUT, Duration.class);
    }

    /**
     * Returns how failures are retried.
     *
     * @return the backoff
     */
    public Backoff retry() {
        return get(QueueOption.RETRY, Backoff.class);
    }

    /**
     * Returns how often a message may come back.
     *
     * @return {@link Integer#MAX_VALUE} for no limit
     */
    public int deliveryLimit() {
        return get(QueueOption.DELIVERY_LIMIT, Integer.class);
    }

    /**
     * Returns the queue dead letters go to.
     *
     * @return its name, or null
     */
    public @Nullable String deadLetterTo() {
        return (String) set.get(QueueOption.DEAD_LETTER_TO);
    }

    /**
     * Returns the exchange dead letters are published to.
     *
     * @return its name, or null
     */
    public @Nullable String deadLetterExchange() {
        return (String) set.get(QueueOption.DEAD_LETTER_EXCHANGE);
    }

    /**
     * Returns the key dead letters are published with.
     *
     * @return the key, or null for the one they had
     */
    public @Nullable String deadLetterKey() {
        return (String) set.get(QueueOption.DEAD_LETTER_KEY);
    }

    /**
     * Returns how long a message may wait.
     *
     * @return empty for no limit
     */
    public Optional<Duration> ttl() {
        return Optional.ofNullable((Duration) set.get(QueueOption.TTL));
    }

    /**
     * Returns how long the queue stays unused.
     *
     * @return empty for ever
     */
    public Optional<Duration> expires() {
        return Optional.ofNullable((Duration) set.get(QueueOption.EXPIRES));
    }

    /**
     * Returns the highest priority.
     *
     * @return 0 where all messages are equal
     */
    public int maxPriority() {
        return get(QueueOption.MAX_PRIORITY, Integer.class);
    }

    /**
     * Says whether only one consumer works at a time.
     *
     * @return false unless set
     */
    public boolean isSingleActiveConsumer() {
        return get(QueueOption.SINGLE_ACTIVE_CONSUMER, Boolean.class);
    }

    /**
     * Says whether the queue goes with its last consumer.
     *
     * @return false unless set
     */
    public boolean isAutoDelete() {
        return get(QueueOption.AUTO_DELETE, Boolean.class);
    }

    /**
     * Returns how long ids of messages are remembered.
     *
     * @return empty where messages are not compared
     */
    public Optional<Duration> deduplicate() {
        return Optional.ofNullable((Duration) set.get(QueueOption.DEDUPLICATE));
    }

    /**
     * Says whether a durable broker keeps it.
     *
     * @return true unless set
     */
    public boolean isDurable() {
        return get(QueueOption.DURABLE, Boolean.class);
    }

    /**
     * Notes what does not fit; for those who implement a {@link Broker}.
     *
     * @param check takes the notes
     */
    public void validate(Validation check) {
        QueueOption.validate(this, check);
    }

    /**
     * Notes every option in which another declaration differs from this one; for those who implement a {@link Broker}.
     *
     * @param check takes the notes
     * @param again the later declaration
     */
    public void compare(Validation check, QueueOptions again) {
        for (QueueOption option : QueueOption.all()) {
            Names.same(check, option.label, value(option), again.value(option));
        }
    }

    /** Returns what was set, in a fixed order. */
    Map<QueueOption, Object> set() {
        return set;
    }

    private @Nullable Object value(QueueOption option) {
        return set.getOrDefault(option, option.standard);
    }

    private <T> T get(QueueOption option, Class<T> type) {
        return type.cast(Objects.requireNonNull(value(option)));
    }

    QueueOptions with(QueueOption option, Object value) {
        Map<QueueOption, Object> changed = new EnumMap<>(QueueOption.class);
        changed.putAll(set);
        changed.compute(option, (known, before) -> value.equals(known.standard) ? null : value);
        return new QueueOptions(Collections.unmodifiableMap(changed));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof QueueOptions that && set.equals(that.set);
    }

    @Override
    public int hashCode() {
        return set.hashCode();
    }

    /** Writes the limits and whatever was set. */
    @Override
    public String toString() {
        return QueueOption.all().stream()
                .filter(each -> each == QueueOption.MAX_LENGTH || each == QueueOption.OVERFLOW || set.containsKey(each))
                .map(each -> each.label + '=' + value(each))
                .collect(Collectors.joining(" "));
    }
}
