package dev.tenfold.balance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.health.HealthPolicy;
import dev.tenfold.observe.Observer;
import dev.tenfold.retry.Backoff;
import dev.tenfold.retry.RetryBudget;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/**
 * A simulated pool in any kind of trouble: calls begin, answer, fail, hang, are cancelled, hedged, repeated and cut, while
 * endpoints come and go. The promises hold whatever the schedule.
 */
class CallsProperties {

    @Property(tries = 150)
    void promisesHoldUnderAnySchedule(
            @ForAll long seed,
            @ForAll @IntRange(max = 30) int ratioTenths,
            @ForAll @IntRange(max = 20) int reserve,
            @ForAll @IntRange(min = 1, max = 6) int attempts,
            @ForAll boolean timesOut) {
        Run run = new Run(seed, ratioTenths / 10.0, reserve, attempts, timesOut);
        run.all(300);
    }

    private static final class Run {

        private final SimulatedTime time = new SimulatedTime();
        private final Random random;
        private final double ratio;
        private final int reserve;
        private final int most;
        private final LoadBalancer<String> balancer;
        private final Map<String, Member<String>> seen = new HashMap<>();
        private final List<CompletableFuture<String>> results = new ArrayList<>();
        private Set<String> present = Set.of();
        private final List<AssertionError> broken = new ArrayList<>();
        private int begun;

        Run(long seed, double ratio, int reserve, int most, boolean timesOut) {
            this.random = new Random(seed);
            this.ratio = ratio;
            this.reserve = reserve;
            this.most = most;
            LoadBalancerBuilder<String> builder = LoadBalancer.<String>builder("run")
                    .retries(Backoff.exponential(Duration.ofMillis(random.nextInt(20)), Duration.ofMillis(40))
                            .attempts(most))
                    .retryBudget(RetryBudget.of(ratio, reserve))
                    .hedgeBudget(RetryBudget.of(ratio, reserve))
                    .health(HealthPolicy.builder()
                            .ejectionTime(Duration.ofMillis(50), Duration.ofMillis(200))
                            .build())
                    .observer(Observer.none())
                    .time(time)
                    .scheduler(time)
                    .random(random);
            if (timesOut) {
                builder.attemptTimeout(Duration.ofMillis(30));
            }
            balancer = builder.build();
            changeMembership();
        }

        void all(int calls) {
            for (int i = 0; i < calls; i++) {
                time.advance(Duration.ofMillis(random.nextInt(5)));
                if (random.nextInt(20) == 0) {
                    changeMembership();
                }
                start();
            }
            time.advance(Duration.ofSeconds(10));

            assertThat(broken).isEmpty();
            assertThat(results).as("every call ends").allMatch(CompletableFuture::isDone);
            assertThat(seen.values()).as("every lease ended").allMatch(member -> member.inFlight() == 0);
            assertThat(picks()).as("and none was made without an attempt").isEqualTo(begun);
            long successes = results.stream()
                    .filter(result -> !result.isCompletedExceptionally())
                    .count();
            double allowed = reserve + ratio * successes + 0.001;
            CallRules rules = balancer.rules();
            assertThat((double) rules.retried()).isLessThanOrEqualTo(allowed);
            assertThat((double) rules.hedged()).isLessThanOrEqualTo(allowed);
            assertThat(balancer.abandoned().watched()).isZero();
            assertThat(time.pending()).isZero();
        }

        private void changeMembership() {
            List<Endpoint<String>> next = new ArrayList<>();
            for (String id : List.of("a", "b", "c", "d", "e", "f")) {
                if (random.nextInt(3) > 0) {
                    next.add(Endpoint.of(id));
                }
            }
            next = next.isEmpty() ? List.of(Endpoint.of("a")) : next;
            balancer.update(next);
            present = new HashSet<>(next.stream().map(Endpoint::id).toList());
            // A member that left and came back is another.
            balancer.members().forEach(member -> seen.put(member.target() + System.identityHashCode(member), member));
        }

        private long picks() {
            return seen.values().stream().mapToLong(Member::picks).sum();
        }

        private void start() {
            Caller<String> caller = balancer;
            boolean safe = random.nextInt(4) > 0;
            boolean hedged = safe && random.nextBoolean();
            if (safe) {
                caller = hedged ? balancer.idempotent().hedgedAfter(millis(30)) : balancer.idempotent();
            }
            if (random.nextInt(3) == 0) {
                caller = caller.forKeyHash(random.nextLong());
            }
            long began = time.nanoTime();
            Duration budget = random.nextBoolean() ? millis(80).plusMillis(1) : null;
            if (budget != null) {
                caller = caller.within(budget);
            }
            List<String> tried = new ArrayList<>();
            CompletableFuture<String> result = caller.<String>callAsync(
                            target -> {
                                begun++;
                                tried.add(target);
                                assertThat(present).as("whom a call may go to").contains(target);
                                assertThat(tried).doesNotHaveDuplicates();
                                assertThat(tried).hasSizeLessThanOrEqualTo((safe ? most : 1) + (hedged ? 1 : 0));
                                if (budget != null) {
                                    assertThat(time.nanoTime() - began).isLessThan(budget.toNanos());
                                }
                                return answer();
                            },
                            this::judge)
                    .toCompletableFuture();
            results.add(result);
            if (random.nextInt(10) == 0) {
                time.schedule(millis(60), () -> result.cancel(true));
            }
            var unused = result.whenComplete((answer, failure) -> {
                if (failure instanceof AssertionError error) {
                    broken.add(error);
                } else if (budget != null && time.nanoTime() - began > budget.toNanos()) {
                    broken.add(new AssertionError("ended after its deadline with " + failure));
                }
            });
        }

        private Outcome judge(String answer) {
            return answer.equals("busy") ? Outcome.OVERLOADED : Outcome.SUCCESS;
        }

        private CompletableFuture<String> answer() {
            CompletableFuture<String> stage = new CompletableFuture<>();
            int kind = random.nextInt(10);
            if (kind == 0) {
                throw new IllegalStateException("before it began");
            } else if (kind < 3) {
                return CompletableFuture.failedFuture(new IOException("at once"));
            } else if (kind == 3) {
                time.schedule(Duration.ofSeconds(5), () -> stage.complete("hung"));
            } else if (kind < 6) {
                time.schedule(millis(60), () -> stage.completeExceptionally(new IOException("broken")));
            } else {
                time.schedule(millis(60), () -> stage.complete(kind == 6 ? "busy" : "answer"));
            }
            return stage;
        }

        private Duration millis(int bound) {
            return Duration.ofMillis(random.nextInt(bound));
        }
    }

    /** Retries count while they wait: a thousand calls that wait at once have no more than the budget among them. */
    @Property(tries = 20)
    void retriesThatWaitAreChargedAlready(@ForAll @IntRange(max = 50) int reserve) {
        SimulatedTime time = new SimulatedTime();
        LoadBalancer<String> balancer = LoadBalancer.<String>builder("waiting")
                .endpoints("a", "b", "c")
                .retries(Backoff.fixed(Duration.ofSeconds(1)))
                .retryBudget(RetryBudget.of(0.2, reserve))
                .observer(Observer.none())
                .time(time)
                .scheduler(time)
                .build();
        int[] calls = new int[1];
        for (int i = 0; i < 1_000; i++) {
            balancer.idempotent().<String>callAsync(target -> {
                calls[0]++;
                return CompletableFuture.failedFuture(new IOException("down"));
            });
        }
        assertThat(time.pending()).as("retries that wait").isEqualTo(reserve);
        assertThat(balancer.rules().retriesLeft()).isZero();
        time.advance(Duration.ofSeconds(5));
        assertThat(calls[0]).isEqualTo(1_000 + reserve);
    }
}
