package dev.tenfold.cache.edge;

/**
 * What a fetch brought.
 *
 * @param key under which it is kept
 * @param source where it was found
 * @param state whether it is as the origin wants it
 * @param isFailure whether it says that the origin is unwell
 */
record Fetched<K, V>(K key, Copy<V> copy, Served.Source source, Served.State state, boolean isFailure) {

    static <K, V> Fetched<K, V> found(K key, Copy<V> copy, Served.Source source) {
        return new Fetched<>(key, copy, source, Served.State.FRESH, false);
    }

    static <K, V> Fetched<K, V> stale(K key, Copy<V> copy, Served.Source source) {
        return new Fetched<>(key, copy, source, Served.State.STALE, false);
    }

    Served<V> servedBy(String edge, long now) {
        return copy.servedBy(edge, source, state, now);
    }
}
