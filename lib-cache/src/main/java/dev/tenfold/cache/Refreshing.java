package dev.tenfold.cache;

/** Loads anew, in the executor, what a caller was answered from meanwhile: once a key, and not while it fails. */
final class Refreshing<K, V> {

    private final Flights<K, V> flights;
    private final Loading<K, V> loading;
    private final CacheCounters counters;

    Refreshing(CacheParts<K, V> parts, Loading<K, V> loading) {
        this.flights = parts.flights();
        this.loading = loading;
        this.counters = parts.counters();
    }

    /**
     * Begins a load unless one is under way.
     *
     * @param copy what the caller was answered from; a later one makes the load needless
     */
    void request(K key, Copy<V> copy, Source<K, V> source) {
        if (flights.isUnderWay(key) || loading.failures().recent(key) != null) {
            return;
        }
        Flight<K, V> mine = new Flight<>(key, copy.position(), copy);
        Flight<K, V> taken = flights.board(mine, 0);
        if (taken == mine && !mine.landing.isDone()) {
            counters.refreshes.increment();
            loading.depart(mine, source.forRefresh());
        }
    }
}
