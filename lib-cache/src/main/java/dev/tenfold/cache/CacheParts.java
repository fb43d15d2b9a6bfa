package dev.tenfold.cache;

/** What the parts of one cache share. */
record CacheParts<K, V>(
        CacheConfiguration configuration,
        Lifetimes<K, V> lifetimes,
        Copies<K, V> copies,
        Store<K, V> store,
        Flights<K, V> flights,
        OtherNodes<K, V> others,
        CacheCounters counters) {

    static <K, V> CacheParts<K, V> of(CacheOptions<K, V> b) {
        CacheCounters counters = new CacheCounters();
        Lifetimes<K, V> lifetimes = new Lifetimes<>(b);
        Copies<K, V> copies = new Copies<>(b, lifetimes);
        Store<K, V> store = new Store<>(b, copies, lifetimes);
        return new CacheParts<>(
                b.configuration(),
                lifetimes,
                copies,
                store,
                new Flights<>(store, b.effectiveExecutor(), counters.staleFillsRefused, b.name),
                new OtherNodes<>(b, counters.remoteFailures),
                counters);
    }
}
