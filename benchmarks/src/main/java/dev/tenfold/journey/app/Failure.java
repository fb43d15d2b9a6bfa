package dev.tenfold.journey.app;

import dev.tenfold.error.CallFailedException;
import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.OverloadedException;
import dev.tenfold.error.UnavailableException;
import io.lettuce.core.RedisException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Set;

/** Tells a browser the truth about a failure: nothing happened, or nobody knows. */
final class Failure {

    /** SQL states in which the connection broke or the server went down under a statement. */
    private static final Set<String> CONNECTION_LOST =
            Set.of("08000", "08003", "08006", "08007", "57P01", "57P02", "57P03");

    private Failure() {}

    static int status(Throwable failure, boolean isRead) {
        if (failure instanceof OutcomeUnknownException) {
            return Answer.OUTCOME_UNKNOWN;
        }
        if (failure instanceof UnavailableException
                || failure instanceof OverloadedException
                || failure instanceof DeadlineExceededException
                || failure instanceof SQLTransientConnectionException
                || failure instanceof RedisException) {
            return Answer.UNAVAILABLE;
        }
        if (failure instanceof SQLException sql
                && sql.getSQLState() != null
                && CONNECTION_LOST.contains(sql.getSQLState())) {
            return isRead ? Answer.UNAVAILABLE : Answer.OUTCOME_UNKNOWN;
        }
        return failure instanceof CallFailedException && failure.getCause() != null
                ? status(failure.getCause(), isRead)
                : 500;
    }
}
