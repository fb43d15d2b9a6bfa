package dev.tenfold.cache;

import dev.tenfold.Codec;
import dev.tenfold.cache.InvalidationBus.Message;
import dev.tenfold.cache.RemoteTier.Entry;
import dev.tenfold.session.Position;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Entries and messages as bytes: a version byte, then fields in network order, text and values behind their length. An entry's
 * age is not part of it: the server's clock tells it. Entries have format 2, which names the read they are of; those of format 1,
 * which did not, are read. Messages have format 1.
 */
final class EntryFormat {

    private static final int ENTRY = 2;
    private static final int MESSAGE = 1;
    private static final long UNLIMITED = -1;

    private EntryFormat() {}

    private interface Body {
        void write(DataOutputStream out) throws IOException;
    }

    private interface Reader<T> {
        T read(DataInputStream in, int version) throws IOException;
    }

    static <V> byte[] encode(Entry<V> entry, Codec<V> values) {
        return bytes(ENTRY, out -> {
            out.writeLong(
                    entry.lifetime() == null ? UNLIMITED : entry.lifetime().toNanos());
            write(out, entry.position());
            write(out, entry.seen());
            out.writeLong(entry.read());
            write(out, entry.tags());
            V value = entry.value();
            out.writeBoolean(value != null);
            if (value != null) {
                out.write(values.encode(value));
            }
        });
    }

    static <V> Entry<V> decode(byte[] bytes, Duration age, Codec<V> values) {
        return read("cache entry", bytes, ENTRY, (in, version) -> {
            long lifetime = in.readLong();
            Position position = position(in);
            Position seen = position(in);
            long read = version == 1 ? 0 : in.readLong();
            List<String> tags = texts(in);
            V value = in.readBoolean() ? values.decode(in.readAllBytes()) : null;
            Duration life = lifetime == UNLIMITED ? null : Duration.ofNanos(lifetime);
            return entry(value, position, seen, read, age, life, tags);
        });
    }

    // Before JDK 22 NullAway cannot read that a record's component may be null.
    @SuppressWarnings("NullAway")
    private static <V> Entry<V> entry(
            @Nullable V value,
            Position position,
            Position seen,
            long read,
            Duration age,
            @Nullable Duration life,
            List<String> tags) {
        return new Entry<>(value, position, seen, read, age, life, tags);
    }

    static <K> byte[] encode(Message<K> message, Codec<K> keys) {
        return bytes(MESSAGE, out -> {
            write(out, message.origin());
            out.writeInt(message.keys().size());
            for (K key : message.keys()) {
                write(out, keys.encode(key));
            }
            write(out, message.tags());
            write(out, message.prefixes());
            out.writeBoolean(message.all());
        });
    }

    static <K> Message<K> decode(byte[] bytes, String cache, Codec<K> keys) {
        return read("cache message", bytes, MESSAGE, (in, version) -> {
            String origin = text(in);
            List<K> changed = new ArrayList<>();
            for (int i = in.readInt(); i > 0; i--) {
                changed.add(keys.decode(block(in)));
            }
            return new Message<>(cache, origin, changed, texts(in), texts(in), in.readBoolean());
        });
    }

    private static byte[] bytes(int version, Body body) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(128);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(version);
            body.write(out);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return bytes.toByteArray();
    }

    private static <T> T read(String what, byte[] bytes, int newest, Reader<T> reader) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            int version = in.readByte();
            if (version < 1 || version > newest) {
                throw new IOException("format: " + version + " (expected: 1 to " + newest + ")");
            }
            return reader.read(in, version);
        } catch (IOException | RuntimeException broken) {
            throw new IllegalArgumentException(
                    what + " of " + bytes.length + " bytes cannot be read by this version or codec", broken);
        }
    }

    private static void write(DataOutputStream out, Position position) throws IOException {
        write(out, position.shard());
        out.writeLong(position.timeline());
        out.writeLong(position.offset());
    }

    private static Position position(DataInputStream in) throws IOException {
        return new Position(text(in), in.readLong(), in.readLong());
    }

    private static void write(DataOutputStream out, List<String> texts) throws IOException {
        out.writeInt(texts.size());
        for (String text : texts) {
            write(out, text);
        }
    }

    private static List<String> texts(DataInputStream in) throws IOException {
        List<String> texts = new ArrayList<>();
        for (int i = in.readInt(); i > 0; i--) {
            texts.add(text(in));
        }
        return texts;
    }

    private static void write(DataOutputStream out, String text) throws IOException {
        write(out, text.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(DataInputStream in) throws IOException {
        return new String(block(in), StandardCharsets.UTF_8);
    }

    private static void write(DataOutputStream out, byte[] block) throws IOException {
        out.writeInt(block.length);
        out.write(block);
    }

    private static byte[] block(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > in.available()) {
            throw new IOException("length: " + length + " (expected: 0 to " + in.available() + ")");
        }
        return in.readNBytes(length);
    }
}
