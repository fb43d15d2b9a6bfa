package dev.tenfold.queue.routing;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a binding asks of headers. Numbers are compared by value, so that an {@code int} in process and a {@code long} off
 * the wire are the same; bytes by content.
 */
record HeaderMatch(boolean all, List<Wanted> wanted) {

    private static final String X_MATCH = "x-match";

    static HeaderMatch of(Map<String, @Nullable Object> arguments) {
        Object how = arguments.getOrDefault(X_MATCH, "all");
        String mode = String.valueOf(how);
        boolean all = mode.equals("all") || mode.equals("all-with-x");
        if (!all && !mode.equals("any") && !mode.equals("any-with-x")) {
            throw new IllegalArgumentException(
                    X_MATCH + ": " + how + " (expected: all, any, all-with-x or any-with-x)");
        }
        boolean withX = mode.endsWith("-with-x");
        List<Wanted> wanted = new ArrayList<>();
        arguments.forEach((name, value) -> {
            if (!name.equals(X_MATCH) && (withX || !name.startsWith("x-"))) {
                wanted.add(new Wanted(name, value == null ? null : canonical(value)));
            }
        });
        wanted.sort(java.util.Comparator.comparing(Wanted::name));
        return new HeaderMatch(all, List.copyOf(wanted));
    }

    /** All of nothing is true, and any of nothing is false. */
    boolean test(Map<String, Object> headers) {
        for (Wanted one : wanted) {
            if (one.in(headers) != all) {
                return !all;
            }
        }
        return all;
    }

    private static Object canonical(Object value) {
        if (value instanceof Number number) {
            return value instanceof Double || value instanceof Float
                    ? (Object) number.doubleValue()
                    : new BigDecimal(number.toString()).stripTrailingZeros();
        }
        return value instanceof byte[] bytes ? Arrays.toString(bytes) : value;
    }

    private record Wanted(String name, @Nullable Object value) {

        boolean in(Map<String, Object> headers) {
            Object found = headers.get(name);
            return found != null && (value == null || value.equals(found) || value.equals(canonical(found)));
        }
    }
}
