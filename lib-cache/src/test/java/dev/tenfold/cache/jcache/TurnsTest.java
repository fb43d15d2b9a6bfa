package dev.tenfold.cache.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TurnsTest {

    private static final int THREADS = 4;

    private final Turns<Object> turns = new Turns<>("test", new Turns.Waits());
    private final ExecutorService pool = Executors.newCachedThreadPool();

    @AfterEach
    void nothingIsLeft() throws InterruptedException {
        pool.shutdown();
        assertThat(pool.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        assertThat(turns.size()).isZero();
    }

    /** Two keys of one hash code, so that they meet in the map's bin too. */
    private record Tied(int number) {
        @Override
        public int hashCode() {
            return 7;
        }
    }

    @Test
    void oneAtATimeForEachKeyWhetherTakenAloneOrWithOthers() throws Exception {
        List<Object> keys = List.of(new Tied(1), new Tied(2), 3, 4, 5);
        int[] plain = new int[keys.size()];
        List<Future<?>> threads = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
            Random random = new Random(t);
            threads.add(pool.submit(() -> {
                for (int i = 0; i < 5_000; i++) {
                    if (i % 3 == 0) {
                        List<Object> some = new ArrayList<>(keys);
                        Collections.shuffle(some, random);
                        List<Object> taken = some.subList(0, 1 + random.nextInt(keys.size()));
                        turns.withAll(taken, () -> {
                            taken.forEach(key -> plain[keys.indexOf(key)]++);
                            return null;
                        });
                    } else {
                        int k = random.nextInt(keys.size());
                        turns.with(keys.get(k), () -> plain[k]++);
                    }
                }
            }));
        }
        for (Future<?> thread : threads) {
            thread.get();
        }
        int expected = 0;
        for (int t = 0; t < THREADS; t++) {
            Random random = new Random(t);
            for (int i = 0; i < 5_000; i++) {
                if (i % 3 == 0) {
                    List<Object> some = new ArrayList<>(keys);
                    Collections.shuffle(some, random);
                    expected += 1 + random.nextInt(keys.size());
                } else {
                    random.nextInt(keys.size());
                    expected++;
                }
            }
        }
        int counted = 0;
        for (int count : plain) {
            counted += count;
        }
        assertThat(counted).isEqualTo(expected);
    }

    @Test
    void otherKeysNeverWait() throws Exception {
        CountDownLatch working = new CountDownLatch(1);
        CountDownLatch finish = new CountDownLatch(1);
        Future<?> slow = pool.submit(() -> turns.with(new Tied(1), () -> await(working, finish)));
        working.await();

        assertThat(turns.<String>with(new Tied(2), () -> "done")).isEqualTo("done");

        finish.countDown();
        slow.get();
    }

    private static Object await(CountDownLatch begun, CountDownLatch finish) {
        begun.countDown();
        try {
            finish.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return "done";
    }

    @Test
    void nestsOnTheSameKey() {
        assertThat(turns.<Integer>with(1, () -> turns.<Integer>with(1, () -> 42)))
                .isEqualTo(42);
    }

    @Test
    void aCircleIsRefusedAndTheRestGoesOn() throws Exception {
        for (int length : new int[] {2, 3, 5}) {
            CyclicBarrier allHoldOne = new CyclicBarrier(length);
            List<Future<String>> circle = new ArrayList<>();
            for (int i = 0; i < length; i++) {
                int mine = i;
                int next = (i + 1) % length;
                circle.add(pool.submit(() -> turns.with(mine, () -> {
                    meet(allHoldOne);
                    return turns.with(next, () -> "done");
                })));
            }
            int refused = 0;
            for (Future<String> each : circle) {
                try {
                    assertThat(each.get()).isEqualTo("done");
                } catch (ExecutionException e) {
                    assertThat(e.getCause())
                            .isInstanceOf(IllegalStateException.class)
                            .hasMessageContaining("cache 'test'")
                            .hasMessageContaining("would close a circle of " + length);
                    refused++;
                }
            }
            assertThat(refused).as("of a circle of %d", length).isBetween(1, length);
        }
    }

    private static void meet(CyclicBarrier barrier) {
        try {
            barrier.await(10, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Nested takes in one order close no circle, however often a look at others' waits is out of date as it is made. */
    @Test
    void whatIsNoCircleIsNeverRefused() throws Exception {
        AtomicInteger done = new AtomicInteger();
        List<Future<?>> threads = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
            Random random = new Random(t);
            threads.add(pool.submit(() -> {
                for (int i = 0; i < 20_000; i++) {
                    int first = random.nextInt(3);
                    int second = first + 1 + random.nextInt(2);
                    turns.with(first, () -> turns.with(second, done::incrementAndGet));
                }
            }));
        }
        for (Future<?> thread : threads) {
            thread.get();
        }
        assertThat(done).hasValue(THREADS * 20_000);
    }

    @Test
    void whoDoesNotWantToWaitDoesNot() throws Exception {
        CountDownLatch working = new CountDownLatch(1);
        CountDownLatch finish = new CountDownLatch(1);
        Future<?> slow = pool.submit(() -> turns.with(1, () -> await(working, finish)));
        working.await();
        AtomicInteger worked = new AtomicInteger();
        turns.ifFree(1, worked::incrementAndGet);
        turns.ifFree(2, worked::incrementAndGet);
        assertThat(worked).hasValue(1);
        finish.countDown();
        slow.get();
    }

    @Test
    void whatTheWorkThrowsEndsTheTurn() {
        assertThatThrownBy(() -> turns.withAll(List.of(1, 2), () -> {
                    throw new IllegalArgumentException("no");
                }))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(turns.size()).isZero();
    }
}
