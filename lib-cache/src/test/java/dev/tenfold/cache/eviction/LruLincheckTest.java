package dev.tenfold.cache.eviction;

public final class LruLincheckTest extends PolicyTableLincheck {
    public LruLincheckTest() {
        super(Tables.lru(TableSettings.ofMaximum(2)));
    }
}
