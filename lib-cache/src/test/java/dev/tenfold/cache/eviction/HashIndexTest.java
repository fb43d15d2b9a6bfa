package dev.tenfold.cache.eviction;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class HashIndexTest {

    private static final int KEYS = 100_000;
    private static final int READERS = 3;

    /** Keys that collide in the lower bits move, or stay, as the table doubles. */
    private static Integer key(int i) {
        return i * 16;
    }

    @Test
    void whatIsThereIsFoundWhileTheTableGrows() throws Exception {
        PolicyTable<Integer, String> table =
                (PolicyTable<Integer, String>) Tables.<Integer, String>fifo(TableSettings.ofMaximum(KEYS));
        AtomicInteger written = new AtomicInteger();
        ExecutorService pool = Executors.newFixedThreadPool(READERS);
        try {
            List<Future<Integer>> overlooked = new ArrayList<>();
            for (int reader = 0; reader < READERS; reader++) {
                SplittableRandom random = new SplittableRandom(reader);
                overlooked.add(pool.submit(() -> {
                    int missing = 0;
                    for (int there = 0; there < KEYS; there = written.get()) {
                        if (there > 0 && table.get(key(random.nextInt(there))) == null) {
                            missing++;
                        }
                    }
                    return missing;
                }));
            }
            for (int i = 0; i < KEYS; i++) {
                table.put(key(i), "v");
                written.set(i + 1);
            }
            for (Future<Integer> each : overlooked) {
                assertThat(each.get(60, TimeUnit.SECONDS)).isZero();
            }
        } finally {
            pool.shutdownNow();
        }
        table.check();
        assertThat(table.size()).isEqualTo(KEYS);
    }

    /** One chain, in which whatever is taken out has others before and behind it. */
    @Test
    void keysOfOneHashCodeAreKeptApart() {
        PolicyTable<Same, Integer> table =
                (PolicyTable<Same, Integer>) Tables.<Same, Integer>lru(TableSettings.ofMaximum(100));
        for (int i = 0; i < 150; i++) {
            assertThat(table.put(new Same(i), i)).isNull();
        }
        for (int i = 50; i < 150; i += 3) {
            assertThat(table.remove(new Same(i))).isEqualTo(i);
        }
        table.check();
        for (int i = 0; i < 150; i++) {
            Integer expected = i < 50 || (i - 50) % 3 == 0 ? null : i;
            assertThat(table.get(new Same(i))).isEqualTo(expected);
        }
    }

    private record Same(int number) {
        @Override
        public int hashCode() {
            return 7;
        }
    }
}
