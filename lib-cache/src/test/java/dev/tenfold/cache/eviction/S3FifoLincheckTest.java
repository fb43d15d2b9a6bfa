package dev.tenfold.cache.eviction;

public final class S3FifoLincheckTest extends PolicyTableLincheck {
    public S3FifoLincheckTest() {
        super(Tables.s3Fifo(TableSettings.ofMaximum(2)));
    }
}
