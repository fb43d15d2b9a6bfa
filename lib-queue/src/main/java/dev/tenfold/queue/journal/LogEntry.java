package dev.tenfold.queue.journal;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What a broker's log keeps, as the bytes of an item, format 1. All begin with a letter; numbers are big-endian, names are
 * UTF-8 behind their length in two bytes.
 *
 * <pre>
 *   D  order of first declaration (8), key, definition up to the end
 *   M  id of the first copy (8), number of queues (2), their names, content up to the end
 *   C  id of a copy (8): it is in its queue still; only where there are several copies
 *   S  id of a copy (8), failures (4), deliveries (4), due (8)
 *   R  ids up to this one are reserved (8)
 * </pre>
 */
sealed interface LogEntry {

    @SuppressWarnings("ArrayRecordComponent") // written and read, never compared
    record Definition(long order, String key, byte[] definition) implements LogEntry {}

    @SuppressWarnings("ArrayRecordComponent") // written and read, never compared
    record Content(long firstId, List<String> queues, byte[] content) implements LogEntry {}

    record Present(long id) implements LogEntry {}

    record State(long id, int failures, int deliveries, long due) implements LogEntry {}

    record Reserved(long id) implements LogEntry {}

    default byte[] write() {
        if (this instanceof Definition it) {
            byte[] key = it.key.getBytes(StandardCharsets.UTF_8);
            return bytes(name(
                            buffer('D', 10 + key.length + it.definition.length).putLong(it.order), key)
                    .put(it.definition));
        }
        if (this instanceof Content it) {
            List<byte[]> names = it.queues.stream()
                    .map(name -> name.getBytes(StandardCharsets.UTF_8))
                    .toList();
            int length = names.stream().mapToInt(name -> 2 + name.length).sum();
            ByteBuffer bytes = buffer('M', 10 + length + it.content.length)
                    .putLong(it.firstId)
                    .putShort((short) names.size());
            names.forEach(name -> name(bytes, name));
            return bytes(bytes.put(it.content));
        }
        if (this instanceof State it) {
            return bytes(buffer('S', 24)
                    .putLong(it.id)
                    .putInt(it.failures)
                    .putInt(it.deliveries)
                    .putLong(it.due));
        }
        if (this instanceof Present it) {
            return bytes(buffer('C', 8).putLong(it.id));
        }
        return bytes(buffer('R', 8).putLong(((Reserved) this).id));
    }

    /**
     * Reads one.
     *
     * @throws IllegalArgumentException if the bytes are none
     */
    static LogEntry read(byte[] written) {
        ByteBuffer bytes = ByteBuffer.wrap(written);
        try {
            char kind = (char) bytes.get();
            return switch (kind) {
                case 'D' -> new Definition(bytes.getLong(), name(bytes), rest(bytes));
                case 'M' -> {
                    long firstId = bytes.getLong();
                    int count = bytes.getShort() & 0xffff;
                    List<String> queues = new ArrayList<>(Math.min(count, bytes.remaining()));
                    for (int i = 0; i < count; i++) {
                        queues.add(name(bytes));
                    }
                    yield new Content(firstId, queues, rest(bytes));
                }
                case 'C' -> new Present(bytes.getLong());
                case 'S' -> new State(bytes.getLong(), bytes.getInt(), bytes.getInt(), bytes.getLong());
                case 'R' -> new Reserved(bytes.getLong());
                default ->
                    throw new IllegalArgumentException("an entry of kind '" + kind
                            + "' (expected: D, M, C, S or R; was it written by a later version?)");
            };
        } catch (BufferUnderflowException cut) {
            throw new IllegalArgumentException("an entry of " + written.length + " bytes ends early", cut);
        }
    }

    private static ByteBuffer buffer(char kind, int length) {
        return ByteBuffer.allocate(1 + length).put((byte) kind);
    }

    @SuppressWarnings("ByteBufferBackingArray") // allocated here, to this length
    private static byte[] bytes(ByteBuffer whole) {
        return whole.array();
    }

    private static ByteBuffer name(ByteBuffer bytes, byte[] name) {
        return bytes.putShort((short) name.length).put(name);
    }

    private static String name(ByteBuffer bytes) {
        byte[] name = new byte[bytes.getShort() & 0xffff];
        bytes.get(name);
        return new String(name, StandardCharsets.UTF_8);
    }

    private static byte[] rest(ByteBuffer bytes) {
        byte[] rest = new byte[bytes.remaining()];
        bytes.get(rest);
        return rest;
    }
}
