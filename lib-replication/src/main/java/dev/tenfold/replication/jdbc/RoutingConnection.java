package dev.tenfold.replication.jdbc;

import java.sql.Array;
import java.sql.Blob;
import java.sql.CallableStatement;
import java.sql.ClientInfoStatus;
import java.sql.Clob;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.NClob;
import java.sql.PreparedStatement;
import java.sql.SQLClientInfoException;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLWarning;
import java.sql.SQLXML;
import java.sql.Savepoint;
import java.sql.ShardingKey;
import java.sql.Statement;
import java.sql.Struct;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The connection a user holds. Settings are remembered and reach the physical connection when it is taken; whatever needs
 * the server takes it. {@link Binding} decides which one that is.
 */
final class RoutingConnection implements Connection {

    static final String OUTCOME_UNKNOWN = "08007";

    private static final String IN_TRANSACTION = "25001";

    private final Binding binding;
    private final ConnectionState state;
    private volatile boolean closed;

    RoutingConnection(Binding binding) {
        this.binding = binding;
        this.state = binding.state();
    }

    /** The physical connection to make a statement on. */
    private Connection physical() throws SQLException {
        requireOpen();
        return binding.forStatement();
    }

    /** The physical connection at hand, or null; does not take one. */
    private @Nullable Connection atHand() throws SQLException {
        requireOpen();
        return binding.current();
    }

    private void requireOpen() throws SQLException {
        if (closed) {
            throw new SQLNonTransientConnectionException("the connection is closed", "08003");
        }
    }

    // Statements

    @Override
    public Statement createStatement() throws SQLException {
        return physical().createStatement();
    }

    @Override
    public Statement createStatement(int type, int concurrency) throws SQLException {
        return physical().createStatement(type, concurrency);
    }

    @Override
    public Statement createStatement(int type, int concurrency, int holdability) throws SQLException {
        return physical().createStatement(type, concurrency, holdability);
    }

    @Override
    public PreparedStatement prepareStatement(String sql) throws SQLException {
        return physical().prepareStatement(sql);
    }

    @Override
    public PreparedStatement prepareStatement(String sql, int type, int concurrency) throws SQLException {
        return physical().prepareStatement(sql, type, concurrency);
    }

    @Override
    public PreparedStatement prepareStatement(String sql, int type, int concurrency, int holdability)
            throws SQLException {
        return physical().prepareStatement(sql, type, concurrency, holdability);
    }

    @Override
    public PreparedStatement prepareStatement(String sql, int keys) throws SQLException {
        return physical().prepareStatement(sql, keys);
    }

    @Override
    public PreparedStatement prepareStatement(String sql, int[] columns) throws SQLException {
        return physical().prepareStatement(sql, columns);
    }

    @Override
    public PreparedStatement prepareStatement(String sql, String[] columns) throws SQLException {
        return physical().prepareStatement(sql, columns);
    }

    @Override
    public CallableStatement prepareCall(String sql) throws SQLException {
        return physical().prepareCall(sql);
    }

    @Override
    public CallableStatement prepareCall(String sql, int type, int concurrency) throws SQLException {
        return physical().prepareCall(sql, type, concurrency);
    }

    @Override
    public CallableStatement prepareCall(String sql, int type, int concurrency, int holdability) throws SQLException {
        return physical().prepareCall(sql, type, concurrency, holdability);
    }

    @Override
    public String nativeSQL(String sql) throws SQLException {
        return physical().nativeSQL(sql);
    }

    @Override
    public DatabaseMetaData getMetaData() throws SQLException {
        return physical().getMetaData();
    }

    @Override
    public Clob createClob() throws SQLException {
        return physical().createClob();
    }

    @Override
    public Blob createBlob() throws SQLException {
        return physical().createBlob();
    }

    @Override
    public NClob createNClob() throws SQLException {
        return physical().createNClob();
    }

    @Override
    public SQLXML createSQLXML() throws SQLException {
        return physical().createSQLXML();
    }

    @Override
    public Array createArrayOf(String type, @Nullable Object[] elements) throws SQLException {
        return physical().createArrayOf(type, elements);
    }

    @Override
    public Struct createStruct(String type, @Nullable Object[] attributes) throws SQLException {
        return physical().createStruct(type, attributes);
    }

    // Transactions

    @Override
    public void setAutoCommit(boolean autoCommit) throws SQLException {
        requireOpen();
        binding.setAutoCommit(autoCommit);
    }

    @Override
    public boolean getAutoCommit() throws SQLException {
        requireOpen();
        return state.autoCommit();
    }

    @Override
    public void commit() throws SQLException {
        requireManualCommit();
        binding.commit();
    }

    @Override
    public void rollback() throws SQLException {
        requireManualCommit();
        binding.rollback();
    }

    private void requireManualCommit() throws SQLException {
        requireOpen();
        if (state.autoCommit()) {
            throw new SQLException("auto-commit: true (expected: false to commit or roll back)", "25000");
        }
    }

    @Override
    public Savepoint setSavepoint() throws SQLException {
        return physical().setSavepoint();
    }

    @Override
    public Savepoint setSavepoint(String name) throws SQLException {
        return physical().setSavepoint(name);
    }

    @Override
    public void rollback(Savepoint savepoint) throws SQLException {
        physical().rollback(savepoint);
    }

    @Override
    public void releaseSavepoint(Savepoint savepoint) throws SQLException {
        physical().releaseSavepoint(savepoint);
    }

    // Settings

    @Override
    public void setReadOnly(boolean readOnly) throws SQLException {
        requireOpen();
        if (readOnly != state.readOnly() && binding.inTransaction()) {
            throw new SQLException(
                    "setReadOnly: " + readOnly + " (expected: a call before the transaction's first statement)",
                    IN_TRANSACTION);
        }
        // The physical connection at hand is of the other role now, and is left at the next statement.
        state.readOnly(readOnly);
    }

    @Override
    public boolean isReadOnly() throws SQLException {
        requireOpen();
        return state.readOnly();
    }

    @Override
    public void setTransactionIsolation(int level) throws SQLException {
        Connection connection = atHand();
        if (connection != null) {
            connection.setTransactionIsolation(level);
        }
        state.isolation(level);
    }

    @Override
    public int getTransactionIsolation() throws SQLException {
        requireOpen();
        Integer set = state.isolation();
        return set != null ? set : binding.forQuestion().getTransactionIsolation();
    }

    @Override
    public void setCatalog(@Nullable String catalog) throws SQLException {
        Connection connection = atHand();
        if (connection != null) {
            state.beforeCatalog(connection);
            connection.setCatalog(catalog);
        }
        state.catalog(catalog);
    }

    @Override
    public @Nullable String getCatalog() throws SQLException {
        requireOpen();
        String set = state.catalog();
        return set != null ? set : binding.forQuestion().getCatalog();
    }

    @Override
    public void setSchema(@Nullable String schema) throws SQLException {
        Connection connection = atHand();
        if (connection != null) {
            state.beforeSchema(connection);
            connection.setSchema(schema);
        }
        state.schema(schema);
    }

    @Override
    public @Nullable String getSchema() throws SQLException {
        requireOpen();
        String set = state.schema();
        return set != null ? set : binding.forQuestion().getSchema();
    }

    @Override
    public void setHoldability(int holdability) throws SQLException {
        Connection connection = atHand();
        if (connection != null) {
            state.beforeHoldability(connection);
            connection.setHoldability(holdability);
        }
        state.holdability(holdability);
    }

    @Override
    public int getHoldability() throws SQLException {
        requireOpen();
        Integer set = state.holdability();
        return set != null ? set : binding.forQuestion().getHoldability();
    }

    @Override
    public void setTypeMap(Map<String, Class<?>> map) throws SQLException {
        Connection connection = atHand();
        if (connection != null) {
            state.beforeTypeMap(connection);
            connection.setTypeMap(map);
        }
        state.typeMap(map);
    }

    @Override
    public @Nullable Map<String, Class<?>> getTypeMap() throws SQLException {
        requireOpen();
        Map<String, Class<?>> set = state.typeMap();
        return set != null ? set : binding.forQuestion().getTypeMap();
    }

    @Override
    public void setNetworkTimeout(Executor executor, int milliseconds) throws SQLException {
        Connection connection = atHand();
        if (connection != null) {
            connection.setNetworkTimeout(executor, milliseconds);
        }
        state.networkTimeout(executor, milliseconds);
    }

    @Override
    public int getNetworkTimeout() throws SQLException {
        requireOpen();
        Integer set = state.networkTimeout();
        return set != null ? set : binding.forQuestion().getNetworkTimeout();
    }

    @Override
    public void setClientInfo(String name, @Nullable String value) throws SQLClientInfoException {
        try {
            Connection connection = atHand();
            if (connection != null) {
                state.beforeClientInfo(connection, name);
                connection.setClientInfo(name, value);
            }
            state.clientInfo(name, value);
        } catch (SQLClientInfoException failure) {
            throw failure;
        } catch (SQLException failure) {
            throw new SQLClientInfoException(Map.of(name, ClientInfoStatus.REASON_UNKNOWN), failure);
        }
    }

    @Override
    public void setClientInfo(Properties properties) throws SQLClientInfoException {
        for (String name : properties.stringPropertyNames()) {
            setClientInfo(name, properties.getProperty(name));
        }
    }

    @Override
    public @Nullable String getClientInfo(String name) throws SQLException {
        Connection connection = atHand();
        return connection != null ? connection.getClientInfo(name) : state.clientInfo(name);
    }

    @Override
    public Properties getClientInfo() throws SQLException {
        Connection connection = atHand();
        return connection != null ? connection.getClientInfo() : state.clientInfo();
    }

    // The connection itself

    @Override
    public @Nullable SQLWarning getWarnings() throws SQLException {
        Connection connection = atHand();
        return connection == null ? null : connection.getWarnings();
    }

    @Override
    public void clearWarnings() throws SQLException {
        Connection connection = atHand();
        if (connection != null) {
            connection.clearWarnings();
        }
    }

    @Override
    public void close() throws SQLException {
        closed = true;
        binding.release();
    }

    @Override
    public boolean isClosed() {
        return closed;
    }

    @Override
    public boolean isValid(int timeout) throws SQLException {
        return !closed && binding.isValid(timeout);
    }

    @Override
    public void abort(Executor executor) throws SQLException {
        closed = true;
        Connection connection = binding.current();
        if (connection != null) {
            connection.abort(executor);
        }
    }

    @Override
    public void beginRequest() throws SQLException {
        requireOpen(); // the physical connection's own source marks its requests
    }

    @Override
    public void endRequest() throws SQLException {
        requireOpen();
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
        return type.isInstance(this) ? type.cast(this) : physical().unwrap(type);
    }

    @Override
    public boolean isWrapperFor(Class<?> type) throws SQLException {
        return type.isInstance(this) || physical().isWrapperFor(type);
    }

    @Override
    public String toString() {
        return "RoutingConnection[" + (closed ? "closed" : binding.toString()) + "]";
    }
}
