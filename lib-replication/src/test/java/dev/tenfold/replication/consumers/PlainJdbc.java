package dev.tenfold.replication.consumers;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;

/** JDBC by hand, with a pool of its own above the routing data source; it marks what it reads by {@code setReadOnly}. */
final class PlainJdbc implements Application {

    private final HikariDataSource pool;

    PlainJdbc(DataSource source) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(source);
        config.setMaximumPoolSize(2);
        config.setInitializationFailTimeout(-1);
        pool = new HikariDataSource(config);
    }

    @Override
    public String name() {
        return "HikariCP above";
    }

    @Override
    public void write(long id) throws SQLException {
        try (Connection connection = pool.getConnection();
                PreparedStatement insert = connection.prepareStatement("INSERT INTO entry VALUES (?, ?)")) {
            connection.setAutoCommit(false);
            insert.setLong(1, id);
            insert.setString(2, name());
            insert.executeUpdate();
            connection.commit();
        }
    }

    @Override
    public String read(long id) throws SQLException {
        try (Connection connection = pool.getConnection()) {
            connection.setReadOnly(true);
            try (PreparedStatement read =
                    connection.prepareStatement("SELECT node, (SELECT app FROM entry WHERE id = ?) FROM whoami")) {
                read.setLong(1, id);
                try (ResultSet rows = read.executeQuery()) {
                    rows.next();
                    return rows.getString(1);
                }
            }
        }
    }

    @Override
    public void close() {
        pool.close();
    }
}
