package dev.tenfold.replication.jdbc;

import dev.tenfold.error.TenfoldException;
import dev.tenfold.replication.CallFailure;
import dev.tenfold.replication.Role;
import dev.tenfold.replication.Route;
import dev.tenfold.session.Position;
import dev.tenfold.session.Session;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Outcome;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The physical connection that a {@link RoutingConnection} works on now: which node it is to be of, taking it, setting it
 * up, and giving it back. It is a base of the connection, as {@link UnitOfWork} and {@link SettableConnection} are, and not
 * a part of it, because one is made for each connection that is borrowed: three objects fewer.
 *
 * <p>Used by one thread at a time, as a connection is; {@link #connection()} and {@link #abandon} by any.
 */
abstract class NodeLease extends OpenConnections.Entry {

    private final RoutingDataSource source;
    /** Whether its scope keeps it on the primary, whatever it is used for. */
    private final boolean primaryOnly;

    private volatile @Nullable Connection physical;
    private @Nullable Route<DataSource> route;
    private @Nullable ConnectionState state;
    private @Nullable Parked parked;

    private boolean autoCommit = true;
    private boolean readOnly;
    /** Whether it routes by statement and has met one that is no plain read: from then on it sees what it wrote. */
    private boolean staysOnPrimary;
    /** Whether {@link #physical} was taken to write. */
    private boolean forWrites;
    /** Statements made on {@link #physical} and not closed yet. */
    private int statements;

    NodeLease(RoutingDataSource source, RoutingScope.@Nullable Target scope) {
        this.source = source;
        this.primaryOnly = scope == RoutingScope.Target.PRIMARY;
        this.readOnly = scope == RoutingScope.Target.REPLICA;
    }

    /** A physical connection that was left although statements of it are open; given back with the connection. */
    private static final class Parked extends OpenConnections.Entry {
        private final Connection connection;
        private final Route<DataSource> route;

        Parked(Connection connection, Route<DataSource> route) {
            this.connection = connection;
            this.route = route;
        }

        @Override
        Connection connection() {
            return connection;
        }

        @Override
        Route<DataSource> route() {
            return route;
        }
    }

    /** Whether a transaction is under way, so that the node may not be left. */
    abstract boolean inTransaction();

    /** Told before a connection that still works is given back or exchanged. */
    abstract void leaving(Connection bound) throws SQLException;

    final RoutingDataSource source() {
        return source;
    }

    /** The physical connection if there is one, without taking one. */
    @Override
    final @Nullable Connection connection() {
        return physical;
    }

    @Override
    final @Nullable Route<DataSource> route() {
        return route;
    }

    /** What was set on the connection. */
    final ConnectionState state() {
        ConnectionState settings = state;
        if (settings == null) {
            settings = new ConnectionState();
            state = settings;
        }
        return settings;
    }

    final boolean autoCommit() {
        return autoCommit;
    }

    final void autoCommit(boolean value) {
        autoCommit = value;
    }

    final boolean readOnly() {
        return readOnly;
    }

    /** The physical connection at hand is of the other role then, and is left at the next statement. */
    final void readOnly(boolean value) {
        readOnly = value;
    }

    /** Whether nothing that runs here can write, whatever it says. */
    final boolean onReplica() {
        Route<DataSource> taken = route;
        return taken != null && taken.role() == Role.REPLICA;
    }

    final boolean forWrites() {
        return forWrites;
    }

    final void stayOnPrimary(boolean stays) {
        staysOnPrimary = stays;
    }

    final void statementOpened() {
        statements++;
    }

    final void statementClosed(@Nullable Connection madeOn) {
        if (madeOn != null && madeOn == physical && statements > 0) {
            statements--;
        }
    }

    final Position required() {
        Session session = source.session();
        return session == null
                ? Position.none()
                : session.required(source.replicaSet().name());
    }

    /**
     * The connection at hand if it still serves, else another.
     *
     * @param sql the statement to be made, or null where it is not known
     */
    final Connection lease(@Nullable String sql) throws SQLException {
        Connection bound = physical;
        if (bound != null && inTransaction()) {
            return bound;
        }
        boolean primary = primaryOnly || !(readOnly || mayReadByStatement(sql));
        if (bound != null) {
            if (serves(bound, primary)) {
                return bound;
            }
            leave(bound);
        }
        return take(primary);
    }

    private boolean mayReadByStatement(@Nullable String sql) {
        if (staysOnPrimary || !source.routesByStatement() || !autoCommit) {
            return false;
        }
        staysOnPrimary = sql == null || !PlainReads.isPlainRead(sql);
        return !staysOnPrimary;
    }

    /** The physical connection, if there is one and a transaction or it itself is alive; takes none. */
    final @Nullable Connection atHand() throws SQLException {
        Connection bound = physical;
        if (bound != null && !inTransaction() && bound.isClosed()) {
            discard();
            return null;
        }
        return bound;
    }

    /** The connection at hand, whatever it was taken for, else one to the primary, or to a replica where that is enough. */
    final Connection leaseForQuestion() throws SQLException {
        Connection bound = atHand();
        return bound != null ? bound : take(primaryOnly || !readOnly);
    }

    private boolean serves(Connection bound, boolean primary) throws SQLException {
        Route<DataSource> taken = route;
        return forWrites == primary
                && taken != null
                && !bound.isClosed()
                && source.replicaSet().serves(taken, required());
    }

    private Connection take(boolean primary) throws SQLException {
        long began = TimeSource.system().nanoTime();
        Duration patience = source.patience();
        while (true) {
            Route<DataSource> found = find(primary, patience);
            Connection connection;
            try {
                connection = found.target().getConnection();
            } catch (SQLException failure) {
                // Nothing was sent, so another node may be tried, or the same one later.
                patience = left(began);
                if (found.failed(failure) == CallFailure.CALLER || patience.isNegative()) {
                    throw failure;
                }
                continue;
            } catch (RuntimeException failure) {
                found.close();
                throw failure;
            }
            if (bind(connection, found, primary)) {
                return connection;
            }
            patience = left(began);
        }
    }

    private Duration left(long began) {
        return source.patience().minusNanos(TimeSource.system().nanoTime() - began);
    }

    private Route<DataSource> find(boolean primary, Duration patience) throws SQLException {
        try {
            return primary
                    ? source.replicaSet().routeWrite(patience)
                    : source.replicaSet().routeRead(required(), patience);
        } catch (TenfoldException unavailable) {
            throw new SQLTransientConnectionException(unavailable.getMessage(), Failures.NO_CONNECTION, unavailable);
        }
    }

    /** Sets a connection up; false if its node was replaced meanwhile, and then it is gone again. */
    private boolean bind(Connection connection, Route<DataSource> found, boolean primary) throws SQLException {
        route = found;
        forWrites = primary;
        statements = 0;
        physical = connection;
        source.open().add(this);
        boolean ready = false;
        try {
            ConnectionState.prepare(connection, autoCommit, readOnly, state);
            ready = !isOutdated(source.replicaSet().topology().epoch());
            return ready;
        } finally {
            if (!ready) {
                discard();
            }
        }
    }

    /** Leaves a node between two transactions; results that are still being read stay readable. */
    private void leave(Connection bound) throws SQLException {
        Route<DataSource> taken = route;
        if (statements == 0 || taken == null || bound.isClosed() || !taken.isCurrent()) {
            giveBack(bound);
            return;
        }
        leaving(bound);
        giveBackParked();
        Parked left = new Parked(bound, taken);
        source.open().add(left);
        source.open().remove(this);
        physical = null;
        route = null;
        parked = left;
    }

    /** Gives everything back; what {@link #leaving} does not commit or keep is rolled back. */
    final void giveBack() throws SQLException {
        Connection bound = physical;
        try {
            giveBackParked();
        } finally {
            if (bound != null) {
                giveBack(bound);
            }
        }
    }

    private void giveBack(Connection bound) throws SQLException {
        Route<DataSource> taken = route;
        boolean done = false;
        try {
            if (!bound.isClosed()) {
                leaving(bound);
                if (state != null) {
                    state.undoOn(bound, source.engine());
                }
                done = true;
            }
        } catch (SQLException broken) {
            // A pool will notice; whoever closes a connection can do nothing about it.
            if (taken != null) {
                taken.failed(broken);
            }
        }
        if (!done) {
            discard();
            return;
        }
        physical = null;
        route = null;
        if (source.open().remove(this)) {
            try {
                bound.close();
            } finally {
                if (taken != null) {
                    taken.report(Outcome.SUCCESS);
                }
            }
        }
    }

    private void giveBackParked() throws SQLException {
        Parked left = parked;
        parked = null;
        if (left != null && source.open().remove(left)) {
            try {
                if (state != null && !left.connection.isClosed()) {
                    state.undoOn(left.connection, source.engine());
                }
            } finally {
                left.route.close();
                left.connection.close();
            }
        }
    }

    /** Ends a connection that broke or must not be used again, so that a pool does not keep it. */
    final void discard() {
        Connection bound = physical;
        Route<DataSource> taken = route;
        physical = null;
        route = null;
        if (state != null) {
            state.forgetBefore();
        }
        if (bound != null && source.open().remove(this)) {
            end(bound, taken);
        }
    }

    /** Ends everything from another thread. The owner finds the connection closed. */
    final void abandon() {
        Connection bound = physical;
        Route<DataSource> taken = route;
        if (bound != null && source.open().remove(this)) {
            end(bound, taken);
        }
        Parked left = parked;
        if (left != null && source.open().remove(left)) {
            end(left.connection, left.route);
        }
    }

    private static void end(Connection bound, @Nullable Route<DataSource> taken) {
        OpenConnections.abort(bound);
        try {
            bound.close();
        } catch (SQLException broken) {
            return; // it was aborted; a pool has noticed by now that nothing is left of it
        } finally {
            if (taken != null) {
                taken.close();
            }
        }
    }

    @Override
    public String toString() {
        Route<DataSource> taken = route;
        return taken == null ? "no node yet" : taken.toString();
    }
}
