package dev.tenfold.sharding;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Date;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * How keys are ordered where slots are ranges of them, and which kinds of key that is for. Its name is stored in the map, so
 * an order never changes: another one is another constant.
 *
 * <p>Each order is one that databases and other languages have too, so that {@code WHERE key >= 'A' AND key < 'Q'} finds a
 * range's rows.
 */
public enum KeyOrder {

    /**
     * {@code String}s by Unicode code point, which is the order of their UTF-8 bytes: PostgreSQL's {@code COLLATE "C"}. No
     * locale, no case: {@code "Z" < "a" < "z" < "é"}. This is not {@link String#compareTo}, which puts characters beyond
     * U+FFFF below some within.
     */
    TEXT("range_text_v1", "a String without unpaired surrogates") {

        @Override
        int compare(Object bound, Object key) {
            return key instanceof String text ? compareText((String) bound, text) : refuse(key);
        }

        @Override
        Object bound(Object key) {
            if (!(key instanceof String text) || text.codePoints().anyMatch(KeyOrder::isHalf)) {
                throw refusal(key);
            }
            return text;
        }

        @Override
        Object parse(String text) {
            return bound(text);
        }

        @Override
        Object next(Object bound) {
            return bound + "\0";
        }

        private int compareText(String a, String b) {
            int common = Math.min(a.length(), b.length());
            for (int i = 0; i < common; i++) {
                char one = a.charAt(i);
                char other = b.charAt(i);
                if (one != other) {
                    return rank(one) - rank(other);
                }
            }
            return a.length() - b.length();
        }

        /** Puts halves of characters beyond U+FFFF above all others. */
        private int rank(char c) {
            return Character.isSurrogate(c) ? c + 0x1_0000 : c;
        }
    },

    /** {@code Long}, {@code Integer} and {@code Short}, by value; 42 is one key in all three. */
    INTEGER("range_integer_v1", "a Long, Integer or Short") {

        @Override
        int compare(Object bound, Object key) {
            return Long.compare((Long) bound, value(key));
        }

        @Override
        Object bound(Object key) {
            return value(key);
        }

        @Override
        Object parse(String text) {
            return Long.valueOf(text);
        }

        @Override
        @Nullable
        Object next(Object bound) {
            long value = (Long) bound;
            return value == Long.MAX_VALUE ? null : value + 1;
        }

        private long value(Object key) {
            if (key instanceof Long || key instanceof Integer || key instanceof Short) {
                return ((Number) key).longValue();
            }
            throw refusal(key);
        }
    },

    /**
     * {@code UUID}s as 16 unsigned bytes, as they are written and as PostgreSQL orders them. This is not {@link
     * UUID#compareTo}, which takes the halves as signed numbers.
     */
    UUIDS("range_uuid_v1", "a UUID") {

        @Override
        int compare(Object bound, Object key) {
            if (!(key instanceof UUID b)) {
                return refuse(key);
            }
            UUID a = (UUID) bound;
            int high = Long.compareUnsigned(a.getMostSignificantBits(), b.getMostSignificantBits());
            return high != 0 ? high : Long.compareUnsigned(a.getLeastSignificantBits(), b.getLeastSignificantBits());
        }

        @Override
        Object bound(Object key) {
            if (!(key instanceof UUID)) {
                throw refusal(key);
            }
            return key;
        }

        @Override
        Object parse(String text) {
            return UUID.fromString(text);
        }

        @Override
        @Nullable
        Object next(Object bound) {
            UUID id = (UUID) bound;
            long low = id.getLeastSignificantBits() + 1;
            long high = id.getMostSignificantBits() + (low == 0 ? 1 : 0);
            return low == 0 && high == 0 ? null : new UUID(high, low);
        }
    },

    /**
     * {@code Instant}s by time, to the nanosecond; also {@code java.sql.Timestamp} and {@code OffsetDateTime}, as drivers
     * return them, which stand for their instants.
     */
    INSTANT("range_instant_v1", "an Instant, OffsetDateTime or java.sql.Timestamp") {

        @Override
        int compare(Object bound, Object key) {
            return ((Instant) bound).compareTo(instant(key));
        }

        @Override
        Object bound(Object key) {
            return instant(key);
        }

        @Override
        Object parse(String text) {
            return Instant.parse(text);
        }

        @Override
        @Nullable
        Object next(Object bound) {
            return bound.equals(Instant.MAX) ? null : ((Instant) bound).plusNanos(1);
        }

        private Instant instant(Object key) {
            if (key instanceof Instant instant) {
                return instant;
            }
            if (key instanceof OffsetDateTime time) {
                return time.toInstant();
            }
            if (key instanceof Date date) {
                try {
                    return date.toInstant();
                } catch (UnsupportedOperationException dateOnly) {
                    // java.sql.Date and java.sql.Time are no instants.
                    IllegalArgumentException refusal = refusal(key);
                    refusal.addSuppressed(dateOnly);
                    throw refusal;
                }
            }
            throw refusal(key);
        }
    };

    private final String stored;
    private final String kinds;

    KeyOrder(String stored, String kinds) {
        this.stored = stored;
        this.kinds = kinds;
    }

    /**
     * Compares a bound with a key.
     *
     * @throws IllegalArgumentException if the key is of no kind that this order has
     */
    abstract int compare(Object bound, Object key);

    /**
     * Makes a bound of a key.
     *
     * @throws IllegalArgumentException if it is of no kind that this order has
     */
    abstract Object bound(Object key);

    /** Reads a bound from its canonical text, which its {@code toString()} is. */
    abstract Object parse(String text);

    /** Returns the least key above a bound; null if there is none. */
    abstract @Nullable Object next(Object bound);

    /** Says whether the text is exactly what a bound is stored as, so that equal maps have equal bytes. */
    Object parseCanonical(String text) {
        try {
            Object bound = parse(text);
            if (bound.toString().equals(text)) {
                return bound;
            }
        } catch (IllegalArgumentException | DateTimeException malformed) {
            throw new IllegalArgumentException("bound: '" + text + "' (expected: " + kinds + ")", malformed);
        }
        throw new IllegalArgumentException("bound: '" + text + "' (expected: " + kinds + " in canonical form)");
    }

    /** Returns the name under which maps store this order. */
    String stored() {
        return stored;
    }

    String kinds() {
        return kinds;
    }

    static KeyOrder ofStored(String name) {
        for (KeyOrder order : values()) {
            if (order.stored.equals(name)) {
                return order;
            }
        }
        throw new IllegalArgumentException("key order: " + name + " (expected: one that this version knows)");
    }

    /** Says whether this is half a character, alone, which has no UTF-8 form. */
    private static boolean isHalf(int codePoint) {
        return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
    }

    int refuse(Object key) {
        throw refusal(key);
    }

    IllegalArgumentException refusal(Object key) {
        return new IllegalArgumentException("key: " + key + " of "
                + key.getClass().getName() + " (expected: " + kinds + "; or name the part of the key that is one)");
    }
}
