package dev.tenfold.cache.jcache;

import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import javax.cache.CacheManager;
import javax.cache.configuration.OptionalFeature;
import javax.cache.spi.CachingProvider;
import org.jspecify.annotations.Nullable;

/**
 * The way in: makes the cache managers, one for each pair of URI and class loader.
 *
 * <pre>{@code
 * CacheManager manager = Caching.getCachingProvider().getCacheManager();
 * Cache<Long, User> users = manager.createCache("users", new TenfoldConfiguration<Long, User>()
 *         .maximumSize(100_000).jitter(0.1)
 *         .setExpiryPolicyFactory(CreatedExpiryPolicy.factoryOf(new Duration(MINUTES, 10))));
 * }</pre>
 *
 * <p>Its caches keep what the specification promises, with these choices where it leaves one:
 *
 * <ul>
 *   <li>Every change of a key, its loader, writer, entry processors and synchronous listeners included, has its turn alone;
 *       other keys never wait for it, nor does a hit. Of concurrent misses on a key one loads and the rest wait for it.
 *   <li>Turns that would wait for each other in a circle (an entry processor of one key changes another, and the other way
 *       round, in one cache or several of this provider) are refused with {@link IllegalStateException} instead of hanging.
 *   <li>An asynchronous listener is told in the configured executor, in the order of the changes; {@code loadAll} loads
 *       there too.
 *   <li>Closing a cache waits for a {@code loadAll} under way, and tells listeners no more.
 *   <li>What has expired is dropped when it is next looked at, and by a sweep now and then.
 *   <li>An expiry policy that throws is logged; the entry then lives for ever if it is new, and as long as before if not.
 * </ul>
 *
 * <p>Tenfold's stale rules, refreshing, tags and tiers have no place in the specification; for them use {@link
 * dev.tenfold.cache.Cache} itself.
 *
 * <p>Thread-safe. Holds its managers, and they their class loaders, until they are closed.
 */
@SuppressWarnings("exports") // cache-api is an automatic module: requiring it transitively would warn instead
public final class TenfoldCachingProvider implements CachingProvider {

    private static final URI DEFAULT_URI = URI.create(TenfoldCachingProvider.class.getName());

    /** Of the caches of all managers, so that a circle among them is found. */
    final Turns.Waits waits = new Turns.Waits();

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Place, TenfoldCacheManager> managers = new HashMap<>();

    /** Makes a provider without managers. {@code javax.cache.Caching} does so, once for each class loader. */
    public TenfoldCachingProvider() {}

    @Override
    public CacheManager getCacheManager(
            @Nullable URI uri, @Nullable ClassLoader classLoader, @Nullable Properties properties) {
        Place place = place(uri, classLoader);
        lock.lock();
        try {
            return managers.computeIfAbsent(place, p -> new TenfoldCacheManager(this, p.uri, p.loader, properties));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public CacheManager getCacheManager(@Nullable URI uri, @Nullable ClassLoader classLoader) {
        return getCacheManager(uri, classLoader, null);
    }

    @Override
    public CacheManager getCacheManager() {
        return getCacheManager(null, null, null);
    }

    @Override
    public ClassLoader getDefaultClassLoader() {
        return Objects.requireNonNullElseGet(getClass().getClassLoader(), ClassLoader::getSystemClassLoader);
    }

    @Override
    public URI getDefaultURI() {
        return DEFAULT_URI;
    }

    @Override
    public Properties getDefaultProperties() {
        return new Properties();
    }

    @Override
    public void close() {
        close(place -> true);
    }

    @Override
    public void close(@Nullable ClassLoader classLoader) {
        ClassLoader loader = place(null, classLoader).loader;
        close(place -> place.loader == loader);
    }

    @Override
    public void close(@Nullable URI uri, @Nullable ClassLoader classLoader) {
        close(place(uri, classLoader)::equals);
    }

    private void close(Predicate<Place> chosen) {
        List<TenfoldCacheManager> closing;
        lock.lock();
        try {
            closing = managers.entrySet().stream()
                    .filter(entry -> chosen.test(entry.getKey()))
                    .map(Map.Entry::getValue)
                    .toList();
        } finally {
            lock.unlock();
        }
        Closing.all(closing);
    }

    /** Forgets a manager that closes. */
    void release(TenfoldCacheManager manager) {
        lock.lock();
        try {
            managers.values().remove(manager);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean isSupported(OptionalFeature optionalFeature) {
        return optionalFeature == OptionalFeature.STORE_BY_REFERENCE;
    }

    private Place place(@Nullable URI uri, @Nullable ClassLoader classLoader) {
        return new Place(uri == null ? DEFAULT_URI : uri, classLoader == null ? getDefaultClassLoader() : classLoader);
    }

    private record Place(URI uri, ClassLoader loader) {}
}
