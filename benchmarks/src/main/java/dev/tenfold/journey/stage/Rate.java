package dev.tenfold.journey.stage;

import dev.tenfold.time.TimeSource;
import java.util.function.DoubleSupplier;

/** How much a counter grows in a second, since it was asked last. For one thread. */
final class Rate implements DoubleSupplier {

    private final DoubleSupplier counter;
    private final TimeSource time;
    private double before;
    private long at;

    Rate(DoubleSupplier counter, TimeSource time) {
        this.counter = counter;
        this.time = time;
        this.before = counter.getAsDouble();
        this.at = time.nanoTime();
    }

    /** Where the counter stands lower than before, it counts anew from zero. */
    @Override
    public double getAsDouble() {
        double now = counter.getAsDouble();
        long nanos = time.nanoTime();
        double grown = now < before ? now : now - before;
        double rate = nanos == at ? 0 : grown * 1e9 / (nanos - at);
        before = now;
        at = nanos;
        return rate;
    }
}
