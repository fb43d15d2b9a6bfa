package dev.tenfold.replication.postgres;

import dev.tenfold.error.Validation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import javax.sql.DataSource;

/**
 * A replica made from nothing but a JDBC connection to the primary and an empty directory, made by {@link Postgres#clone}.
 *
 * <pre>{@code
 * Postgres.clone(primary, Path.of("/var/lib/postgresql/d"))
 *         .following("host=db1 port=5432 user=replicator", "d")
 *         .setting("port", "5435")
 *         .progress(p -> log.info("{}", p))
 *         .run();                     // then start the server on that directory: it is a replica
 * }</pre>
 *
 * <p>The user needs what {@code pg_read_server_files} and {@code EXECUTE} on {@code pg_backup_start}, {@code
 * pg_backup_stop}, {@code pg_ls_dir}, {@code pg_stat_file} and {@code pg_read_binary_file} give, and {@code REPLICATION};
 * a superuser has them. Tablespaces outside of the data directory are refused. The server must be of the primary's major
 * version and machine type, and started soon: from the end of the copy on, the primary keeps only what {@code
 * wal_keep_size}, a slot or an archive hold.
 *
 * <p>Immutable. {@link #run} reads all of the primary's data once; the primary computes digests of what the directory
 * already holds, and sends the rest.
 */
public final class PostgresClone {

    private final DataSource primary;
    private final Path directory;
    private final Map<String, String> settings;
    private final Consumer<Progress> listener;

    PostgresClone(DataSource primary, Path directory, Map<String, String> settings, Consumer<Progress> listener) {
        this.primary = primary;
        this.directory = directory;
        this.settings = settings;
        this.listener = listener;
    }

    /**
     * How far a copy is.
     *
     * @param totalBytes the size of what has to be there in the end
     * @param comparedBytes how much of it was looked at
     * @param copiedBytes how much was transferred
     */
    public record Progress(long totalBytes, long comparedBytes, long copiedBytes) {}

    /**
     * Sets whom the replica follows once it is started. Required.
     *
     * @param connectionInfo of the primary, in libpq's form
     * @param id the replica's id in its set, which becomes its {@code application_name}
     * @return a copy
     */
    public PostgresClone following(String connectionInfo, String id) {
        return setting("primary_conninfo", Statements.named(connectionInfo, id));
    }

    /**
     * Sets a server parameter of the replica, such as its port. All others are the primary's.
     *
     * @param name the parameter
     * @param value its value, unquoted
     * @return a copy
     */
    public PostgresClone setting(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(settings);
        more.put(name, value);
        return new PostgresClone(primary, directory, more, listener);
    }

    /**
     * Sets who is told how far it is.
     *
     * @param listener called by the thread of {@link #run} after each batch; nobody by default
     * @return a copy
     */
    public PostgresClone progress(Consumer<Progress> listener) {
        return new PostgresClone(primary, directory, settings, listener);
    }

    /**
     * Makes the copy. One that breaks off leaves a directory that no server starts on; run it again, with the same or
     * another primary of the same system, and it goes on with what is there, or delete the directory.
     *
     * @throws dev.tenfold.error.InvalidConfigurationException if {@link #following} was not called, or the directory holds
     *     anything but an unfinished copy; nothing was done
     * @throws SQLException if the primary does not answer or refuses
     * @throws IOException if a file cannot be written
     */
    public void run() throws SQLException, IOException {
        DataDirectory target = new DataDirectory(directory);
        Validation check = Validation.of("clone to " + directory);
        check.require(settings.containsKey("primary_conninfo"), "following", "nobody", "call following(...)");
        check.require(
                target.isEmpty() || target.isUnfinished(), "directory", directory, "empty, or an unfinished clone");
        check.throwIfInvalid();
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(directory);
        }
        if (Files.getFileAttributeView(directory, PosixFileAttributeView.class) != null) {
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        }
        try (BackupSession session = BackupSession.connect(primary)) {
            session.start("tenfold clone");
            new DeltaCopy(target, listener).run(session, settings);
        }
    }

    @Override
    public String toString() {
        return "PostgresClone[" + directory + ", settings=" + settings + "]";
    }
}
