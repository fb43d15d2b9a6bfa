package dev.tenfold.coordination;

import dev.tenfold.Codec;
import dev.tenfold.error.Validation;
import dev.tenfold.observe.Observer;
import dev.tenfold.time.TimeSource;
import java.nio.file.Path;
import java.util.Objects;
import java.util.regex.Pattern;
import javax.sql.DataSource;

/**
 * Makes {@link VersionedRegister}s: in memory for one process, in a file for the processes of one machine, in a table for
 * those of many.
 *
 * <pre>{@code
 * VersionedRegister<ShardMap> map = Registers.jdbc(dataSource, "tenfold_register", "users.shards", ShardMap.codec())
 *     .scheduler(scheduler)
 *     .pollInterval(Duration.ofMillis(500))
 *     .build();
 * }</pre>
 */
public final class Registers {

    /** How large an encoded value may be: 16 MiB. */
    public static final int MAXIMUM_VALUE_BYTES = 16 << 20;

    /** Letters, digits and underscores, with a schema in front or without; so it can stand in SQL as it is. */
    private static final Pattern TABLE =
            Pattern.compile("([A-Za-z_][A-Za-z0-9_]{0,62}\\.)?[A-Za-z_][A-Za-z0-9_]{0,62}");

    private static final int MAXIMUM_NAME = 200;

    private Registers() {}

    /**
     * Makes a register in the memory of this process, which ends with it. Watchers are told on the writer's thread. A read
     * is one volatile read, a write one compare-and-set.
     *
     * @param <V> the kind of value, immutable
     * @param name for messages
     * @return an empty register
     */
    public static <V> VersionedRegister<V> inMemory(String name) {
        return new MemoryRegister<>(name, new RegisterEvents(name, Observer.slf4j(), TimeSource.system()));
    }

    /**
     * Keeps a register in a file that the processes of one machine share.
     *
     * <p>A write goes to {@code <path>.tmp}, is forced to the disk, and takes the file's place by an atomic rename, so a
     * reader sees the old value or the new and a process killed at any moment leaves one of them; the lock of {@code
     * <path>.lock} lets one process write at a time. The two files stay; do not delete the lock file while a process runs.
     * Version and length are in the file under a checksum (CRC-32C): a torn, altered or removed file is reported with the
     * offset and never taken for an empty register. A write costs two forced writes to the disk and waits for those of
     * other processes; a read costs reading a small file and takes no lock. The folder must exist. Network file systems
     * do not keep these promises.
     *
     * <p>An interrupt during a call fails it with {@link dev.tenfold.error.UnavailableException}, or with {@link
     * dev.tenfold.error.OutcomeUnknownException} if the file was already being replaced.
     *
     * @param <V> the kind of value, immutable
     * @param path the file
     * @param codec turns values into bytes
     * @return a builder
     */
    public static <V> RegisterBuilder<V> file(Path path, Codec<V> codec) {
        String name = String.valueOf(path.getFileName());
        Validation check = Validation.of("register '" + name + "'");
        check.require(path.getFileName() != null && !name.isEmpty(), "path", path, "a file in a folder that exists");
        Objects.requireNonNull(codec, "codec");
        return new RegisterBuilder<>(name, codec, check, () -> new FileStorage(path));
    }

    /**
     * Keeps a register in a row of a table, in any database with plain SQL, for the processes of many machines.
     *
     * <p>The table must exist: see {@link #createTable}. A write is one {@code UPDATE ... WHERE register_version = ?}, or an
     * {@code INSERT} for the first, committed by itself; a read is one {@code SELECT}. Each takes a connection and gives
     * it back. The data source must lead to the primary and stay outside the transactions of the caller, and should have a
     * socket time-out, since nothing else ends a call to a database that has gone silent. A write that was sent and whose
     * answer is lost fails with {@link dev.tenfold.error.OutcomeUnknownException}.
     *
     * @param <V> the kind of value, immutable
     * @param dataSource opens or lends connections; not closed with the register
     * @param table the table's name, with a schema or without: letters, digits and underscores
     * @param name the register's name in the table, 1 to 200 characters
     * @param codec turns values into bytes
     * @return a builder
     */
    public static <V> RegisterBuilder<V> jdbc(DataSource dataSource, String table, String name, Codec<V> codec) {
        Validation check = Validation.of("register '" + name + "'");
        checkTable(check, table);
        check.require(
                !name.isEmpty() && name.length() <= MAXIMUM_NAME, "name", name, "1 to " + MAXIMUM_NAME + " characters");
        Objects.requireNonNull(dataSource, "dataSource");
        Objects.requireNonNull(codec, "codec");
        return new RegisterBuilder<>(name, codec, check, () -> new JdbcStorage(dataSource, table, name));
    }

    /**
     * Creates the table that {@link #jdbc} needs, unless it exists; any number of processes may do so at once. One table
     * holds any number of registers.
     *
     * <p>Or create it yourself, with the database's own type for up to 16 MiB of bytes in place of {@code BYTEA}:
     *
     * <pre>{@code
     * CREATE TABLE tenfold_register (
     *     register_name    VARCHAR(200) NOT NULL PRIMARY KEY,
     *     register_version BIGINT       NOT NULL,
     *     register_value   BYTEA        NOT NULL)
     * }</pre>
     *
     * @param dataSource opens or lends a connection with the right to create tables
     * @param table the table's name, with a schema or without: letters, digits and underscores
     * @throws dev.tenfold.error.InvalidConfigurationException if the name does not fit
     * @throws dev.tenfold.error.UnavailableException if the database cannot be reached, or refuses
     */
    public static void createTable(DataSource dataSource, String table) {
        Validation check = Validation.of("register table");
        checkTable(check, table);
        check.throwIfInvalid();
        JdbcTable.create(dataSource, table);
    }

    private static void checkTable(Validation check, String table) {
        check.require(
                TABLE.matcher(table).matches(),
                "table",
                table,
                "letters, digits and underscores, at most 63, with a schema and a dot in front or without");
    }

    static void requireVersion(long expectedVersion) {
        if (expectedVersion < 0) {
            throw new IllegalArgumentException("expectedVersion: " + expectedVersion + " (expected: >= 0)");
        }
    }

    static IllegalStateException closed(String name) {
        return new IllegalStateException("register '" + name + "' is closed (expected: used before close())");
    }
}
