package dev.tenfold.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class HitCounterTest {

    private static final int TIMES = 20_000;

    private final HitCounter counter = new HitCounter();

    private void count() {
        for (int i = 0; i < TIMES; i++) {
            counter.increment();
        }
    }

    @Test
    void losesNothingWithOneThread() {
        count();
        assertThat(counter.sum()).isEqualTo(TIMES);
    }

    /** Most of them must share. */
    @Test
    void losesNothingWithMoreThreadsThanCells() throws Exception {
        int threads = 100;
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        CyclicBarrier together = new CyclicBarrier(threads);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                running.add(pool.submit(() -> {
                    together.await();
                    count();
                    return null;
                }));
            }
            for (Future<?> each : running) {
                each.get();
            }
        } finally {
            pool.shutdownNow();
        }
        assertThat(counter.sum()).isEqualTo((long) threads * TIMES);
    }

    /** Cells change hands again and again, while others count beside them. */
    @Test
    void losesNothingWhereThreadsEndAndOthersTakeTheirCells() throws Exception {
        int starters = 4;
        int each = 200;
        ExecutorService pool = Executors.newFixedThreadPool(starters);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < starters; i++) {
                running.add(pool.submit(() -> {
                    for (int n = 0; n < each; n++) {
                        Thread thread = new Thread(this::countLittle);
                        thread.start();
                        countLittle();
                        thread.join();
                    }
                    return null;
                }));
            }
            for (Future<?> one : running) {
                one.get();
            }
        } finally {
            pool.shutdownNow();
        }
        assertThat(counter.sum()).isEqualTo(2L * starters * each * 500);
    }

    private void countLittle() {
        for (int i = 0; i < 500; i++) {
            counter.increment();
        }
    }
}
