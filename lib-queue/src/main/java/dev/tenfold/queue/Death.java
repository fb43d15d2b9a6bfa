package dev.tenfold.queue;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * Why and how often a message left a queue as a dead letter. A dead letter carries its history in its headers, under
 * RabbitMQ's names: {@value #HEADER} is the list of these, the latest first, one per queue and reason; {@value
 * #FIRST_QUEUE}, {@value #FIRST_REASON} and {@value #FIRST_EXCHANGE} tell the first death and never change.
 *
 * @param queue the queue it left
 * @param reason why
 * @param count how often it left that queue for that reason, from 1
 * @param exchange where it had been published before it first did
 * @param routingKey the key it had been published with
 * @param at when it first did
 */
public record Death(String queue, Reason reason, long count, String exchange, String routingKey, Instant at) {

    /** Names the header with the list of deaths. */
    public static final String HEADER = "x-death";

    /** Names the header with the queue of the first death. */
    public static final String FIRST_QUEUE = "x-first-death-queue";

    /** Names the header with the reason of the first death, as {@link Reason#toString()}. */
    public static final String FIRST_REASON = "x-first-death-reason";

    /** Names the header with the exchange the message was first published to. */
    public static final String FIRST_EXCHANGE = "x-first-death-exchange";

    /** Why a message became a dead letter. */
    public enum Reason {
        /** A consumer rejected it. */
        REJECTED,
        /** It waited for longer than it was allowed to. */
        EXPIRED,
        /** Its queue was full and dropped the oldest. */
        MAXLEN,
        /** The last attempt failed, or it came back too often. */
        DELIVERY_LIMIT;

        private final String header = name().toLowerCase(java.util.Locale.ROOT);

        /**
         * Returns RabbitMQ's word for it.
         *
         * @return {@code rejected}, {@code expired}, {@code maxlen} or {@code delivery_limit}
         */
        @Override
        public String toString() {
            return header;
        }
    }

    /**
     * Reads the history out of a message's headers.
     *
     * @param headers of a delivery
     * @return the deaths, the latest first; empty if it never died
     */
    public static List<Death> of(Map<String, ?> headers) {
        return headers.get(HEADER) instanceof List<?> list
                ? list.stream().map(Death.class::cast).toList()
                : List.of();
    }
}
