package dev.tenfold.cache.eviction;

/** Makes the tables, one factory a policy. */
public final class Tables {

    private Tables() {}

    /**
     * Makes Caffeine's: window-TinyLFU with a window that adapts (Einziger, Eytan, Friedman, Manes: Adaptive Software
     * Cache Management, Middleware 2018). Its order is approximate and partly random.
     *
     * @param <K> the kind of key
     * @param <V> the kind of value
     * @param settings what to build it with
     * @return a new, empty table
     */
    public static <K, V> BoundedTable<K, V> adaptive(TableSettings<K, V> settings) {
        return new CaffeineTable<>(settings);
    }

    /**
     * Makes one that gives up the oldest entry first, however often it was used.
     *
     * @param <K> the kind of key
     * @param <V> the kind of value
     * @param settings what to build it with
     * @return a new, empty table
     */
    public static <K, V> BoundedTable<K, V> fifo(TableSettings<K, V> settings) {
        return new PolicyTable<>(settings, new Fifo<>());
    }

    /**
     * Makes one that gives up first what was not used for longest.
     *
     * @param <K> the kind of key
     * @param <V> the kind of value
     * @param settings what to build it with
     * @return a new, empty table
     */
    public static <K, V> BoundedTable<K, V> lru(TableSettings<K, V> settings) {
        return new PolicyTable<>(settings, new Lru<>());
    }

    /**
     * Makes one that gives up first what was used least often; of several, what reached its count first.
     *
     * @param <K> the kind of key
     * @param <V> the kind of value
     * @param settings what to build it with
     * @param agesAfter halves all counts after so many uses and insertions for each entry it holds; 0 for never
     * @return a new, empty table
     */
    public static <K, V> BoundedTable<K, V> lfu(TableSettings<K, V> settings, int agesAfter) {
        return new PolicyTable<>(settings, new Lfu<>(agesAfter));
    }

    /**
     * Makes one that spares what was used since its hand last passed.
     *
     * @param <K> the kind of key
     * @param <V> the kind of value
     * @param settings what to build it with
     * @return a new, empty table
     */
    public static <K, V> BoundedTable<K, V> sieve(TableSettings<K, V> settings) {
        return new PolicyTable<>(settings, new Sieve<>());
    }

    /**
     * Makes one of a small queue for newcomers, a main queue, and a memory of keys that left the small one.
     *
     * @param <K> the kind of key
     * @param <V> the kind of value
     * @param settings what to build it with
     * @return a new, empty table
     */
    public static <K, V> BoundedTable<K, V> s3Fifo(TableSettings<K, V> settings) {
        return new PolicyTable<>(settings, new S3Fifo<>());
    }
}
