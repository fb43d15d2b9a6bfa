package dev.tenfold.error;

import java.io.Serial;

/**
 * A write is committed and visible, but its announcement was refused or not confirmed in time. Do not repeat the write;
 * repeat the announcement if those who listen for it must know.
 */
public final class NotAnnouncedException extends TenfoldException {

    @Serial
    private static final long serialVersionUID = 1;

    /**
     * Creates the exception.
     *
     * @param message which write and which announcement
     * @param cause why it failed
     */
    public NotAnnouncedException(String message, Throwable cause) {
        super(message, cause);
    }
}
