package dev.tenfold.cache.eviction;

public final class LfuLincheckTest extends PolicyTableLincheck {
    public LfuLincheckTest() {
        super(Tables.lfu(TableSettings.ofMaximum(2), 1));
    }
}
