package dev.tenfold.cache;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A remote tier in memory, by the letter of the contract: what a key held and which lease is good for it. */
final class MemoryTier<K, V> implements RemoteTier<K, V> {

    private final Map<K, Entry<V>> entries = new HashMap<>();
    private final Map<K, Long> leases = new HashMap<>();
    private long nextLease = 1;

    boolean down;
    int reads;
    int fillsRefused;

    /** Runs before a call is carried out, to let something happen on the way. */
    Runnable onTheWay = () -> {};

    @Override
    public synchronized CompletionStage<Reading<V>> get(K key) {
        if (down) {
            return CompletableFuture.failedStage(new IllegalStateException("down"));
        }
        reads++;
        return CompletableFuture.completedStage(
                new Reading<>(entries.get(key), leases.computeIfAbsent(key, k -> nextLease++)));
    }

    @Override
    public CompletionStage<Boolean> fill(K key, long lease, Entry<V> entry) {
        onTheWay.run();
        synchronized (this) {
            if (down) {
                return CompletableFuture.failedStage(new IllegalStateException("down"));
            }
            boolean good = Long.valueOf(lease).equals(leases.get(key));
            if (good) {
                entries.put(key, entry);
            } else {
                fillsRefused++;
            }
            return CompletableFuture.completedStage(good);
        }
    }

    @Override
    public synchronized CompletionStage<?> put(K key, Entry<V> entry) {
        if (down) {
            throw new IllegalStateException("down");
        }
        leases.remove(key);
        entries.put(key, entry);
        return CompletableFuture.completedStage(key);
    }

    @Override
    public synchronized CompletionStage<?> invalidate(InvalidationBus.Message<K> what) {
        if (down) {
            return CompletableFuture.failedStage(new IllegalStateException("down"));
        }
        List<K> dropped = new ArrayList<>(what.keys());
        List<K> known = new ArrayList<>(leases.keySet());
        known.addAll(entries.keySet());
        for (K key : known) {
            Entry<V> entry = entries.get(key);
            boolean tagged = entry != null && what.tags().stream().anyMatch(entry.tags()::contains);
            boolean prefixed = what.prefixes().stream().anyMatch(String.valueOf(key)::startsWith);
            // A lease handed out before tags were known is void as soon as any tag is.
            if (what.all()
                    || tagged
                    || prefixed
                    || (entry == null && !what.tags().isEmpty())) {
                dropped.add(key);
            }
        }
        dropped.forEach(leases::remove);
        dropped.forEach(entries::remove);
        return CompletableFuture.completedStage(what);
    }

    synchronized @Nullable V held(K key) {
        Entry<V> entry = entries.get(key);
        return entry == null ? null : entry.value();
    }
}
