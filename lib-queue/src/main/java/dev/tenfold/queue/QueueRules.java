package dev.tenfold.queue;

import dev.tenfold.queue.QueueOptions.Overflow;
import dev.tenfold.retry.Backoff;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A queue's options, read out once for all messages. Times are in nanoseconds, -1 for none.
 *
 * @param timed whether messages carry a time because of the queue
 */
record QueueRules(
        QueueOptions options,
        int maxLength,
        long maxBytes,
        Overflow overflow,
        Backoff retry,
        int deliveryLimit,
        int maxPriority,
        boolean single,
        boolean autoDelete,
        long ttlNanos,
        long expiresNanos,
        long dedupNanos,
        boolean timed) {

    static QueueRules of(QueueOptions options) {
        long ttl = nanos(options.ttl().orElse(null));
        return new QueueRules(
                options,
                options.maxLength(),
                options.maxBytes(),
                options.overflow(),
                options.retry(),
                options.deliveryLimit(),
                options.maxPriority(),
                options.isSingleActiveConsumer(),
                options.isAutoDelete(),
                ttl,
                nanos(options.expires().orElse(null)),
                nanos(options.deduplicate().orElse(null)),
                ttl >= 0);
    }

    private static long nanos(@Nullable Duration duration) {
        return duration == null ? -1 : duration.toNanos();
    }

    boolean countsBytes() {
        return maxBytes != Long.MAX_VALUE;
    }
}
