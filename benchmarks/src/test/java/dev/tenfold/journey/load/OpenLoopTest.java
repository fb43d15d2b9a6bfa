package dev.tenfold.journey.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

final class OpenLoopTest {

    private static final long MILLI = 1_000_000;

    private final SimulatedTime time = new SimulatedTime();

    private OpenLoop loop(double rate, Duration length) {
        return new OpenLoop(rate, length, length, () -> true, time, nanos -> time.advance(Duration.ofNanos(nanos)));
    }

    @Test
    void sendsEveryRequestWhenItIsDue() {
        long start = time.nanoTime();
        List<Long> sentAt = new ArrayList<>();

        loop(100, Duration.ofMillis(50)).work(start, (index, due) -> {
            assertThat(due).isEqualTo(start + index * 10 * MILLI);
            sentAt.add((time.nanoTime() - start) / MILLI);
        });

        assertThat(sentAt).containsExactly(0L, 10L, 20L, 30L, 40L);
    }

    @Test
    void aStallMakesTheNextRequestsLateButNotTheirDueTimes() {
        long start = time.nanoTime();
        Latencies latencies = new Latencies();

        // 500 a second for two seconds; the request after half a second takes a whole one.
        loop(500, Duration.ofSeconds(2)).work(start, (index, due) -> {
            long sent = time.nanoTime();
            time.advance(index == 250 ? Duration.ofSeconds(1) : Duration.ofMillis(1));
            latencies.record(due, sent, time.nanoTime());
        });

        Latencies.Summary total = latencies.total();
        assertThat(total.count()).isEqualTo(1000);
        assertThat(total.p99FromSent())
                .as("what a closed loop would have claimed")
                .isLessThan(2);
        assertThat(total.p99()).as("what the users waited").isGreaterThan(900);
    }

    @Test
    void goesOnUntilItIsFinishedAndNoLongerThanAllowed() {
        AtomicBoolean finished = new AtomicBoolean();
        List<Long> indices = new ArrayList<>();
        OpenLoop loop = new OpenLoop(
                100,
                Duration.ofMillis(50),
                Duration.ofMillis(200),
                finished::get,
                time,
                nanos -> time.advance(Duration.ofNanos(nanos)));

        loop.work(time.nanoTime(), (index, due) -> {
            indices.add(index);
            finished.set(index == 9);
        });

        assertThat(indices).hasSize(10);

        List<Long> unfinished = new ArrayList<>();
        new OpenLoop(
                        100,
                        Duration.ZERO,
                        Duration.ofMillis(200),
                        () -> false,
                        time,
                        nanos -> time.advance(Duration.ofNanos(nanos)))
                .work(time.nanoTime(), (index, due) -> unfinished.add(index));
        assertThat(unfinished).hasSize(20);
    }

    @Test
    void whatWasClaimedLongBeforeItIsDueIsNotSentOnceTheLoadIsFinished() {
        AtomicBoolean finished = new AtomicBoolean();
        List<Long> indices = new ArrayList<>();
        OpenLoop loop = new OpenLoop(5, Duration.ofMillis(400), Duration.ofSeconds(60), finished::get, time, nanos -> {
            time.advance(Duration.ofNanos(nanos));
            finished.set(true);
        });

        loop.work(time.nanoTime(), (index, due) -> indices.add(index));

        assertThat(indices).as("those of the first 400 ms").containsExactly(0L, 1L);
    }

    @Test
    void workersSendEachRequestOnceAndOverlap() throws InterruptedException {
        Set<Long> sent = ConcurrentHashMap.newKeySet();
        CountDownLatch together = new CountDownLatch(4);
        AtomicBoolean met = new AtomicBoolean(true);

        new OpenLoop(
                        100_000,
                        Duration.ofMillis(10),
                        Duration.ofMillis(10),
                        () -> true,
                        TimeSource.system(),
                        LockSupport::parkNanos)
                .run(4, (index, due) -> {
                    sent.add(index);
                    if (index < 4) {
                        together.countDown();
                        met.compareAndSet(true, await(together));
                    }
                });

        assertThat(met).as("four requests were under way at once").isTrue();
        assertThat(sent).hasSize(1000);
    }

    private static boolean await(CountDownLatch latch) {
        try {
            return latch.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            return false;
        }
    }
}
