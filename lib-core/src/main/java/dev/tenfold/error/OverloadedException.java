package dev.tenfold.error;

import java.io.Serial;

/**
 * A limit the user set (or a documented default) refused the call. Nothing was sent or stored. Being refused is a normal
 * outcome under load, so this exception carries no stack trace.
 */
public final class OverloadedException extends TenfoldException {

    @Serial
    private static final long serialVersionUID = 1;

    /**
     * Creates the exception.
     *
     * @param message which limit, its value, and how to raise it or slow down
     */
    public OverloadedException(String message) {
        super(message, null, false);
    }
}
