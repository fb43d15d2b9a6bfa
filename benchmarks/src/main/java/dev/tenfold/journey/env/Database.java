package dev.tenfold.journey.env;

import dev.tenfold.journey.app.Schema;
import dev.tenfold.journey.load.Ledger;
import dev.tenfold.replication.testing.PostgresNode;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A database of the application on some PostgreSQL server.
 *
 * @param url its JDBC address
 */
public record Database(String url) {

    /**
     * Makes an empty database, with the application's tables, on a server.
     *
     * @param server a running primary
     * @param name a new name
     * @return the database
     * @throws SQLException if it cannot be made
     */
    public static Database create(PostgresNode server, String name) throws SQLException {
        server.execute("create database " + name);
        Database database = on(server, name);
        Schema.create(database.connect());
        return database;
    }

    /**
     * Names a database that a server has, or will have by replication.
     *
     * @param server a server
     * @param name the database's name
     * @return the database
     */
    public static Database on(PostgresNode server, String name) {
        return new Database("jdbc:postgresql://127.0.0.1:" + server.port() + "/" + name + "?user=postgres");
    }

    /**
     * Returns a source of unpooled connections.
     *
     * @return a new source
     */
    public DataSource connect() {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setURL(url);
        source.setConnectTimeout(2);
        source.setSocketTimeout(10);
        return source;
    }

    /**
     * Reads what several databases hold together.
     *
     * @param databases all shards
     * @return the truth about them
     */
    public static Ledger.Truth truth(Database... databases) {
        return new Ledger.Truth() {
            @Override
            public List<String> writes() throws SQLException {
                List<String> writes = new ArrayList<>();
                for (Database database : databases) {
                    writes.addAll(Schema.writes(database.connect()));
                }
                return writes;
            }

            @Override
            public Map<Long, Long> versions() throws SQLException {
                Map<Long, Long> versions = new HashMap<>();
                for (Database database : databases) {
                    Schema.versions(database.connect()).forEach((id, version) -> versions.merge(id, version, Math::max));
                }
                return versions;
            }
        };
    }
}
