package dev.tenfold.cache.edge.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * A response as the network hands it on: one that is kept, whose body is bytes, or one that is passed to one client.
 *
 * @param key under which it is kept
 * @param response what the origin said, without the fields that are not stored
 * @param policy what may be done with it
 */
record Stored(HttpKey key, Response response, ResponsePolicy policy) {

    /** The fields that a CDN gives its tags in; the first of them that is there counts. */
    private static final List<String> TAG_FIELDS = List.of("Surrogate-Key", "Cache-Tag", "xkey");

    /** More tags of one response are ignored. */
    private static final int MAXIMUM_TAGS = 128;

    static Stored of(HttpKey key, Response response, ResponsePolicy policy) {
        List<String> gone = new ArrayList<>(policy.unstored());
        return new Stored(key, response.withFields(response.fields().without(gone)), policy);
    }

    /** Returns how much of the memory it takes. */
    long bytes() {
        byte[] bytes = response.body().bytes();
        return (bytes == null ? 0 : bytes.length)
                + response.fields().size()
                + 2L * key.target().length();
    }

    Set<String> tags() {
        for (String field : TAG_FIELDS) {
            if (response.fields().has(field)) {
                TreeSet<String> tags = new TreeSet<>();
                for (String line : response.fields().lines(field)) {
                    for (String tag : line.split("[,\\s]+", -1)) {
                        if (!tag.isEmpty() && tags.size() < MAXIMUM_TAGS) {
                            tags.add(tag.toLowerCase(Locale.ROOT));
                        }
                    }
                }
                return tags;
            }
        }
        return Set.of();
    }
}
