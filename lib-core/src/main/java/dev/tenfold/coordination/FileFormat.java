package dev.tenfold.coordination;

import dev.tenfold.coordination.Storage.Stored;
import dev.tenfold.error.CorruptDataException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * The bytes of a register's file, format 1, big-endian.
 *
 * <pre>
 *   0        4           12       16       20
 *   +--------+-----------+--------+--------+-------- - -
 *   | "TFR1" |  version  | length | CRC32C | value
 *   +--------+-----------+--------+--------+-------- - -
 * </pre>
 *
 * The checksum covers version, length and value; the length is that of the value, and the file ends with it.
 */
final class FileFormat {

    static final int HEADER = 20;

    private static final int MAGIC = 'T' << 24 | 'F' << 16 | 'R' << 8 | '1';
    private static final int VERSION_AT = 4;
    private static final int LENGTH_AT = 12;
    private static final int CRC_AT = 16;

    private FileFormat() {}

    static ByteBuffer write(long version, byte[] value) {
        ByteBuffer file = ByteBuffer.allocate(HEADER + value.length);
        file.putInt(MAGIC).putLong(version).putInt(value.length);
        file.putInt(0).put(value).flip();
        return file.putInt(CRC_AT, checksum(file));
    }

    static Stored read(Path path, byte[] bytes) {
        ByteBuffer file = ByteBuffer.wrap(bytes);
        if (bytes.length < HEADER) {
            throw corrupt(path, bytes.length, "the file ends (expected: at least " + HEADER + " bytes)");
        }
        if (file.getInt(0) != MAGIC) {
            throw corrupt(path, 0, Integer.toHexString(file.getInt(0)) + " (expected: the mark of a register, TFR1)");
        }
        int length = file.getInt(LENGTH_AT);
        if (length < 0 || length > Registers.MAXIMUM_VALUE_BYTES) {
            throw corrupt(
                    path, LENGTH_AT, "length " + length + " (expected: 0 to " + Registers.MAXIMUM_VALUE_BYTES + ")");
        }
        if (bytes.length != HEADER + length) {
            long firstWrong = Math.min(bytes.length, HEADER + length);
            throw corrupt(path, firstWrong, bytes.length + " bytes in all (expected: " + (HEADER + length) + ")");
        }
        int checksum = checksum(file);
        if (checksum != file.getInt(CRC_AT)) {
            throw corrupt(
                    path,
                    CRC_AT,
                    "checksum " + Integer.toHexString(file.getInt(CRC_AT)) + " (expected: "
                            + Integer.toHexString(checksum) + " for what the file holds)");
        }
        long version = file.getLong(VERSION_AT);
        if (version < 1) {
            throw corrupt(path, VERSION_AT, "version " + version + " (expected: >= 1)");
        }
        byte[] value = new byte[length];
        file.get(HEADER, value);
        return new Stored(version, value);
    }

    private static int checksum(ByteBuffer file) {
        CRC32C crc = new CRC32C();
        crc.update(file.slice(VERSION_AT, CRC_AT - VERSION_AT));
        crc.update(file.slice(HEADER, file.limit() - HEADER));
        return (int) crc.getValue();
    }

    private static CorruptDataException corrupt(Path path, long offset, String problem) {
        return new CorruptDataException(path.toString(), offset, problem, null);
    }
}
