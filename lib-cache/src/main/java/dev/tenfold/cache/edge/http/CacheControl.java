package dev.tenfold.cache.edge.http;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The directives of a Cache-Control field (RFC 9111, section 5.2), or of one for CDNs only (RFC 9213). Of directives given
 * twice the first counts. Immutable.
 */
final class CacheControl {

    /** What too large a number of seconds counts as (RFC 9111, section 1.2.2). */
    private static final long LARGEST_SECONDS = 1L << 31;

    private static final CacheControl NONE = new CacheControl(Map.of());
    private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
    private static final String QUOTED = "\"(?:[^\"\\\\]|\\\\.)*\"";

    /** A directive; what stands between commas and is none is skipped. */
    private static final Pattern DIRECTIVE = Pattern.compile("(" + TOKEN + ")(?:=(" + QUOTED + "|[^\"]*))?");

    /** A member of a structured dictionary whose value is an integer, a string, a token or true (RFC 8941, section 3.2). */
    private static final Pattern MEMBER = Pattern.compile(
            "\\s*([a-z*][a-z0-9_.*-]*)(?:=(-?\\d{1,15}|" + QUOTED + "|[A-Za-z*][!#$%&'*+.^_`|~:/0-9A-Za-z-]*))?\\s*");

    private final Map<String, String> directives;

    private CacheControl(Map<String, String> directives) {
        this.directives = directives;
    }

    static CacheControl none() {
        return NONE;
    }

    static CacheControl parse(@Nullable String value) {
        if (value == null || value.isBlank()) {
            return NONE;
        }
        Map<String, String> directives = new HashMap<>();
        Matcher matcher = DIRECTIVE.matcher(value);
        int at = 0;
        while (at < value.length()) {
            char next = value.charAt(at);
            if (next == ',' || next == ' ' || next == '\t') {
                at++;
                continue;
            }
            int end = endOfMember(value, at);
            String member = value.substring(at, end).strip();
            matcher.reset(member);
            if (matcher.matches()) {
                String argument = matcher.group(2);
                directives.putIfAbsent(matcher.group(1).toLowerCase(Locale.ROOT), argument == null ? "" : argument);
            }
            at = end;
        }
        return new CacheControl(directives);
    }

    /** Parses a targeted field, or returns null where it is not well-formed and so must be ignored (RFC 9213, section 2.1). */
    static @Nullable CacheControl parseTargeted(@Nullable String value) {
        if (value == null || value.isBlank()) {
            return null;
        }
        Map<String, String> directives = new HashMap<>();
        int at = 0;
        while (at <= value.length()) {
            int end = endOfMember(value, at);
            Matcher member = MEMBER.matcher(value.substring(at, end));
            if (!member.matches()) {
                return null;
            }
            String name = member.group(1);
            String argument = member.group(2) == null ? "" : member.group(2);
            if (name.endsWith("-age") || name.equals("s-maxage")) {
                if (!argument.matches("-?\\d+")) {
                    return null;
                }
            }
            directives.put(name, argument);
            at = end + 1;
        }
        return new CacheControl(directives);
    }

    private static int endOfMember(String value, int from) {
        boolean quoted = false;
        for (int i = from; i < value.length(); i++) {
            char c = value.charAt(i);
            if (quoted && c == '\\') {
                i++;
            } else if (c == '"') {
                quoted = !quoted;
            } else if (c == ',' && !quoted) {
                return i;
            }
        }
        return value.length();
    }

    boolean has(String directive) {
        return directives.containsKey(directive);
    }

    /** Returns whether it is there and names no fields. */
    boolean isUnqualified(String directive) {
        return "".equals(directives.get(directive));
    }

    /** Returns the fields that no-cache or private name. */
    List<String> fieldsOf(String directive) {
        String argument = directives.get(directive);
        List<String> names = new ArrayList<>();
        if (argument != null) {
            for (String name : unquoted(argument).split(",", -1)) {
                if (!name.isBlank()) {
                    names.add(name.strip().toLowerCase(Locale.ROOT));
                }
            }
        }
        return names;
    }

    /** Returns a number of seconds, 0 where it is malformed (RFC 9111, section 4.2.1), -1 where there is none. */
    long seconds(String directive) {
        String argument = directives.get(directive);
        return argument == null ? -1 : Math.max(0, seconds(unquoted(argument), 0));
    }

    /** Reads a non-negative number of seconds; {@code otherwise} where it is none. */
    static long seconds(String digits, long otherwise) {
        if (digits.isEmpty() || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return otherwise;
        }
        try {
            return Math.min(LARGEST_SECONDS, Long.parseLong(digits));
        } catch (NumberFormatException tooLarge) {
            return LARGEST_SECONDS;
        }
    }

    private static String unquoted(String argument) {
        return argument.length() >= 2 && argument.startsWith("\"") && argument.endsWith("\"")
                ? argument.substring(1, argument.length() - 1)
                : argument;
    }
}
