package dev.tenfold.benchmarks;

import java.util.Arrays;
import java.util.Random;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.ThreadParams;

/**
 * A thread's place in the requests that a benchmark replays. All threads read the same arrays of {@link #LENGTH} keys,
 * prepared before measuring, each from a place of its own.
 *
 * <p>Which key is asked for follows Zipf's law with an exponent of 0.99, as in YCSB (B. Cooper et al., "Benchmarking Cloud
 * Serving Systems with YCSB", 2010): of 100,000 keys the most wanted gets about 8 % of the requests. Ranks are shuffled, so
 * that what is wanted most does not lie together.
 */
@State(Scope.Thread)
public class Requests {

    /** How many requests there are before they repeat; a power of two. */
    static final int LENGTH = 1 << 16;

    private static final double EXPONENT = 0.99;
    private static final long SEED = 20_240_229;

    private int next;

    /** Spreads the threads over the requests. */
    @Setup
    public void start(ThreadParams threads) {
        next = LENGTH / threads.getThreadCount() * threads.getThreadIndex();
    }

    /** Returns the place of the next request, 0 to {@link #LENGTH} - 1. */
    int next() {
        return next++ & (LENGTH - 1);
    }

    /** Draws {@link #LENGTH} numbers from 0 to {@code population} - 1, the same ones on every call. */
    static int[] zipf(int population) {
        Random random = new Random(SEED);
        double[] cumulative = new double[population];
        double sum = 0;
        for (int rank = 0; rank < population; rank++) {
            sum += 1 / Math.pow(rank + 1, EXPONENT);
            cumulative[rank] = sum;
        }
        int[] identities = shuffled(population, random);
        int[] drawn = new int[LENGTH];
        for (int i = 0; i < LENGTH; i++) {
            int found = Arrays.binarySearch(cumulative, random.nextDouble() * sum);
            drawn[i] = identities[found >= 0 ? found : Math.min(-found - 1, population - 1)];
        }
        return drawn;
    }

    private static int[] shuffled(int population, Random random) {
        int[] numbers = new int[population];
        for (int i = 0; i < population; i++) {
            int j = random.nextInt(i + 1);
            numbers[i] = numbers[j];
            numbers[j] = i;
        }
        return numbers;
    }
}
