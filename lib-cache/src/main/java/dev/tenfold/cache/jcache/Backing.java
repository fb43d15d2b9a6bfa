package dev.tenfold.cache.jcache;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.configuration.CompleteConfiguration;
import javax.cache.configuration.Factory;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheLoaderException;
import javax.cache.integration.CacheWriter;
import javax.cache.integration.CacheWriterException;
import org.jspecify.annotations.Nullable;

/** The store behind a cache, by way of the user's loader and writer; what they throw is wrapped as the specification says. */
final class Backing<K, V> {

    final @Nullable CacheLoader<K, V> loader;
    final @Nullable CacheWriter<? super K, ? super V> writer;

    /** Whether a miss loads. */
    final boolean readThrough;

    /** Whether a change is written. */
    final boolean writeThrough;

    Backing(CompleteConfiguration<K, V> configuration) {
        loader = made(configuration.getCacheLoaderFactory());
        writer = made(configuration.getCacheWriterFactory());
        readThrough = configuration.isReadThrough() && loader != null;
        writeThrough = configuration.isWriteThrough() && writer != null;
    }

    private static <T> @Nullable T made(@Nullable Factory<T> factory) {
        return factory == null ? null : factory.create();
    }

    @Nullable
    V load(K key) {
        if (loader == null) {
            return null;
        }
        try {
            return loader.load(key);
        } catch (CacheLoaderException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new CacheLoaderException("load of key " + key + " failed", e);
        }
    }

    /** Returns what there is of some keys; neither keys nor values are null. */
    Map<K, V> loadAll(Collection<K> keys) {
        if (loader == null || keys.isEmpty()) {
            return Map.of();
        }
        try {
            Map<K, V> found = new HashMap<>(loader.loadAll(keys));
            found.entrySet().removeIf(entry -> entry.getKey() == null || entry.getValue() == null);
            return found;
        } catch (CacheLoaderException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new CacheLoaderException("load of " + keys.size() + " keys failed", e);
        }
    }

    void write(K key, V value) {
        if (writeThrough && writer != null) {
            try {
                writer.write(new PlainEntry<>(key, value));
            } catch (CacheWriterException e) {
                throw e;
            } catch (RuntimeException e) {
                throw new CacheWriterException("write of key " + key + " failed", e);
            }
        }
    }

    void delete(K key) {
        if (writeThrough && writer != null) {
            try {
                writer.delete(key);
            } catch (CacheWriterException e) {
                throw e;
            } catch (RuntimeException e) {
                throw new CacheWriterException("delete of key " + key + " failed", e);
            }
        }
    }

    /** Writes several, and says which of them it did before it failed. */
    Attempt<K> writeAll(Map<? extends K, ? extends V> values) {
        Set<K> keys = new HashSet<>(values.keySet());
        if (!writeThrough || writer == null || values.isEmpty()) {
            return new Attempt<>(keys, null);
        }
        List<Cache.Entry<? extends K, ? extends V>> left = new ArrayList<>(values.size());
        values.forEach((key, value) -> left.add(new PlainEntry<>(key, value)));
        try {
            writeAll(writer, left);
        } catch (RuntimeException e) {
            left.forEach(entry -> keys.remove(entry.getKey()));
            return new Attempt<>(keys, wrapped("write of " + values.size() + " keys failed", e));
        }
        return new Attempt<>(keys, null);
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // a writer of a supertype of V takes entries of V
    private static void writeAll(CacheWriter<?, ?> writer, List<?> entries) {
        writer.writeAll((Collection) entries);
    }

    /** Deletes several, and says which of them it did before it failed. */
    Attempt<K> deleteAll(Collection<? extends K> keys) {
        Set<K> done = new HashSet<>(keys);
        if (!writeThrough || writer == null || keys.isEmpty()) {
            return new Attempt<>(done, null);
        }
        Set<K> left = new HashSet<>(keys);
        try {
            writer.deleteAll(left);
        } catch (RuntimeException e) {
            done.removeAll(left);
            return new Attempt<>(done, wrapped("delete of " + keys.size() + " keys failed", e));
        }
        return new Attempt<>(done, null);
    }

    private static CacheException wrapped(String what, RuntimeException cause) {
        return cause instanceof CacheWriterException e ? e : new CacheWriterException(what, cause);
    }

    /**
     * What became of several changes.
     *
     * @param done the keys that were changed
     * @param failure why the others were not
     */
    record Attempt<K>(Set<K> done, @Nullable CacheException failure) {}
}
