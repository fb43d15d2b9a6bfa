package dev.tenfold.cache.eviction;

final class LruTest extends BoundedTableContract {
    @Override
    <K, V> BoundedTable<K, V> table(TableSettings<K, V> settings) {
        return Tables.lru(settings);
    }
}
