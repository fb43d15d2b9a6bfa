package dev.tenfold.replication.jdbc;

import dev.tenfold.replication.LogPosition;
import dev.tenfold.replication.ReplicationEngine;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** An engine whose nodes are JDBC data sources, as {@link RoutingDataSource} needs one. */
public interface JdbcReplicationEngine extends ReplicationEngine<DataSource> {

    /**
     * Reads the position through a connection that is in auto-commit mode: on a primary, one that covers everything this
     * connection has committed; on a replica, one that covers everything this connection has read.
     *
     * @param connection an open connection to a node
     * @return the node's position now
     * @throws SQLException if it does not answer
     */
    LogPosition position(Connection connection) throws SQLException;

    /**
     * Says whether a warning means that a commit returned although too few replicas are known to have it. Such a commit
     * must be reported as one of unknown outcome: the next failover may lose it.
     *
     * @param warning what the connection or statement that committed holds, without those chained to it
     * @return false for any other warning
     */
    default boolean leavesCommitUnconfirmed(SQLWarning warning) {
        return false;
    }

    /**
     * Gives a connection back the schema it had before {@link Connection#setSchema} was called on it.
     *
     * @param connection in auto-commit mode
     * @param before what {@link Connection#getSchema} returned then
     * @throws SQLException if it does not answer
     */
    default void restoreSchema(Connection connection, @Nullable String before) throws SQLException {
        connection.setSchema(before);
    }
}
