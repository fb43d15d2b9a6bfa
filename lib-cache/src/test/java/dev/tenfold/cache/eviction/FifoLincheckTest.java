package dev.tenfold.cache.eviction;

public final class FifoLincheckTest extends PolicyTableLincheck {
    public FifoLincheckTest() {
        super(Tables.fifo(TableSettings.ofMaximum(2)));
    }
}
