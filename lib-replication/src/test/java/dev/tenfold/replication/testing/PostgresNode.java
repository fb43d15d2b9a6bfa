package dev.tenfold.replication.testing;

import dev.tenfold.replication.postgres.ServerControl;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * One server of a {@link PostgresCluster}, which a test may kill, stop, suspend and start again. Its data and its port
 * stay the same until the cluster is closed. Thread-safe.
 */
public final class PostgresNode {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final List<String> SETTINGS = List.of(
            "listen_addresses = '127.0.0.1'",
            "unix_socket_directories = ''",
            "fsync = off",
            "shared_buffers = '16MB'",
            "dynamic_shared_memory_type = 'mmap'",
            "wal_level = replica",
            "hot_standby = on",
            "wal_log_hints = on",
            "wal_keep_size = '256MB'",
            "wal_retrieve_retry_interval = '100ms'",
            "wal_receiver_status_interval = '1s'",
            "wal_receiver_timeout = '2s'",
            "recovery_target_timeline = 'latest'",
            "log_min_messages = warning");

    private final String id;
    private final Path folder;
    private final PostgresBinaries binaries;
    private final List<String> settings;
    private final int port = freePort();
    private @Nullable Process process;
    private List<ProcessHandle> killed = List.of();

    PostgresNode(String id, Path folder, PostgresBinaries binaries, List<String> settings) {
        this.id = id;
        this.folder = folder;
        this.binaries = binaries;
        this.settings = List.copyOf(settings);
    }

    /**
     * Returns the node's name in the cluster.
     *
     * @return {@code "a"}, {@code "b"}...
     */
    public String id() {
        return id;
    }

    /**
     * Returns the loopback port it listens on.
     *
     * @return a port that was free at the start
     */
    public int port() {
        return port;
    }

    /**
     * Returns what a replica of this node needs in {@code primary_conninfo}.
     *
     * @return connection parameters in libpq's form, without an application name
     */
    public String connectionInfo() {
        return connectionInfo(port);
    }

    /**
     * Returns the same by way of another port, such as a {@link dev.tenfold.testing.TcpRelay}'s.
     *
     * @param through a loopback port
     * @return connection parameters in libpq's form
     */
    public String connectionInfo(int through) {
        return "host=127.0.0.1 port=" + through + " user=postgres connect_timeout=2";
    }

    /**
     * Returns the JDBC address of the database {@code postgres}, for the superuser {@code postgres} without a password.
     *
     * @return the URL, without timeouts
     */
    public String url() {
        return "jdbc:postgresql://127.0.0.1:" + port + "/postgres?user=postgres";
    }

    /**
     * Returns a source of new connections as superuser, unpooled: connecting gives up after 2 s, a socket read after 10 s.
     *
     * @return a new data source
     */
    public DataSource dataSource() {
        return dataSource(port);
    }

    /**
     * Returns the same by way of another port, such as a {@link dev.tenfold.testing.TcpRelay}'s.
     *
     * @param through a loopback port
     * @return a new data source
     */
    public DataSource dataSource(int through) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setURL("jdbc:postgresql://127.0.0.1:" + through + "/postgres?user=postgres");
        source.setConnectTimeout(2);
        source.setLoginTimeout(2);
        source.setSocketTimeout(10);
        return source;
    }

    /**
     * Says whether the server process runs, be it suspended.
     *
     * @return false before the start and after its end
     */
    public synchronized boolean isRunning() {
        return process != null && process.isAlive();
    }

    /** Kills the server and all its backends at once with SIGKILL, as a crash would, and waits for the end. */
    public synchronized void kill9() {
        if (process == null) {
            return;
        }
        signal9();
        awaitEnd(10);
        awaitKilled();
        process = null;
    }

    /** A backend that still dies holds the shared memory, and the server would refuse to start again. */
    private void awaitKilled() {
        PostgresCluster.await(
                "the end of node " + id, PATIENCE, () -> killed.stream().noneMatch(ProcessHandle::isAlive));
        killed = List.of();
    }

    /**
     * Sends SIGKILL to the server and all its backends and returns: none of them does anything from then on, but it may take
     * the machine a second or two to take them away. {@link #kill9} and {@link #start} wait for that.
     */
    public synchronized void signal9() {
        List<ProcessHandle> family = family();
        if (!family.isEmpty()) {
            killed = family;
            family.forEach(ProcessHandle::destroyForcibly);
        }
    }

    /** Shuts the server down in order ("fast": open transactions are rolled back) and waits for the end. */
    public synchronized void stop() {
        if (process == null) {
            return;
        }
        signal("INT", List.of(process.toHandle()));
        if (!awaitEnd(30)) {
            throw new IllegalStateException("node " + id + " did not stop: " + log());
        }
        process = null;
    }

    /**
     * Starts the server on the data it has, and waits until it answers. A primary that was killed comes back as a primary:
     * after a promotion elsewhere it is a zombie.
     */
    public synchronized void start() {
        if (process != null && process.isAlive()) {
            return;
        }
        try {
            launch();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        awaitAnswer(PATIENCE);
    }

    /**
     * Gives its folder to whoever the servers run as, where this process runs as another.
     *
     * @throws IOException if it cannot be given
     */
    public void own() throws IOException {
        PostgresBinaries.own(folder);
    }

    /** Stops the server in order and starts it again. */
    public synchronized void restart() {
        stop();
        start();
    }

    /** Freezes the server and all its backends with SIGSTOP: sockets stay open and nobody answers. */
    public synchronized void suspend() {
        signal("STOP", family());
    }

    /** Lets a suspended server go on. */
    public synchronized void resume() {
        signal("CONT", family());
    }

    /**
     * Returns power over the server for an engine that is to make it join again or to switch over.
     *
     * @return a control of this process; stopping at once is a kill
     */
    public ServerControl control() {
        return new ServerControl() {
            @Override
            public Path dataDirectory() {
                return folder.resolve("data");
            }

            @Override
            public void stop(Shutdown how) {
                if (how == Shutdown.IN_ORDER) {
                    PostgresNode.this.stop();
                } else {
                    kill9();
                }
            }

            @Override
            public void start() throws IOException {
                launchUnlessRunning();
            }
        };
    }

    /**
     * Returns power over the server through {@code pg_ctl}, of which this node then knows nothing: stop what it starts.
     *
     * @return a control as a user would make one
     */
    public ServerControl localControl() {
        List<String> command = binaries.command("pg_ctl");
        Path program = Path.of(command.get(command.size() - 1));
        return ServerControl.local(
                program.getParent(),
                folder.resolve("data"),
                command.subList(0, command.size() - 1).toArray(String[]::new));
    }

    private synchronized void launchUnlessRunning() throws IOException {
        if (!isRunning()) {
            launch();
        }
    }

    /**
     * Runs one statement as superuser on a new connection.
     *
     * @param sql any statement
     * @return the first column of the first row as text, or null without one
     * @throws SQLException if it fails
     */
    public @Nullable String execute(String sql) throws SQLException {
        try (Connection connection = dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            if (!statement.execute(sql)) {
                return null;
            }
            try (ResultSet rows = statement.getResultSet()) {
                return rows.next() ? rows.getString(1) : null;
            }
        }
    }

    /**
     * Returns what the server wrote to its log.
     *
     * @return warnings and worse, oldest first
     */
    public String log() {
        try {
            Path file = folder.resolve("server.log");
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    void create(@Nullable PostgresNode primary) throws IOException {
        Files.createDirectories(folder);
        Path data = folder.resolve("data");
        binaries.copyTemplate(data);
        List<String> lines = new ArrayList<>(SETTINGS);
        lines.addAll(settings);
        lines.add("port = " + port);
        lines.add("cluster_name = '" + id + "'");
        Files.write(data.resolve("postgresql.conf"), lines, StandardOpenOption.APPEND);
        if (primary != null) {
            Files.writeString(
                    data.resolve("postgresql.auto.conf"),
                    "primary_conninfo = '" + primary.connectionInfo() + " application_name=" + id + "'\n");
            Files.createFile(data.resolve("standby.signal"));
        }
        // Replication over loopback is trusted by initdb's default pg_hba.conf with --auth=trust.
        PostgresBinaries.own(data);
    }

    synchronized void launch() throws IOException {
        awaitKilled();
        process = new ProcessBuilder(binaries.command(
                        "postgres", "-D", folder.resolve("data").toString()))
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        folder.resolve("server.log").toFile()))
                .start();
    }

    void awaitAnswer(Duration patience) {
        PostgresCluster.await("node " + id, patience, () -> {
            if (!isRunning()) {
                throw new IllegalStateException("node " + id + " ended at its start: " + log());
            }
            return execute("SELECT 1") != null;
        });
    }

    /** Ends the process for good: an immediate shutdown, which frees shared memory, then SIGKILL. */
    synchronized void discard() {
        if (process == null || !process.isAlive()) {
            return;
        }
        resume();
        signal("QUIT", List.of(process.toHandle()));
        if (!awaitEnd(5)) {
            kill9();
        }
    }

    private List<ProcessHandle> family() {
        if (process == null || !process.isAlive()) {
            return List.of();
        }
        List<ProcessHandle> family = new ArrayList<>();
        family.add(process.toHandle());
        process.descendants().forEach(family::add);
        return family;
    }

    private boolean awaitEnd(int seconds) {
        try {
            return process == null || process.waitFor(seconds, TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static void signal(String name, List<ProcessHandle> targets) {
        if (targets.isEmpty()) {
            return;
        }
        List<String> command = new ArrayList<>(List.of("kill", "-" + name));
        targets.forEach(target -> command.add(Long.toString(target.pid())));
        try {
            // A backend may have ended meanwhile, so the exit code says nothing.
            new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
