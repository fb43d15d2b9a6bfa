package dev.tenfold.error;

import java.io.Serial;

/**
 * A write this session had seen acknowledged did not survive a failover. It is thrown once per session and failover,
 * instead of silently serving an older value, and only where losing data was explicitly allowed.
 */
public final class LostWriteException extends TenfoldException {

    @Serial
    private static final long serialVersionUID = 1;

    /**
     * Creates the exception.
     *
     * @param message which shard, the position the session had seen, and the position the new primary started from
     */
    public LostWriteException(String message) {
        super(message, null);
    }
}
