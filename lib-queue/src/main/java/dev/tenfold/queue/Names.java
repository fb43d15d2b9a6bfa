package dev.tenfold.queue;

import dev.tenfold.error.Validation;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The rules for names and keys: AMQP 0-9-1's, so that everything declared here can be declared on RabbitMQ too. */
final class Names {

    private static final int MAX_BYTES = 255;
    private static final int MAX_ANY_WORDS = 2;

    private Names() {}

    static void check(Validation check, String option, String name) {
        check.require(!name.isEmpty() && fits(name), option, name, "1 to 255 bytes of UTF-8");
        check.require(!name.startsWith("amq."), option, name, "not to start with amq., which RabbitMQ reserves");
    }

    /** Notes that something was declared differently before. */
    static void same(Validation check, String option, @Nullable Object first, @Nullable Object again) {
        check.require(Objects.equals(first, again), option, again, first + ", as it was declared first");
    }

    /** Refuses a key that AMQP cannot carry. */
    static void checkKey(String argument, String key) {
        if (!fits(key)) {
            throw new IllegalArgumentException(argument + ": " + key + " (expected: at most 255 bytes of UTF-8)");
        }
    }

    /** Refuses a key that some exchange of RabbitMQ would refuse; newer versions take no more than two {@code #}. */
    static void checkBindingKey(Exchange.Kind kind, String key) {
        checkKey("bindingKey", key);
        if (kind == Exchange.Kind.TOPIC) {
            long hashes =
                    Arrays.stream(key.split("\\.", -1)).filter("#"::equals).count();
            if (hashes > MAX_ANY_WORDS) {
                throw new IllegalArgumentException(
                        "bindingKey: " + key + " (expected: at most " + MAX_ANY_WORDS + " words #)");
            }
        }
    }

    /** A char is at most three bytes, so short keys need no counting. */
    static boolean fits(String name) {
        return name.length() <= MAX_BYTES / 3
                || (name.length() <= MAX_BYTES && name.getBytes(StandardCharsets.UTF_8).length <= MAX_BYTES);
    }
}
