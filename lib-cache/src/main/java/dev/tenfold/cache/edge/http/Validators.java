package dev.tenfold.cache.edge.http;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Conditional requests: those the cache makes and those it answers (RFC 9110, section 13; RFC 9111, section 4.3). */
final class Validators {

    static final Set<String> CONDITIONALS =
            Set.of("If-None-Match", "If-Modified-Since", "If-Match", "If-Unmodified-Since", "If-Range");

    /** What describes the content that is in store and so is not changed by a 304 (RFC 9111, section 3.2). */
    private static final Set<String> OF_THE_CONTENT = Set.of("Content-Length", "Content-Encoding", "Content-Range");

    private Validators() {}

    /** Makes a request conditional on the content being another than the stored one. */
    static Fields conditional(Fields request, Fields stored) {
        Fields conditional = request;
        String tag = stored.value("ETag");
        if (tag != null) {
            conditional = conditional.with("If-None-Match", tag);
        }
        String modified = stored.value("Last-Modified");
        return modified == null ? conditional : conditional.with("If-Modified-Since", modified);
    }

    /** Returns a stored header as a 304 changes it. */
    static Fields updated(Fields stored, Fields notModified) {
        return stored.without(Set.of("Age", "Cache-Status")).updatedBy(notModified.without(OF_THE_CONTENT));
    }

    /** Returns whether the client has the content already, so that a 304 says all. */
    static boolean isNotModified(Fields request, Fields stored, Instant now) {
        String tags = request.value("If-None-Match");
        if (tags != null) {
            return tags.strip().equals("*") || hasTag(tags, stored.value("ETag"));
        }
        Instant since = HttpDates.parse(request.value("If-Modified-Since"), now);
        if (since == null) {
            return false;
        }
        Instant modified = HttpDates.parse(stored.value("Last-Modified"), now);
        if (modified == null) {
            modified = HttpDates.parse(stored.value("Date"), now);
        }
        return modified != null && !modified.isAfter(since);
    }

    /** Returns whether an If-Range, if there is one, allows a part of the stored content (RFC 9110, section 13.1.5). */
    static boolean allowsRange(Fields request, Fields stored) {
        String condition = request.value("If-Range");
        if (condition == null) {
            return true;
        }
        if (condition.startsWith("\"")) {
            return condition.equals(stored.value("ETag"));
        }
        return !condition.startsWith("W/") && condition.equals(stored.value("Last-Modified"));
    }

    private static boolean hasTag(String list, @Nullable String tag) {
        return tag != null && tags(list).stream().anyMatch(each -> opaque(each).equals(opaque(tag)));
    }

    private static String opaque(String tag) {
        return tag.startsWith("W/") ? tag.substring(2) : tag;
    }

    private static List<String> tags(String list) {
        List<String> tags = new ArrayList<>();
        boolean quoted = false;
        int from = 0;
        for (int i = 0; i <= list.length(); i++) {
            if (i == list.length() || (list.charAt(i) == ',' && !quoted)) {
                tags.add(list.substring(from, i).strip());
                from = i + 1;
            } else if (list.charAt(i) == '"') {
                quoted = !quoted;
            }
        }
        return tags;
    }
}
