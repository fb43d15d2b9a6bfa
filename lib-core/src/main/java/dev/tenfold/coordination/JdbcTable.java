package dev.tenfold.coordination;

import dev.tenfold.error.UnavailableException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import javax.sql.DataSource;

/** The table behind {@link JdbcStorage}: its columns, and how it comes to be. */
final class JdbcTable {

    static final String NAME = "register_name";
    static final String VERSION = "register_version";
    static final String VALUE = "register_value";

    private JdbcTable() {}

    /**
     * Creates the table, or finds that it is there. Not with IF NOT EXISTS: some databases lack it, and on PostgreSQL it
     * still fails when two sessions race.
     */
    static void create(DataSource dataSource, String table) {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(true);
            try {
                String bytes = typeForBytes(connection.getMetaData().getDatabaseProductName());
                statement.executeUpdate("CREATE TABLE " + table + " (" + NAME + " VARCHAR(200) NOT NULL PRIMARY KEY, "
                        + VERSION + " BIGINT NOT NULL, " + VALUE + " " + bytes + " NOT NULL)");
            } catch (SQLException notCreated) {
                requireTable(statement, table, notCreated);
            }
        } catch (SQLException failure) {
            throw new UnavailableException(
                    "cannot create the register table " + table, List.of(failure.toString()), failure);
        }
    }

    private static void requireTable(Statement statement, String table, SQLException notCreated) throws SQLException {
        try {
            statement
                    .executeQuery("SELECT " + NAME + ", " + VERSION + ", " + VALUE + " FROM " + table + " WHERE 1 = 0")
                    .close();
        } catch (SQLException notThere) {
            notCreated.addSuppressed(notThere);
            throw notCreated;
        }
    }

    /** Standard SQL says BLOB; these three do not, or mean something smaller by it. */
    private static String typeForBytes(String product) {
        return switch (product.toLowerCase(Locale.ROOT)) {
            case "postgresql" -> "BYTEA";
            case "mysql", "mariadb" -> "LONGBLOB";
            case "microsoft sql server" -> "VARBINARY(MAX)";
            default -> "BLOB";
        };
    }
}
