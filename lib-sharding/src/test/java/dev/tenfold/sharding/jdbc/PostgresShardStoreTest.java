package dev.tenfold.sharding.jdbc;

import dev.tenfold.hash.KeyForm;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.sharding.ShardRoute;
import dev.tenfold.sharding.Slotting;
import dev.tenfold.sharding.reshard.ShardStore;
import dev.tenfold.sharding.testing.ShardStoreContract;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.sql.DataSource;

/** The contract, on two real databases. */
final class PostgresShardStoreTest extends ShardStoreContract {

    private static final ShardDatabases DATABASES = new ShardDatabases();

    @Override
    protected ShardStore open(String shard) throws SQLException {
        DataSource database = DATABASES.cleared(
                shard, "CREATE TABLE item (key text COLLATE \"C\" PRIMARY KEY, value text NOT NULL)", "item");
        return PostgresShardStore.of(
                shard,
                database,
                Slotting.hashed(KeyForm.whole(), KeyHash.xxh3()),
                List.of(ShardedTable.of("item", "key")));
    }

    @Override
    protected Writer begin(ShardStore store, ShardRoute route) throws SQLException {
        Connection connection = DATABASES.of(store.shard()).getConnection();
        try {
            connection.setAutoCommit(false);
            ShardGuard.check(connection, route);
        } catch (Throwable failure) {
            connection.close();
            throw failure;
        }
        return new Writer() {
            @Override
            public void put(String key, String value) throws SQLException {
                run(
                        "INSERT INTO item VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                        key,
                        value);
            }

            @Override
            public void delete(String key) throws SQLException {
                run("DELETE FROM item WHERE key = ?", key);
            }

            private void run(String sql, String... values) throws SQLException {
                try (PreparedStatement statement = connection.prepareStatement(sql)) {
                    for (int i = 0; i < values.length; i++) {
                        statement.setString(i + 1, values[i]);
                    }
                    statement.executeUpdate();
                }
            }

            @Override
            public void commit() throws SQLException {
                connection.commit();
            }

            @Override
            public void close() throws SQLException {
                connection.close();
            }
        };
    }

    @Override
    protected SortedMap<String, String> rows(ShardStore store) throws SQLException {
        SortedMap<String, String> rows = new TreeMap<>();
        try (Connection connection = DATABASES.of(store.shard()).getConnection();
                PreparedStatement select = connection.prepareStatement("SELECT key, value FROM item");
                ResultSet row = select.executeQuery()) {
            while (row.next()) {
                rows.put(row.getString(1), row.getString(2));
            }
        }
        return rows;
    }
}
