package dev.tenfold.time;

import java.time.Instant;

/** The one place in the library that reads the machine's clocks. */
enum SystemTimeSource implements TimeSource {
    INSTANCE;

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public Instant now() {
        return Instant.now();
    }
}
