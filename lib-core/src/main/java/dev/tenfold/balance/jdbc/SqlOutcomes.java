package dev.tenfold.balance.jdbc;

import dev.tenfold.topology.Outcome;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransientConnectionException;
import org.jspecify.annotations.Nullable;

/** Judges what a database threw, by the SQLSTATE classes of ISO/IEC 9075 and PostgreSQL's appendix A. */
final class SqlOutcomes {

    /** Deeper chains of causes are cut, lest one that bites its tail is followed for ever. */
    private static final int DEPTH = 8;

    private SqlOutcomes() {}

    /** Judges a failure to connect; nothing was sent. */
    static Outcome connecting(Throwable failure) {
        Outcome outcome = of(failure);
        if (outcome == Outcome.FAILED) {
            return Outcome.CONNECT_FAILED;
        }
        return outcome == null ? Outcome.REJECTED : outcome;
    }

    /** Judges a failure on a connection; null where it says nothing of the server, as a violated constraint does. */
    static @Nullable Outcome working(Throwable failure) {
        Outcome outcome = of(failure);
        // The limit of a statement is the caller's own, and so is a query that takes long.
        return outcome == Outcome.TIMED_OUT ? null : outcome;
    }

    private static @Nullable Outcome of(Throwable failure) {
        Throwable next = failure;
        for (int depth = 0; next != null && depth < DEPTH; depth++) {
            if (next instanceof SQLException sql) {
                Outcome outcome = direct(sql);
                if (outcome != null) {
                    return outcome;
                }
            }
            next = next.getCause();
        }
        return null;
    }

    private static @Nullable Outcome direct(SQLException failure) {
        String state = failure.getSQLState() == null ? "" : failure.getSQLState();
        if (state.startsWith("53")) {
            return Outcome.OVERLOADED;
        }
        // 57P01 admin_shutdown, 57P02 crash_shutdown, 57P03 cannot_connect_now, 57P05 idle_session_timeout is no fault
        if (state.startsWith("08") || (state.startsWith("57P0") && state.compareTo("57P03") <= 0)) {
            return Outcome.FAILED;
        }
        if (failure instanceof SQLTimeoutException) {
            return Outcome.TIMED_OUT;
        }
        return failure instanceof SQLTransientConnectionException
                        || failure instanceof SQLNonTransientConnectionException
                ? Outcome.FAILED
                : null;
    }
}
