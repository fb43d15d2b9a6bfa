package dev.tenfold.cache;

import dev.tenfold.Codec;
import dev.tenfold.error.CorruptDataException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;

/**
 * A cache's copies in a file, format 1: the text {@code TFCS}, the format as 4 bytes, the time of saving in milliseconds as 8;
 * for each copy a byte 1, then key and entry behind their lengths of 4 bytes, the age in nanoseconds before the entry; at last
 * a byte 0 and the CRC32C of everything before it as 8 bytes. In network order.
 *
 * <p>It is written beside its place, brought to the disk and then moved there, so that a file is there as a whole or not at
 * all; and it is read twice, so that nothing of a damaged one is used.
 */
final class SnapshotFile {

    private static final int MAGIC = 0x54464353;
    private static final int FORMAT = 1;
    private static final byte COPY = 1;
    private static final byte END = 0;

    private final Path file;

    SnapshotFile(Path file) {
        this.file = file;
    }

    /** Takes what is saved, and what was. */
    interface Sink {
        void copy(byte[] key, long ageNanos, byte[] entry);
    }

    /** Hands every copy to a sink. */
    interface Copies {
        void forEach(Sink sink);
    }

    long save(Instant now, Copies copies) throws IOException {
        Path beside = file.resolveSibling(file.getFileName() + ".new");
        long saved;
        try (FileChannel channel = FileChannel.open(
                beside, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            saved = write(Channels.newOutputStream(channel), now, copies);
            channel.force(true);
        } catch (IOException | RuntimeException failure) {
            Files.deleteIfExists(beside);
            throw failure;
        }
        Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        return saved;
    }

    private static long write(OutputStream to, Instant now, Copies copies) throws IOException {
        CRC32C check = new CRC32C();
        DataOutputStream out =
                new DataOutputStream(new CheckedOutputStream(new BufferedOutputStream(to, 1 << 16), check));
        out.writeInt(MAGIC);
        out.writeInt(FORMAT);
        out.writeLong(now.toEpochMilli());
        long[] saved = new long[1];
        try {
            copies.forEach((key, age, entry) -> {
                try {
                    out.writeByte(COPY);
                    write(out, key);
                    out.writeLong(age);
                    write(out, entry);
                    saved[0]++;
                } catch (IOException failure) {
                    throw new UncheckedIOException(failure);
                }
            });
        } catch (UncheckedIOException failure) {
            throw failure.getCause();
        }
        out.writeByte(END);
        out.writeLong(check.getValue());
        out.flush();
        return saved[0];
    }

    private static void write(DataOutputStream out, byte[] block) throws IOException {
        out.writeInt(block.length);
        out.write(block);
    }

    /** Reads the copies, as old as they are by now. Nothing is handed over if the file is damaged. */
    void restore(Instant now, Sink sink) throws IOException {
        read(now, (key, age, entry) -> {});
        read(now, sink);
    }

    private void read(Instant now, Sink sink) throws IOException {
        CRC32C check = new CRC32C();
        long size = Files.size(file);
        try (CheckedInputStream checked =
                        new CheckedInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16), check);
                DataInputStream in = new DataInputStream(checked)) {
            if (in.readInt() != MAGIC) {
                throw corrupt(0, "not a snapshot of a cache");
            }
            int format = in.readInt();
            if (format != FORMAT) {
                throw corrupt(4, "format " + format + " (expected: " + FORMAT + ")");
            }
            long since = Math.max(0, now.toEpochMilli() - in.readLong());
            for (byte kind = in.readByte(); kind != END; kind = in.readByte()) {
                if (kind != COPY) {
                    throw corrupt(0, "an entry of kind " + kind);
                }
                byte[] key = block(in, size);
                long age = in.readLong() + Duration.ofMillis(since).toNanos();
                sink.copy(key, age, block(in, size));
            }
            long found = check.getValue();
            if (in.readLong() != found) {
                throw corrupt(size - Long.BYTES, "another checksum than that of its content");
            }
        } catch (EOFException cut) {
            throw corrupt(size, "it ends too soon");
        }
    }

    private byte[] block(DataInputStream in, long size) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > size) {
            throw corrupt(0, "a length of " + length);
        }
        byte[] block = in.readNBytes(length);
        if (block.length < length) {
            throw new EOFException();
        }
        return block;
    }

    private CorruptDataException corrupt(long offset, String problem) {
        return new CorruptDataException(file.toString(), offset, problem, null);
    }

    /** Saves a cache's copies that are fresh. */
    static <K, V> long save(Path file, CacheParts<K, V> parts, Instant now, Codec<K> keys, Codec<V> values)
            throws IOException {
        return new SnapshotFile(file)
                .save(
                        now,
                        sink -> parts.store().forEach((key, copy) -> {
                            if (parts.store().isFresh(copy, parts.copies().now())) {
                                RemoteTier.Entry<V> entry = parts.copies().entry(copy);
                                sink.copy(keys.encode(key), entry.age().toNanos(), EntryFormat.encode(entry, values));
                            }
                        }));
    }

    /** Restores copies that are fresh still, of keys that have none and are not being loaded. */
    static <K, V> long restore(Path file, CacheParts<K, V> parts, Instant now, Codec<K> keys, Codec<V> values)
            throws IOException {
        long[] restored = new long[1];
        new SnapshotFile(file).restore(now, (key, age, bytes) -> {
            RemoteTier.Entry<V> entry = EntryFormat.decode(bytes, Duration.ofNanos(age), values);
            Copy<V> copy = parts.copies().of(entry);
            if (parts.store().isFresh(copy, parts.copies().now())
                    && parts.flights().change(keys.decode(key), there -> there == null, copy) == null) {
                restored[0]++;
            }
        });
        return restored[0];
    }
}
