package dev.tenfold.cache.eviction;

final class FifoTest extends BoundedTableContract {
    @Override
    <K, V> BoundedTable<K, V> table(TableSettings<K, V> settings) {
        return Tables.fifo(settings);
    }
}
