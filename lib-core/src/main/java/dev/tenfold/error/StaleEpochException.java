package dev.tenfold.error;

import java.io.Serial;

/**
 * The caller acted on an old topology: its epoch or fencing token is lower than the one in force. Nothing was done. The
 * caller refreshes and repeats.
 */
public final class StaleEpochException extends TenfoldException {

    @Serial
    private static final long serialVersionUID = 1;

    private final long presented;
    private final long current;

    /**
     * Creates the exception.
     *
     * @param what whose epoch or token
     * @param presented the one the caller came with
     * @param current the one in force
     */
    public StaleEpochException(String what, long presented, long current) {
        super(what + ": epoch " + presented + " (expected: >= " + current + "); refresh the topology and repeat", null);
        this.presented = presented;
        this.current = current;
    }

    /**
     * Returns the epoch or token the caller came with.
     *
     * @return the stale number
     */
    public long presented() {
        return presented;
    }

    /**
     * Returns the epoch or token in force.
     *
     * @return the current number
     */
    public long current() {
        return current;
    }
}
