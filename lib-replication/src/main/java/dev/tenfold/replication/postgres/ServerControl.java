package dev.tenfold.replication.postgres;

import java.nio.file.Path;
import java.util.List;

/**
 * Power over the server process of one node and access to its files, which nothing but JDBC gives: to make a former primary
 * join again and to switch over. Implement it over whatever runs the server (systemd, a container, an agent on its host);
 * {@link #local} is one for a server on this machine.
 *
 * <p>Called by one thread at a time. The methods must end by themselves within a minute or so.
 */
public interface ServerControl {

    /**
     * Returns where the server's files are, as this process sees them.
     *
     * @return the data directory, writable; new files in it get the owner of the directory where this process may do that
     */
    Path dataDirectory();

    /**
     * Stops the server and returns once none of its processes runs any more. A server that is stopped already stays so. It
     * must not be restarted by others until {@link #start()}.
     *
     * @param how a hung server must be ended too, by force
     * @throws Exception if it may still run
     */
    void stop(Shutdown how) throws Exception;

    /**
     * Starts the server; need not wait until it answers.
     *
     * @throws Exception if it could not be started
     */
    void start() throws Exception;

    /** How a server is stopped. */
    enum Shutdown {
        /** Sessions end, replicas receive what is left, a checkpoint is written: {@code fast} in PostgreSQL's terms. */
        IN_ORDER,
        /** At once, as in a crash: what it holds is given up. */
        AT_ONCE
    }

    /**
     * Controls a server on this machine through {@code pg_ctl}, and through signals where it hangs.
     *
     * @param binaries the folder of {@code pg_ctl} and {@code postgres}
     * @param dataDirectory the server's files
     * @param prefix what to put before the command, such as {@code "runuser", "-u", "postgres", "--"} where this process
     *     runs as root, as which PostgreSQL refuses to run
     * @return a control; nothing is started
     */
    static ServerControl local(Path binaries, Path dataDirectory, String... prefix) {
        return new LocalServer(binaries, dataDirectory, List.of(prefix));
    }
}
