package dev.tenfold.queue.amqp;

import com.rabbitmq.client.BuiltinExchangeType;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.time.TimeSource;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Queues in which messages wait for their time, since RabbitMQ has no delay of its own: each for one length of wait, so that
 * nobody waits behind somebody with longer to go. Lengths are rounded up to steps of a tenth, so there are few of them, and
 * the price is precision: a message comes up to a tenth late, never early. A queue that nobody used for long
 * enough is dropped by RabbitMQ.
 *
 * <h2>Concurrency</h2>
 *
 * Any thread declares and notes it in {@code declared}, without a lock: two that do so at once declare the same queue twice,
 * which RabbitMQ does not mind. What holds is that nobody relies on a declaration from before {@link #forget}: that begins a new map,
 * and whoever declares notes it in the map that was there when the declaration began.
 */
final class Waits {

    private static final int LONGEST_NAME = 255;
    private static final long LINGER_MILLIS = 120_000;

    /** RabbitMQ counts times in 32 bits. */
    private static final long MOST_MILLIS = 0xFFFF_FFFFL;

    private static final Duration RENEWAL = Duration.ofSeconds(60);
    private static final int MAXIMUM_REMEMBERED = 10_000;

    private final Channels channels;
    private final TimeSource time;
    private final boolean quorum;
    /** When each was declared last. */
    private volatile Map<String, Long> declared = new ConcurrentHashMap<>();

    Waits(Channels channels, TimeSource time, boolean quorum) {
        this.channels = channels;
        this.time = time;
        this.quorum = quorum;
    }

    /** Returns the queue, to be reached through the default exchange, from which messages go to another queue in time. */
    String towards(String queue, Duration wait) {
        long millis = step(wait);
        String name = name(millis, "q", queue);
        declare(name, millis, "", queue, false);
        return name;
    }

    /** Returns the exchange from which messages go to another exchange in time, with the key they had. */
    String before(String exchange, Duration wait) {
        long millis = step(wait);
        String name = name(millis, "x", exchange);
        declare(name, millis, exchange, null, true);
        return name;
    }

    /** Names have 255 bytes. What does not fit is told apart by its hash, and from what fits by an {@code h}. */
    static String name(long millis, String kind, String target) {
        String name = Wire.WAITING + millis + "." + kind + "." + target;
        return name.getBytes(StandardCharsets.UTF_8).length <= LONGEST_NAME
                ? name
                : Wire.WAITING + millis + "." + kind + "h."
                        + HexFormat.of().toHexDigits(KeyHash.xxh3().hash(target));
    }

    /** The least of 1, 2, 3, ... 10, 11, 12, ... 99, 100, 110, 120, ... milliseconds that is no shorter. */
    static long step(Duration wait) {
        long millis = Math.max(1, wait.plusNanos(999_999).toMillis());
        long unit = 1;
        while (millis / unit >= 100) {
            unit *= 10;
        }
        long step = (millis + unit - 1) / unit * unit;
        if (step > MOST_MILLIS - LINGER_MILLIS) {
            throw new IllegalArgumentException(
                    "delay: " + wait + " (expected: at most 48 days, which RabbitMQ can count)");
        }
        return step;
    }

    private void declare(String name, long millis, String exchange, @Nullable String key, boolean fanned) {
        long now = time.nanoTime();
        Map<String, Long> known = declared;
        Long last = known.get(name);
        if (last != null && now - last < RENEWAL.toNanos()) {
            return;
        }
        channels.call("waiting queue '" + name + "'", channel -> {
            Map<String, Object> arguments = new LinkedHashMap<>();
            arguments.put("x-message-ttl", millis);
            arguments.put("x-expires", Math.min(MOST_MILLIS, 2 * millis + LINGER_MILLIS));
            arguments.put("x-dead-letter-exchange", exchange);
            if (key != null) {
                arguments.put("x-dead-letter-routing-key", key);
            }
            if (quorum) {
                arguments.put("x-queue-type", "quorum");
            }
            channel.queueDeclare(name, true, false, false, arguments);
            if (fanned) {
                channel.exchangeDeclare(name, BuiltinExchangeType.FANOUT, true, true, new HashMap<>());
                channel.queueBind(name, name, "");
            }
            return name;
        });
        if (known.size() >= MAXIMUM_REMEMBERED) {
            known.clear();
        }
        known.put(name, now);
    }

    /** After a connection was lost, none is certain to be there. */
    void forget() {
        declared = new ConcurrentHashMap<>();
    }
}
