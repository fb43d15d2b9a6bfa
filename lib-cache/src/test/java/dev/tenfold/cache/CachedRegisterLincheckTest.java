package dev.tenfold.cache;

import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;

/** A store behind a cache, written as users write it (store first, then invalidate), must still be one register. */
@Param(name = "value", gen = IntGen.class, conf = "1:9")
public final class CachedRegisterLincheckTest {

    private volatile int stored;
    private final Cache<Integer, Integer> cache =
            Cache.<Integer, Integer>builder("lincheck").executor(Runnable::run).build(this::load);

    private Integer load(Integer key) {
        int read = stored;
        Thread.yield();
        return read;
    }

    @Operation
    public Integer read() {
        return cache.get(1);
    }

    @Operation
    public void write(@Param(name = "value") int value) {
        stored = value;
        cache.invalidate(1);
    }

    @Test
    void isARegister() {
        new StressOptions()
                .iterations(10)
                .invocationsPerIteration(400)
                .threads(3)
                .actorsPerThread(3)
                .actorsBefore(1)
                .actorsAfter(1)
                .check(CachedRegisterLincheckTest.class);
    }
}
