package dev.tenfold.replication.postgres;

import java.time.Duration;
import java.util.Map;

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
        return new PostgresStreaming(Map.of(), 0, Duration.ofSeconds(1));
    }
}
