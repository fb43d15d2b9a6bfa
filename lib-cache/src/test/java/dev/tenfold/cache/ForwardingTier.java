package dev.tenfold.cache;

import java.util.concurrent.CompletionStage;

/** Lets a test step in between a cache and its remote tier. */
class ForwardingTier<K, V> implements RemoteTier<K, V> {

    private final RemoteTier<K, V> to;

    ForwardingTier(RemoteTier<K, V> to) {
        this.to = to;
    }

    @Override
    public CompletionStage<Reading<V>> get(K key) {
        return to.get(key);
    }

    @Override
    public CompletionStage<Boolean> fill(K key, long lease, Entry<V> entry) {
        return to.fill(key, lease, entry);
    }

    @Override
    public CompletionStage<?> put(K key, Entry<V> entry) {
        return to.put(key, entry);
    }

    @Override
    public CompletionStage<?> invalidate(InvalidationBus.Message<K> what) {
        return to.invalidate(what);
    }
}
