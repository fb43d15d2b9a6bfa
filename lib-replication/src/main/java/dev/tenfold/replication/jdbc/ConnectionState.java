package dev.tenfold.replication.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * What a user set on a {@link RoutingConnection}, to be set again on every physical connection it takes. What was never
 * set is left as the node's own data source configured it, except that auto-commit and read-only, which {@link NodeLease}
 * keeps, are always as the user sees them.
 *
 * <p>On return, what pools are known not to reset is undone: schema and catalog (HikariCP resets them only where its own
 * configuration names them), client info, holdability and the type map. The rest (auto-commit, read-only, isolation,
 * network timeout) a pool resets by itself.
 */
final class ConnectionState {

    private @Nullable Integer isolation;
    private @Nullable String schema;
    private @Nullable String catalog;
    private @Nullable Integer holdability;
    private @Nullable Map<String, Class<?>> typeMap;
    private @Nullable Timeout networkTimeout;
    private final Map<String, @Nullable String> clientInfo = new LinkedHashMap<>();

    private final Map<String, @Nullable String> clientInfoBefore = new LinkedHashMap<>();
    private @Nullable String schemaBefore;
    private @Nullable String catalogBefore;
    private boolean schemaTouched;
    private boolean catalogTouched;
    private @Nullable Integer holdabilityBefore;
    private @Nullable Map<String, Class<?>> typeMapBefore;

    private record Timeout(Executor executor, int millis) {}

    @Nullable
    Integer isolation() {
        return isolation;
    }

    void isolation(int value) {
        isolation = value;
    }

    @Nullable
    String schema() {
        return schema;
    }

    void schema(@Nullable String value) {
        schema = value;
    }

    @Nullable
    String catalog() {
        return catalog;
    }

    void catalog(@Nullable String value) {
        catalog = value;
    }

    @Nullable
    Integer holdability() {
        return holdability;
    }

    void holdability(int value) {
        holdability = value;
    }

    @Nullable
    Map<String, Class<?>> typeMap() {
        return typeMap;
    }

    void typeMap(Map<String, Class<?>> value) {
        typeMap = value;
    }

    @Nullable
    Integer networkTimeout() {
        Timeout timeout = networkTimeout;
        return timeout == null ? null : timeout.millis();
    }

    void networkTimeout(Executor executor, int millis) {
        networkTimeout = new Timeout(executor, millis);
    }

    void clientInfo(String name, @Nullable String value) {
        clientInfo.put(name, value);
    }

    @Nullable
    String clientInfo(String name) {
        return clientInfo.get(name);
    }

    Properties clientInfo() {
        Properties properties = new Properties();
        clientInfo.forEach((name, value) -> {
            if (value != null) {
                properties.setProperty(name, value);
            }
        });
        return properties;
    }

    /**
     * Sets a connection up, in auto-commit mode as long as a setting may cost a statement.
     *
     * @param state what else was set, or null for nothing
     */
    static void prepare(Connection connection, boolean autoCommit, boolean readOnly, @Nullable ConnectionState state)
            throws SQLException {
        if (!connection.getAutoCommit()) {
            connection.setAutoCommit(true);
        }
        if (state != null) {
            state.applyNetworkTimeout(connection);
        }
        if (connection.isReadOnly() != readOnly) {
            connection.setReadOnly(readOnly);
        }
        if (state != null) {
            state.applyTo(connection);
        }
        if (!autoCommit) {
            connection.setAutoCommit(false);
        }
    }

    private void applyNetworkTimeout(Connection connection) throws SQLException {
        if (networkTimeout != null) {
            connection.setNetworkTimeout(networkTimeout.executor(), networkTimeout.millis());
        }
    }

    private void applyTo(Connection connection) throws SQLException {
        if (isolation != null) {
            connection.setTransactionIsolation(isolation);
        }
        if (catalog != null) {
            beforeCatalog(connection);
            connection.setCatalog(catalog);
        }
        if (schema != null) {
            beforeSchema(connection);
            connection.setSchema(schema);
        }
        applyWhatPoolsForget(connection);
    }

    private void applyWhatPoolsForget(Connection connection) throws SQLException {
        for (Map.Entry<String, @Nullable String> entry : clientInfo.entrySet()) {
            beforeClientInfo(connection, entry.getKey());
            connection.setClientInfo(entry.getKey(), entry.getValue());
        }
        if (holdability != null) {
            beforeHoldability(connection);
            connection.setHoldability(holdability);
        }
        if (typeMap != null) {
            beforeTypeMap(connection);
            connection.setTypeMap(typeMap);
        }
    }

    /** Remembers what a setting on a connection at hand replaces, so that it can be undone too. */
    void beforeClientInfo(Connection connection, String name) throws SQLException {
        if (!clientInfoBefore.containsKey(name)) {
            clientInfoBefore.put(name, connection.getClientInfo(name));
        }
    }

    void beforeHoldability(Connection connection) throws SQLException {
        if (holdabilityBefore == null) {
            holdabilityBefore = connection.getHoldability();
        }
    }

    void beforeTypeMap(Connection connection) throws SQLException {
        if (typeMapBefore == null) {
            typeMapBefore = connection.getTypeMap();
        }
    }

    void beforeSchema(Connection connection) throws SQLException {
        if (!schemaTouched) {
            schemaBefore = connection.getSchema();
            schemaTouched = true;
        }
    }

    void beforeCatalog(Connection connection) throws SQLException {
        if (!catalogTouched) {
            catalogBefore = connection.getCatalog();
            catalogTouched = true;
        }
    }

    /** Undoes what pools forget, outside of any transaction, since ending one could bring it back. */
    void undoOn(Connection connection, JdbcReplicationEngine engine) throws SQLException {
        boolean touched = schemaTouched
                || catalogTouched
                || holdabilityBefore != null
                || typeMapBefore != null
                || !clientInfoBefore.isEmpty();
        if (!touched) {
            return;
        }
        if (!connection.getAutoCommit()) {
            connection.setAutoCommit(true);
        }
        if (catalogTouched) {
            connection.setCatalog(catalogBefore);
        }
        if (schemaTouched) {
            engine.restoreSchema(connection, schemaBefore);
        }
        for (Map.Entry<String, @Nullable String> entry : clientInfoBefore.entrySet()) {
            connection.setClientInfo(entry.getKey(), entry.getValue());
        }
        if (holdabilityBefore != null) {
            connection.setHoldability(holdabilityBefore);
        }
        if (typeMapBefore != null) {
            connection.setTypeMap(typeMapBefore);
        }
        forgetBefore();
    }

    /** The connection the remembered values belong to is gone. */
    void forgetBefore() {
        schemaTouched = false;
        catalogTouched = false;
        clientInfoBefore.clear();
        holdabilityBefore = null;
        typeMapBefore = null;
    }
}
