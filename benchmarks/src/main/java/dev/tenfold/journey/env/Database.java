package dev.tenfold.journey.env;

import dev.tenfold.journey.app.Schema;
import dev.tenfold.journey.load.Ledger;
import dev.tenfold.replication.testing.PostgresCluster;
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
     * Finds the server of a cluster that takes writes.
     *
     * @param cluster some of whose servers run
     * @return the running server that is not a replica
     * @throws SQLException if a running server does not answer
     */
    public static PostgresNode primary(PostgresCluster cluster) throws SQLException {
        for (PostgresNode node : cluster.nodes()) {
            if (node.isRunning() && "f".equals(node.execute("select pg_is_in_recovery()"))) {
                return node;
            }
        }
        throw new IllegalStateException("no running server of the cluster is a primary");
    }

    /** Finds a database once it is to be read. */
    @FunctionalInterface
    public interface Finder {

        /**
         * Finds it.
         *
         * @return where the data is now
         * @throws SQLException if no server says so
         */
        Database find() throws SQLException;
    }

    /**
     * Reads what a database holds that may have moved meanwhile.
     *
     * @param finder finds it at the end
     * @return the truth about it
     */
    public static Ledger.Truth truth(Finder finder) {
        return new Ledger.Truth() {
            @Override
            public List<String> writes() throws SQLException {
                return Schema.writes(finder.find().connect());
            }

            @Override
            public Map<Long, Long> versions() throws SQLException {
                return Schema.versions(finder.find().connect());
            }
        };
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
                    Schema.versions(database.connect())
                            .forEach((id, version) -> versions.merge(id, version, Math::max));
                }
                return versions;
            }
        };
    }
}
