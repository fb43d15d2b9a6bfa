package dev.tenfold.replication.jdbc;

import dev.tenfold.replication.ReplicaSet;
import dev.tenfold.replication.Role;
import dev.tenfold.replication.Route;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.sql.DataSource;

/**
 * The physical connections in use, so that those to a primary that was replaced can be aborted. It holds as many as the
 * nodes' data sources give out.
 *
 * <p><b>Order:</b> a connection is added before it looks whether its route is still current, and a switch is published
 * before connections are looked through; so one of the two sees the other.
 */
final class OpenConnections {

    private final Set<Physical> all = ConcurrentHashMap.newKeySet();

    /** One that is in use; equal to itself only. */
    static final class Physical {
        final Connection connection;
        final Route<DataSource> route;
        final boolean forWrites;

        Physical(Connection connection, Route<DataSource> route, boolean forWrites) {
            this.connection = connection;
            this.route = route;
            this.forWrites = forWrites;
        }

        boolean isOutdated(long epoch) {
            return route.role() == Role.PRIMARY && route.epoch() < epoch;
        }

        /** Ends the connection without talking to its server, which may hang; whoever waits on it gets an exception. */
        void abort() {
            try {
                connection.abort(Runnable::run);
            } catch (SQLException broken) {
                return; // nothing is left to end
            }
        }
    }

    private OpenConnections() {}

    static OpenConnections watching(ReplicaSet<DataSource> set) {
        OpenConnections open = new OpenConnections();
        set.watch(topology -> open.abortBefore(topology.epoch()));
        return open;
    }

    void add(Physical physical) {
        all.add(physical);
    }

    void remove(Physical physical) {
        all.remove(physical);
    }

    private void abortBefore(long epoch) {
        for (Physical physical : all) {
            if (physical.isOutdated(epoch)) {
                physical.abort();
            }
        }
    }
}
