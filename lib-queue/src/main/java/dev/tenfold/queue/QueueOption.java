package dev.tenfold.queue;

import dev.tenfold.error.Validation;
import dev.tenfold.queue.QueueOptions.Overflow;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What can be said of a queue: its name, as it is written down and told, its value unless it is set, and what fits. */
@SuppressWarnings("ImmutableEnumChecker") // every standard is
enum QueueOption {
    MAX_LENGTH("maxLength", QueueOptions.DEFAULT_MAX_LENGTH),
    MAX_BYTES("maxBytes", Long.MAX_VALUE),
    OVERFLOW("overflow", Overflow.REJECT),
    BLOCK_TIMEOUT("blockTimeout", QueueOptions.DEFAULT_BLOCK_TIMEOUT),
    RETRY("retry", QueueOptions.DEFAULT_RETRY),
    DELIVERY_LIMIT("deliveryLimit", Integer.MAX_VALUE),
    DEAD_LETTER_TO("deadLetterTo", null),
    DEAD_LETTER_EXCHANGE("deadLetterExchange", null),
    DEAD_LETTER_KEY("deadLetterKey", null),
    TTL("ttl", null),
    EXPIRES("expires", null),
    MAX_PRIORITY("maxPriority", 0),
    SINGLE_ACTIVE_CONSUMER("singleActiveConsumer", false),
    AUTO_DELETE("autoDelete", false),
    DEDUPLICATE("deduplicate", null),
    DURABLE("durable", true);

    private static final List<QueueOption> ALL = List.of(values());

    final String label;
    final @Nullable Object standard;

    QueueOption(String label, @Nullable Object standard) {
        this.label = label;
        this.standard = standard;
    }

    static List<QueueOption> all() {
        return ALL;
    }

    static QueueOption named(String label) {
        for (QueueOption option : ALL) {
            if (option.label.equals(label)) {
                return option;
            }
        }
        throw new IllegalArgumentException("option: " + label + " (expected: one that this version knows)");
    }

    /** Notes what does not fit. */
    static void validate(QueueOptions chosen, Validation check) {
        check.atLeast(MAX_LENGTH.label, chosen.maxLength(), 1);
        check.atLeast(MAX_BYTES.label, chosen.maxBytes(), 1);
        check.positive(BLOCK_TIMEOUT.label, chosen.blockTimeout());
        check.atLeast(DELIVERY_LIMIT.label, chosen.deliveryLimit(), 0);
        check.require(
                chosen.maxPriority() >= 0 && chosen.maxPriority() <= Message.MAX_PRIORITY,
                MAX_PRIORITY.label,
                chosen.maxPriority(),
                "0 to " + Message.MAX_PRIORITY);
        check.notNegative(TTL.label, chosen.ttl().orElse(null));
        check.positive(EXPIRES.label, chosen.expires().orElse(null));
        check.positive(DEDUPLICATE.label, chosen.deduplicate().orElse(null));
        requireBounded(check, TTL, chosen.ttl().orElse(null));
        requireBounded(check, EXPIRES, chosen.expires().orElse(null));
        requireBounded(check, DEDUPLICATE, chosen.deduplicate().orElse(null));
        validateDeadLetters(chosen, check);
    }

    private static void requireBounded(Validation check, QueueOption option, @Nullable Duration value) {
        check.require(
                value == null || value.compareTo(QueueOptions.LONGEST) <= 0, option.label, value, "at most 365 days");
    }

    private static void validateDeadLetters(QueueOptions chosen, Validation check) {
        String queue = chosen.deadLetterTo();
        String exchange = chosen.deadLetterExchange();
        if (queue != null) {
            Names.check(check, DEAD_LETTER_TO.label, queue);
            check.require(exchange == null, DEAD_LETTER_EXCHANGE.label, exchange, "none beside deadLetterTo");
        }
        if (exchange != null) {
            Names.check(check, DEAD_LETTER_EXCHANGE.label, exchange);
        }
        String key = chosen.deadLetterKey();
        check.require(key == null || Names.fits(key), DEAD_LETTER_KEY.label, key, "at most 255 bytes of UTF-8");
    }
}
