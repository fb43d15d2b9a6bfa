package dev.tenfold.replication.postgres;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The files of a server that does not run, as far as they are not the database's: the control file, the signal that makes
 * a standby of it, its own settings.
 *
 * <p>Without {@code global/pg_control} no server starts. So it is removed before anything else is changed and put in its
 * place when all the rest is: whatever breaks off in between leaves a directory that cannot be started by mistake.
 */
final class DataDirectory {

    static final String CONTROL_FILE = "global/pg_control";

    static final String OWN_SETTINGS = "postgresql.auto.conf";

    private static final String STANDBY_SIGNAL = "standby.signal";

    /** A segment of the log, or the history of a timeline; both begin with its number. */
    private static final Pattern LOG_FILE = Pattern.compile("([0-9A-F]{8})([0-9A-F]{16}|\\.history)");

    /** What belongs to one run of one server; their contents are removed, and never copied. */
    static final Set<String> TRANSIENT = Set.of(
            "pg_wal",
            "pg_replslot",
            "pg_dynshmem",
            "pg_notify",
            "pg_serial",
            "pg_snapshots",
            "pg_stat_tmp",
            "pg_subtrans");

    private final Path root;

    DataDirectory(Path root) {
        this.root = root;
    }

    Path root() {
        return root;
    }

    /** Where a primary that was shut down in order ended its history: the start of its last record. */
    record ShutDown(long timeline, long checkpoint) {}

    /** Whether a copy into it was begun and not ended. */
    boolean isUnfinished() {
        return Files.exists(root.resolve("PG_VERSION")) && !Files.exists(root.resolve(CONTROL_FILE));
    }

    boolean isEmpty() throws IOException {
        if (!Files.exists(root)) {
            return true;
        }
        try (Stream<Path> entries = Files.list(root)) {
            return entries.findAny().isEmpty();
        }
    }

    /**
     * Reads the last checkpoint from the control file, or null if the server was not a primary that was shut down in order.
     * The fields read stand where they stood since PostgreSQL 9.3 (src/include/catalog/pg_control.h), in the byte order of the machine.
     */
    @Nullable
    ShutDown shutDown() throws IOException {
        Path file = root.resolve(CONTROL_FILE);
        if (!Files.exists(file)) {
            return null;
        }
        ByteBuffer control = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.nativeOrder());
        boolean inOrder = control.getInt(16) == 1; // DB_SHUTDOWNED; a standby has another number
        return inOrder ? new ShutDown(control.getInt(48), control.getLong(32)) : null;
    }

    /** The newest timeline of which it holds log or a history, or 0. */
    long newestTimeline() throws IOException {
        Path log = root.resolve("pg_wal");
        if (!Files.isDirectory(log)) {
            return 0;
        }
        try (Stream<Path> files = Files.list(log)) {
            return files.map(file -> LOG_FILE.matcher(file.getFileName().toString()))
                    .filter(Matcher::matches)
                    .mapToLong(name -> Long.parseLong(name.group(1), 16))
                    .max()
                    .orElse(0);
        }
    }

    /** Makes it unstartable, and removes what belongs to the history that is given up. */
    void begin() throws IOException {
        Files.deleteIfExists(root.resolve(CONTROL_FILE));
        for (String name : List.of("postmaster.pid", "backup_label", "tablespace_map", "recovery.signal")) {
            Files.deleteIfExists(root.resolve(name));
        }
        for (String name : TRANSIENT) {
            empty(root.resolve(name));
        }
    }

    /** Makes it startable as a standby of what was copied. */
    void finish(String backupLabel, byte[] control, Map<String, String> settings) throws IOException {
        write("backup_label", backupLabel.getBytes(StandardCharsets.UTF_8));
        makeStandby(settings);
        Path partial = root.resolve(CONTROL_FILE + ".partial");
        writeTo(partial, control);
        Files.move(partial, root.resolve(CONTROL_FILE), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Makes the next start one of a standby. */
    void makeStandby(Map<String, String> settings) throws IOException {
        set(settings);
        write(STANDBY_SIGNAL, new byte[0]);
    }

    /** Takes {@link #makeStandby} back. */
    void makePrimary() throws IOException {
        Files.deleteIfExists(root.resolve(STANDBY_SIGNAL));
    }

    /** Sets parameters as ALTER SYSTEM would. */
    private void set(Map<String, String> settings) throws IOException {
        Path file = root.resolve(OWN_SETTINGS);
        List<String> lines = new ArrayList<>();
        if (Files.exists(file)) {
            for (String line : Files.readAllLines(file)) {
                String name = line.split("=", 2)[0].trim();
                if (!settings.containsKey(name)) {
                    lines.add(line);
                }
            }
        }
        settings.forEach((name, value) -> lines.add(name + " = '" + value.replace("'", "''") + "'"));
        write(OWN_SETTINGS, (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private void write(String name, byte[] content) throws IOException {
        writeTo(root.resolve(name), content);
    }

    private void writeTo(Path file, byte[] content) throws IOException {
        try (FileChannel channel = open(file)) {
            channel.truncate(0);
            ByteBuffer left = ByteBuffer.wrap(content);
            while (left.hasRemaining()) {
                channel.write(left);
            }
            channel.force(true);
        }
    }

    /** Opens a file for reading and writing, made for whoever the directory belongs to. */
    FileChannel open(Path file) throws IOException {
        boolean made = !Files.exists(file);
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        if (made) {
            give(file, "rw-------");
        }
        return channel;
    }

    void makeDirectory(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            Files.createDirectory(directory);
            give(directory, "rwx------");
        }
    }

    private void give(Path path, String permissions) throws IOException {
        PosixFileAttributeView view = Files.getFileAttributeView(path, PosixFileAttributeView.class);
        if (view == null) {
            return; // no such owners on this system
        }
        PosixFileAttributes wanted = Files.readAttributes(root, PosixFileAttributes.class);
        PosixFileAttributes made = view.readAttributes();
        view.setPermissions(PosixFilePermissions.fromString(permissions));
        if (!made.group().equals(wanted.group())) {
            view.setGroup(wanted.group());
        }
        if (!made.owner().equals(wanted.owner())) {
            view.setOwner(wanted.owner());
        }
    }

    /** Removes what is in a directory, but keeps the directories below it that a server expects to find. */
    private static void empty(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                boolean keep = path.equals(directory)
                        || (Files.isDirectory(path)
                                && directory.getFileName().toString().equals("pg_wal"));
                if (!keep) {
                    Files.delete(path);
                }
            }
        }
    }
}
