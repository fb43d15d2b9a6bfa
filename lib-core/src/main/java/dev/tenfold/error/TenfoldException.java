package dev.tenfold.error;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** The root of everything Tenfold throws on its own account; what the user's code throws passes through unwrapped. */
public abstract class TenfoldException extends RuntimeException {

    @Serial
    private static final long serialVersionUID = 1;

    /**
     * Creates the exception.
     *
     * @param message what happened, what was meant, and what to do, with the values in it
     * @param cause what led to it, or null
     */
    protected TenfoldException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /**
     * Creates the exception, leaving out the stack trace where being refused is a normal outcome on a hot path.
     *
     * @param message what happened, what was meant, and what to do, with the values in it
     * @param cause what led to it, or null
     * @param withStackTrace whether to record the stack, which costs microseconds
     */
    protected TenfoldException(String message, @Nullable Throwable cause, boolean withStackTrace) {
        super(message, cause, withStackTrace, withStackTrace);
    }
}
