package dev.tenfold.coordination;

import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.UnavailableException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A register's bytes in a file that is replaced as a whole.
 *
 * <p><b>Invariant:</b> the file is always one complete version, whose bytes reached the disk before they got its name.
 * <b>Writers:</b> one at a time on this machine, holding a stripe of this JVM and then the lock of the side file. The stripe
 * comes first because a file lock belongs to the whole process: a second channel on the side file would be refused, and on
 * POSIX systems closing it would drop the first one's lock. <b>Readers:</b> any thread, without a lock. <b>Order:</b> a
 * write takes effect with the rename, which is durable once the folder was forced; so a reader forces it too before it
 * hands out a version it does not know to be durable. What was read never goes back, not even by a power failure.
 */
final class FileStorage implements Storage {

    /** Held during disk writes only. Two files may share one by chance, and then wait for each other's writes. */
    private static final List<ReentrantLock> STRIPES =
            IntStream.range(0, 64).mapToObj(i -> new ReentrantLock()).toList();

    /** Windows opens no folders; NTFS journals its renames. */
    private static final boolean FOLDERS_CAN_BE_FORCED =
            !System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("windows");

    private final Path path;
    private final AtomicLong durable = new AtomicLong();

    FileStorage(Path path) {
        this.path = path.toAbsolutePath().normalize();
    }

    @Override
    public @Nullable Stored load() {
        try {
            Path file = realPath();
            Stored stored = read(file);
            if (stored != null && stored.version() > durable.get()) {
                forceFolder(file);
                noteDurable(stored.version());
            }
            return stored;
        } catch (IOException failure) {
            throw new UnavailableException("cannot read " + path, List.of(failure.toString()), failure);
        }
    }

    @Override
    public boolean replace(long expected, byte[] bytes) {
        Path file;
        try {
            file = realPath();
        } catch (IOException failure) {
            throw notWritten(failure);
        }
        ReentrantLock stripe = STRIPES.get(Math.floorMod(file.hashCode(), STRIPES.size()));
        stripe.lock();
        try {
            return replaceAlone(file, expected, FileFormat.write(expected + 1, bytes));
        } finally {
            stripe.unlock();
        }
    }

    private boolean replaceAlone(Path file, long expected, ByteBuffer content) {
        boolean renaming = false;
        boolean written = false;
        try (FileChannel side =
                FileChannel.open(sibling(file, ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            side.lock(); // released with the channel, or by the system when the process dies
            Stored now = read(file);
            if ((now == null ? 0 : now.version()) != expected) {
                return false;
            }
            Path temporary = sibling(file, ".tmp");
            writeDurably(temporary, content);
            renaming = true;
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
            forceFolder(file);
            noteDurable(expected + 1);
            written = true;
        } catch (IOException | OverlappingFileLockException failure) {
            if (!written) {
                throw renaming
                        ? new OutcomeUnknownException(
                                "version " + (expected + 1) + " of " + path + " may have been written; read() tells",
                                failure)
                        : notWritten(failure);
            }
            // Only closing the side file failed: the write stands, and that is what was asked.
        }
        return true;
    }

    private UnavailableException notWritten(Exception failure) {
        return new UnavailableException("cannot write " + path, List.of(failure.toString()), failure);
    }

    /** One name for one file, however the user wrote it. A missing folder is an error, not an empty register. */
    private Path realPath() throws IOException {
        if (Files.exists(path)) {
            return path.toRealPath();
        }
        Path folder = folder(path);
        if (!Files.isDirectory(folder)) {
            throw new NotDirectoryException(folder.toString());
        }
        return folder.toRealPath().resolve(path.getFileName());
    }

    private static @Nullable Stored read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return FileFormat.read(file, in.readNBytes(FileFormat.HEADER + Registers.MAXIMUM_VALUE_BYTES + 1));
        } catch (NoSuchFileException nothingYet) {
            return null;
        }
    }

    private static void writeDurably(Path file, ByteBuffer content) throws IOException {
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            while (content.hasRemaining()) {
                channel.write(content);
            }
            channel.force(true);
        }
    }

    private static void forceFolder(Path file) throws IOException {
        if (FOLDERS_CAN_BE_FORCED) {
            try (FileChannel folder = FileChannel.open(folder(file), StandardOpenOption.READ)) {
                folder.force(true);
            }
        }
    }

    private void noteDurable(long version) {
        durable.accumulateAndGet(version, Math::max);
    }

    private static Path folder(Path file) {
        Path folder = file.getParent();
        return folder == null ? file : folder;
    }

    private static Path sibling(Path file, String ending) {
        return file.resolveSibling(file.getFileName() + ending);
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
