package dev.tenfold.queue;

import dev.tenfold.error.Validation;
import dev.tenfold.retry.Backoff;
import java.time.Duration;
import java.util.Objects;
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

    static final QueueOptions DEFAULTS =
            new QueueOptions(DEFAULT_MAX_LENGTH, Overflow.REJECT, DEFAULT_BLOCK_TIMEOUT, DEFAULT_RETRY, null);

    private final int maxLength;
    private final Overflow overflow;
    private final Duration blockTimeout;
    private final Backoff retry;
    private final @Nullable String deadLetterTo;

    private QueueOptions(
            int maxLength, Overflow overflow, Duration blockTimeout, Backoff retry, @Nullable String deadLetterTo) {
        this.maxLength = maxLength;
        this.overflow = Objects.requireNonNull(overflow, "overflow");
        this.blockTimeout = Objects.requireNonNull(blockTimeout, "blockTimeout");
        this.retry = Objects.requireNonNull(retry, "retry");
        this.deadLetterTo = deadLetterTo;
    }

    /**
     * Limits the queue. Messages that wait count, for a consumer or for their retry; those that consumers hold do not, so
     * what they give back may exceed the limit by as much as they held.
     *
     * @param maxLength at least 1; {@value #DEFAULT_MAX_LENGTH} unless set
     * @return a copy
     */
    public QueueOptions maxLength(int maxLength) {
        return new QueueOptions(maxLength, overflow, blockTimeout, retry, deadLetterTo);
    }

    /**
     * Decides what happens at the limit.
     *
     * @param overflow {@link Overflow#REJECT} unless set
     * @return a copy
     */
    public QueueOptions overflow(Overflow overflow) {
        return new QueueOptions(maxLength, overflow, blockTimeout, retry, deadLetterTo);
    }

    /**
     * Limits how long a publishing thread waits where the overflow is {@link Overflow#BLOCK}.
     *
     * @param blockTimeout above zero; 30 seconds unless set
     * @return a copy
     */
    public QueueOptions blockTimeout(Duration blockTimeout) {
        return new QueueOptions(maxLength, overflow, blockTimeout, retry, deadLetterTo);
    }

    /**
     * Decides how often and when a message is tried again after a failure. Messages behind it do not wait; it comes back
     * at its old place, ahead of younger ones.
     *
     * @param retry {@link #DEFAULT_RETRY} unless set
     * @return a copy
     */
    public QueueOptions retry(Backoff retry) {
        return new QueueOptions(maxLength, overflow, blockTimeout, retry, deadLetterTo);
    }

    /**
     * Sends messages that were rejected, failed too often or were dropped at the limit to another queue, with their
     * history in the headers, see {@link Death}. Without it they are dropped, which the observer is told.
     *
     * <p>If that queue is full, a message that consumers gave up stays in this one, where it counts, and is moved as soon
     * as there is room. A message that comes around a circle of such queues without any consumer having rejected it on
     * the way is dropped.
     *
     * @param queue the name of a queue of the same broker that can hold this type; declared by default if there is none
     * @return a copy
     */
    public QueueOptions deadLetterTo(String queue) {
        return new QueueOptions(maxLength, overflow, blockTimeout, retry, Objects.requireNonNull(queue, "queue"));
    }

    /**
     * Returns how many messages may wait.
     *
     * @return at least 1
     */
    public int maxLength() {
        return maxLength;
    }

    /**
     * Returns what happens at the limit.
     *
     * @return the overflow
     */
    public Overflow overflow() {
        return overflow;
    }

    /**
     * Returns how long a publishing thread waits for room.
     *
     * @return above zero
     */
    public Duration blockTimeout() {
        return blockTimeout;
    }

    /**
     * Returns how failures are retried.
     *
     * @return the backoff
     */
    public Backoff retry() {
        return retry;
    }

    /**
     * Returns where dead letters go.
     *
     * @return the name of a queue, or null if they are dropped
     */
    public @Nullable String deadLetterTo() {
        return deadLetterTo;
    }

    /** Notes what does not fit. */
    void validate(Validation check) {
        check.atLeast("maxLength", maxLength, 1);
        check.positive("blockTimeout", blockTimeout);
        if (deadLetterTo != null) {
            Names.check(check, "deadLetterTo", deadLetterTo);
        }
    }

    /** Notes every option in which {@code again} differs from this. */
    void compare(Validation check, QueueOptions again) {
        Names.same(check, "maxLength", maxLength, again.maxLength);
        Names.same(check, "overflow", overflow, again.overflow);
        Names.same(check, "blockTimeout", blockTimeout, again.blockTimeout);
        Names.same(check, "retry", retry, again.retry);
        Names.same(check, "deadLetterTo", deadLetterTo, again.deadLetterTo);
    }

    @Override
    public String toString() {
        return "maxLength=" + maxLength + " overflow=" + overflow + " blockTimeout=" + blockTimeout + " retry=" + retry
                + " deadLetterTo=" + deadLetterTo;
    }
}
