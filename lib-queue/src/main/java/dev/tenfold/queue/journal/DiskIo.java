package dev.tenfold.queue.journal;

import dev.tenfold.error.UnavailableException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * A folder on disk, locked against every other journal.
 *
 * <p>Between processes a lock on a side file does that; the system releases it when the process dies, however it dies.
 * Within this process the lock is no help: on POSIX systems merely closing a second channel on the side file would
 * release it. So the folders that are open here are listed, and the list is asked first.
 */
final class DiskIo implements FileIo {

    private static final String LOCK = "lock";

    private static final Set<Path> OPEN_HERE = ConcurrentHashMap.newKeySet();

    /** Windows opens no folders; NTFS journals its renames. */
    private static final boolean FOLDERS_CAN_BE_FORCED =
            !System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("windows");

    private final Path folder;
    private final FileChannel lock;

    private DiskIo(Path folder, FileChannel lock) {
        this.folder = folder;
        this.lock = lock;
    }

    /** Creates the folder if there is none, and locks it. */
    static DiskIo open(Path folder) throws IOException {
        Path real = Files.createDirectories(folder).toRealPath();
        if (!OPEN_HERE.add(real)) {
            throw inUse(real, "another broker of this process");
        }
        FileChannel lock = null;
        boolean locked = false;
        try {
            lock = FileChannel.open(real.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (lock.tryLock() == null) {
                throw inUse(real, "another process");
            }
            locked = true;
            return new DiskIo(real, lock);
        } finally {
            if (!locked) {
                OPEN_HERE.remove(real);
                if (lock != null) {
                    lock.close();
                }
            }
        }
    }

    private static UnavailableException inUse(Path folder, String by) {
        return new UnavailableException(
                "cannot open the journal " + folder,
                List.of("it is open in " + by + "; close that first, or use another folder"),
                null);
    }

    @Override
    public String folder() {
        return folder.toString();
    }

    @Override
    public List<String> list() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Override
    public StoredFile open(String name) throws IOException {
        return new DiskFile(FileChannel.open(
                folder.resolve(name), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE));
    }

    @Override
    public void rename(String from, String to) throws IOException {
        Files.move(folder.resolve(from), folder.resolve(to), StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void delete(String name) throws IOException {
        Files.deleteIfExists(folder.resolve(name));
    }

    @Override
    public void forceFolder() throws IOException {
        if (FOLDERS_CAN_BE_FORCED) {
            try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }

    @Override
    public void close() throws IOException {
        try {
            lock.close();
        } finally {
            OPEN_HERE.remove(folder);
        }
    }

    private record DiskFile(FileChannel channel) implements StoredFile {

        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public void write(ByteBuffer bytes, long position) throws IOException {
            long at = position;
            while (bytes.hasRemaining()) {
                at += channel.write(bytes, at);
            }
        }

        @Override
        public void read(ByteBuffer bytes, long position) throws IOException {
            long at = position;
            while (bytes.hasRemaining()) {
                int count = channel.read(bytes, at);
                if (count < 0) {
                    return;
                }
                at += count;
            }
        }

        @Override
        public void force() throws IOException {
            channel.force(false);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
