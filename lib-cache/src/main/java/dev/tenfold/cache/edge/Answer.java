package dev.tenfold.cache.edge;

import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What an origin said to one request, and what the network may do with it. Immutable.
 *
 * @param <K> the kind of key
 * @param <V> the kind of value
 * @param key under which a copy is kept; usually the key that was asked for
 * @param value the value, or null if there is none
 * @param age how old it was on arrival, as of the moment the origin was asked; not negative
 * @param fresh up to which age a copy answers without asking again; zero or negative where it never does
 * @param stale for how long after that a copy is kept, to be served stale or to be validated; not negative
 * @param tags what {@link EdgeNetwork#purgeTag} finds a copy by
 * @param isShared whether anyone but the client it was fetched for may have it; if not it is neither kept nor handed to
 *     those who wait
 * @param isFailure whether it only says that the origin is unwell, so that a stale copy is preferred where one may be served
 */
public record Answer<K, V>(
        K key,
        @Nullable V value,
        Duration age,
        Duration fresh,
        Duration stale,
        Set<String> tags,
        boolean isShared,
        boolean isFailure) {

    /** Copies the tags. */
    public Answer {
        tags = Set.copyOf(tags);
    }

    /**
     * Makes an answer that may be kept and shared.
     *
     * @param <K> the kind of key
     * @param <V> the kind of value
     * @param key under which it is kept
     * @param value the value
     * @param fresh up to which age it is served
     * @return an answer of age zero that is not kept when it is stale, without tags
     */
    public static <K, V> Answer<K, V> of(K key, @Nullable V value, Duration fresh) {
        return new Answer<>(key, value, Duration.ZERO, fresh, Duration.ZERO, Set.of(), true, false);
    }

    /**
     * Makes an answer for the asking client only.
     *
     * @param <K> the kind of key
     * @param <V> the kind of value
     * @param key what was asked for
     * @param value the value
     * @return an answer that is neither kept nor shared
     */
    public static <K, V> Answer<K, V> personal(K key, @Nullable V value) {
        return new Answer<>(key, value, Duration.ZERO, Duration.ZERO, Duration.ZERO, Set.of(), false, false);
    }
}
