package dev.tenfold.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.observe.Observer;
import dev.tenfold.retry.Backoff;
import dev.tenfold.retry.RetryBudget;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.time.Chance;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Outcomes;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A slow attempt is joined by one elsewhere; the first answer counts and the other attempt counts against nobody. */
class HedgingTest {

    private final SimulatedTime time = new SimulatedTime();
    private final List<String> called = new ArrayList<>();
    private final List<CompletableFuture<String>> attempts = new ArrayList<>();
    private LoadBalancer<String> balancer = builder().build();

    @AfterEach
    void nothingIsLeft() {
        assertThat(balancer.members()).allMatch(member -> member.inFlight() == 0);
        assertThat(time.pending()).as("timers of calls that ended").isZero();
    }

    @Test
    void aSlowAttemptIsHedgedElsewhereAndTheLoserCountsAgainstNobody() {
        CompletableFuture<String> result = hedged(10);
        time.advance(Duration.ofMillis(9));
        assertThat(called).hasSize(1);
        time.advance(Duration.ofMillis(1));
        assertThat(called).hasSize(2).doesNotHaveDuplicates();
        attempts.get(1).complete("hedge");
        assertThat(result).isCompletedWithValue("hedge");
        assertThat(attempts.get(0)).isCancelled();
        assertThat(failures()).isZero();
        assertThat(balancer.rules().hedged()).isEqualTo(1);
        assertThat(balancer.rules().hedgesWon()).isEqualTo(1);
        assertThat(balancer.rules().retried()).isZero();
    }

    @Test
    void theFirstAttemptMayStillWin() {
        CompletableFuture<String> result = hedged(10);
        time.advance(Duration.ofMillis(10));
        attempts.get(0).complete("first");
        assertThat(result).isCompletedWithValue("first");
        assertThat(attempts.get(1)).isCancelled();
        assertThat(balancer.rules().hedgesWon()).isZero();
    }

    @Test
    void aQuickCallIsNotHedged() {
        CompletableFuture<String> result = hedged(10);
        attempts.get(0).complete("quick");
        time.advance(Duration.ofMillis(20));
        assertThat(result).isCompletedWithValue("quick");
        assertThat(called).hasSize(1);
    }

    @Test
    void anAttemptThatFailsLeavesTheCallToTheOther() {
        CompletableFuture<String> result = hedged(10);
        time.advance(Duration.ofMillis(10));
        attempts.get(0).completeExceptionally(new IOException("first"));
        assertThat(result).isNotDone();
        assertThat(called).as("no retry while the hedge runs").hasSize(2);
        attempts.get(1).complete("hedge");
        assertThat(result).isCompletedWithValue("hedge");
        assertThat(failures()).isEqualTo(1);
    }

    @Test
    void whenBothFailTheCallIsRepeatedOnAThird() {
        CompletableFuture<String> result = hedged(10);
        time.advance(Duration.ofMillis(10));
        attempts.get(1).completeExceptionally(new IOException("hedge"));
        attempts.get(0).completeExceptionally(new IOException("first"));
        assertThat(called).hasSize(3).doesNotHaveDuplicates();
        attempts.get(2).complete("third");
        assertThat(result).isCompletedWithValue("third");
        time.advance(Duration.ofMillis(100));
        assertThat(called).as("one hedge a call").hasSize(3);
    }

    /** What grpc-java's issue 7222 reported: hedges that the throttle denied left their calls hanging for ever. */
    @Test
    void aCallWhoseHedgeIsDeniedEndsAllTheSame() {
        balancer = builder()
                .hedgeBudget(RetryBudget.of(0, 0))
                .retries(Backoff.none())
                .build();
        CompletableFuture<String> failing = hedged(10);
        CompletableFuture<String> answering = hedged(10);
        time.advance(Duration.ofMillis(10));
        assertThat(called).as("hedges denied").hasSize(2);
        assertThat(balancer.rules().refused()).isEqualTo(2);
        attempts.get(0).completeExceptionally(new IOException("first"));
        attempts.get(1).complete("answer");
        assertThat(failing).isCompletedExceptionally();
        assertThat(answering).isCompletedWithValue("answer");
    }

    @Test
    void whereEverybodyWasTriedThereIsNoHedgeAndNoHang() {
        balancer = builder().endpoints("a").build();
        CompletableFuture<String> result = hedged(10);
        time.advance(Duration.ofMillis(10));
        assertThat(called).hasSize(1);
        attempts.get(0).completeExceptionally(new IOException("first"));
        assertThat(result).isCompletedExceptionally();
    }

    @Test
    void hedgesCannotStormWhenAllIsSlow() {
        balancer = builder().hedgeBudget(RetryBudget.of(0.1, 5)).build();
        List<CompletableFuture<String>> results = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            results.add(hedged(10));
            time.advance(Duration.ofMillis(1));
        }
        time.advance(Duration.ofMillis(10));
        assertThat(called).hasSize(1_005);
        attempts.forEach(attempt -> attempt.complete("late"));
        assertThat(results).allMatch(CompletableFuture::isDone);
    }

    @Test
    void cancellingAHedgedCallCancelsBothAttempts() {
        CompletableFuture<String> result = hedged(10);
        time.advance(Duration.ofMillis(10));
        result.cancel(false);
        assertThat(attempts).hasSize(2).allMatch(CompletableFuture::isCancelled);
        assertThat(failures()).isZero();
    }

    @Test
    void aDeadlineEndsBothAttempts() {
        CompletableFuture<String> result =
                start(balancer.idempotent().hedgedAfter(Duration.ofMillis(10)).within(Duration.ofMillis(50)));
        time.advance(Duration.ofMillis(50));
        assertThat(attempts).hasSize(2).allMatch(CompletableFuture::isCancelled);
        assertThatThrownBy(result::join).hasMessageContaining("endpoint '" + called.get(0) + "'");
        assertThat(failures()).isEqualTo(2);
    }

    @Test
    void whatIsTheCallersOwnFaultEndsTheCallAtOnce() {
        CompletableFuture<String> result = hedged(10);
        time.advance(Duration.ofMillis(10));
        attempts.get(1).completeExceptionally(new IllegalArgumentException("mine"));
        assertThat(result).isCompletedExceptionally();
        assertThat(attempts.get(0)).isCancelled();
    }

    @Test
    void theDelayFollowsTheLatenciesOfRecentCalls() {
        IdempotentCaller<String> caller = balancer.idempotent().hedged();
        for (int i = 0; i < 200; i++) {
            CompletableFuture<String> result = start(caller);
            time.advance(Duration.ofMillis(i % 10 == 0 ? 40 : 20));
            attempts.get(attempts.size() - 1).complete("answer");
            assertThat(result).isDone();
        }
        int before = called.size();
        CompletableFuture<String> slow = start(caller);
        time.advance(Duration.ofMillis(39));
        assertThat(called).as("the 95th percentile is 40 ms").hasSize(before + 1);
        time.advance(Duration.ofMillis(6));
        assertThat(called).hasSize(before + 2);
        attempts.get(before + 1).complete("hedge");
        assertThat(slow).isDone();
    }

    @Test
    void aSynchronousCallIsHedgedOnTheExecutorAndTheLoserInterrupted() throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        Set<String> interrupted = ConcurrentHashMap.newKeySet();
        CountDownLatch first = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        try {
            balancer = builder().hedgeExecutor(threads).build();
            AtomicReference<String> slow = new AtomicReference<>();
            CompletableFuture<String> answer = CompletableFuture.supplyAsync(
                    () -> balancer.idempotent()
                            .hedgedAfter(Duration.ofMillis(10))
                            .call(target -> {
                                if (!slow.compareAndSet(null, target)) {
                                    return target;
                                }
                                first.countDown();
                                try {
                                    new CountDownLatch(1).await();
                                } catch (InterruptedException loser) {
                                    interrupted.add(target);
                                    ended.countDown();
                                }
                                return "never";
                            }),
                    threads);
            first.await();
            time.advance(Duration.ofMillis(10));
            assertThat(answer.get()).isNotEqualTo(slow.get());
            ended.await();
            assertThat(interrupted).containsExactly(slow.get());
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aSynchronousHedgedCallThrowsWhatItThrew() {
        balancer =
                builder().hedgeExecutor(Runnable::run).retries(Backoff.none()).build();
        IOException mine = new IOException("mine");
        assertThatThrownBy(() -> balancer.idempotent()
                        .hedgedAfter(Duration.ofMillis(10))
                        .call(target -> {
                            throw mine;
                        }))
                .isSameAs(mine);
        int status =
                balancer.idempotent().hedgedAfter(Duration.ofMillis(10)).call(target -> 503, Outcomes::ofHttpStatus);
        assertThat(status).isEqualTo(503);
        assertThat(failures()).isEqualTo(2);
    }

    @Test
    void anExecutorThatIsFullSaysNothingAboutTheEndpoint() {
        balancer = builder()
                .hedgeExecutor(task -> {
                    throw new RejectedExecutionException("full");
                })
                .build();
        assertThatThrownBy(() ->
                        balancer.idempotent().hedgedAfter(Duration.ofMillis(10)).call(target -> target))
                .isInstanceOf(RejectedExecutionException.class);
        assertThat(failures()).isZero();
        balancer = builder().build();
        assertThatThrownBy(() -> balancer.idempotent().hedged().call(target -> target))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("LoadBalancerBuilder.hedgeExecutor");
    }

    @Test
    void anInterruptedCallerCancelsItsAttempts() throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        try {
            balancer = builder().hedgeExecutor(threads).build();
            CountDownLatch calling = new CountDownLatch(1);
            CountDownLatch stopped = new CountDownLatch(1);
            CompletableFuture<Boolean> flag = new CompletableFuture<>();
            Thread caller = new Thread(() -> {
                try {
                    balancer.idempotent().hedgedAfter(Duration.ofSeconds(10)).call(target -> {
                        calling.countDown();
                        try {
                            new CountDownLatch(1).await();
                        } finally {
                            stopped.countDown();
                        }
                        return target;
                    });
                } catch (Exception expected) {
                    flag.complete(Thread.currentThread().isInterrupted());
                }
            });
            caller.start();
            calling.await();
            caller.interrupt();
            assertThat(flag.get()).isTrue();
            stopped.await();
        } finally {
            threads.shutdownNow();
        }
    }

    private CompletableFuture<String> hedged(long afterMillis) {
        return start(balancer.idempotent().hedgedAfter(Duration.ofMillis(afterMillis)));
    }

    private CompletableFuture<String> start(Caller<String> caller) {
        return caller.callAsync(
                        target -> {
                            called.add(target);
                            attempts.add(new CompletableFuture<>());
                            return attempts.get(attempts.size() - 1);
                        },
                        answer -> Outcome.SUCCESS)
                .toCompletableFuture();
    }

    private LoadBalancerBuilder<String> builder() {
        return LoadBalancer.<String>builder("test")
                .endpoints("a", "b", "c", "d")
                .observer(Observer.none())
                .time(time)
                .scheduler(time)
                .random(Chance.seeded(3));
    }

    private long failures() {
        return balancer.members().stream().mapToLong(Member::failures).sum();
    }
}
