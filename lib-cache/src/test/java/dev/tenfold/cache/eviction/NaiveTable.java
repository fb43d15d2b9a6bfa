package dev.tenfold.cache.eviction;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a table must do with one thread, written for reading: no lists to keep in step, each victim is searched for. What is
 * common to all policies is here, each policy's definition is in {@link NaivePolicies}.
 */
abstract class NaiveTable {

    static final class Entry {
        final int key;
        int weight;
        boolean pinned;
        long uses;
        long stamp;

        Entry(int key, int weight) {
            this.key = key;
            this.weight = weight;
        }
    }

    final Map<Integer, Entry> entries = new LinkedHashMap<>();
    final List<Integer> evicted = new ArrayList<>();
    long maximum;
    private final long pinLimit;

    NaiveTable(long maximum, long pinLimit) {
        this.maximum = maximum;
        this.pinLimit = pinLimit;
    }

    /** An entry enters: a new one, or one unpinned. */
    abstract void enter(Entry entry);

    abstract void use(Entry entry);

    /** An entry leaves without being evicted: removed, or pinned. */
    void leave(Entry entry) {}

    /** Evicts one entry or more, calling {@link #evict}. Called only when there is one that is not pinned. */
    abstract void evictSome();

    void resized() {}

    final void evict(Entry entry) {
        entries.remove(entry.key);
        evicted.add(entry.key);
    }

    final long weight() {
        return entries.values().stream().mapToLong(e -> e.weight).sum();
    }

    private long pinnedWeight() {
        return entries.values().stream()
                .filter(e -> e.pinned)
                .mapToLong(e -> e.weight)
                .sum();
    }

    private boolean evictFor(long needed) {
        while (weight() + needed > maximum) {
            if (entries.values().stream().allMatch(e -> e.pinned)) {
                return false;
            }
            evictSome();
        }
        return true;
    }

    final boolean get(int key) {
        Entry entry = entries.get(key);
        if (entry != null && !entry.pinned) {
            use(entry);
        }
        return entry != null;
    }

    final boolean put(int key, int weight) {
        Entry entry = entries.get(key);
        if (entry == null) {
            if (weight > maximum || !evictFor(weight)) {
                evicted.add(key);
            } else {
                entry = new Entry(key, weight);
                entries.put(key, entry);
                enter(entry);
            }
            return false;
        }
        entry.weight = weight;
        if (entry.pinned && pinnedWeight() > pinLimit) {
            unpin(entry);
        } else if (!entry.pinned) {
            use(entry);
        }
        if (!entry.pinned && weight > maximum) {
            leave(entry);
            evict(entry);
        }
        evictFor(0);
        return true;
    }

    final boolean remove(int key) {
        Entry entry = entries.remove(key);
        if (entry != null && !entry.pinned) {
            leave(entry);
        }
        return entry != null;
    }

    final void resize(long to) {
        maximum = to;
        resized();
        evictFor(0);
    }

    /** @return null where there is no room for it */
    final Boolean pin(int key) {
        Entry entry = entries.get(key);
        if (entry == null || entry.pinned) {
            return entry != null;
        }
        if (pinnedWeight() + entry.weight > pinLimit) {
            return null;
        }
        leave(entry);
        entry.pinned = true;
        return true;
    }

    final boolean unpin(int key) {
        Entry entry = entries.get(key);
        if (entry == null || !entry.pinned) {
            return false;
        }
        unpin(entry);
        evictFor(0);
        return true;
    }

    private void unpin(Entry entry) {
        entry.pinned = false;
        entry.uses = 0;
        enter(entry);
    }
}
