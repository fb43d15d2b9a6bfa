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

    private final transient Map<String, String> refusals;

    PublishRejectedException(String exchange, String routingKey, Map<String, String> refusals) {
        super(
                "message '" + routingKey + "' to exchange '" + exchange + "' refused by "
                        + refusals.entrySet().stream()
                                .map(refusal -> "queue '" + refusal.getKey() + "': " + refusal.getValue())
                                .collect(Collectors.joining("; ")),
                null,
                false);
        this.refusals = Collections.unmodifiableMap(new LinkedHashMap<>(refusals));
    }

    /**
     * Returns who refused the message and why.
     *
     * @return the reason by name of queue, in the order they were asked
     */
    public Map<String, String> refusals() {
        return refusals;
    }
}
