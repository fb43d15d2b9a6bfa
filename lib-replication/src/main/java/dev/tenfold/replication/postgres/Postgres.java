package dev.tenfold.replication.postgres;

import java.nio.file.Path;
import java.util.Map;
import javax.sql.DataSource;

/** Engines for PostgreSQL. */
public final class Postgres {

    private Postgres() {}

    /**
     * Makes an engine for streaming replication. With no further options it routes and follows; to promote, it also needs
     * the {@linkplain PostgresStreaming#connectionInfo connection info} of every node, and to promote without data loss
     * the {@linkplain PostgresStreaming#synchronousReplicas synchronous quorum}.
     *
     * @return an engine for one replica set of asynchronous nodes; it opens nothing yet
     */
    public static PostgresStreaming streaming() {
        return new PostgresStreaming(PostgresStreaming.Options.DEFAULT);
    }

    /**
     * Describes a new replica, made from nothing but a connection to the primary and an empty directory.
     *
     * @param primary a source of connections to the primary, as a superuser or one with the rights that {@link
     *     PostgresClone} names
     * @param directory empty or absent, or an unfinished clone, on the machine of this process
     * @return what to be told more, and run
     */
    public static PostgresClone clone(DataSource primary, Path directory) {
        return new PostgresClone(primary, directory, Map.of(), progress -> {});
    }
}
