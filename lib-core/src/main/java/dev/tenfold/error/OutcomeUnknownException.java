package dev.tenfold.error;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/**
 * A write was sent and its outcome is not known: it may have happened, be about to happen, or never happen.
 *
 * <p>Nothing retries it automatically, since a second attempt could apply the write twice. The caller reads the current
 * state, or repeats the write under the same idempotency key where the store knows one.
 */
public final class OutcomeUnknownException extends TenfoldException {

    @Serial
    private static final long serialVersionUID = 1;

    /**
     * Creates the exception.
     *
     * @param message which write, where it was sent, and what broke
     * @param cause what broke, or null
     */
    public OutcomeUnknownException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
