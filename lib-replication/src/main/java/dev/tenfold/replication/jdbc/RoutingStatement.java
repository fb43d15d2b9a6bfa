package dev.tenfold.replication.jdbc;

import dev.tenfold.replication.CallFailure;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLRecoverableException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * A statement that may be made again on another node: when its connection had to leave the one it was made on, and when
 * the first execution of a unit fails there in a way that certainly wrote nothing. Then the node is to blame, and the user
 * gets the result from another.
 */
class RoutingStatement extends ForwardingStatement {

    /** The first and two more: an execution that brings servers down must not go round all of them. */
    private static final int ATTEMPTS = 3;

    final RoutingConnection connection;
    /** What it was prepared for, or null. */
    final @Nullable String prepared;

    private final Making making;
    private @Nullable Statement delegate;
    private @Nullable Connection madeOn;
    private @Nullable Recording recording;
    private boolean closed;
    private boolean batched;

    /** Makes the statement on a physical connection. */
    interface Making {
        Statement on(Connection connection, String sql) throws SQLException;
    }

    /** What is executed on a physical statement. */
    interface Execution<R extends @Nullable Object> {
        R on(Statement statement) throws SQLException;
    }

    RoutingStatement(RoutingConnection connection, @Nullable String prepared, Making making) throws SQLException {
        this.connection = connection;
        this.prepared = prepared;
        this.making = making;
        if (prepared != null || !connection.source().routesByStatement()) {
            ready(prepared);
        } else {
            connection.requireOpen();
        }
    }

    // The physical statement

    @Override
    final Statement delegate() throws SQLException {
        requireOpen();
        Statement made = delegate;
        return made != null ? made : make(connection.connectionForQuestion());
    }

    /** The physical statement, on the node that is to execute now. */
    final Statement ready(@Nullable String sql) throws SQLException {
        requireOpen();
        Connection on = connection.connectionFor(sql);
        Statement made = delegate;
        return made != null && madeOn == on ? made : make(on);
    }

    private Statement make(Connection on) throws SQLException {
        requireMovable();
        forget();
        try {
            Statement made = making.on(on, prepared == null ? "" : prepared);
            delegate = made;
            madeOn = on;
            connection.statementOpened();
            if (recording != null) {
                recording.replay(made);
            }
            return made;
        } catch (SQLException failure) {
            throw connection.explain(failure, connection.leaveAfter(on, failure), false);
        }
    }

    private void requireMovable() throws SQLException {
        if (!isRepeatable()) {
            batched = false;
            throw new SQLRecoverableException(
                    "the connection had to leave its node, and the statement's batch or stream cannot be moved; prepare"
                            + " it again",
                    "08006");
        }
    }

    private boolean isRepeatable() {
        return !batched && (recording == null || recording.isRepeatable());
    }

    /** Lets go of a physical statement whose connection may be gone. */
    private void forget() {
        Statement old = delegate;
        if (old != null) {
            delegate = null;
            connection.statementClosed(madeOn);
            try {
                old.close();
            } catch (SQLException broken) {
                return; // it went with its connection
            }
        }
    }

    /** Whether the physical statement is of the connection's node now. */
    final boolean isCurrent() {
        return delegate != null && madeOn == connection.connection();
    }

    final Recording recording() {
        Recording recorded = recording;
        if (recorded == null) {
            recorded = connection.source().recordings().take();
            recording = recorded;
        }
        return recorded;
    }

    @Override
    final void set(Recording.Setting setting) throws SQLException {
        requireOpen();
        if (isCurrent()) {
            setting.on(delegate());
        }
        recording().add(setting);
    }

    private void requireOpen() throws SQLException {
        if (closed) {
            throw new SQLException("the statement is closed", "55000");
        }
    }

    // Execution

    /** Executes, on another node if the first one fails and nothing can have been written. */
    final <R extends @Nullable Object> R execute(@Nullable String sql, Execution<R> execution) throws SQLException {
        for (int attempt = 1; ; attempt++) {
            boolean first = connection.isAtStart();
            Statement on = ready(sql);
            boolean onReplica = connection.onReplica();
            connection.executing();
            R result;
            try {
                result = execution.on(on);
            } catch (SQLException failure) {
                boolean reads = onReplica || (sql != null && PlainReads.isPlainRead(sql));
                CallFailure kind = connection.leaveAfter(madeOn, failure);
                boolean again = kind != CallFailure.CALLER && (reads || kind != CallFailure.UNKNOWN);
                if (!again || !first || attempt == ATTEMPTS || !isRepeatable()) {
                    throw connection.explain(failure, kind, !reads);
                }
                connection.startOver();
                continue;
            }
            if (connection.autoCommit() && connection.forWrites()) {
                connection.requireConfirmed(on.getWarnings());
            }
            return result;
        }
    }

    @Override
    public ResultSet executeQuery(String sql) throws SQLException {
        return execute(sql, statement -> statement.executeQuery(sql));
    }

    @Override
    public boolean execute(String sql) throws SQLException {
        return execute(sql, statement -> statement.execute(sql));
    }

    @Override
    public boolean execute(String sql, int keys) throws SQLException {
        return execute(sql, statement -> statement.execute(sql, keys));
    }

    @Override
    public boolean execute(String sql, int[] columns) throws SQLException {
        return execute(sql, statement -> statement.execute(sql, columns));
    }

    @Override
    public boolean execute(String sql, String[] columns) throws SQLException {
        return execute(sql, statement -> statement.execute(sql, columns));
    }

    @Override
    public int executeUpdate(String sql) throws SQLException {
        return execute(sql, statement -> statement.executeUpdate(sql));
    }

    @Override
    public int executeUpdate(String sql, int keys) throws SQLException {
        return execute(sql, statement -> statement.executeUpdate(sql, keys));
    }

    @Override
    public int executeUpdate(String sql, int[] columns) throws SQLException {
        return execute(sql, statement -> statement.executeUpdate(sql, columns));
    }

    @Override
    public int executeUpdate(String sql, String[] columns) throws SQLException {
        return execute(sql, statement -> statement.executeUpdate(sql, columns));
    }

    @Override
    public long executeLargeUpdate(String sql) throws SQLException {
        return execute(sql, statement -> statement.executeLargeUpdate(sql));
    }

    @Override
    public long executeLargeUpdate(String sql, int keys) throws SQLException {
        return execute(sql, statement -> statement.executeLargeUpdate(sql, keys));
    }

    @Override
    public long executeLargeUpdate(String sql, int[] columns) throws SQLException {
        return execute(sql, statement -> statement.executeLargeUpdate(sql, columns));
    }

    @Override
    public long executeLargeUpdate(String sql, String[] columns) throws SQLException {
        return execute(sql, statement -> statement.executeLargeUpdate(sql, columns));
    }

    @Override
    public void addBatch(String sql) throws SQLException {
        ready(null).addBatch(sql);
        batched = true;
    }

    final void batched() {
        batched = true;
    }

    @Override
    public void clearBatch() throws SQLException {
        if (isCurrent()) {
            delegate().clearBatch();
        }
        batched = false;
    }

    @Override
    public int[] executeBatch() throws SQLException {
        try {
            return execute(null, Statement::executeBatch);
        } finally {
            batched = false;
        }
    }

    @Override
    public long[] executeLargeBatch() throws SQLException {
        try {
            return execute(null, Statement::executeLargeBatch);
        } finally {
            batched = false;
        }
    }

    /** From any thread. */
    @Override
    public void cancel() throws SQLException {
        Statement running = delegate;
        if (running != null) {
            running.cancel();
        }
    }

    // The statement itself

    @Override
    public Connection getConnection() throws SQLException {
        requireOpen();
        return connection;
    }

    @Override
    public void close() throws SQLException {
        if (closed) {
            return;
        }
        closed = true;
        Recording recorded = recording;
        recording = null;
        if (recorded != null) {
            connection.source().recordings().giveBack(recorded);
        }
        Statement made = delegate;
        delegate = null;
        if (made != null) {
            connection.statementClosed(madeOn);
            made.close();
        }
    }

    @Override
    public boolean isClosed() throws SQLException {
        return closed || connection.isClosed() || (isCurrent() && delegate().isClosed());
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        if (type.isInstance(this)) {
            return type.cast(this);
        }
        Statement physical = delegate();
        connection.executing(); // what is done with it is not seen from here
        return type.isInstance(physical) ? type.cast(physical) : physical.unwrap(type);
    }

    @Override
    public boolean isWrapperFor(Class<?> type) throws SQLException {
        return type.isInstance(this)
                || type.isInstance(delegate())
                || delegate().isWrapperFor(type);
    }

    @Override
    public String toString() {
        return "RoutingStatement[" + (closed ? "closed" : delegate) + "]";
    }
}
