package dev.tenfold.replication.jdbc;

import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.TenfoldException;
import dev.tenfold.replication.CallFailure;
import dev.tenfold.replication.LogPosition;
import dev.tenfold.replication.ReplicaSet;
import dev.tenfold.replication.Role;
import dev.tenfold.replication.Route;
import dev.tenfold.replication.jdbc.OpenConnections.Physical;
import dev.tenfold.session.Position;
import dev.tenfold.session.Session;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Outcome;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Which physical connection a {@link RoutingConnection} works on now: takes one, keeps it for a transaction and as long
 * after as it serves, and gives it back. Used by one thread at a time, as a connection is;
 * {@link #current} by any.
 */
final class Binding {

    private final ReplicaSet<DataSource> set;
    private final JdbcReplicationEngine engine;
    private final OpenConnections open;
    private final @Nullable Session session;
    private final Duration patience;
    private final ConnectionState state = new ConnectionState();
    private volatile @Nullable Physical physical;
    /** Whether a statement was made since the last commit, rollback or position taken. */
    private boolean used;

    Binding(
            ReplicaSet<DataSource> set,
            JdbcReplicationEngine engine,
            OpenConnections open,
            @Nullable Session session,
            Duration patience) {
        this.set = set;
        this.engine = engine;
        this.open = open;
        this.session = session;
        this.patience = patience;
    }

    ConnectionState state() {
        return state;
    }

    /** The physical connection if there is one, without taking one. */
    @Nullable
    Connection current() {
        Physical bound = physical;
        return bound == null ? null : bound.connection;
    }

    boolean inTransaction() {
        return used && !state.autoCommit();
    }

    /** The connection to make a statement on: the one at hand if it still serves, else another. */
    Connection forStatement() throws SQLException {
        Physical bound = forUse();
        used = true;
        return bound.connection;
    }

    /** The connection to ask something of that is no statement, such as its metadata. */
    Connection forQuestion() throws SQLException {
        return forUse().connection;
    }

    private Physical forUse() throws SQLException {
        Physical bound = physical;
        if (bound != null && !inTransaction() && !serves(bound)) {
            release();
            bound = null;
        }
        return bound != null ? bound : take();
    }

    private boolean serves(Physical bound) throws SQLException {
        return bound.forWrites != state.readOnly()
                && !bound.connection.isClosed()
                && set.serves(bound.route, required());
    }

    private Physical take() throws SQLException {
        Deadline deadline = Deadline.after(patience, TimeSource.system());
        while (true) {
            Route<DataSource> route = route(deadline);
            Connection connection;
            try {
                connection = route.target().getConnection();
            } catch (SQLException failure) {
                // Nothing was sent, so another node may be tried, or the same one later.
                if (route.failed(failure) == CallFailure.CALLER || deadline.isExpired()) {
                    throw failure;
                }
                continue;
            } catch (RuntimeException failure) {
                route.close();
                throw failure;
            }
            Physical taken = new Physical(connection, route, !state.readOnly());
            open.add(taken);
            physical = taken;
            boolean ready = false;
            try {
                state.applyTo(connection);
                ready = true;
            } finally {
                if (!ready) {
                    discard(taken);
                }
            }
            if (taken.isOutdated(set.topology().epoch())) {
                discard(taken);
                continue;
            }
            return taken;
        }
    }

    private Route<DataSource> route(Deadline deadline) throws SQLException {
        try {
            return state.readOnly() ? set.routeRead(required(), deadline) : set.routeWrite(deadline);
        } catch (TenfoldException unavailable) {
            throw new SQLTransientConnectionException(unavailable.getMessage(), "08001", unavailable);
        }
    }

    private Position required() {
        return session == null ? Position.none() : session.required(set.name());
    }

    void commit() throws SQLException {
        Physical bound = physical;
        if (bound == null) {
            return;
        }
        try {
            bound.connection.commit();
        } catch (SQLException failure) {
            throw commitFailed(bound, failure);
        }
        learn(bound);
    }

    private SQLException commitFailed(Physical bound, SQLException failure) {
        boolean writes = used && bound.forWrites;
        if (engine.classify(failure) != CallFailure.UNKNOWN) {
            return failure;
        }
        bound.route.failed(failure);
        discard(bound);
        if (!writes) {
            return failure;
        }
        if (session != null) {
            session.requirePrimary(set.name());
        }
        String message = "replica set '" + set.name() + "': a commit sent to '"
                + bound.route.endpoint().id() + "' may or may not have happened: " + failure.getMessage();
        return new SQLNonTransientConnectionException(
                message, RoutingConnection.OUTCOME_UNKNOWN, new OutcomeUnknownException(message, failure));
    }

    void rollback() throws SQLException {
        Physical bound = physical;
        if (bound == null) {
            return;
        }
        try {
            bound.connection.rollback();
        } catch (SQLException failure) {
            // The server rolls back whatever it no longer hears of; a new connection serves the next transaction.
            if (engine.classify(failure) == CallFailure.UNKNOWN) {
                discard(bound);
            }
            throw failure;
        }
        learn(bound);
    }

    void setAutoCommit(boolean autoCommit) throws SQLException {
        if (autoCommit == state.autoCommit()) {
            return;
        }
        if (autoCommit) {
            commit(); // as JDBC has it
        }
        Physical bound = physical;
        if (bound != null) {
            learn(bound);
            bound.connection.setAutoCommit(autoCommit);
        }
        state.autoCommit(autoCommit);
    }

    /** A physical connection that is no longer valid is let go: the next statement takes another. */
    boolean isValid(int timeout) throws SQLException {
        Physical bound = physical;
        if (bound == null || bound.connection.isValid(timeout)) {
            return true;
        }
        boolean lostTransaction = inTransaction();
        discard(bound);
        return !lostTransaction;
    }

    /** Tells the session how much history the connection has written or read by now. */
    private void learn(Physical bound) {
        if (!used) {
            return;
        }
        used = false;
        if (session == null) {
            return;
        }
        try {
            LogPosition now = position(bound.connection);
            Position seen = new Position(set.name(), now.timeline(), now.offset());
            if (bound.route.role() == Role.PRIMARY) {
                session.settle(seen);
            } else {
                session.advance(seen);
            }
        } catch (SQLException failure) {
            // What was written or read is not in doubt, only how far that was: the primary is always far enough.
            session.requirePrimary(set.name());
        }
    }

    /** Asks in auto-commit mode, so that the question opens no transaction that would stay open. */
    private LogPosition position(Connection connection) throws SQLException {
        boolean manual = !connection.getAutoCommit();
        if (manual) {
            connection.setAutoCommit(true);
        }
        try {
            return engine.position(connection);
        } finally {
            if (manual) {
                connection.setAutoCommit(false);
            }
        }
    }

    /** Gives the connection back; in auto-commit mode what it did is committed, else it is rolled back. */
    void release() throws SQLException {
        Physical bound = physical;
        if (bound == null) {
            return;
        }
        if (bound.connection.isClosed() || (inTransaction() && !rolledBack(bound))) {
            discard(bound);
            return;
        }
        physical = null;
        try (Connection connection = bound.connection) {
            learn(bound);
            state.undoOn(connection, engine);
            bound.route.report(Outcome.SUCCESS);
        } finally {
            used = false;
            forget(bound);
        }
    }

    /** Whether a rollback went through; one that breaks is the server's to make, and nobody asked for its result. */
    private boolean rolledBack(Physical bound) {
        try {
            bound.connection.rollback();
            return true;
        } catch (SQLException broken) {
            bound.route.failed(broken);
            return false;
        }
    }

    /** Ends a connection that broke or must not be used again. */
    private void discard(Physical bound) {
        physical = null;
        used = false;
        state.forgetBefore();
        bound.abort();
        try {
            bound.connection.close();
        } catch (SQLException broken) {
            // It was aborted; a pool has noticed by now that nothing is left of it.
            bound.route.failed(broken);
        } finally {
            forget(bound);
        }
    }

    private void forget(Physical bound) {
        open.remove(bound);
        bound.route.close();
    }

    @Override
    public String toString() {
        Physical bound = physical;
        return bound == null ? "no node yet" : bound.route.toString();
    }
}
