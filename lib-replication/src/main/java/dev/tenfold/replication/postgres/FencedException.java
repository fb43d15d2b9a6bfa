package dev.tenfold.replication.postgres;

import java.io.Serial;
import java.sql.SQLException;

/** A command came with a fencing token below one that its node was given since. */
final class FencedException extends SQLException {

    @Serial
    private static final long serialVersionUID = 1;

    FencedException(long token, long highest) {
        super("fencing token: " + token + " (expected: >= " + highest
                + ", with which the node has been told what to do since)");
    }
}
