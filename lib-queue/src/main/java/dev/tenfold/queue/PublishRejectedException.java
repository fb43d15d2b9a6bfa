package dev.tenfold.queue;

import dev.tenfold.error.TenfoldException;
import java.io.Serial;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * At least one queue refused a message, or the broker is closed. Queues not named here have it, so publishing it again
 * may give those a second copy. Being refused is a normal outcome under load, so this exception carries no stack trace.
 */
public final class PublishRejectedException extends TenfoldException {

    @Serial
    private static final long serialVersionUID = 1;

    /** What queues of a closed broker say. */
    static final String CLOSED = "the broker is closed";

    private final transient Map<String, String> refusals;

    private PublishRejectedException(String message, Map<String, String> refusals) {
        super(message, null, false);
        this.refusals = Collections.unmodifiableMap(new LinkedHashMap<>(refusals));
    }

    /**
     * Says which queues refused a message; for those who implement a {@link Broker}.
     *
     * @param exchange where it was published
     * @param routingKey the key it was published with
     * @param refusals why, by name of queue
     * @return the exception
     */
    public static PublishRejectedException by(String exchange, String routingKey, Map<String, String> refusals) {
        String who = refusals.entrySet().stream()
                .map(refusal -> "queue '" + refusal.getKey() + "': " + refusal.getValue())
                .collect(Collectors.joining("; "));
        return new PublishRejectedException(
                "message '" + routingKey + "' to exchange '" + exchange + "' was refused by " + who, refusals);
    }

    /**
     * Says that the broker is closed; for those who implement a {@link Broker}.
     *
     * @param exchange where it was published
     * @param routingKey the key it was published with
     * @return the exception
     */
    public static PublishRejectedException closed(String exchange, String routingKey) {
        return new PublishRejectedException(
                "message '" + routingKey + "' to exchange '" + exchange + "' was refused: " + CLOSED, Map.of());
    }

    /**
     * Says whether the broker is closed, so that no other message would have been taken either.
     *
     * @return false where it was this message that was refused
     */
    public boolean isClosed() {
        return refusals.isEmpty() || refusals.containsValue(CLOSED);
    }

    /**
     * Returns who refused the message and why.
     *
     * @return the reason by name of queue, in the order they were asked; empty if the broker is closed and the message led
     *     to no queue
     */
    public Map<String, String> refusals() {
        return refusals;
    }
}
