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
}
