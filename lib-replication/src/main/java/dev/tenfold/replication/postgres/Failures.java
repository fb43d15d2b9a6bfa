package dev.tenfold.replication.postgres;

import dev.tenfold.replication.CallFailure;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.SQLWarning;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLWarning;
import org.postgresql.util.ServerErrorMessage;

/** What the SQLSTATE of a failed call says (PostgreSQL manual, appendix A). */
final class Failures {

    private static final int DEEPEST = 20;

    private static final String PGJDBC_WARNING = "org.postgresql.util.PSQLWarning";

    private Failures() {}

    static CallFailure classify(Throwable failure) {
        CallFailure found = CallFailure.CALLER;
        Throwable each = failure;
        for (int depth = 0; each != null && depth < DEEPEST && found == CallFailure.CALLER; depth++) {
            if (each instanceof SQLException sql) {
                found = classify(sql);
            }
            each = each.getCause();
        }
        return found;
    }

    private static CallFailure classify(SQLException failure) {
        @Nullable String state = failure.getSQLState();
        if (state == null) {
            // A pool that has no connection to give says so without a state.
            return failure instanceof SQLTransientConnectionException ? CallFailure.NOT_SENT : CallFailure.CALLER;
        }
        return switch (state) {
            // unable to connect, connection rejected, the server is starting or full
            case "08001", "08004", "57P03", "53300" -> CallFailure.NOT_SENT;
            case "25006" -> CallFailure.NOT_PRIMARY;
            // shut down by an operator, crashed, database dropped, idle for too long
            case "57P01", "57P02", "57P04", "57P05" -> CallFailure.UNKNOWN;
            default -> state.startsWith("08") ? CallFailure.UNKNOWN : CallFailure.CALLER;
        };
    }

    /**
     * Whether a commit stopped waiting for its replicas: on a query timeout, a cancelled statement, a {@code
     * statement_timeout}. PostgreSQL then returns success and this warning. Its SQLSTATE is that of any warning, and its
     * text is in the server's language; the name of the function that raised it, which pgjdbc knows, is not.
     */
    static boolean isUnconfirmed(SQLWarning warning) {
        if (PGJDBC_WARNING.equals(warning.getClass().getName())) {
            return DriverWarning.isOfSynchronousReplication(warning);
        }
        String message = warning.getMessage();
        return message != null && message.contains("synchronous replication");
    }

    /** Apart, so that it is loaded only where pgjdbc is. */
    private static final class DriverWarning {

        static boolean isOfSynchronousReplication(SQLWarning warning) {
            ServerErrorMessage message = ((PSQLWarning) warning).getServerErrorMessage();
            return message != null && "SyncRepWaitForLSN".equals(message.getRoutine());
        }
    }
}
