package dev.tenfold.cache.eviction;

public final class SieveLincheckTest extends PolicyTableLincheck {
    public SieveLincheckTest() {
        super(Tables.sieve(TableSettings.ofMaximum(2)));
    }
}
