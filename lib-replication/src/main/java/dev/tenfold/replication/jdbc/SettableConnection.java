package dev.tenfold.replication.jdbc;

import java.sql.ClientInfoStatus;
import java.sql.Connection;
import java.sql.SQLClientInfoException;
import java.sql.SQLException;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a connection: remembered, so that they reach every physical connection it takes, and set at once on the
 * one at hand.
 */
abstract class SettableConnection extends UnitOfWork implements Connection {

    /** SQLSTATE of something that is not allowed in a transaction. */
    private static final String IN_TRANSACTION = "25001";

    SettableConnection(RoutingDataSource source, RoutingScope.@Nullable Target scope) {
        super(source, scope);
    }

    @Override
    public void setAutoCommit(boolean autoCommit) throws SQLException {
        requireOpen();
        changeAutoCommit(autoCommit);
    }

    @Override
    public boolean getAutoCommit() throws SQLException {
        requireOpen();
        return autoCommit();
    }

    @Override
    public void setReadOnly(boolean readOnly) throws SQLException {
        requireOpen();
        if (readOnly != readOnly() && inTransaction()) {
            throw new SQLException(
                    "setReadOnly: " + readOnly + " (expected: a call before the transaction's first statement)",
                    IN_TRANSACTION);
        }
        readOnly(readOnly);
    }

    @Override
    public boolean isReadOnly() throws SQLException {
        requireOpen();
        return readOnly();
    }

    @Override
    public void setTransactionIsolation(int level) throws SQLException {
        Connection connection = atHandIfOpen();
        if (connection != null) {
            connection.setTransactionIsolation(level);
        }
        state().isolation(level);
    }

    @Override
    public int getTransactionIsolation() throws SQLException {
        requireOpen();
        Integer set = state().isolation();
        return set != null ? set : ask(Connection::getTransactionIsolation);
    }

    @Override
    public void setCatalog(@Nullable String catalog) throws SQLException {
        Connection connection = atHandIfOpen();
        if (connection != null) {
            state().beforeCatalog(connection);
            connection.setCatalog(catalog);
        }
        state().catalog(catalog);
    }

    @Override
    public @Nullable String getCatalog() throws SQLException {
        requireOpen();
        String set = state().catalog();
        return set != null ? set : ask(Connection::getCatalog);
    }

    @Override
    public void setSchema(@Nullable String schema) throws SQLException {
        Connection connection = atHandIfOpen();
        if (connection != null) {
            state().beforeSchema(connection);
            connection.setSchema(schema);
        }
        state().schema(schema);
    }

    @Override
    public @Nullable String getSchema() throws SQLException {
        requireOpen();
        String set = state().schema();
        return set != null ? set : ask(Connection::getSchema);
    }

    @Override
    public void setHoldability(int holdability) throws SQLException {
        Connection connection = atHandIfOpen();
        if (connection != null) {
            state().beforeHoldability(connection);
            connection.setHoldability(holdability);
        }
        state().holdability(holdability);
    }

    @Override
    public int getHoldability() throws SQLException {
        requireOpen();
        Integer set = state().holdability();
        return set != null ? set : ask(Connection::getHoldability);
    }

    @Override
    public void setTypeMap(Map<String, Class<?>> map) throws SQLException {
        Connection connection = atHandIfOpen();
        if (connection != null) {
            state().beforeTypeMap(connection);
            connection.setTypeMap(map);
        }
        state().typeMap(map);
    }

    @Override
    public @Nullable Map<String, Class<?>> getTypeMap() throws SQLException {
        requireOpen();
        Map<String, Class<?>> set = state().typeMap();
        return set != null ? set : ask(Connection::getTypeMap);
    }

    @Override
    public void setNetworkTimeout(Executor executor, int milliseconds) throws SQLException {
        Connection connection = atHandIfOpen();
        if (connection != null) {
            connection.setNetworkTimeout(executor, milliseconds);
        }
        state().networkTimeout(executor, milliseconds);
    }

    @Override
    public int getNetworkTimeout() throws SQLException {
        requireOpen();
        Integer set = state().networkTimeout();
        return set != null ? set : ask(Connection::getNetworkTimeout);
    }

    @Override
    public void setClientInfo(String name, @Nullable String value) throws SQLClientInfoException {
        try {
            Connection connection = atHandIfOpen();
            if (connection != null) {
                state().beforeClientInfo(connection, name);
                connection.setClientInfo(name, value);
            }
            state().clientInfo(name, value);
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
        Connection connection = atHandIfOpen();
        return connection != null ? connection.getClientInfo(name) : state().clientInfo(name);
    }

    @Override
    public Properties getClientInfo() throws SQLException {
        Connection connection = atHandIfOpen();
        return connection != null ? connection.getClientInfo() : state().clientInfo();
    }
}
