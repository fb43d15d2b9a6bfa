package dev.tenfold.queue;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Values of headers and options in a log: one byte for the kind, then the value. These are the kinds that AMQP headers have,
 * and what this library puts there itself.
 */
final class LogValues {

    private LogValues() {}

    static void write(DataOutputStream out, @Nullable Object value) throws IOException {
        if (value == null) {
            out.writeByte('V');
        } else if (value instanceof CharSequence text) {
            out.writeByte('S');
            bytes(out, text.toString().getBytes(StandardCharsets.UTF_8));
        } else if (value instanceof byte[] bytes) {
            out.writeByte('x');
            bytes(out, bytes);
        } else if (value instanceof Boolean truth) {
            out.writeByte('t');
            out.writeBoolean(truth);
        } else if (value instanceof Number number) {
            number(out, number);
        } else if (value instanceof Instant time) {
            out.writeByte('T');
            out.writeLong(time.getEpochSecond());
            out.writeInt(time.getNano());
        } else if (value instanceof Duration duration) {
            out.writeByte('P');
            out.writeLong(duration.getSeconds());
            out.writeInt(duration.getNano());
        } else if (value instanceof Death death) {
            out.writeByte('X');
            death(out, death);
        } else if (value instanceof Collection<?> list) {
            out.writeByte('A');
            out.writeInt(list.size());
            for (Object element : list) {
                write(out, element);
            }
        } else if (value instanceof Map<?, ?> map) {
            out.writeByte('F');
            out.writeInt(map.size());
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                write(out, String.valueOf(entry.getKey()));
                write(out, entry.getValue());
            }
        } else {
            throw new IllegalArgumentException("header value: " + value + " of "
                    + value.getClass().getName()
                    + " (expected: text, a number, a boolean, an Instant, bytes, or a list or map of those, because the"
                    + " message leaves the process)");
        }
    }

    private static void number(DataOutputStream out, Number number) throws IOException {
        if (number instanceof Integer || number instanceof Short || number instanceof Byte) {
            out.writeByte('I');
            out.writeInt(number.intValue());
        } else if (number instanceof Long) {
            out.writeByte('l');
            out.writeLong(number.longValue());
        } else if (number instanceof Double || number instanceof Float) {
            out.writeByte('d');
            out.writeDouble(number.doubleValue());
        } else {
            out.writeByte('D');
            bytes(out, number.toString().getBytes(StandardCharsets.UTF_8));
        }
    }

    private static void death(DataOutputStream out, Death death) throws IOException {
        write(out, death.queue());
        write(out, death.reason().name());
        out.writeLong(death.count());
        write(out, death.exchange());
        write(out, death.routingKey());
        write(out, death.at());
    }

    private static void bytes(DataOutputStream out, byte[] bytes) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    static Object read(DataInputStream in) throws IOException {
        Object value = readNullable(in);
        if (value == null) {
            throw new IOException("a value is missing");
        }
        return value;
    }

    static @Nullable Object readNullable(DataInputStream in) throws IOException {
        int kind = in.readUnsignedByte();
        return switch (kind) {
            case 'V' -> null;
            case 'S' -> text(in);
            case 'x' -> bytes(in);
            case 't' -> in.readBoolean();
            case 'I' -> in.readInt();
            case 'l' -> in.readLong();
            case 'd' -> in.readDouble();
            case 'D' -> new java.math.BigDecimal(text(in));
            case 'T' -> Instant.ofEpochSecond(in.readLong(), in.readInt());
            case 'P' -> Duration.ofSeconds(in.readLong(), in.readInt());
            case 'X' ->
                new Death(
                        (String) read(in),
                        Death.Reason.valueOf((String) read(in)),
                        in.readLong(),
                        (String) read(in),
                        (String) read(in),
                        (Instant) read(in));
            case 'A' -> list(in);
            case 'F' -> table(in);
            default -> throw new IOException("a value is of the unknown kind " + kind);
        };
    }

    private static List<Object> list(DataInputStream in) throws IOException {
        int size = in.readInt();
        List<Object> list = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            list.add(read(in));
        }
        return List.copyOf(list);
    }

    private static Map<String, @Nullable Object> table(DataInputStream in) throws IOException {
        int size = in.readInt();
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        for (int i = 0; i < size; i++) {
            map.put((String) read(in), readNullable(in));
        }
        return Collections.unmodifiableMap(map);
    }

    private static String text(DataInputStream in) throws IOException {
        return new String(bytes(in), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(DataInputStream in) throws IOException {
        int length = in.readInt();
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new IOException("it ends too soon");
        }
        return bytes;
    }

    /** Headers, which have no null in them. */
    static Map<String, Object> map(Object value) {
        Map<String, Object> map = new LinkedHashMap<>();
        nullableMap(value).forEach((name, element) -> map.put(name, Objects.requireNonNull(element, name)));
        return Map.copyOf(map);
    }

    @SuppressWarnings("unchecked") // made by table
    static Map<String, @Nullable Object> nullableMap(Object value) {
        return (Map<String, @Nullable Object>) value;
    }
}
