package dev.tenfold.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.OverloadedException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.observe.Observer;
import dev.tenfold.retry.Backoff;
import dev.tenfold.retry.RetryBudget;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.time.Chance;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Outcomes;
import dev.tenfold.topology.Selection;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CallsTest {

    private final SimulatedTime time = new SimulatedTime();
    private final List<String> called = new ArrayList<>();
    private LoadBalancer<String> balancer = builder().build();

    @AfterEach
    void nothingIsLeftInFlight() {
        assertThat(balancer.members()).allMatch(member -> member.inFlight() == 0);
    }

    @Test
    void aCallReturnsTheAnswerAndCountsAsSuccess() {
        assertThat(balancer.<String, RuntimeException>call(target -> {
                    assertThat(inFlight()).isEqualTo(1);
                    return target + "!";
                }))
                .endsWith("!");
        assertThat(failures()).isZero();
    }

    @Test
    void whatTheCallThrowsPassesThroughUnchangedAndCounts() {
        ConnectException refused = new ConnectException("refused");
        assertThatThrownBy(() -> balancer.call(target -> {
                    throw refused;
                }))
                .isSameAs(refused);
        assertThat(failures()).isEqualTo(1);
        Error error = new AssertionError("mine");
        assertThatThrownBy(() -> balancer.call(target -> {
                    throw error;
                }))
                .isSameAs(error);
        assertThat(failures())
                .as("an error of this process says nothing about the endpoint")
                .isEqualTo(1);
    }

    @Test
    void anAnswerMayBeAFailure() {
        int status = balancer.call(target -> 503, Outcomes::ofHttpStatus);
        assertThat(status).isEqualTo(503);
        assertThat(failures()).isEqualTo(1);
    }

    @Test
    void anIdempotentCallIsMadeAgainOnAnotherEndpoint() throws Exception {
        String answer = balancer.idempotent().call(target -> {
            called.add(target);
            if (called.size() < 3) {
                throw new IOException("broken " + target);
            }
            return target;
        });
        assertThat(answer).isEqualTo(called.get(2));
        assertThat(called).hasSize(3).doesNotHaveDuplicates();
        assertThat(failures()).isEqualTo(2);
    }

    @Test
    void attemptsEndWithTheLastFailureOrAnswer() {
        assertThatThrownBy(() -> balancer.idempotent().call(target -> {
                    called.add(target);
                    throw new IOException("no " + called.size());
                }))
                .isInstanceOf(IOException.class)
                .hasMessage("no 3");
        int status = balancer.idempotent().call(target -> 500 + called.size(), Outcomes::ofHttpStatus);
        assertThat(status).isEqualTo(503);
    }

    @Test
    void noEndpointIsTriedTwiceEvenIfAttemptsAreLeft() {
        balancer = builder()
                .endpoints("a", "b")
                .retries(Backoff.fixed(Duration.ZERO).attempts(10))
                .build();
        assertThatThrownBy(() -> balancer.idempotent().call(target -> {
            called.add(target);
            throw new IOException("no");
        }));
        assertThat(called).containsExactlyInAnyOrder("a", "b");
    }

    @Test
    void whatIsNotTheEndpointsFaultIsNotRepeated() {
        for (Exception own : List.of(new IllegalArgumentException("bad id"), new CancellationException())) {
            called.clear();
            assertThatThrownBy(() -> balancer.idempotent().call(target -> {
                        called.add(target);
                        throw own;
                    }))
                    .isSameAs(own);
            assertThat(called).hasSize(1);
        }
        assertThat(failures()).isZero();
    }

    @Test
    void theBudgetBoundsRetriesInAnOutage() {
        balancer = builder().retryBudget(RetryBudget.of(0.1, 7)).build();
        for (int i = 0; i < 1_000; i++) {
            assertThatThrownBy(() -> balancer.idempotent().call(target -> {
                called.add(target);
                throw new ConnectException("down");
            }));
        }
        assertThat(called).hasSize(1_007);
    }

    @Test
    void aDelayBetweenAttemptsIsWaitedOutAndMayBeInterrupted() throws Exception {
        balancer = builder()
                .scheduler(time)
                .retries(Backoff.fixed(Duration.ofSeconds(2)))
                .build();
        CompletableFuture<String> answer = new CompletableFuture<>();
        Thread caller = new Thread(() -> {
            try {
                answer.complete(balancer.idempotent().call(target -> {
                    called.add(target);
                    if (called.size() == 1) {
                        throw new IOException("first");
                    }
                    return "second";
                }));
            } catch (IOException failure) {
                answer.completeExceptionally(failure);
            }
        });
        caller.start();
        awaitPending();
        time.advance(Duration.ofSeconds(2));
        assertThat(answer.get()).isEqualTo("second");
        caller.join();

        called.clear();
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        Thread waiting = new Thread(() -> {
            try {
                balancer.idempotent().call(target -> {
                    called.add(target);
                    throw new IOException("first");
                });
            } catch (IOException failure) {
                interrupted.complete(Thread.currentThread().isInterrupted());
            }
        });
        waiting.start();
        awaitPending();
        waiting.interrupt();
        assertThat(interrupted.get()).isTrue();
        assertThat(called).hasSize(1);
        assertThat(time.pending()).as("the wait is called off").isZero();
        waiting.join();
    }

    @Test
    void asynchronousCallsReportWhenTheyComplete() {
        CompletableFuture<String> answer = new CompletableFuture<>();
        CompletionStage<String> stage = balancer.callAsync(target -> answer);
        assertThat(inFlight()).isEqualTo(1);
        answer.complete("done");
        assertThat(stage.toCompletableFuture()).isCompletedWithValue("done");
        assertThat(inFlight()).isZero();

        CompletableFuture<String> broken = new CompletableFuture<>();
        stage = balancer.callAsync(target -> broken.thenApply(text -> text));
        ConnectException refused = new ConnectException("refused");
        broken.completeExceptionally(refused);
        assertThatThrownBy(stage.toCompletableFuture()::get)
                .isInstanceOf(ExecutionException.class)
                .hasCause(refused);
        assertThat(failures()).isEqualTo(1);
    }

    @Test
    void aFunctionThatThrowsOrReturnsNothingCompletesTheStage() {
        RuntimeException thrown = new UncheckedIOException(new ConnectException("refused"));
        assertThatThrownBy(balancer.<String>callAsync(target -> {
                            throw thrown;
                        })
                        .toCompletableFuture()::join)
                .hasCause(thrown);
        assertThat(failures()).isEqualTo(1);
        assertThatThrownBy(balancer.<String>callAsync(target -> null).toCompletableFuture()::join)
                .hasRootCauseInstanceOf(NullPointerException.class);
    }

    @Test
    void cancellingGivesTheLoadBackAndCancelsTheCall() {
        CompletableFuture<String> never = new CompletableFuture<>();
        CompletableFuture<String> result = balancer.callAsync(target -> never).toCompletableFuture();
        result.cancel(false);
        assertThat(never).isCancelled();
        assertThat(inFlight()).isZero();
        assertThat(failures()).isZero();
    }

    @Test
    void cancellingBetweenAttemptsStopsThem() {
        balancer = builder()
                .scheduler(time)
                .retries(Backoff.fixed(Duration.ofSeconds(2)))
                .build();
        CompletableFuture<String> result = balancer.idempotent()
                .<String>callAsync(target -> {
                    called.add(target);
                    return CompletableFuture.failedFuture(new ConnectException("refused"));
                })
                .toCompletableFuture();
        assertThat(called).hasSize(1);
        result.cancel(false);
        time.advance(Duration.ofSeconds(2));
        assertThat(called).hasSize(1);
    }

    @Test
    void asynchronousIdempotentCallsAreRepeatedToo() {
        balancer = builder()
                .scheduler(time)
                .retries(Backoff.fixed(Duration.ofSeconds(2)))
                .build();
        CompletableFuture<String> result = balancer.idempotent()
                .callAsync(target -> {
                    called.add(target);
                    return called.size() < 3
                            ? CompletableFuture.<String>failedFuture(new ConnectException("refused"))
                            : CompletableFuture.completedFuture("third");
                })
                .toCompletableFuture();
        time.advance(Duration.ofSeconds(2));
        assertThat(result).isNotDone();
        time.advance(Duration.ofSeconds(2));
        assertThat(result).isCompletedWithValue("third");
        assertThat(called).doesNotHaveDuplicates();
    }

    @Test
    void whatAServerSaysOfItsLoadIsLearnedFromItsAnswer() {
        ServerLoad load = ServerLoad.ofUtilization(0.5, 100, 0);
        balancer = builder()
                .endpoints("a")
                .serverLoad(answer -> answer.equals("loaded") ? load : null)
                .build();
        Member<String> member = balancer.members().get(0);
        balancer.<String, RuntimeException>call(target -> "silent");
        assertThat(member.reported()).isNull();
        balancer.<String, RuntimeException>call(target -> "loaded");
        assertThat(member.reported().load()).isSameAs(load);
        ServerLoad later = ServerLoad.ofUtilization(0.7, 100, 0);
        try (Selection<String> selection = balancer.select()) {
            balancer.reportLoad(selection, later);
        }
        assertThat(member.reported().load()).isSameAs(later);
        balancer.callAsync(target -> CompletableFuture.completedFuture("loaded"));
        assertThat(member.reported().load()).isSameAs(load);
        Selection<String> foreign = new Selection<>() {
            @Override
            public Endpoint<String> endpoint() {
                return Endpoint.of("x");
            }

            @Override
            public void report(Outcome outcome) {}
        };
        assertThatThrownBy(() -> balancer.reportLoad(foreign, later)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void withNobodyToPickTheStageSaysSo() {
        balancer = builder().endpoints(List.of()).build();
        assertThatThrownBy(balancer.<String>callAsync(target -> CompletableFuture.completedFuture(target))
                        .toCompletableFuture()::join)
                .hasCauseInstanceOf(UnavailableException.class);
    }

    @Test
    void aBrokenClassifierStillGivesTheLoadBack() {
        balancer = builder()
                .classifier(failure -> {
                    throw new IllegalStateException("classifier");
                })
                .build();
        assertThatThrownBy(() -> balancer.call(target -> {
                    throw new IOException("call");
                }))
                .hasMessage("call")
                .hasSuppressedException(new IllegalStateException("classifier"));
    }

    @Test
    void failuresAreJudgedByTheirCause() {
        assertThat(Outcomes.of(new CompletionException(new ConnectException()))).isEqualTo(Outcome.CONNECT_FAILED);
        assertThat(Outcomes.of(new UncheckedIOException(new SocketTimeoutException())))
                .isEqualTo(Outcome.TIMED_OUT);
        assertThat(Outcomes.of(new TimeoutException())).isEqualTo(Outcome.TIMED_OUT);
        assertThat(Outcomes.of(new InterruptedException())).isEqualTo(Outcome.CANCELLED);
        assertThat(Outcomes.of(new InterruptedIOException())).isEqualTo(Outcome.CANCELLED);
        assertThat(Outcomes.of(new OverloadedException("full"))).isEqualTo(Outcome.OVERLOADED);
        assertThat(Outcomes.of(new FileNotFoundException("404"))).isEqualTo(Outcome.REJECTED);
        assertThat(Outcomes.of(new IOException("reset"))).isEqualTo(Outcome.FAILED);
        assertThat(Outcomes.of(new java.net.http.HttpTimeoutException("late"))).isEqualTo(Outcome.TIMED_OUT);
        assertThat(Outcomes.of(new java.net.http.HttpConnectTimeoutException("late")))
                .isEqualTo(Outcome.CONNECT_FAILED);
        assertThat(Outcomes.ofHttpStatus(404)).isEqualTo(Outcome.REJECTED);
    }

    private LoadBalancerBuilder<String> builder() {
        return LoadBalancer.<String>builder("test")
                .endpoints("a", "b", "c", "d")
                .observer(Observer.none())
                .time(time)
                .random(Chance.seeded(3));
    }

    private void awaitPending() {
        while (time.pending() == 0) {
            Thread.yield();
        }
    }

    private int inFlight() {
        return balancer.members().stream().mapToInt(Member::inFlight).sum();
    }

    private long failures() {
        return balancer.members().stream().mapToLong(Member::failures).sum();
    }
}
