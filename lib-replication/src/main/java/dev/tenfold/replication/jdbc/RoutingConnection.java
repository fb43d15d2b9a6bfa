package dev.tenfold.replication.jdbc;

import java.sql.Array;
import java.sql.Blob;
import java.sql.CallableStatement;
import java.sql.Clob;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.NClob;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLWarning;
import java.sql.SQLXML;
import java.sql.Savepoint;
import java.sql.ShardingKey;
import java.sql.Statement;
import java.sql.Struct;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The connection a user holds. Whatever needs the server takes a physical connection; its bases decide which one that is
 * ({@link NodeLease}), what belongs together on it ({@link UnitOfWork}) and how it is set ({@link SettableConnection}).
 */
final class RoutingConnection extends SettableConnection {

    private volatile boolean closed;

    RoutingConnection(RoutingDataSource source, RoutingScope.@Nullable Target scope) {
        super(source, scope);
    }

    @Override
    void requireOpen() throws SQLException {
        if (closed) {
            throw new SQLNonTransientConnectionException("the connection is closed", "08003");
        }
    }

    // Statements

    @Override
    public Statement createStatement() throws SQLException {
        return new RoutingStatement(this, null, (c, none) -> c.createStatement());
    }

    @Override
    public Statement createStatement(int type, int concurrency) throws SQLException {
        return new RoutingStatement(this, null, (c, none) -> c.createStatement(type, concurrency));
    }

    @Override
    public Statement createStatement(int type, int concurrency, int holdability) throws SQLException {
        return new RoutingStatement(this, null, (c, none) -> c.createStatement(type, concurrency, holdability));
    }

    @Override
    public PreparedStatement prepareStatement(String sql) throws SQLException {
        return new RoutingPreparedStatement(this, sql, Connection::prepareStatement);
    }

    @Override
    public PreparedStatement prepareStatement(String sql, int type, int concurrency) throws SQLException {
        return new RoutingPreparedStatement(this, sql, (c, text) -> c.prepareStatement(text, type, concurrency));
    }

    @Override
    public PreparedStatement prepareStatement(String sql, int type, int concurrency, int holdability)
            throws SQLException {
        return new RoutingPreparedStatement(
                this, sql, (c, text) -> c.prepareStatement(text, type, concurrency, holdability));
    }

    @Override
    public PreparedStatement prepareStatement(String sql, int keys) throws SQLException {
        return new RoutingPreparedStatement(this, sql, (c, text) -> c.prepareStatement(text, keys));
    }

    @Override
    public PreparedStatement prepareStatement(String sql, int[] columns) throws SQLException {
        return new RoutingPreparedStatement(this, sql, (c, text) -> c.prepareStatement(text, columns));
    }

    @Override
    public PreparedStatement prepareStatement(String sql, String[] columns) throws SQLException {
        return new RoutingPreparedStatement(this, sql, (c, text) -> c.prepareStatement(text, columns));
    }

    @Override
    public CallableStatement prepareCall(String sql) throws SQLException {
        return call(connectionFor(null).prepareCall(sql));
    }

    @Override
    public CallableStatement prepareCall(String sql, int type, int concurrency) throws SQLException {
        return call(connectionFor(null).prepareCall(sql, type, concurrency));
    }

    @Override
    public CallableStatement prepareCall(String sql, int type, int concurrency, int holdability) throws SQLException {
        return call(connectionFor(null).prepareCall(sql, type, concurrency, holdability));
    }

    private CallableStatement call(CallableStatement physical) {
        return ConnectionPart.of(CallableStatement.class, physical, this);
    }

    @Override
    public DatabaseMetaData getMetaData() throws SQLException {
        return ConnectionPart.of(DatabaseMetaData.class, connectionForQuestion().getMetaData(), this);
    }

    @Override
    public String nativeSQL(String sql) throws SQLException {
        return ask(c -> c.nativeSQL(sql));
    }

    @Override
    public Clob createClob() throws SQLException {
        return connectionForUse().createClob();
    }

    @Override
    public Blob createBlob() throws SQLException {
        return connectionForUse().createBlob();
    }

    @Override
    public NClob createNClob() throws SQLException {
        return connectionForUse().createNClob();
    }

    @Override
    public SQLXML createSQLXML() throws SQLException {
        return connectionForQuestion().createSQLXML();
    }

    @Override
    public Array createArrayOf(String type, @Nullable Object[] elements) throws SQLException {
        return connectionForQuestion().createArrayOf(type, elements);
    }

    @Override
    public Struct createStruct(String type, @Nullable Object[] attributes) throws SQLException {
        return connectionForQuestion().createStruct(type, attributes);
    }

    // Transactions

    @Override
    public void commit() throws SQLException {
        requireManualCommit();
        commitUnit();
    }

    @Override
    public void rollback() throws SQLException {
        requireManualCommit();
        rollbackUnit();
    }

    private void requireManualCommit() throws SQLException {
        requireOpen();
        if (autoCommit()) {
            throw new SQLException("auto-commit: true (expected: false to commit or roll back)", "25000");
        }
    }

    @Override
    public Savepoint setSavepoint() throws SQLException {
        return connectionForUse().setSavepoint();
    }

    @Override
    public Savepoint setSavepoint(String name) throws SQLException {
        return connectionForUse().setSavepoint(name);
    }

    @Override
    public void rollback(Savepoint savepoint) throws SQLException {
        connectionForUse().rollback(savepoint);
    }

    @Override
    public void releaseSavepoint(Savepoint savepoint) throws SQLException {
        connectionForUse().releaseSavepoint(savepoint);
    }

    // The connection itself

    @Override
    public @Nullable SQLWarning getWarnings() throws SQLException {
        Connection connection = atHandIfOpen();
        return connection == null ? null : connection.getWarnings();
    }

    @Override
    public void clearWarnings() throws SQLException {
        Connection connection = atHandIfOpen();
        if (connection != null) {
            connection.clearWarnings();
        }
    }

    @Override
    public void close() throws SQLException {
        closed = true;
        closeUnit();
    }

    @Override
    public boolean isClosed() {
        return closed;
    }

    @Override
    public boolean isValid(int timeout) throws SQLException {
        if (timeout < 0) {
            throw new SQLException("isValid: " + timeout + " (expected: >= 0 seconds)", "22023");
        }
        return !closed && isUnitValid(timeout);
    }

    @Override
    public void abort(Executor executor) throws SQLException {
        if (executor == null) {
            throw new SQLException("abort: null (expected: an executor)", "22023");
        }
        closed = true;
        executor.execute(this::abandon);
    }

    @Override
    public void beginRequest() throws SQLException {
        requireOpen(); // the physical connection's own source marks its requests
    }

    /** Between two requests a pool keeps this connection, and not one of a node's pool as well. */
    @Override
    public void endRequest() throws SQLException {
        requireOpen();
        if (!inTransaction()) {
            closeUnit();
        }
    }

    @Override
    public boolean setShardingKeyIfValid(@Nullable ShardingKey key, @Nullable ShardingKey superKey, int timeout)
            throws SQLException {
        throw noShardingKey();
    }

    @Override
    public boolean setShardingKeyIfValid(@Nullable ShardingKey key, int timeout) throws SQLException {
        throw noShardingKey();
    }

    @Override
    public void setShardingKey(@Nullable ShardingKey key, @Nullable ShardingKey superKey) throws SQLException {
        throw noShardingKey();
    }

    @Override
    public void setShardingKey(@Nullable ShardingKey key) throws SQLException {
        throw noShardingKey();
    }

    private static SQLException noShardingKey() {
        return new SQLFeatureNotSupportedException(
                "sharding key: a replica set holds one shard; pick the set by the key");
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        return type.isInstance(this) ? type.cast(this) : connectionForUse().unwrap(type);
    }

    @Override
    public boolean isWrapperFor(Class<?> type) throws SQLException {
        return type.isInstance(this) || ask(c -> c.isWrapperFor(type));
    }

    @Override
    public String toString() {
        return "RoutingConnection[" + (closed ? "closed" : super.toString()) + "]";
    }
}
