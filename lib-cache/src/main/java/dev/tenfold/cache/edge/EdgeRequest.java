package dev.tenfold.cache.edge;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One client's request, for protocols with rules of their own about what may be served from a copy. Used by the calling
 * thread, and by the network's executor where a copy is revalidated in the background.
 *
 * @param <K> the kind of key
 * @param <V> the kind of value
 */
public interface EdgeRequest<K, V> {

    /** What a copy is good for. */
    enum Reuse {
        /** It is the answer. */
        USE,
        /** It is the answer, and is to be fetched again in the background. */
        USE_WHILE_REVALIDATING,
        /** The origin must be asked, and gets to know the copy. */
        ASK
    }

    /**
     * Returns what to look for. Asked again after a wait for another client's fetch, which may have taught what belongs to
     * a key.
     *
     * @return the key
     */
    K key();

    /**
     * Judges a copy. Quick: called on every hit.
     *
     * @param value the copy's value
     * @param age how long ago the origin said it
     * @param freshFor how long it stays fresh; zero or negative says how long it has been stale
     * @return whether it may be the answer
     */
    Reuse reuse(@Nullable V value, Duration age, Duration freshFor);

    /**
     * Judges a copy after the origin failed.
     *
     * @param value the copy's value
     * @param age how long ago the origin said it
     * @param freshFor how long it stays fresh; zero or negative says how long it has been stale
     * @return whether it is better than the failure
     */
    boolean mayUseOnFailure(@Nullable V value, Duration age, Duration freshFor);

    /**
     * Asks the origin.
     *
     * @param key what for
     * @param held the value of a copy that may not be used, for the origin to validate; null where there is none
     * @return what it said
     * @throws Exception if it could not be asked; {@link dev.tenfold.error.OverloadedException} says that this client may
     *     not ask now and nothing about the origin, so that others who wait for the fetch ask themselves
     */
    Answer<K, V> fetch(K key, @Nullable V held) throws Exception;

    /**
     * Takes note that what {@link #fetch} brought is nobody's answer: a stale copy was better, or it was fetched in the
     * background and nobody may share it. What it holds open should be closed.
     *
     * @param value the value
     */
    default void discard(@Nullable V value) {}
}
