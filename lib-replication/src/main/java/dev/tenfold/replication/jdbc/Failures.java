package dev.tenfold.replication.jdbc;

import dev.tenfold.error.OutcomeUnknownException;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTransientConnectionException;
import org.jspecify.annotations.Nullable;

/**
 * What a user is told of a node that failed, in the types by which JDBC's callers (Spring's exception translator, pools)
 * decide what to do: transient and recoverable ones may be repeated, a non-transient one must not be.
 */
final class Failures {

    /** SQLSTATE (ISO 9075-2, class 08) of a connection exception with an unknown transaction resolution. */
    static final String OUTCOME_UNKNOWN = "08007";

    /** SQLSTATE of a client that cannot connect. */
    static final String NO_CONNECTION = "08001";

    private static final String CONNECTION_FAILURE = "08006";

    private Failures() {}

    /** A write that was sent to a node that then no longer answered. */
    static SQLException outcomeUnknown(String set, String what, SQLException cause) {
        String message = "replica set '" + set + "': " + what + " may or may not have happened: " + cause.getMessage();
        return new SQLNonTransientConnectionException(
                message, OUTCOME_UNKNOWN, new OutcomeUnknownException(message, cause));
    }

    /** A node that would not have it: nothing happened. */
    static SQLException refused(String set, SQLException cause) {
        return new SQLTransientConnectionException(
                "replica set '" + set + "': the node refused, so nothing happened; repeat the transaction: "
                        + cause.getMessage(),
                state(cause, NO_CONNECTION),
                cause);
    }

    /** A connection that broke with nothing committed on it. */
    static SQLException rolledBack(String set, SQLException cause) {
        return new SQLRecoverableException(
                "replica set '" + set + "': the connection broke before a commit, so nothing happened; repeat the"
                        + " transaction: " + cause.getMessage(),
                state(cause, CONNECTION_FAILURE),
                cause);
    }

    /** A transaction that goes on after its connection has broken. */
    static SQLException transactionLost(String set) {
        return new SQLRecoverableException(
                "replica set '" + set + "': the transaction was rolled back when its connection broke; roll back and"
                        + " repeat it",
                CONNECTION_FAILURE);
    }

    private static String state(SQLException failure, String otherwise) {
        @Nullable String state = failure.getSQLState();
        return state == null ? otherwise : state;
    }
}
