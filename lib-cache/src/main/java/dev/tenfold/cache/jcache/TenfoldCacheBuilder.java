package dev.tenfold.cache.jcache;

import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;

/** What a cache is made from, with the defaults filled in. */
final class TenfoldCacheBuilder<K, V> {

    final String name;
    final TenfoldCacheManager manager;
    final TenfoldConfiguration<K, V> configuration;
    final Copying copying;
    final Executor executor;

    TenfoldCacheBuilder(String name, TenfoldCacheManager manager, TenfoldConfiguration<K, V> configuration) {
        this.name = name;
        this.manager = manager;
        this.configuration = configuration;
        copying = configuration.isStoreByValue() ? Copying.byValue(manager.getClassLoader()) : Copying.byReference();
        executor = Objects.requireNonNullElseGet(configuration.executor(), ForkJoinPool::commonPool);
    }

    TenfoldCache<K, V> build() {
        return new TenfoldCache<>(this);
    }
}
