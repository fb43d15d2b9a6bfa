package dev.tenfold.cache.eviction;

final class S3FifoTest extends BoundedTableContract {
    @Override
    <K, V> BoundedTable<K, V> table(TableSettings<K, V> settings) {
        return Tables.s3Fifo(settings);
    }
}
