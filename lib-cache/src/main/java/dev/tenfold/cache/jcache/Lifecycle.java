package dev.tenfold.cache.jcache;

import java.io.Closeable;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import javax.cache.configuration.CacheEntryListenerConfiguration;

/** What a cache is made of, from its creation to its end: the parts, the configuration as it stands, the beans. */
final class Lifecycle<K, V> {

    private final TenfoldCache<K, V> cache;
    private final String name;
    private final TenfoldCacheManager manager;
    private final TenfoldConfiguration<K, V> configuration;
    private final Expiry expiry;
    private final Listeners<K, V> listeners;
    private final Entries<K, V> entries;
    private final Backing<K, V> backing;
    private final Statistics statistics;
    private final Beans beans;
    private final AtomicBoolean closed = new AtomicBoolean();

    /** Guards {@code configuration}, which listeners and switches change. */
    private final ReentrantLock lock = new ReentrantLock();

    Lifecycle(TenfoldCache<K, V> cache, TenfoldCacheBuilder<K, V> b) {
        this.cache = cache;
        name = b.name;
        manager = b.manager;
        configuration = b.configuration;
        expiry = new Expiry(name, configuration.getExpiryPolicyFactory().create(), configuration);
        listeners = new Listeners<>(cache, name, configuration, b.copying, b.executor);
        entries = new Entries<>(
                configuration.entries(name, b.executor).build(), manager.waits(), expiry, listeners, b.executor);
        backing = new Backing<>(configuration);
        statistics = new Statistics(configuration.time(), entries::evictions, entries::size);
        beans = new Beans(manager.getURI(), name, statistics, configuration);
    }

    String name() {
        return name;
    }

    TenfoldCacheManager manager() {
        return manager;
    }

    Entries<K, V> entries() {
        return entries;
    }

    Backing<K, V> backing() {
        return backing;
    }

    Statistics statistics() {
        return statistics;
    }

    /** Returns a copy of the configuration as it stands. */
    TenfoldConfiguration<K, V> configuration() {
        lock.lock();
        try {
            return new TenfoldConfiguration<>(configuration);
        } finally {
            lock.unlock();
        }
    }

    /** Begins to count and to show what the configuration says. */
    void start() {
        enableStatistics(configuration.isStatisticsEnabled());
        enableManagement(configuration.isManagementEnabled());
    }

    void enableStatistics(boolean on) {
        lock.lock();
        try {
            configuration.setStatisticsEnabled(on);
            statistics.enable(on);
            beans.showStatistics(on);
        } finally {
            lock.unlock();
        }
    }

    void enableManagement(boolean on) {
        lock.lock();
        try {
            configuration.setManagementEnabled(on);
            beans.showConfiguration(on);
        } finally {
            lock.unlock();
        }
    }

    void register(CacheEntryListenerConfiguration<K, V> listener) {
        lock.lock();
        try {
            configuration.addCacheEntryListenerConfiguration(listener);
            listeners.register(listener);
        } finally {
            lock.unlock();
        }
    }

    void deregister(CacheEntryListenerConfiguration<K, V> listener) {
        Objects.requireNonNull(listener, "listener");
        List<Closeable> ended;
        lock.lock();
        try {
            configuration.removeCacheEntryListenerConfiguration(listener);
            ended = listeners.deregister(listener);
        } finally {
            lock.unlock();
        }
        Closing.all(ended);
    }

    boolean isClosed() {
        return closed.get();
    }

    void requireOpen() {
        if (closed.get()) {
            throw new IllegalStateException("cache '" + name + "' is closed");
        }
    }

    /**
     * Ends the cache.
     *
     * @param drain waits for what still uses the user's objects
     */
    void close(Runnable drain) {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        manager.release(cache);
        drain.run();
        listeners.end();
        List<AutoCloseable> parts = new ArrayList<>();
        parts.add(() -> enableStatistics(false));
        parts.add(() -> enableManagement(false));
        Closing.closeable(backing.loader, backing.writer, expiry.policy).forEach(parts::add);
        listeners.closeable().forEach(parts::add);
        Closing.all(parts);
    }
}
