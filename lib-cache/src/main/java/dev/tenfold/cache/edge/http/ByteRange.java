package dev.tenfold.cache.edge.http;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One range of bytes of a content (RFC 9110, section 14). A request for several is answered with all of it, as it may be.
 *
 * @param from the first byte
 * @param to the last byte, less than {@code from} where none of the range exists
 */
record ByteRange(int from, int to) {

    private static final Pattern ONE = Pattern.compile("bytes\\s*=\\s*(\\d*)\\s*-\\s*(\\d*)", Pattern.CASE_INSENSITIVE);

    /** Returns the range, or null where the field is to be ignored. */
    static @Nullable ByteRange parse(@Nullable String field, int length) {
        if (field == null) {
            return null;
        }
        Matcher matcher = ONE.matcher(field.strip());
        if (!matcher.matches()
                || (matcher.group(1).isEmpty() && matcher.group(2).isEmpty())) {
            return null;
        }
        long first = CacheControl.seconds(matcher.group(1), -1);
        long last = CacheControl.seconds(matcher.group(2), -1);
        if (first < 0) {
            return new ByteRange((int) Math.max(0, length - last), last == 0 ? -1 : length - 1);
        }
        if (last >= 0 && last < first) {
            return null;
        }
        if (first >= length) {
            return new ByteRange(length, length - 1);
        }
        return new ByteRange((int) first, (int) (last < 0 ? length - 1 : Math.min(last, length - 1)));
    }

    boolean isSatisfiable() {
        return to >= from;
    }
}
