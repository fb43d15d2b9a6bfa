package dev.tenfold.cache.eviction;

final class LfuTest extends BoundedTableContract {
    @Override
    <K, V> BoundedTable<K, V> table(TableSettings<K, V> settings) {
        return Tables.lfu(settings, 0);
    }
}
