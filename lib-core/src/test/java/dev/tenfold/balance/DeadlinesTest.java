package dev.tenfold.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.health.HealthPolicy;
import dev.tenfold.observe.Observer;
import dev.tenfold.retry.Backoff;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.time.Chance;
import dev.tenfold.time.Deadline;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Outcomes;
import dev.tenfold.topology.Selection;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A call spends one deadline over its attempts and the waits between them. */
class DeadlinesTest {

    private final SimulatedTime time = new SimulatedTime();
    private final List<String> called = new ArrayList<>();
    private final List<Duration> given = new ArrayList<>();
    private LoadBalancer<String> balancer = builder().build();

    @AfterEach
    void nothingIsLeft() {
        assertThat(balancer.members()).allMatch(member -> member.inFlight() == 0);
        assertThat(time.pending()).as("timers of calls that ended").isZero();
    }

    @Test
    void aSynchronousCallIsToldWhatIsLeft() throws Exception {
        String answer = balancer.idempotent().within(Duration.ofMillis(300)).call((target, deadline) -> {
            given.add(deadline.remaining());
            time.advance(Duration.ofMillis(100));
            if (given.size() < 3) {
                throw new IOException("broken");
            }
            return target;
        });
        assertThat(answer).isNotNull();
        assertThat(given).containsExactly(Duration.ofMillis(300), Duration.ofMillis(200), Duration.ofMillis(100));
    }

    @Test
    void withoutADeadlineThereIsNone() {
        boolean limited = balancer.<Boolean, RuntimeException>call((target, deadline) -> deadline.isLimited());
        assertThat(limited).isFalse();
    }

    @Test
    void noAttemptBeginsAfterTheDeadlineAndTheErrorSaysWhoSpentIt() {
        assertThatThrownBy(() -> balancer.idempotent()
                        .within(Duration.ofMillis(300))
                        .call((target, deadline) -> {
                            called.add(target);
                            time.advance(Duration.ofMillis(150));
                            throw new SocketTimeoutException("read timed out");
                        }))
                .isInstanceOfSatisfying(DeadlineExceededException.class, failure -> {
                    assertThat(failure.stage())
                            .isEqualTo("endpoint '" + called.get(1) + "' of load balancer 'test', attempt 2");
                    assertThat(failure.budget()).isEqualTo(Duration.ofMillis(300));
                })
                .hasCauseInstanceOf(SocketTimeoutException.class);
        assertThat(called).hasSize(2);
    }

    @Test
    void aFailureThatIsTheCallersOwnIsThrownAsItIsHoweverLate() {
        assertThatThrownBy(() -> balancer.idempotent()
                        .within(Duration.ofMillis(300))
                        .call(target -> {
                            time.advance(Duration.ofSeconds(1));
                            throw new IllegalArgumentException("mine");
                        }))
                .hasMessage("mine");
    }

    @Test
    void anAnswerThatComesLateIsReturned() {
        int status = balancer.idempotent()
                .within(Duration.ofMillis(300))
                .call(
                        target -> {
                            called.add(target);
                            time.advance(Duration.ofSeconds(1));
                            return 503;
                        },
                        Outcomes::ofHttpStatus);
        assertThat(status).isEqualTo(503);
        assertThat(called).hasSize(1);
    }

    @Test
    void aWaitThatWouldPassTheDeadlineIsNotBegun() {
        balancer = builder().retries(Backoff.fixed(Duration.ofMillis(300))).build();
        assertThatThrownBy(() -> balancer.idempotent()
                        .within(Duration.ofMillis(300))
                        .call(target -> {
                            throw new IOException("at once");
                        }))
                .hasMessage("at once");
        CompletableFuture<String> result = balancer.idempotent()
                .within(Duration.ofMillis(300))
                .<String>callAsync(target -> CompletableFuture.failedFuture(new IOException("at once")))
                .toCompletableFuture();
        assertThat(result).isCompletedExceptionally();
        assertThat(balancer.rules().retriesLeft())
                .as("the budget is not charged")
                .isEqualTo(100);
    }

    @Test
    void aDeadlineThatWasSpentBeforeIsNobodysFault() {
        Deadline deadline = Deadline.after(Duration.ofMillis(5), time);
        time.advance(Duration.ofMillis(5));
        assertThatThrownBy(() -> balancer.within(deadline).call(target -> {
                    throw new AssertionError("called");
                }))
                .isInstanceOf(DeadlineExceededException.class)
                .hasMessageContaining("no attempt was made");
        assertThat(balancer.within(deadline)
                        .<String>callAsync(target -> {
                            throw new AssertionError("called");
                        })
                        .toCompletableFuture())
                .isCompletedExceptionally();
        assertThat(balancer.members()).allMatch(member -> member.picks() == 0);
        assertThat(balancer.rules().exceeded()).isEqualTo(2);
    }

    @Test
    void theSoonerOfDeadlineAndBudgetHolds() {
        Deadline deadline = Deadline.after(Duration.ofMillis(500), time);
        Caller<String> caller = balancer.within(deadline).within(Duration.ofMillis(300));
        caller.<Boolean, RuntimeException>call((target, left) -> given.add(left.remaining()));
        time.advance(Duration.ofMillis(400));
        caller.<Boolean, RuntimeException>call((target, left) -> given.add(left.remaining()));
        assertThat(given).containsExactly(Duration.ofMillis(300), Duration.ofMillis(100));
    }

    @Test
    void anAsynchronousCallEndsAtItsDeadlineAndItsAttemptIsCancelled() {
        List<CompletableFuture<String>> attempts = new ArrayList<>();
        CompletableFuture<String> result = balancer.idempotent()
                .within(Duration.ofMillis(300))
                .callAsync(target -> {
                    called.add(target);
                    attempts.add(new CompletableFuture<>());
                    return attempts.get(attempts.size() - 1);
                })
                .toCompletableFuture();
        time.advance(Duration.ofMillis(299));
        assertThat(result).isNotDone();
        time.advance(Duration.ofMillis(1));
        assertThatThrownBy(result::join)
                .hasCauseInstanceOf(DeadlineExceededException.class)
                .hasMessageContaining("endpoint '" + called.get(0) + "' of load balancer 'test', attempt 1");
        assertThat(attempts).singleElement().matches(CompletableFuture::isCancelled);
        assertThat(failures()).as("the endpoint was too slow").isEqualTo(1);
    }

    @Test
    void anAttemptThatHangsLeavesTimeForTheNext() {
        balancer = builder().attemptTimeout(Duration.ofMillis(100)).build();
        List<CompletableFuture<String>> attempts = new ArrayList<>();
        CompletableFuture<String> result = balancer.idempotent()
                .within(Duration.ofMillis(300))
                .callAsync(
                        (target, deadline) -> {
                            called.add(target);
                            given.add(deadline.remaining());
                            attempts.add(new CompletableFuture<>());
                            return attempts.get(attempts.size() - 1);
                        },
                        answer -> Outcome.SUCCESS)
                .toCompletableFuture();
        time.advance(Duration.ofMillis(100));
        assertThat(attempts.get(0)).isCancelled();
        assertThat(called).hasSize(2).doesNotHaveDuplicates();
        attempts.get(1).complete("second");
        assertThat(result).isCompletedWithValue("second");
        assertThat(given).containsExactly(Duration.ofMillis(100), Duration.ofMillis(100));
        assertThat(failures()).isEqualTo(1);
    }

    @Test
    void anAttemptTimeoutAloneEndsACallThatIsNotRepeated() {
        balancer = builder().attemptTimeout(Duration.ofMillis(100)).build();
        CompletableFuture<String> result =
                balancer.<String>callAsync(target -> new CompletableFuture<>()).toCompletableFuture();
        time.advance(Duration.ofMillis(100));
        assertThatThrownBy(result::join).hasCauseInstanceOf(DeadlineExceededException.class);
        balancer.<Boolean, RuntimeException>call((target, left) -> given.add(left.remaining()));
        assertThat(given).containsExactly(Duration.ofMillis(100));
    }

    @Test
    void aDeadlineThatPassesBetweenAttemptsEndsTheCall() {
        balancer = builder().retries(Backoff.fixed(Duration.ofMillis(200))).build();
        CompletableFuture<String> result = balancer.idempotent()
                .within(Duration.ofMillis(300))
                .<String>callAsync(target -> {
                    called.add(target);
                    return called.size() == 1
                            ? CompletableFuture.failedFuture(new IOException("first"))
                            : new CompletableFuture<>();
                })
                .toCompletableFuture();
        time.advance(Duration.ofMillis(300));
        assertThatThrownBy(result::join).hasMessageContaining("attempt 2");
        assertThat(called).hasSize(2);
    }

    @Test
    void whatCannotBeABudgetIsRefused() {
        assertThatThrownBy(() -> balancer.within(Duration.ZERO))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("within: PT0S (expected: > 0)");
    }

    @Test
    void viewsComposeInAnyOrder() {
        Policy<String> byKey = (candidates, random, previous) -> new Picker<>() {
            @Override
            public Member<String> pick() {
                return candidates.member(0);
            }

            @Override
            public Member<String> pick(long keyHash) {
                return candidates.member((int) Long.remainderUnsigned(keyHash, candidates.size()));
            }
        };
        balancer = builder()
                .policy(byKey)
                .health(HealthPolicy.builder().consecutiveFailures(0).build())
                .build();
        for (long key = 0; key < 4; key++) {
            String home = List.of("a", "b", "c", "d").get((int) key);
            try (Selection<String> selection = balancer.select(key)) {
                assertThat(selection.target()).isEqualTo(home);
            }
            balancer.pick(key).report(Outcome.SUCCESS);
            List<List<String>> orders = new ArrayList<>();
            for (Caller<String> caller : List.of(
                    balancer.idempotent().forKeyHash(key).within(Duration.ofMillis(300)),
                    balancer.forKeyHash(key).within(Duration.ofMillis(300)).idempotent(),
                    balancer.within(Duration.ofMillis(300)).idempotent().forKeyHash(key))) {
                orders.add(order(caller));
            }
            assertThat(orders.get(0)).hasSize(3).startsWith(home).doesNotHaveDuplicates();
            assertThat(order(balancer.idempotent().forKey("user-" + key)))
                    .isEqualTo(order(
                            balancer.idempotent().forKeyHash(KeyHash.xxh3().hash("user-" + key))));
            assertThat(orders).as("a key is tried on the same others").containsOnly(orders.get(0));
        }
    }

    private static List<String> order(Caller<String> caller) {
        List<String> order = new ArrayList<>();
        assertThatThrownBy(() -> caller.call(target -> {
            order.add(target);
            throw new IOException("broken");
        }));
        return order;
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
