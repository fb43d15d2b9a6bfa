package dev.tenfold.replication.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * A PostgreSQL primary and its streaming replicas, as real processes on free loopback ports, started from Maven artifacts
 * alone. Node {@code "a"} starts as the primary, {@code "b"}, {@code "c"}... as its replicas; what they become later is up
 * to whoever promotes them.
 *
 * <pre>{@code
 * try (PostgresCluster cluster = PostgresCluster.builder().replicas(2).synchronous().start()) {
 *     DataSource primary = cluster.node("a").dataSource();
 *     cluster.node("a").kill9();
 * }
 * }</pre>
 *
 * <p>With no replicas it is a plain single server. Runs as root (servers then run as nobody) and as an ordinary user; on
 * Linux and macOS. The first run on a machine unpacks the server and initialises a template (about 10 s), kept in the
 * temporary folder; later ones copy the template and take 1 to 3 s. {@link #close()}, or the end of the JVM, kills every
 * process and removes the data. {@code fsync} is off: killed processes lose nothing, a killed machine would.
 *
 * <p>Nodes may be used from several threads; the cluster is closed by one.
 */
public final class PostgresCluster implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final PostgresBinaries binaries;
    private final Path folder;
    private final Map<String, PostgresNode> nodes = new LinkedHashMap<>();
    private final Thread atExit = new Thread(this::killAndRemove, "postgres-cluster-exit");

    private PostgresCluster(Builder builder) throws IOException {
        binaries = PostgresBinaries.prepared();
        folder = Files.createTempDirectory("tenfold-cluster");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        Runtime.getRuntime().addShutdownHook(atExit);
        try {
            for (int i = 0; i <= builder.replicas; i++) {
                String id = String.valueOf((char) ('a' + i));
                nodes.put(id, new PostgresNode(id, folder.resolve(id), binaries, builder.settings));
            }
            PostgresNode primary = node("a");
            for (PostgresNode node : nodes.values()) {
                node.create(node == primary ? null : primary);
                node.launch();
            }
            for (PostgresNode node : nodes.values()) {
                node.awaitAnswer(PATIENCE);
            }
            awaitStreaming(primary, builder.replicas);
        } catch (IOException | RuntimeException failure) {
            close();
            throw failure;
        }
    }

    /**
     * Starts describing a cluster.
     *
     * @return a builder of a single asynchronous server
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Starts one server without replicas.
     *
     * @return a cluster whose only node is {@code "a"}
     */
    public static PostgresCluster single() {
        return builder().start();
    }

    /**
     * Returns the nodes.
     *
     * @return all of them, in the order of their names
     */
    public List<PostgresNode> nodes() {
        return List.copyOf(nodes.values());
    }

    /**
     * Returns one node.
     *
     * @param id {@code "a"}, {@code "b"}...
     * @return the node
     * @throws IllegalArgumentException if there is none of that name
     */
    public PostgresNode node(String id) {
        PostgresNode node = nodes.get(id);
        if (node == null) {
            throw new IllegalArgumentException("node: " + id + " (expected: one of " + nodes.keySet() + ")");
        }
        return node;
    }

    /**
     * Adds a node without data, for a clone: it is neither initialised nor started.
     *
     * @param id a name that no other node has
     * @return the node, whose data directory does not exist yet
     * @throws IllegalArgumentException if there is one of that name
     */
    public PostgresNode addEmpty(String id) {
        if (nodes.containsKey(id)) {
            throw new IllegalArgumentException("node: " + id + " (expected: none of " + nodes.keySet() + ")");
        }
        try {
            PostgresNode node = new PostgresNode(id, folder.resolve(id), binaries, List.of());
            Files.createDirectories(folder.resolve(id));
            nodes.put(id, node);
            return node;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** Kills every process and removes the data; closing twice does nothing. */
    @Override
    public void close() {
        killAndRemove();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException exiting) {
            return; // the JVM is ending, and the hook runs or has run
        }
    }

    private synchronized void killAndRemove() {
        nodes.values().forEach(PostgresNode::discard);
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException failure) {
            throw new UncheckedIOException("data of the cluster could not be removed", failure);
        }
    }

    /** A cluster is ready once all replicas stream: before, a synchronous one would keep commits waiting. */
    private static void awaitStreaming(PostgresNode primary, int replicas) {
        await("replicas streaming from " + primary.id(), PATIENCE, () -> {
            try (Connection connection = primary.dataSource().getConnection();
                    Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery(
                            "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'")) {
                return rows.next() && rows.getInt(1) == replicas;
            }
        });
    }

    /** Waits until a condition holds; what it throws counts as not yet. */
    static void await(String what, Duration patience, Condition condition) {
        long end = System.nanoTime() + patience.toNanos();
        while (true) {
            Exception last = null;
            try {
                if (condition.holds()) {
                    return;
                }
            } catch (SQLException notYet) {
                last = notYet;
            }
            if (System.nanoTime() - end > 0 || Thread.currentThread().isInterrupted()) {
                throw new IllegalStateException("gave up waiting for " + what, last);
            }
            LockSupport.parkNanos(20_000_000);
        }
    }

    /** Something that will hold. */
    @FunctionalInterface
    interface Condition {
        boolean holds() throws SQLException;
    }

    /** Describes a cluster; not thread-safe. */
    public static final class Builder {

        private final List<String> settings = new ArrayList<>();
        private int replicas;

        private Builder() {}

        /**
         * Sets how many replicas follow the primary.
         *
         * @param replicas 0 (the default) to 8
         * @return this
         * @throws IllegalArgumentException if out of range
         */
        public Builder replicas(int replicas) {
            if (replicas < 0 || replicas > 8) {
                throw new IllegalArgumentException("replicas: " + replicas + " (expected: 0 to 8)");
            }
            this.replicas = replicas;
            return this;
        }

        /**
         * Makes every commit wait until any one replica has it ({@code synchronous_standby_names = 'ANY 1 (*)'}), on
         * every node, so that it holds after a promotion too.
         *
         * @return this
         */
        public Builder synchronous() {
            return setting("synchronous_standby_names", "ANY 1 (*)");
        }

        /**
         * Sets a server parameter on every node.
         *
         * @param name the parameter
         * @param value its value, unquoted
         * @return this
         */
        public Builder setting(String name, String value) {
            settings.add(name + " = '" + value.replace("'", "''") + "'");
            return this;
        }

        /**
         * Starts the cluster and waits until every node answers and every replica streams.
         *
         * @return the running cluster
         * @throws IllegalStateException if a server does not come up within a minute; the message holds its log
         */
        public PostgresCluster start() {
            try {
                return new PostgresCluster(this);
            } catch (IOException failure) {
                throw new IllegalStateException("the cluster could not be started: " + failure, failure);
            }
        }
    }
}
