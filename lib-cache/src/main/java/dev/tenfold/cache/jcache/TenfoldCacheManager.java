package dev.tenfold.cache.jcache;

import dev.tenfold.error.InvalidConfigurationException;
import java.net.URI;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.configuration.Configuration;
import javax.cache.spi.CachingProvider;
import org.jspecify.annotations.Nullable;

/** The caches of one URI and class loader, by name. */
final class TenfoldCacheManager implements CacheManager {

    private final TenfoldCachingProvider provider;
    private final URI uri;
    private final ClassLoader loader;
    private final Properties properties = new Properties();
    private final ConcurrentMap<String, TenfoldCache<?, ?>> caches = new ConcurrentHashMap<>();

    /** One cache is created, or all are closed, at a time: none is created that nobody would close. */
    private final ReentrantLock lock = new ReentrantLock();

    private volatile boolean closed;

    TenfoldCacheManager(TenfoldCachingProvider provider, URI uri, ClassLoader loader, @Nullable Properties properties) {
        this.provider = provider;
        this.uri = uri;
        this.loader = loader;
        if (properties != null) {
            this.properties.putAll(properties);
        }
    }

    Turns.Waits waits() {
        return provider.waits;
    }

    @Override
    public CachingProvider getCachingProvider() {
        return provider;
    }

    @Override
    public URI getURI() {
        return uri;
    }

    @Override
    public ClassLoader getClassLoader() {
        return loader;
    }

    @Override
    public Properties getProperties() {
        return properties;
    }

    @Override
    public <K, V, C extends Configuration<K, V>> Cache<K, V> createCache(String cacheName, C configuration) {
        Objects.requireNonNull(cacheName, "cacheName");
        Objects.requireNonNull(configuration, "configuration");
        lock.lock();
        try {
            requireOpen();
            if (caches.containsKey(cacheName)) {
                throw new CacheException("createCache: '" + cacheName + "' is there already; use getCache");
            }
            TenfoldCache<K, V> cache =
                    new TenfoldCacheBuilder<K, V>(cacheName, this, TenfoldConfiguration.of(configuration)).build();
            caches.put(cacheName, cache);
            start(cache);
            return cache;
        } catch (InvalidConfigurationException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        } finally {
            lock.unlock();
        }
    }

    /** A cache whose beans cannot be shown is not created. */
    private static void start(TenfoldCache<?, ?> cache) {
        try {
            cache.lifecycle().start();
        } catch (RuntimeException e) {
            cache.close();
            throw e;
        }
    }

    @Override
    @SuppressWarnings("unchecked") // the types are those it was configured with
    public <K, V> @Nullable Cache<K, V> getCache(String cacheName, Class<K> keyType, Class<V> valueType) {
        Objects.requireNonNull(keyType, "keyType");
        Objects.requireNonNull(valueType, "valueType");
        TenfoldCache<?, ?> cache = find(cacheName);
        if (cache == null) {
            return null;
        }
        Configuration<?, ?> configuration = cache.lifecycle().configuration();
        requireType(cacheName, "key", configuration.getKeyType(), keyType);
        requireType(cacheName, "value", configuration.getValueType(), valueType);
        return (Cache<K, V>) cache;
    }

    private static void requireType(String cacheName, String what, Class<?> configured, Class<?> asked) {
        if (!configured.equals(asked)) {
            throw new ClassCastException("cache '" + cacheName + "' has the " + what + " type " + configured.getName()
                    + ", not " + asked.getName());
        }
    }

    @Override
    @SuppressWarnings("unchecked") // the caller says so, as the interface has it
    public <K, V> @Nullable Cache<K, V> getCache(String cacheName) {
        return (Cache<K, V>) find(cacheName);
    }

    private @Nullable TenfoldCache<?, ?> find(String cacheName) {
        Objects.requireNonNull(cacheName, "cacheName");
        requireOpen();
        return caches.get(cacheName);
    }

    @Override
    public Iterable<String> getCacheNames() {
        requireOpen();
        return List.copyOf(caches.keySet());
    }

    @Override
    public void destroyCache(String cacheName) {
        TenfoldCache<?, ?> cache = find(cacheName);
        if (cache != null) {
            cache.close();
        }
    }

    @Override
    public void enableManagement(String cacheName, boolean enabled) {
        TenfoldCache<?, ?> cache = find(cacheName);
        if (cache != null) {
            cache.lifecycle().enableManagement(enabled);
        }
    }

    @Override
    public void enableStatistics(String cacheName, boolean enabled) {
        TenfoldCache<?, ?> cache = find(cacheName);
        if (cache != null) {
            cache.lifecycle().enableStatistics(enabled);
        }
    }

    @Override
    public void close() {
        List<TenfoldCache<?, ?>> closing;
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            closing = List.copyOf(caches.values());
        } finally {
            lock.unlock();
        }
        provider.release(this);
        Closing.all(closing);
    }

    /** Forgets a cache that closes. */
    void release(TenfoldCache<?, ?> cache) {
        caches.remove(cache.getName(), cache);
    }

    @Override
    public boolean isClosed() {
        return closed;
    }

    @Override
    public <T> T unwrap(Class<T> type) {
        return Unwrapping.as(this, type);
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the cache manager " + uri + " is closed");
        }
    }
}
