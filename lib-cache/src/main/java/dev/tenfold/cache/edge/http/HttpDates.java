package dev.tenfold.cache.edge.http;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Dates in header fields: the preferred form, and both obsolete ones on reading (RFC 9110, section 5.6.7). */
final class HttpDates {

    private static final DateTimeFormatter FORM =
            DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US);

    private static final String MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec";
    private static final String TIME = "(\\d{2}):(\\d{2}):(\\d{2})";
    private static final Pattern PREFERRED =
            pattern("(?:mon|tue|wed|thu|fri|sat|sun), (\\d{2}) ([a-z]{3}) (\\d{4}) " + TIME + " gmt");
    private static final Pattern RFC_850 =
            pattern("(?:mon|tues|wednes|thurs|fri|satur|sun)day, (\\d{2})-([a-z]{3})-(\\d{2}) " + TIME + " gmt");
    private static final Pattern ASCTIME =
            pattern("(?:mon|tue|wed|thu|fri|sat|sun) ([a-z]{3}) ( ?\\d|\\d{2}) " + TIME + " (\\d{4})");

    private HttpDates() {}

    static String format(Instant instant) {
        return FORM.format(instant.atOffset(ZoneOffset.UTC));
    }

    /** Returns the date, or null where it is none. A year of two digits lies at most 50 years after {@code now}. */
    static @Nullable Instant parse(@Nullable String text, Instant now) {
        if (text == null) {
            return null;
        }
        try {
            Matcher preferred = PREFERRED.matcher(text);
            if (preferred.matches()) {
                return at(number(preferred, 3), preferred.group(2), number(preferred, 1), preferred, 4);
            }
            Matcher old = RFC_850.matcher(text);
            if (old.matches()) {
                int thisYear = now.atOffset(ZoneOffset.UTC).getYear();
                int year = thisYear - thisYear % 100 + number(old, 3);
                return at(year > thisYear + 50 ? year - 100 : year, old.group(2), number(old, 1), old, 4);
            }
            Matcher ansi = ASCTIME.matcher(text);
            if (ansi.matches()) {
                return at(number(ansi, 6), ansi.group(1), number(ansi, 2), ansi, 3);
            }
            return null;
        } catch (DateTimeException noSuchDay) {
            return null;
        }
    }

    private static @Nullable Instant at(int year, String month, int day, Matcher time, int group) {
        int at = MONTHS.indexOf(month.toLowerCase(Locale.ROOT));
        if (at < 0 || at % 3 != 0) {
            return null;
        }
        int second = Math.min(59, number(time, group + 2));
        return LocalDateTime.of(year, at / 3 + 1, day, number(time, group), number(time, group + 1), second)
                .toInstant(ZoneOffset.UTC);
    }

    private static int number(Matcher matcher, int group) {
        return Integer.parseInt(matcher.group(group).strip());
    }

    private static Pattern pattern(String regex) {
        return Pattern.compile(regex, Pattern.CASE_INSENSITIVE);
    }
}
