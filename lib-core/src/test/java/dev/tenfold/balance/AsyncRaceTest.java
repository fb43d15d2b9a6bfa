package dev.tenfold.balance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.health.HealthPolicy;
import dev.tenfold.observe.Observer;
import dev.tenfold.retry.Backoff;
import dev.tenfold.retry.RetryBudget;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.StartedScheduler;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** Answers, failures, hedges, deadlines and cancellations of one call at once, on real threads. */
class AsyncRaceTest {

    @Test
    void everyCallEndsAndNothingStaysInFlight() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (StartedScheduler timer = Scheduler.start("race")) {
            LoadBalancer<String> balancer = LoadBalancer.<String>builder("race")
                    .endpoints("a", "b", "c", "d")
                    .health(HealthPolicy.builder().consecutiveFailures(0).build())
                    .retries(Backoff.fixed(Duration.ZERO).attempts(4))
                    .retryBudget(RetryBudget.of(10, 1_000_000))
                    .hedgeBudget(RetryBudget.of(0.5, 1_000))
                    .attemptTimeout(Duration.ofMillis(2))
                    .observer(Observer.none())
                    .scheduler(timer)
                    .build();
            IdempotentCaller<String> caller =
                    balancer.idempotent().hedgedAfter(Duration.ofNanos(1)).within(Duration.ofMillis(4));
            List<CompletableFuture<String>> results = new ArrayList<>();
            for (int i = 0; i < 20_000; i++) {
                CompletableFuture<String> result =
                        caller.callAsync(target -> attempt(threads)).toCompletableFuture();
                if (i % 4 == 0) {
                    threads.execute(() -> result.cancel(true));
                }
                results.add(result);
                if (i % 64 == 0) {
                    settle(result);
                }
            }
            for (CompletableFuture<String> result : results) {
                settle(result);
            }
            for (Member<String> member : balancer.members()) {
                // A hedge that began as its call ended is cancelled by its own thread, a moment later.
                long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
                while (member.inFlight() != 0 && System.nanoTime() - end < 0) {
                    Thread.yield();
                }
                assertThat(member.inFlight()).isZero();
            }
            assertThat(balancer.abandoned().watched()).isZero();
            assertThat(balancer.rules().hedged()).isPositive();
            assertThat(balancer.rules().retried()).isPositive();
        } finally {
            threads.shutdownNow();
        }
    }

    private static CompletableFuture<String> attempt(ExecutorService threads) {
        CompletableFuture<String> stage = new CompletableFuture<>();
        int kind = ThreadLocalRandom.current().nextInt(8);
        if (kind < 4) {
            threads.execute(() -> stage.complete("answer"));
        } else if (kind < 7) {
            threads.execute(() -> stage.completeExceptionally(new IOException("broken")));
        }
        return stage; // one in eight hangs
    }

    private static void settle(CompletableFuture<String> result) throws Exception {
        try {
            result.orTimeout(20, TimeUnit.SECONDS).join();
        } catch (CancellationException | CompletionException ended) {
            assertThat(ended.getCause() instanceof TimeoutException)
                    .as("a call hangs")
                    .isFalse();
        }
    }
}
