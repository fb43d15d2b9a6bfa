package dev.tenfold.cache.eviction;

final class SieveTest extends BoundedTableContract {
    @Override
    <K, V> BoundedTable<K, V> table(TableSettings<K, V> settings) {
        return Tables.sieve(settings);
    }
}
