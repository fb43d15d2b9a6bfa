package dev.tenfold.cache.jcache;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Predicate;
import javax.cache.Cache;
import org.jspecify.annotations.Nullable;

/** Goes over the keys of a moment, and shows what they hold as it comes to them. */
final class EntryIterator<K, V> implements Iterator<Cache.Entry<K, V>> {

    private final Iterator<K> keys;
    private final Entries<K, V> entries;
    private final Copying copying;
    private final Statistics statistics;
    private final Predicate<K> removal;

    private @Nullable K next;
    private @Nullable Stored<V> found;
    private @Nullable K last;

    EntryIterator(Entries<K, V> entries, Copying copying, Statistics statistics, Predicate<K> removal) {
        this.entries = entries;
        this.copying = copying;
        this.statistics = statistics;
        this.removal = removal;
        keys = entries.keys().iterator();
    }

    @Override
    public boolean hasNext() {
        while (found == null && keys.hasNext()) {
            next = keys.next();
            found = entries.peek(next);
        }
        return found != null;
    }

    @Override
    public Cache.Entry<K, V> next() {
        long began = statistics.begin();
        if (!hasNext() || next == null || found == null) {
            throw new NoSuchElementException();
        }
        PlainEntry<K, V> entry = new PlainEntry<>(copying.copy(next), copying.copy(found.value));
        entries.accessed(found);
        statistics.got(began, true);
        last = next;
        found = null;
        return entry;
    }

    @Override
    public void remove() {
        K key = last;
        if (key == null) {
            throw new IllegalStateException("remove() without next()");
        }
        last = null;
        var unused = removal.test(key);
    }
}
