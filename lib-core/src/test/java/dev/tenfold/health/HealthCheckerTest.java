package dev.tenfold.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.observe.Event;
import dev.tenfold.observe.EventRelay;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.time.Chance;
import dev.tenfold.topology.Outcome;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class HealthCheckerTest {

    private final SimulatedTime time = new SimulatedTime();
    private final List<Event> events = new CopyOnWriteArrayList<>();
    private final List<String> asked = new ArrayList<>();
    private final Map<String, CompletableFuture<Boolean>> open = new HashMap<>();
    private final HealthGroup group = new HealthGroup(
            "test",
            HealthPolicy.builder()
                    .consecutiveFailures(2)
                    .checks(2, 3)
                    .maximumEjectedShare(1)
                    .returnsByChecks(true)
                    .build(),
            time,
            new EventRelay(events::add),
            () -> {});

    @Test
    void aFleetIsCheckedEvenlyAndNotAtOnce() {
        List<Long> times = new ArrayList<>();
        try (HealthChecker<String> checker = checker(CheckSchedule.every(Duration.ofSeconds(10)), (target, timeout) -> {
            times.add(time.nanoTime());
            return CompletableFuture.completedFuture(true);
        })) {
            watch(checker, ids(100));
            time.advance(Duration.ofSeconds(100));
        }
        assertThat(times.size()).as("100 endpoints, 10 checks each").isBetween(950, 1_050);
        int[] seconds = new int[100];
        times.forEach(at -> seconds[(int) (at / 1_000_000_000L)]++);
        assertThat(Arrays.stream(seconds).boxed())
                .as("checks in each second")
                .allMatch(count -> count >= 1 && count <= 30);
    }

    @Test
    void pausesStayWithinTheJitter() {
        List<Long> times = new ArrayList<>();
        CheckSchedule schedule = CheckSchedule.every(Duration.ofSeconds(10)).jitter(0.2);
        try (HealthChecker<String> checker = checker(schedule, (target, timeout) -> {
            times.add(time.nanoTime());
            return CompletableFuture.completedFuture(true);
        })) {
            watch(checker, List.of("a"));
            time.advance(Duration.ofSeconds(1_000));
        }
        assertThat(times.get(0)).isLessThan(10_000_000_000L);
        List<Long> pauses = new ArrayList<>();
        for (int i = 1; i < times.size(); i++) {
            pauses.add((times.get(i) - times.get(i - 1)) / 1_000_000);
        }
        assertThat(pauses).allMatch(pause -> pause >= 8_000 && pause <= 12_000);
        assertThat(pauses.stream().distinct().count()).isGreaterThan(50);
    }

    @Test
    void noMoreRunAtOnceThanAllowedAndAllGetTheirTurn() {
        CheckSchedule schedule =
                CheckSchedule.every(Duration.ofSeconds(1)).concurrency(3).timeout(Duration.ofHours(1));
        try (HealthChecker<String> checker = checker(schedule, this::answerLater)) {
            watch(checker, ids(10));
            time.advance(Duration.ofSeconds(5));
            assertThat(open).hasSize(3);
            while (asked.size() < 10) {
                assertThat(open).hasSize(3);
                open.remove(open.keySet().iterator().next()).complete(true);
            }
            assertThat(asked).doesNotHaveDuplicates();
        }
    }

    @Test
    void noAnswerInTimeIsAFailureAndCancelsTheCheck() {
        CheckSchedule schedule = CheckSchedule.every(Duration.ofSeconds(1)).timeout(Duration.ofMillis(300));
        try (HealthChecker<String> checker = checker(schedule, this::answerLater)) {
            watch(checker, List.of("a"));
            time.advance(Duration.ofSeconds(1));
            CompletableFuture<Boolean> first = open.get("a");
            time.advance(Duration.ofSeconds(5));
            assertThat(first).isCancelled();
            assertThat(state("a")).isEqualTo(HealthState.PROBING);
            assertThat(events.get(0).message())
                    .isEqualTo("a is PROBING: 3 checks failed, the last: no answer within PT0.3S");
        }
    }

    @Test
    void anAnswerAfterTheTimeoutCountsNoMore() {
        CheckSchedule schedule = CheckSchedule.every(Duration.ofSeconds(1)).timeout(Duration.ofMillis(300));
        List<CompletableFuture<Boolean>> answers = new ArrayList<>();
        HealthCheck<String> deaf = (target, timeout) -> {
            CompletableFuture<Boolean> answer = new CompletableFuture<>() {
                @Override
                public boolean cancel(boolean interrupt) {
                    return false;
                }
            };
            answers.add(answer);
            return answer;
        };
        try (HealthChecker<String> checker = checker(schedule, deaf)) {
            watch(checker, List.of("a"));
            time.advance(Duration.ofSeconds(10));
            assertThat(state("a")).isEqualTo(HealthState.PROBING);
            int before = answers.size();
            List.copyOf(answers).forEach(answer -> answer.complete(true));
            assertThat(state("a")).isEqualTo(HealthState.PROBING);
            time.advance(Duration.ofSeconds(2));
            assertThat(answers.size() - before).as("one schedule, not several").isBetween(1, 2);
        }
    }

    @Test
    void whatACheckThrowsIsTheReason() {
        CheckSchedule schedule = CheckSchedule.every(Duration.ofSeconds(1));
        try (HealthChecker<String> checker = checker(schedule, (target, timeout) -> {
            if (target.equals("a")) {
                throw new IllegalStateException("no such host");
            }
            return CompletableFuture.failedFuture(new IOException("answered 503"));
        })) {
            watch(checker, List.of("a", "b"));
            time.advance(Duration.ofSeconds(5));
        }
        assertThat(group.find("a").orElseThrow().current().reason())
                .isEqualTo("3 checks failed, the last: no such host");
        assertThat(group.find("b").orElseThrow().current().reason())
                .isEqualTo("3 checks failed, the last: answered 503");
    }

    @Test
    void anEjectedEndpointReturnsOnceItsTimeIsOverAndChecksHavePassed() {
        boolean[] well = {true};
        HealthCheck<String> check = (target, timeout) -> CompletableFuture.completedFuture(well[0]);
        try (HealthChecker<String> checker =
                checker(CheckSchedule.every(Duration.ofSeconds(4)).jitter(0), check)) {
            watch(checker, List.of("a", "b", "c"));
            time.advance(Duration.ofSeconds(9));
            HealthCell cell = group.find("a").orElseThrow();
            well[0] = false;
            cell.report(Outcome.FAILED);
            cell.report(Outcome.FAILED);
            assertThat(cell.current().state()).isEqualTo(HealthState.EJECTED);
            assertThat(events.get(0).message()).contains("a is EJECTED for PT10S and until checks pass");
            assertThat(group.isWaiting()).as("no clock is read for it").isFalse();
            time.advance(Duration.ofSeconds(9));
            well[0] = true;
            assertThat(cell.current().state()).isEqualTo(HealthState.EJECTED);
            time.advance(Duration.ofSeconds(3));
            group.advance();
            assertThat(cell.current().state())
                    .as("time is over, one check passed")
                    .isEqualTo(HealthState.EJECTED);
            time.advance(Duration.ofSeconds(4));
            assertThat(cell.current().state()).as("two checks passed").isEqualTo(HealthState.PROBATION);
        }
    }

    @Test
    void passedChecksDoNotShortenAnEjection() {
        HealthCheck<String> check = (target, timeout) -> CompletableFuture.completedFuture(true);
        try (HealthChecker<String> checker = checker(CheckSchedule.every(Duration.ofSeconds(1)), check)) {
            watch(checker, List.of("a", "b", "c"));
            HealthCell cell = group.find("a").orElseThrow();
            cell.report(Outcome.FAILED);
            cell.report(Outcome.FAILED);
            time.advance(Duration.ofSeconds(10).minusNanos(1));
            group.advance();
            assertThat(cell.current().state()).isEqualTo(HealthState.EJECTED);
            assertThat(group.isWaiting()).as("now time alone ends it").isTrue();
            time.advance(Duration.ofNanos(1));
            assertThat(group.isDue(time.nanoTime())).isTrue();
            group.advance();
            assertThat(cell.current().state()).isEqualTo(HealthState.PROBATION);
        }
    }

    @Test
    void whoLeavesIsCheckedNoMoreAndWhoStaysKeepsItsTurn() {
        CheckSchedule schedule = CheckSchedule.every(Duration.ofSeconds(1)).timeout(Duration.ofHours(1));
        try (HealthChecker<String> checker = checker(schedule, this::answerLater)) {
            watch(checker, List.of("a", "b"));
            HealthCell left = group.find("a").orElseThrow();
            time.advance(Duration.ofSeconds(1));
            assertThat(asked).containsExactlyInAnyOrder("a", "b");
            watch(checker, List.of("b", "c"));
            for (int i = 0; i < 5; i++) {
                open.getOrDefault("a", new CompletableFuture<>()).complete(false);
                time.advance(Duration.ofSeconds(1));
            }
            assertThat(left.current().state()).isEqualTo(HealthState.HEALTHY);
            assertThat(asked).as("b still runs").containsExactlyInAnyOrder("a", "b", "c");
        }
        assertThat(time.pending()).as("timeouts of what still runs").isLessThanOrEqualTo(2);
    }

    @Test
    void closingStopsAndASchedulerThatWasClosedIsTold() {
        HealthCheck<String> check = (target, timeout) -> {
            asked.add(target);
            return CompletableFuture.completedFuture(true);
        };
        HealthChecker<String> checker = checker(CheckSchedule.every(Duration.ofSeconds(1)), check);
        watch(checker, List.of("a"));
        time.advance(Duration.ofSeconds(5));
        checker.close();
        int before = asked.size();
        time.advance(Duration.ofSeconds(5));
        assertThat(asked).hasSize(before);
        assertThat(time.pending()).isZero();

        List<RejectedExecutionException> told = new ArrayList<>();
        HealthChecker<String> stranded = new HealthChecker<>(
                check,
                CheckSchedule.every(Duration.ofSeconds(1)),
                (delay, task) -> {
                    throw new RejectedExecutionException("closed");
                },
                Chance.seeded(1),
                told::add);
        watch(stranded, List.of("a", "b"));
        assertThat(told).hasSize(2);
    }

    private CompletableFuture<Boolean> answerLater(String target, Duration timeout) {
        asked.add(target);
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        open.put(target, answer);
        return answer;
    }

    private HealthChecker<String> checker(CheckSchedule schedule, HealthCheck<String> check) {
        return new HealthChecker<>(check, schedule, time, Chance.seeded(42), refused -> {
            throw refused;
        });
    }

    private void watch(HealthChecker<String> checker, List<String> ids) {
        Map<HealthCell, Supplier<String>> targets = new LinkedHashMap<>();
        group.update(ids).forEach((id, cell) -> targets.put(cell, () -> id));
        checker.update(targets);
    }

    private HealthState state(String id) {
        return group.find(id).orElseThrow().current().state();
    }

    private static List<String> ids(int count) {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ids.add("e" + i);
        }
        return ids;
    }
}
