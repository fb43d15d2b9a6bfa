package dev.tenfold.cache.jcache;

import java.util.Objects;
import javax.cache.processor.MutableEntry;
import org.jspecify.annotations.Nullable;

/**
 * An entry while a processor works on it, in the turn of its key. Nothing is changed before the processor has returned; then
 * what it did comes to one change.
 */
final class ProcessedEntry<K, V> implements MutableEntry<K, V> {

    private enum Outcome {
        UNTOUCHED,
        ACCESSED,
        LOADED,
        SET,
        REMOVED,
        /** Set and removed again, with nothing there before. */
        UNDONE
    }

    private final K key;
    private final @Nullable Stored<V> before;
    private final Entries<K, V> entries;
    private final Backing<K, V> backing;
    private final Copying copying;

    private Outcome outcome = Outcome.UNTOUCHED;
    private boolean loaded;
    private @Nullable V value;

    ProcessedEntry(K key, @Nullable Stored<V> before, Entries<K, V> entries, Backing<K, V> backing, Copying copying) {
        this.key = key;
        this.before = before;
        this.entries = entries;
        this.backing = backing;
        this.copying = copying;
    }

    @Override
    public K getKey() {
        return key;
    }

    @Override
    public boolean exists() {
        return outcome == Outcome.UNTOUCHED ? before != null : value != null;
    }

    @Override
    public @Nullable V getValue() {
        if (outcome == Outcome.UNTOUCHED && before != null) {
            outcome = Outcome.ACCESSED;
            value = copying.copy(before.value);
        } else if (outcome == Outcome.UNTOUCHED && backing.readThrough && !loaded) {
            value = backing.load(key);
            loaded = true;
            outcome = value == null ? Outcome.UNTOUCHED : Outcome.LOADED;
        }
        return value;
    }

    @Override
    public void setValue(V next) {
        value = Objects.requireNonNull(next, "value");
        outcome = Outcome.SET;
    }

    @Override
    public void remove() {
        boolean undoes = outcome == Outcome.SET && before == null && !loaded;
        outcome = undoes ? Outcome.UNDONE : Outcome.REMOVED;
        value = null;
    }

    /**
     * Does what the processor has decided.
     *
     * @param kept the cache's own key
     */
    void settle(K kept, Statistics statistics, long began) {
        switch (outcome) {
            case UNTOUCHED, UNDONE -> {}
            case ACCESSED -> {
                if (before != null) {
                    entries.accessed(kept, before);
                }
            }
            case LOADED -> {
                if (value != null) {
                    var unused = entries.put(kept, copying.copy(value), null);
                }
            }
            case SET -> set(kept, Objects.requireNonNull(value), statistics, began);
            case REMOVED -> {
                backing.delete(key);
                if (before != null) {
                    entries.remove(kept, before);
                    statistics.removed(began, 1);
                }
            }
        }
    }

    private void set(K kept, V next, Statistics statistics, long began) {
        V copy = copying.copy(next);
        backing.write(key, next);
        if (entries.put(kept, copy, before)) {
            statistics.put(began, 1);
        }
    }

    @Override
    public <T> T unwrap(Class<T> type) {
        return Unwrapping.as(this, type);
    }
}
