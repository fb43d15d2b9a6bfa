package dev.tenfold.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class StartedSchedulerTest {

    private final StartedScheduler scheduler = Scheduler.start("scheduler-test");

    @AfterEach
    void close() {
        scheduler.close();
    }

    @Test
    void runsATaskOnItsOwnDaemonThreadNoEarlierThanAsked() throws Exception {
        CompletableFuture<Thread> ran = new CompletableFuture<>();
        long asked = System.nanoTime();
        scheduler.schedule(Duration.ofMillis(20), () -> ran.complete(Thread.currentThread()));

        Thread thread = ran.get();
        assertThat(System.nanoTime() - asked).isGreaterThanOrEqualTo(20_000_000);
        assertThat(thread.getName()).isEqualTo("scheduler-test");
        assertThat(thread.isDaemon()).isTrue();
    }

    @Test
    void runsTasksInOrderOfTheirDueTime() throws Exception {
        List<String> ran = new CopyOnWriteArrayList<>();
        CountDownLatch done = new CountDownLatch(3);
        CountDownLatch release = holdTheThread();
        for (int millis : new int[] {30, 10, 20}) {
            scheduler.schedule(Duration.ofMillis(millis), () -> {
                ran.add("after " + millis);
                done.countDown();
            });
        }
        release.countDown();

        done.await();
        assertThat(ran).containsExactly("after 10", "after 20", "after 30");
    }

    @Test
    void doesNotRunWhatWasCancelled() throws Exception {
        List<String> ran = new CopyOnWriteArrayList<>();
        CountDownLatch release = holdTheThread();
        Scheduler.Task cancelled = scheduler.schedule(Duration.ZERO, () -> ran.add("cancelled"));
        CountDownLatch after = new CountDownLatch(1);
        scheduler.schedule(Duration.ofSeconds(-1), after::countDown);
        cancelled.cancel();
        cancelled.cancel();
        release.countDown();

        after.await();
        assertThat(ran).isEmpty();
    }

    @Test
    void handsAFailureToTheThreadsHandlerAndGoesOn() throws Exception {
        CompletableFuture<Throwable> caught = new CompletableFuture<>();
        CountDownLatch after = new CountDownLatch(1);
        scheduler.schedule(
                Duration.ZERO,
                () -> Thread.currentThread()
                        .setUncaughtExceptionHandler((thread, failure) -> caught.complete(failure)));
        scheduler.schedule(Duration.ZERO, () -> {
            throw new IllegalStateException("deliberate");
        });
        scheduler.schedule(Duration.ZERO, after::countDown);

        assertThat(caught.get()).hasMessage("deliberate");
        after.await();
    }

    @Test
    void acceptsADelayBeyondTheClock() {
        scheduler.schedule(Duration.ofSeconds(Long.MAX_VALUE), () -> {}).cancel();
    }

    @Test
    void dropsWhatIsNotYetDueAndRefusesMoreOnceClosed() throws Exception {
        List<String> ran = new CopyOnWriteArrayList<>();
        CompletableFuture<Thread> thread = new CompletableFuture<>();
        CountDownLatch release = new CountDownLatch(1);
        scheduler.schedule(Duration.ZERO, () -> {
            thread.complete(Thread.currentThread());
            awaitQuietly(release);
            ran.add("was running");
        });
        thread.get();
        scheduler.schedule(Duration.ZERO, () -> ran.add("was due"));
        scheduler.schedule(Duration.ofHours(1), () -> ran.add("was not due"));

        scheduler.close();
        scheduler.close();
        assertThatExceptionOfType(RejectedExecutionException.class)
                .isThrownBy(() -> scheduler.schedule(Duration.ZERO, () -> {}));
        release.countDown();
        thread.get().join(TimeUnit.SECONDS.toMillis(20));
        assertThat(thread.get().isAlive()).isFalse();
        assertThat(ran).containsExactly("was running", "was due");
    }

    private CountDownLatch holdTheThread() throws InterruptedException {
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        scheduler.schedule(Duration.ZERO, () -> {
            held.countDown();
            awaitQuietly(release);
        });
        held.await();
        return release;
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }
}
