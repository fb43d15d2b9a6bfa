package dev.tenfold.time;

import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;

/**
 * Where random numbers come from. Builders take a {@link RandomGenerator}; this class supplies the usual two.
 */
public final class Chance {

    private Chance() {}

    /**
     * Returns the production source: each calling thread draws from its own {@link ThreadLocalRandom}.
     *
     * @return a generator that any number of threads may share without contention
     */
    public static RandomGenerator perThread() {
        return PerThread.INSTANCE;
    }

    /**
     * Returns a source that draws the same sequence for the same seed, for tests and simulations.
     *
     * <p>Threads may share it (a lock-free update orders their draws), but only a single-threaded run is repeatable.
     *
     * @param seed chooses the sequence
     * @return a thread-safe seeded generator
     */
    public static RandomGenerator seeded(long seed) {
        return new java.util.Random(seed);
    }

    private enum PerThread implements RandomGenerator {
        INSTANCE;

        @Override
        public long nextLong() {
            return ThreadLocalRandom.current().nextLong();
        }

        @Override
        public int nextInt() {
            return ThreadLocalRandom.current().nextInt();
        }

        @Override
        public int nextInt(int bound) {
            return ThreadLocalRandom.current().nextInt(bound);
        }

        @Override
        public double nextDouble() {
            return ThreadLocalRandom.current().nextDouble();
        }
    }
}
