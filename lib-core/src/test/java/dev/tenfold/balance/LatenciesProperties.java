package dev.tenfold.balance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.LongRange;

class LatenciesProperties {

    @Property
    void aBucketHoldsALatencyWithinAnEighth(@ForAll @LongRange(max = 4_398_046_511_103L) long nanos) {
        int bucket = Latencies.bucket(nanos);
        long end = Latencies.end(bucket);
        long begin = bucket == 0 ? 0 : Latencies.end(bucket - 1);
        assertThat(nanos).isGreaterThanOrEqualTo(begin).isLessThan(end);
        assertThat(end - begin).isLessThanOrEqualTo(Math.max(1024, begin / 8));
    }

    @Example
    void whatIsOutOfRangeIsCountedAtTheEdge() {
        assertThat(Latencies.bucket(-5)).isZero();
        assertThat(Latencies.bucket(Long.MAX_VALUE)).isEqualTo(Latencies.BUCKETS - 1);
    }

    /** Against a model that keeps and sorts everything. */
    @Property(tries = 100)
    void theQuantileIsThatOfASortedList(@ForAll long seed, @ForAll @DoubleRange(min = 0.5, max = 0.99) double share) {
        Random random = new Random(seed);
        Latencies latencies = new Latencies(share);
        long[] all = new long[1_600];
        for (int i = 0; i < all.length; i++) {
            all[i] = (long) Math.exp(10 + 10 * random.nextDouble());
            latencies.record(all[i]);
            if (i < Latencies.LEAST - 1) {
                assertThat(latencies.quantileNanos()).as("too little is known").isNegative();
            }
        }
        Arrays.sort(all);
        long exact = all[(int) Math.ceil(share * all.length) - 1];
        assertThat((double) latencies.quantileNanos()).isBetween((double) exact, exact * 1.125 + 1_024);
    }

    @Example
    void theOldIsForgotten() {
        Latencies latencies = new Latencies(0.95);
        for (int i = 0; i < 100_000; i++) {
            latencies.record(1_000_000);
        }
        assertThat(latencies.quantileNanos()).isBetween(1_000_000L, 1_125_000L);
        for (int i = 0; i < 4 * Latencies.WINDOW; i++) {
            latencies.record(50_000_000);
        }
        for (int i = 0; i < 4 * Latencies.WINDOW; i++) {
            latencies.record(2_000_000);
        }
        assertThat(latencies.quantileNanos()).isBetween(2_000_000L, 2_250_000L);
    }

    @Example
    void threadsLoseNothingThatMatters() throws Exception {
        Latencies latencies = new Latencies(0.9);
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            threads.add(new Thread(() -> {
                for (int i = 0; i < 50_000; i++) {
                    latencies.record(i % 5 == 0 ? 10_000_000 : 1_000_000);
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(latencies.quantileNanos()).isBetween(10_000_000L, 11_300_000L);
    }
}
