package dev.tenfold.replication.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/** What a {@link RoutingStatement} passes on as it is: its settings, which are recorded, and the results of its last execution. */
abstract class ForwardingStatement implements Statement {

    /** The physical statement, made if there is none yet. */
    abstract Statement delegate() throws SQLException;

    /** Sets something on the physical statement, and on every other that this one will be. */
    abstract void set(Recording.Setting setting) throws SQLException;

    // Settings

    @Override
    public void setMaxFieldSize(int bytes) throws SQLException {
        set(statement -> statement.setMaxFieldSize(bytes));
    }

    @Override
    public void setMaxRows(int rows) throws SQLException {
        set(statement -> statement.setMaxRows(rows));
    }

    @Override
    public void setLargeMaxRows(long rows) throws SQLException {
        set(statement -> statement.setLargeMaxRows(rows));
    }

    @Override
    public void setEscapeProcessing(boolean enabled) throws SQLException {
        set(statement -> statement.setEscapeProcessing(enabled));
    }

    @Override
    public void setQueryTimeout(int seconds) throws SQLException {
        set(statement -> statement.setQueryTimeout(seconds));
    }

    @Override
    public void setFetchDirection(int direction) throws SQLException {
        set(statement -> statement.setFetchDirection(direction));
    }

    @Override
    public void setFetchSize(int rows) throws SQLException {
        set(statement -> statement.setFetchSize(rows));
    }

    @Override
    public void setPoolable(boolean poolable) throws SQLException {
        set(statement -> statement.setPoolable(poolable));
    }

    @Override
    public void setCursorName(String name) throws SQLException {
        set(statement -> statement.setCursorName(name));
    }

    @Override
    public void closeOnCompletion() throws SQLException {
        set(Statement::closeOnCompletion);
    }

    @Override
    public int getMaxFieldSize() throws SQLException {
        return delegate().getMaxFieldSize();
    }

    @Override
    public int getMaxRows() throws SQLException {
        return delegate().getMaxRows();
    }

    @Override
    public long getLargeMaxRows() throws SQLException {
        return delegate().getLargeMaxRows();
    }

    @Override
    public int getQueryTimeout() throws SQLException {
        return delegate().getQueryTimeout();
    }

    @Override
    public int getFetchDirection() throws SQLException {
        return delegate().getFetchDirection();
    }

    @Override
    public int getFetchSize() throws SQLException {
        return delegate().getFetchSize();
    }

    @Override
    public int getResultSetConcurrency() throws SQLException {
        return delegate().getResultSetConcurrency();
    }

    @Override
    public int getResultSetType() throws SQLException {
        return delegate().getResultSetType();
    }

    @Override
    public int getResultSetHoldability() throws SQLException {
        return delegate().getResultSetHoldability();
    }

    @Override
    public boolean isPoolable() throws SQLException {
        return delegate().isPoolable();
    }

    @Override
    public boolean isCloseOnCompletion() throws SQLException {
        return delegate().isCloseOnCompletion();
    }

    // Results

    @Override
    public @Nullable ResultSet getResultSet() throws SQLException {
        return delegate().getResultSet();
    }

    @Override
    public int getUpdateCount() throws SQLException {
        return delegate().getUpdateCount();
    }

    @Override
    public long getLargeUpdateCount() throws SQLException {
        return delegate().getLargeUpdateCount();
    }

    @Override
    public boolean getMoreResults() throws SQLException {
        return delegate().getMoreResults();
    }

    @Override
    public boolean getMoreResults(int current) throws SQLException {
        return delegate().getMoreResults(current);
    }

    @Override
    public ResultSet getGeneratedKeys() throws SQLException {
        return delegate().getGeneratedKeys();
    }

    @Override
    public @Nullable SQLWarning getWarnings() throws SQLException {
        return delegate().getWarnings();
    }

    @Override
    public void clearWarnings() throws SQLException {
        delegate().clearWarnings();
    }

    // Quoting, by the rules of the driver

    @Override
    public String enquoteLiteral(String value) throws SQLException {
        return delegate().enquoteLiteral(value);
    }

    @Override
    public String enquoteIdentifier(String identifier, boolean always) throws SQLException {
        return delegate().enquoteIdentifier(identifier, always);
    }

    @Override
    public boolean isSimpleIdentifier(String identifier) throws SQLException {
        return delegate().isSimpleIdentifier(identifier);
    }

    @Override
    public String enquoteNCharLiteral(String value) throws SQLException {
        return delegate().enquoteNCharLiteral(value);
    }
}
