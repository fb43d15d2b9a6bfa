package dev.tenfold.cache.edge.http;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How old a response is and how long it is fresh (RFC 9111, section 4.2). Pure functions. */
final class Freshness {

    private Freshness() {}

    /**
     * Returns the age a response had when it was asked for: what earlier caches and its Date say. From then on the cache's own
     * clock counts, so that the time it took to arrive is part of its age.
     */
    static Duration initialAge(Fields fields, Instant asked) {
        long said = age(fields.lines("Age"));
        Instant date = HttpDates.parse(first(fields.lines("Date")), asked);
        long apparent =
                date == null ? 0 : Math.max(0, ChronoUnit.SECONDS.between(date, asked.truncatedTo(ChronoUnit.SECONDS)));
        return Duration.ofSeconds(Math.max(said, apparent));
    }

    /** Returns the lifetime that a response states, or null where it states none. */
    static @Nullable Duration explicit(CacheControl control, boolean targeted, Fields fields, Instant asked) {
        long seconds = control.has("s-maxage") ? control.seconds("s-maxage") : control.seconds("max-age");
        if (seconds >= 0) {
            return Duration.ofSeconds(seconds);
        }
        List<String> expires = targeted ? List.of() : fields.lines("Expires");
        if (expires.isEmpty()) {
            return null;
        }
        Instant end = HttpDates.parse(expires.get(0), asked);
        Instant date = HttpDates.parse(first(fields.lines("Date")), asked);
        Instant from = date == null ? asked.truncatedTo(ChronoUnit.SECONDS) : date;
        return end == null || !end.isAfter(from) ? Duration.ZERO : Duration.between(from, end);
    }

    /** Returns a lifetime for a response that states none (RFC 9111, section 4.2.2), or null. */
    static @Nullable Duration heuristic(Fields fields, CacheRules rules, Instant asked) {
        Instant modified = HttpDates.parse(first(fields.lines("Last-Modified")), asked);
        Instant date = HttpDates.parse(first(fields.lines("Date")), asked);
        Instant from = date == null ? asked : date;
        if (modified == null || !modified.isBefore(from) || rules.heuristicFraction() <= 0) {
            return null;
        }
        long seconds = (long) (Duration.between(modified, from).toSeconds() * rules.heuristicFraction());
        Duration lifetime = Duration.ofSeconds(seconds);
        return lifetime.compareTo(rules.heuristicLimit()) > 0 ? rules.heuristicLimit() : lifetime;
    }

    /** Reads the first value; one that is malformed is ignored (RFC 9111, section 5.1). */
    private static long age(List<String> lines) {
        if (lines.isEmpty()) {
            return 0;
        }
        String line = lines.get(0);
        int comma = line.indexOf(',');
        return CacheControl.seconds((comma < 0 ? line : line.substring(0, comma)).strip(), 0);
    }

    private static @Nullable String first(List<String> lines) {
        return lines.isEmpty() ? null : lines.get(0);
    }
}
