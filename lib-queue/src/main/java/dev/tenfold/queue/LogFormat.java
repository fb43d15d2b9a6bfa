package dev.tenfold.queue;

import dev.tenfold.queue.BrokerBuilder.Codecs;
import dev.tenfold.queue.Message.Properties;
import dev.tenfold.queue.QueueOptions.Overflow;
import dev.tenfold.retry.Backoff;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How messages and definitions look in a log. Each begins with the version of its format, 1. What follows are values in a
 * fixed order, see {@link LogValues}; headers and options by name.
 */
final class LogFormat {

    private static final int VERSION = 1;

    private LogFormat() {}

    /** A message as it was published, and when. */
    record Restored(Message<Object> message, Instant published) {}

    static byte[] message(Message<?> message, Codecs codecs, Instant now) {
        return write(out -> {
            Object body = message.body();
            LogValues.write(out, codecs.home(body.getClass()).getName());
            LogValues.write(out, codecs.encode(body));
            LogValues.write(out, now);
            LogValues.write(out, message.exchange());
            LogValues.write(out, message.routingKey());
            LogValues.write(out, message.headers());
            Properties properties = message.propertiesOrNull();
            out.writeBoolean(properties != null);
            if (properties != null) {
                write(out, properties);
            }
        });
    }

    private static void write(DataOutputStream out, Properties properties) throws IOException {
        LogValues.write(out, properties.id());
        LogValues.write(out, properties.correlationId());
        LogValues.write(out, properties.replyTo());
        out.writeByte(properties.priority());
        LogValues.write(out, properties.ttl());
        LogValues.write(out, properties.delay());
        LogValues.write(out, properties.at());
        out.writeBoolean(properties.mandatory());
    }

    static Restored message(byte[] content, Codecs codecs) {
        return read(content, "message", in -> {
            String typeName = (String) LogValues.read(in);
            byte[] body = (byte[]) LogValues.read(in);
            Class<?> type = codecs.type(typeName)
                    .orElseThrow(() -> new IllegalArgumentException("codec of " + typeName
                            + ": none (expected: one, because the log holds such messages; call BrokerBuilder.codec)"));
            Instant published = (Instant) LogValues.read(in);
            String exchange = (String) LogValues.read(in);
            String routingKey = (String) LogValues.read(in);
            Map<String, Object> headers = LogValues.map(LogValues.read(in));
            Properties properties = in.readBoolean() ? properties(in) : null;
            Object decoded = codecs.of(type).decode(body);
            return new Restored(new Message<>(decoded, headers, exchange, routingKey, properties), published);
        });
    }

    private static Properties properties(DataInputStream in) throws IOException {
        return new Properties(
                (String) LogValues.readNullable(in),
                (String) LogValues.readNullable(in),
                (String) LogValues.readNullable(in),
                in.readUnsignedByte(),
                (Duration) LogValues.readNullable(in),
                (Duration) LogValues.readNullable(in),
                (Instant) LogValues.readNullable(in),
                in.readBoolean(),
                true);
    }

    /** A queue's definition. */
    record QueueDefinition(String typeName, boolean implied, QueueOptions options) {}

    static byte[] queue(QueueDefinition definition) {
        return write(out -> {
            LogValues.write(out, definition.typeName);
            out.writeBoolean(definition.implied);
            Map<String, Object> values = new LinkedHashMap<>();
            definition.options.set().forEach((option, value) -> values.put(option.label, plain(value)));
            LogValues.write(out, values);
        });
    }

    static QueueDefinition queue(byte[] content) {
        return read(content, "queue", in -> {
            String typeName = (String) LogValues.read(in);
            boolean implied = in.readBoolean();
            QueueOptions options = QueueOptions.defaults();
            for (Map.Entry<String, Object> value :
                    LogValues.map(LogValues.read(in)).entrySet()) {
                options = options.with(QueueOption.named(value.getKey()), rich(value.getKey(), value.getValue()));
            }
            return new QueueDefinition(typeName, implied, options);
        });
    }

    private static Object plain(Object value) {
        if (value instanceof Backoff retry) {
            return List.of(retry.initial(), retry.maximum(), retry.attempts(), retry.jitter());
        }
        return value instanceof Overflow overflow ? overflow.name() : value;
    }

    private static Object rich(String option, Object value) {
        if (value instanceof List<?> retry) {
            return Backoff.exponential((Duration) retry.get(0), (Duration) retry.get(1))
                    .attempts((Integer) retry.get(2))
                    .jitter((Double) retry.get(3));
        }
        return option.equals("overflow") ? Overflow.valueOf((String) value) : value;
    }

    /** An exchange's definition. */
    record ExchangeDefinition(Exchange.Kind kind, String typeName, Exchange.Options options) {}

    static byte[] exchange(ExchangeDefinition definition) {
        return write(out -> {
            LogValues.write(out, definition.kind.name());
            LogValues.write(out, definition.typeName);
            LogValues.write(out, definition.options.alternate());
            LogValues.write(out, definition.options.hashHeader());
            out.writeBoolean(definition.options.isAutoDelete());
        });
    }

    static ExchangeDefinition exchange(byte[] content) {
        return read(content, "exchange", in -> {
            Exchange.Kind kind = Exchange.Kind.valueOf((String) LogValues.read(in));
            String typeName = (String) LogValues.read(in);
            Exchange.Options options = Exchange.Options.defaults();
            String alternate = (String) LogValues.readNullable(in);
            String hashHeader = (String) LogValues.readNullable(in);
            options = alternate == null ? options : options.alternate(alternate);
            options = hashHeader == null ? options : options.hashHeader(hashHeader);
            return new ExchangeDefinition(kind, typeName, in.readBoolean() ? options.autoDelete() : options);
        });
    }

    /** A binding, with the names of its ends. */
    record BindingDefinition(
            String source, boolean toExchange, String target, String key, Map<String, @Nullable Object> arguments) {}

    static byte[] binding(BindingDefinition definition) {
        return write(out -> {
            LogValues.write(out, definition.source);
            out.writeBoolean(definition.toExchange);
            LogValues.write(out, definition.target);
            LogValues.write(out, definition.key);
            LogValues.write(out, definition.arguments);
        });
    }

    static BindingDefinition binding(byte[] content) {
        return read(
                content,
                "binding",
                in -> new BindingDefinition(
                        (String) LogValues.read(in),
                        in.readBoolean(),
                        (String) LogValues.read(in),
                        (String) LogValues.read(in),
                        LogValues.nullableMap(LogValues.read(in))));
    }

    private interface Writing {
        void to(DataOutputStream out) throws IOException;
    }

    private interface Reading<T> {
        T from(DataInputStream in) throws IOException;
    }

    private static byte[] write(Writing writing) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(128);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(VERSION);
            writing.to(out);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return bytes.toByteArray();
    }

    private static <T> T read(byte[] content, String what, Reading<T> reading) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(content))) {
            int version = in.readUnsignedByte();
            if (version != VERSION) {
                throw new IllegalArgumentException(
                        "version of a " + what + " in the log: " + version + " (expected: " + VERSION + ")");
            }
            return reading.from(in);
        } catch (IOException | ClassCastException malformed) {
            throw new IllegalArgumentException(
                    "a " + what + " in the log is not what was written: " + malformed, malformed);
        }
    }
}
