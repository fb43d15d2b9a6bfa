package dev.tenfold.replication.jdbc;

import dev.tenfold.replication.CallFailure;
import dev.tenfold.replication.LogPosition;
import dev.tenfold.replication.Route;
import dev.tenfold.session.Position;
import dev.tenfold.session.Session;
import dev.tenfold.topology.Outcome;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * What is committed or rolled back as one: a transaction, or in auto-commit mode a statement. It stays on one node, ends
 * known or as an unknown outcome, and tells the session how far it saw.
 *
 * <p>A transaction whose connection broke is <em>lost</em>: the server has rolled it back, and nothing more is executed
 * until the user has done so too, since half of a transaction on another node would be worse than none.
 */
abstract class UnitOfWork extends NodeLease {

    /** Whether something was executed since the last commit, rollback or position taken. */
    private boolean used;

    private boolean lost;

    UnitOfWork(RoutingDataSource source, RoutingScope.@Nullable Target scope) {
        super(source, scope);
    }

    abstract void requireOpen() throws SQLException;

    @Override
    final boolean inTransaction() {
        return used && !autoCommit();
    }

    /** Whether the next statement is the first of its unit. */
    final boolean isAtStart() {
        return autoCommit() || !used;
    }

    /** The physical connection to make or execute a statement on. */
    final Connection connectionFor(@Nullable String sql) throws SQLException {
        requireOpen();
        requireTransaction();
        return lease(sql);
    }

    /** The physical connection to use in a way that is not seen from here. */
    final Connection connectionForUse() throws SQLException {
        Connection connection = connectionFor(null);
        used = true;
        return connection;
    }

    /** The physical connection to ask something of that is no statement, such as its metadata. */
    final Connection connectionForQuestion() throws SQLException {
        requireOpen();
        requireTransaction();
        return leaseForQuestion();
    }

    /** What is asked of a physical connection. */
    interface Question<R extends @Nullable Object> {
        R of(Connection connection) throws SQLException;
    }

    /** Asks a connection; one that was taken for that alone is not kept, so that an idle one above a pool holds none. */
    final <R extends @Nullable Object> R ask(Question<R> question) throws SQLException {
        boolean kept = connection() != null;
        Connection asked = connectionForQuestion();
        R answer;
        try {
            answer = question.of(asked);
        } catch (SQLException failure) {
            throw explain(failure, leaveAfter(asked, failure), false);
        }
        if (!kept) {
            giveBack();
        }
        return answer;
    }

    /** The physical connection at hand, or null; does not take one. */
    final @Nullable Connection atHandIfOpen() throws SQLException {
        requireOpen();
        return atHand();
    }

    private void requireTransaction() throws SQLException {
        if (lost) {
            throw Failures.transactionLost(name());
        }
    }

    private String name() {
        return source().replicaSet().name();
    }

    /** Notes that something is about to be executed. */
    final void executing() {
        used = true;
    }

    // Failures

    /**
     * Leaves a node on which a statement failed, if the failure says that the node is to blame.
     *
     * @param madeOn the connection the statement was made on
     * @return what the failure means; {@link CallFailure#CALLER} if the node was not left
     */
    final CallFailure leaveAfter(@Nullable Connection madeOn, SQLException failure) {
        CallFailure kind = source().engine().classify(failure);
        Route<DataSource> taken = route();
        if (kind == CallFailure.CALLER || taken == null || madeOn != connection()) {
            return CallFailure.CALLER;
        }
        if (kind == CallFailure.NOT_PRIMARY && onReplica()) {
            if (readOnly()) {
                return CallFailure.CALLER; // a write where a read was promised
            }
            // Taken for a read, it was none, and nothing happened. The replica is all right.
            stayOnPrimary(true);
            taken.report(Outcome.REJECTED);
        } else {
            taken.failed(failure);
        }
        loseNode();
        return kind;
    }

    private void loseNode() {
        boolean broke = inTransaction();
        discard();
        lost = broke;
        used = broke;
    }

    /** A unit's first statement is made again: nothing before it is lost. */
    final void startOver() {
        lost = false;
        used = false;
    }

    /** What is thrown for a statement that failed, after {@link #leaveAfter}. */
    final SQLException explain(SQLException failure, CallFailure kind, boolean mayHaveWritten) {
        return switch (kind) {
            case CALLER -> failure;
            case NOT_SENT, NOT_PRIMARY -> Failures.refused(name(), failure);
            case UNKNOWN ->
                lost || !mayHaveWritten
                        ? Failures.rolledBack(name(), failure)
                        : unknown("a statement in auto-commit mode", failure);
        };
    }

    /** Throws if a commit returned with a warning that takes it back. */
    final void requireConfirmed(@Nullable SQLWarning warnings) throws SQLException {
        for (SQLWarning each = warnings; each != null; each = each.getNextWarning()) {
            if (source().engine().leavesCommitUnconfirmed(each)) {
                throw unknown("a commit", each);
            }
        }
    }

    private SQLException unknown(String what, SQLException failure) {
        Session session = source().session();
        if (session != null) {
            session.requirePrimary(name());
        }
        return Failures.outcomeUnknown(name(), what, failure);
    }

    // The end of a transaction

    final void commitUnit() throws SQLException {
        Connection bound = connection();
        if (!lost && used && bound != null && bound.isClosed()) {
            loseNode(); // what it had done was rolled back, and nothing will be sent that could commit it
        }
        if (lost) {
            startOver();
            throw Failures.transactionLost(name());
        }
        if (bound == null) {
            return;
        }
        boolean wrote = used && forWrites();
        try {
            bound.commit();
        } catch (SQLException failure) {
            throw commitFailed(failure, wrote);
        }
        if (wrote) {
            confirm(bound);
        }
        learn(bound);
    }

    private void confirm(Connection bound) throws SQLException {
        SQLWarning warnings = bound.getWarnings();
        if (warnings != null) {
            try {
                requireConfirmed(warnings);
            } catch (SQLException unconfirmed) {
                used = false;
                bound.clearWarnings();
                throw unconfirmed;
            }
        }
    }

    private SQLException commitFailed(SQLException failure, boolean wrote) {
        CallFailure kind = source().engine().classify(failure);
        Route<DataSource> taken = route();
        if (kind == CallFailure.CALLER || taken == null) {
            return failure;
        }
        taken.failed(failure);
        discard();
        used = false;
        if (kind != CallFailure.UNKNOWN) {
            return Failures.refused(name(), failure);
        }
        return wrote
                ? unknown("a commit sent to '" + taken.endpoint().id() + "'", failure)
                : Failures.rolledBack(name(), failure);
    }

    final void rollbackUnit() throws SQLException {
        Connection bound = connection();
        if (bound == null) {
            startOver();
            return;
        }
        try {
            bound.rollback();
        } catch (SQLException failure) {
            CallFailure kind = source().engine().classify(failure);
            if (kind == CallFailure.CALLER) {
                throw failure;
            }
            // The server rolls back whatever it no longer hears of; a new connection serves the next transaction.
            discard();
            startOver();
            return;
        }
        learn(bound);
    }

    final void changeAutoCommit(boolean value) throws SQLException {
        if (value == autoCommit()) {
            return;
        }
        if (value) {
            commitUnit(); // as JDBC has it
        }
        Connection bound = atHand();
        if (bound != null) {
            learn(bound);
            bound.setAutoCommit(value);
        }
        autoCommit(value);
    }

    /** A physical connection that is no longer valid is let go: the next transaction takes another. */
    final boolean isUnitValid(int timeout) throws SQLException {
        Connection bound = connection();
        if (bound != null && !bound.isValid(timeout)) {
            loseNode();
        }
        return !lost;
    }

    /** In auto-commit mode everything was committed; else what was not is rolled back. */
    @Override
    final void leaving(Connection bound) throws SQLException {
        if (inTransaction()) {
            bound.rollback();
        }
        learn(bound);
    }

    final void closeUnit() throws SQLException {
        try {
            giveBack();
        } finally {
            startOver();
            stayOnPrimary(false);
        }
    }

    /** Tells the session how much history the connection has written or read by now. */
    private void learn(Connection bound) {
        if (!used) {
            return;
        }
        used = false;
        Session session = source().session();
        if (session == null) {
            return;
        }
        try {
            LogPosition now = position(bound);
            Position seen = new Position(name(), now.timeline(), now.offset());
            if (onReplica()) {
                session.advance(seen);
            } else {
                session.settle(seen);
            }
        } catch (SQLException failure) {
            // What was written or read is not in doubt, only how far that was: the primary is always far enough.
            session.requirePrimary(name());
        }
    }

    /** Asks in auto-commit mode, so that the question opens no transaction that would stay open. */
    private LogPosition position(Connection connection) throws SQLException {
        boolean manual = !connection.getAutoCommit();
        if (manual) {
            connection.setAutoCommit(true);
        }
        try {
            return source().engine().position(connection);
        } finally {
            if (manual) {
                connection.setAutoCommit(false);
            }
        }
    }
}
