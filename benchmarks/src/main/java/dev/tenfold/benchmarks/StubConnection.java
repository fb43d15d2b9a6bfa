package dev.tenfold.benchmarks;

import java.lang.reflect.Proxy;
import java.sql.Array;
import java.sql.Blob;
import java.sql.CallableStatement;
import java.sql.Clob;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.NClob;
import java.sql.PreparedStatement;
import java.sql.SQLWarning;
import java.sql.SQLXML;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Struct;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Executor;

/**
 * A connection to nowhere that costs nothing: immutable, so that everybody may share one, and closed without effect. It
 * does what the routes under measurement ask of one; the rest throws.
 */
final class StubConnection implements Connection {

    /** What every statement is; nobody runs it. */
    private static final PreparedStatement STATEMENT = (PreparedStatement) Proxy.newProxyInstance(
            StubConnection.class.getClassLoader(),
            new Class<?>[] {PreparedStatement.class},
            (proxy, method, arguments) -> {
                throw unused();
            });

    private final boolean readOnly;

    /** Makes a connection as its pool would configure it. */
    StubConnection(boolean readOnly) {
        this.readOnly = readOnly;
    }

    private static UnsupportedOperationException unused() {
        return new UnsupportedOperationException("no measured route does this");
    }

    @Override
    public Statement createStatement() {
        return STATEMENT;
    }

    @Override
    public PreparedStatement prepareStatement(String a) {
        return STATEMENT;
    }

    @Override
    public void setAutoCommit(boolean a) {}

    @Override
    public boolean getAutoCommit() {
        return true;
    }

    @Override
    public void commit() {}

    @Override
    public void rollback() {}

    @Override
    public void close() {}

    @Override
    public boolean isClosed() {
        return false;
    }

    @Override
    public void setReadOnly(boolean a) {}

    @Override
    public boolean isReadOnly() {
        return readOnly;
    }

    @Override
    public int getTransactionIsolation() {
        return TRANSACTION_READ_COMMITTED;
    }

    @Override
    public boolean isValid(int a) {
        return true;
    }

    @Override
    public void abort(Executor a) {}

    @Override
    public boolean isWrapperFor(Class<?> a) {
        return false;
    }

    @Override
    public CallableStatement prepareCall(String a) {
        throw unused();
    }

    @Override
    public String nativeSQL(String a) {
        throw unused();
    }

    @Override
    public DatabaseMetaData getMetaData() {
        throw unused();
    }

    @Override
    public void setCatalog(String a) {
        throw unused();
    }

    @Override
    public String getCatalog() {
        throw unused();
    }

    @Override
    public void setTransactionIsolation(int a) {
        throw unused();
    }

    @Override
    public SQLWarning getWarnings() {
        throw unused();
    }

    @Override
    public void clearWarnings() {
        throw unused();
    }

    @Override
    public Statement createStatement(int a, int b) {
        throw unused();
    }

    @Override
    public PreparedStatement prepareStatement(String a, int b, int c) {
        throw unused();
    }

    @Override
    public CallableStatement prepareCall(String a, int b, int c) {
        throw unused();
    }

    @Override
    public Map<String, Class<?>> getTypeMap() {
        throw unused();
    }

    @Override
    public void setTypeMap(Map<String, Class<?>> a) {
        throw unused();
    }

    @Override
    public void setHoldability(int a) {
        throw unused();
    }

    @Override
    public int getHoldability() {
        throw unused();
    }

    @Override
    public Savepoint setSavepoint() {
        throw unused();
    }

    @Override
    public Savepoint setSavepoint(String a) {
        throw unused();
    }

    @Override
    public void rollback(Savepoint a) {
        throw unused();
    }

    @Override
    public void releaseSavepoint(Savepoint a) {
        throw unused();
    }

    @Override
    public Statement createStatement(int a, int b, int c) {
        throw unused();
    }

    @Override
    public PreparedStatement prepareStatement(String a, int b, int c, int d) {
        throw unused();
    }

    @Override
    public CallableStatement prepareCall(String a, int b, int c, int d) {
        throw unused();
    }

    @Override
    public PreparedStatement prepareStatement(String a, int b) {
        throw unused();
    }

    @Override
    public PreparedStatement prepareStatement(String a, int[] b) {
        throw unused();
    }

    @Override
    public PreparedStatement prepareStatement(String a, String[] b) {
        throw unused();
    }

    @Override
    public Clob createClob() {
        throw unused();
    }

    @Override
    public Blob createBlob() {
        throw unused();
    }

    @Override
    public NClob createNClob() {
        throw unused();
    }

    @Override
    public SQLXML createSQLXML() {
        throw unused();
    }

    @Override
    public void setClientInfo(String a, String b) {
        throw unused();
    }

    @Override
    public void setClientInfo(Properties a) {
        throw unused();
    }

    @Override
    public String getClientInfo(String a) {
        throw unused();
    }

    @Override
    public Properties getClientInfo() {
        throw unused();
    }

    @Override
    public Array createArrayOf(String a, Object[] b) {
        throw unused();
    }

    @Override
    public Struct createStruct(String a, Object[] b) {
        throw unused();
    }

    @Override
    public void setSchema(String a) {
        throw unused();
    }

    @Override
    public String getSchema() {
        throw unused();
    }

    @Override
    public void setNetworkTimeout(Executor a, int b) {
        throw unused();
    }

    @Override
    public int getNetworkTimeout() {
        throw unused();
    }

    @Override
    public <T> T unwrap(Class<T> a) {
        throw unused();
    }
}
