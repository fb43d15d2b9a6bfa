package dev.tenfold.replication.postgres;

import dev.tenfold.replication.postgres.BackupSession.Chunk;
import dev.tenfold.replication.postgres.BackupSession.RemoteFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes a directory the image of a running primary's, over JDBC, and copies only what differs: each chunk of {@value #CHUNK}
 * bytes is compared by its MD5 digest, which the primary computes. A directory that was one of its standbys or its
 * predecessor needs little; an empty one gets everything; one that an earlier copy left unfinished gets the rest.
 *
 * <p>The image is a base backup: inconsistent by itself, and made consistent by the log from the start of the backup on,
 * which the standby streams. So nothing below {@code pg_wal} is copied.
 */
final class DeltaCopy {

    private static final int CHUNK = 128 * 1024;
    private static final long COMPARED_AT_ONCE = 64L * 1024 * 1024;
    private static final int CHUNKS_AT_ONCE = 2_000;
    private static final long COPIED_AT_ONCE = 4L * 1024 * 1024;

    private static final Set<String> NEVER = Set.of(
            "postmaster.pid",
            "postmaster.opts",
            "standby.signal",
            "recovery.signal",
            "backup_label",
            "backup_label.old",
            "tablespace_map",
            "tablespace_map.old",
            "backup_manifest",
            "current_logfiles",
            DataDirectory.CONTROL_FILE);

    /** What each server has of its own: copied where there is none yet. */
    private static final Set<String> OWN =
            Set.of("postgresql.conf", "pg_hba.conf", "pg_ident.conf", DataDirectory.OWN_SETTINGS);

    private final DataDirectory target;
    private final Consumer<PostgresClone.Progress> listener;
    private long total;
    private long compared;
    private long copied;

    DeltaCopy(DataDirectory target, Consumer<PostgresClone.Progress> listener) {
        this.target = target;
        this.listener = listener;
    }

    /** Copies, and leaves the directory startable as a standby with some settings. */
    void run(BackupSession source, Map<String, String> settings) throws SQLException, IOException {
        target.begin();
        List<RemoteFile> files = new ArrayList<>();
        for (RemoteFile file : source.files(DataDirectory.TRANSIENT)) {
            if (file.path().startsWith("pg_tblspc/")) {
                throw new SQLException("the primary has the tablespace " + file.path()
                        + " (expected: none); copy it with pg_basebackup or pg_rewind");
            }
            if (isCopied(file.path())) {
                files.add(file);
            }
        }
        total = files.stream().mapToLong(RemoteFile::size).sum();
        removeOthers(files);
        for (RemoteFile file : files) {
            if (file.directory()) {
                target.makeDirectory(target.root().resolve(file.path()));
            }
        }
        copy(source, files.stream().filter(file -> !file.directory()).toList());
        byte[] control = source.controlFile();
        target.finish(source.stop(), control, settings);
        report();
    }

    private boolean isCopied(String path) {
        String name = path.substring(path.lastIndexOf('/') + 1);
        boolean kept = OWN.contains(path) && Files.exists(target.root().resolve(path));
        return !kept && !NEVER.contains(path) && !name.startsWith("pgsql_tmp") && !name.startsWith("pg_internal.init");
    }

    /** What the primary does not have is of the history that is given up. */
    private void removeOthers(List<RemoteFile> files) throws IOException {
        Set<String> known = new HashSet<>(OWN);
        files.forEach(file -> known.add(file.path()));
        try (Stream<Path> paths = Files.walk(target.root())) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                String relative = target.root().relativize(path).toString().replace('\\', '/');
                boolean kept = relative.isEmpty()
                        || known.contains(relative)
                        || DataDirectory.TRANSIENT.contains(relative.split("/", 2)[0]);
                if (!kept) {
                    Files.delete(path);
                }
            }
        }
    }

    private void copy(BackupSession source, List<RemoteFile> files) throws SQLException, IOException {
        List<Chunk> batch = new ArrayList<>();
        long bytes = 0;
        for (RemoteFile file : files) {
            shape(file);
            for (long offset = 0; offset < file.size(); offset += CHUNK) {
                int length = (int) Math.min(CHUNK, file.size() - offset);
                batch.add(new Chunk(file.path(), offset, length));
                bytes += length;
                if (bytes >= COMPARED_AT_ONCE || batch.size() >= CHUNKS_AT_ONCE) {
                    copyDifferent(source, batch);
                    batch.clear();
                    bytes = 0;
                }
            }
        }
        copyDifferent(source, batch);
    }

    /** Makes the file exist in at most the primary's length. */
    private void shape(RemoteFile file) throws IOException {
        try (FileChannel channel = target.open(target.root().resolve(file.path()))) {
            if (channel.size() > file.size()) {
                channel.truncate(file.size());
            }
        }
    }

    private void copyDifferent(BackupSession source, List<Chunk> chunks) throws SQLException, IOException {
        List<Chunk> mine = new ArrayList<>();
        List<Chunk> missing = new ArrayList<>();
        List<@Nullable String> local = new ArrayList<>();
        for (Chunk chunk : chunks) {
            String digest = digest(chunk);
            if (digest == null) {
                missing.add(chunk);
            } else {
                mine.add(chunk);
                local.add(digest);
            }
        }
        if (!mine.isEmpty()) {
            List<@Nullable String> remote = source.digests(mine);
            for (int i = 0; i < mine.size(); i++) {
                if (!java.util.Objects.equals(local.get(i), remote.get(i))) {
                    missing.add(mine.get(i));
                }
            }
        }
        compared += chunks.stream().mapToLong(Chunk::length).sum();
        fetch(source, missing);
        report();
    }

    private @Nullable String digest(Chunk chunk) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(chunk.length());
        try (FileChannel channel = target.open(target.root().resolve(chunk.path()))) {
            int read;
            do {
                read = channel.read(buffer, chunk.offset() + buffer.position());
            } while (read > 0 && buffer.hasRemaining());
        }
        if (buffer.hasRemaining()) {
            return null;
        }
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(buffer.array()));
        } catch (NoSuchAlgorithmException absent) {
            throw new IllegalStateException("every Java platform has MD5", absent);
        }
    }

    private void fetch(BackupSession source, List<Chunk> chunks) throws SQLException, IOException {
        List<Chunk> batch = new ArrayList<>();
        long bytes = 0;
        for (Chunk chunk : chunks) {
            batch.add(chunk);
            bytes += chunk.length();
            if (bytes >= COPIED_AT_ONCE) {
                write(batch, source.contents(batch));
                batch.clear();
                bytes = 0;
            }
        }
        if (!batch.isEmpty()) {
            write(batch, source.contents(batch));
        }
    }

    private void write(List<Chunk> chunks, List<byte @Nullable []> contents) throws IOException {
        for (int i = 0; i < chunks.size(); i++) {
            Chunk chunk = chunks.get(i);
            byte[] content = contents.get(i);
            if (content == null) {
                // Dropped since it was listed: the log says so too, and replaying it does not need the file.
                Files.deleteIfExists(target.root().resolve(chunk.path()));
                continue;
            }
            try (FileChannel channel = target.open(target.root().resolve(chunk.path()))) {
                ByteBuffer left = ByteBuffer.wrap(content);
                while (left.hasRemaining()) {
                    channel.write(left, chunk.offset() + left.position());
                }
                if (content.length < chunk.length()) {
                    channel.truncate(chunk.offset() + content.length);
                }
                channel.force(false);
            }
            copied += content.length;
        }
    }

    private void report() {
        listener.accept(new PostgresClone.Progress(total, compared, copied));
    }
}
