package dev.tenfold.queue;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Further routing keys in a message's headers, which RabbitMQ calls sender-selected distribution. What is not a list of
 * text is an ordinary header.
 */
final class CarbonCopies {

    private CarbonCopies() {}

    /** Whether there may be any: the usual answer costs one look at an empty map. */
    static boolean in(Map<String, ?> headers) {
        return !headers.isEmpty() && (headers.containsKey(Message.CC) || headers.containsKey(Message.BCC));
    }

    static List<String> keys(String first, Map<String, ?> headers) {
        if (!in(headers)) {
            return List.of(first);
        }
        List<String> keys = new ArrayList<>();
        keys.add(first);
        add(keys, headers.get(Message.CC));
        add(keys, headers.get(Message.BCC));
        return keys;
    }

    private static void add(List<String> keys, @Nullable Object more) {
        if (more instanceof Collection<?> list) {
            for (Object key : list) {
                if (key instanceof String text) {
                    Names.checkKey("routingKey", text);
                    keys.add(text);
                }
            }
        }
    }

    /** Consumers do not see blind copies. */
    static <E> Message<E> withoutBlind(Message<E> message) {
        if (!message.headers().containsKey(Message.BCC)) {
            return message;
        }
        Map<String, Object> rest = new LinkedHashMap<>(message.headers());
        rest.remove(Message.BCC);
        return new Message<>(
                message.body(), Map.copyOf(rest), message.exchange(), message.routingKey(), message.propertiesOrNull());
    }
}
