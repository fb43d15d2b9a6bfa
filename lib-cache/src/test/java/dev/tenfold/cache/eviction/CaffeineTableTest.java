package dev.tenfold.cache.eviction;

final class CaffeineTableTest extends BoundedTableContract {
    @Override
    <K, V> BoundedTable<K, V> table(TableSettings<K, V> settings) {
        return Tables.adaptive(settings);
    }
}
