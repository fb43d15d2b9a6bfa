package dev.tenfold.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.observe.Event;
import dev.tenfold.observe.EventRelay;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.topology.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class HealthGroupTest {

    private final SimulatedTime time = new SimulatedTime();
    private final List<Event> events = new CopyOnWriteArrayList<>();
    private int changes;

    @Test
    void tellsOfEachChangeAndWhy() {
        HealthGroup group = group(HealthPolicy.builder().consecutiveFailures(2).build(), "a", "b", "c");
        fail(group, "a", 2);
        assertThat(events).extracting(Event::kind).containsExactly("endpoint.ejected");
        assertThat(events.get(0).message())
                .isEqualTo("a is EJECTED for PT10S: 2 failures in a row, the last CONNECT_FAILED");
        assertThat(group.isWaiting()).isTrue();
        assertThat(group.isDue(time.nanoTime())).isFalse();
        time.advance(Duration.ofSeconds(10));
        assertThat(group.isDue(time.nanoTime())).isTrue();
        group.advance();
        assertThat(state(group, "a")).isEqualTo(HealthState.PROBATION);
        assertThat(group.isWaiting()).isFalse();
        assertThat(changes).isEqualTo(2);
    }

    @Test
    void aWatcherIsToldAtOnceAndAfterEachChange() {
        HealthGroup group = group(HealthPolicy.builder().consecutiveFailures(2).build(), "a", "b", "c");
        List<Health> told = new ArrayList<>();
        cell(group, "a").watchedBy(told::add);
        assertThat(told).containsExactly(cell(group, "a").current());
        fail(group, "a", 1);
        assertThat(told).hasSize(2);
        assertThat(told.get(0).ignores(Outcome.SUCCESS)).isTrue();
        assertThat(told.get(0).ignores(Outcome.FAILED)).isFalse();
        assertThat(told.get(1).ignores(Outcome.SUCCESS)).as("it ends the row").isFalse();
        fail(group, "a", 1);
        assertThat(told).extracting(Health::state).endsWith(HealthState.EJECTED);
        fail(group, "a", 1);
        assertThat(told).as("nothing changed").hasSize(3);
        time.advance(Duration.ofSeconds(10));
        group.advance();
        assertThat(told).extracting(Health::state).endsWith(HealthState.PROBATION);
        assertThat(told.get(3).ignores(Outcome.SUCCESS)).isFalse();
    }

    @Test
    void whatAWatcherIsToldLastIsTheLast() throws Exception {
        HealthGroup group = group(HealthPolicy.builder().consecutiveFailures(0).build(), "a", "b");
        HealthCell cell = cell(group, "a");
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            for (int round = 0; round < 200; round++) {
                Health[] last = new Health[1];
                cell.watchedBy(health -> last[0] = health);
                CountDownLatch go = new CountDownLatch(1);
                List<Future<?>> runs = new ArrayList<>();
                for (int thread = 0; thread < 4; thread++) {
                    Outcome outcome = thread % 2 == 0 ? Outcome.FAILED : Outcome.SUCCESS;
                    boolean drains = thread == 3;
                    runs.add(threads.submit(() -> {
                        go.await();
                        for (int i = 0; i < 20; i++) {
                            cell.report(outcome);
                            if (drains) {
                                cell.drain();
                                cell.resume();
                            }
                        }
                        return null;
                    }));
                }
                go.countDown();
                for (Future<?> run : runs) {
                    run.get();
                }
                assertThat(last[0]).isSameAs(cell.current());
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void theCapSparesAndWhatIsSparedGetsAnotherChance() {
        HealthGroup group = group(HealthPolicy.builder().consecutiveFailures(2).build(), "a", "b", "c");
        fail(group, "a", 2);
        fail(group, "b", 2);
        assertThat(state(group, "b")).isEqualTo(HealthState.SPARED);
        assertThat(events.get(1).message()).contains("1 of 3 are ejected (at most 50 %)");
        fail(group, "b", 100);
        assertThat(events).hasSize(2);
        time.advance(Duration.ofSeconds(10));
        group.advance();
        assertThat(state(group, "b")).isEqualTo(HealthState.HEALTHY);
    }

    @Test
    void aSparedOneIsEjectedAtItsNextFailureOnceThereIsRoom() {
        HealthGroup group = group(HealthPolicy.builder().consecutiveFailures(2).build(), "a", "b", "c");
        fail(group, "a", 2);
        time.advance(Duration.ofSeconds(5));
        fail(group, "b", 2);
        time.advance(Duration.ofSeconds(5));
        group.advance();
        fail(group, "b", 1);
        assertThat(state(group, "b")).isEqualTo(HealthState.EJECTED);
    }

    @Test
    void aSparedOneThatAnswersIsHealthyAtOnce() {
        HealthPolicy slow = HealthPolicy.builder()
                .consecutiveFailures(2)
                .slowStart(Duration.ofSeconds(30))
                .build();
        HealthGroup group = group(slow, "a", "b", "c");
        fail(group, "a", 2);
        fail(group, "b", 2);
        group.find("b").orElseThrow().report(Outcome.SUCCESS);
        assertThat(state(group, "b")).isEqualTo(HealthState.HEALTHY);
    }

    @Test
    void theLastIsEjectedOnlyIfAsked() {
        HealthPolicy all = HealthPolicy.builder()
                .consecutiveFailures(1)
                .maximumEjectedShare(1)
                .build();
        HealthGroup careful = group(all, "a", "b");
        fail(careful, "a", 1);
        fail(careful, "b", 1);
        assertThat(state(careful, "b")).isEqualTo(HealthState.SPARED);
        HealthGroup bold = group(all.toBuilder().ejectsLast(true).build(), "a", "b");
        fail(bold, "a", 1);
        fail(bold, "b", 1);
        assertThat(state(bold, "b")).isEqualTo(HealthState.EJECTED);
    }

    @Test
    void whoStaysKeepsItsHealthAndWhoJoinsWarmsUp() {
        HealthGroup group = group(
                HealthPolicy.builder()
                        .consecutiveFailures(1)
                        .slowStart(Duration.ofSeconds(20))
                        .build(),
                "a",
                "b",
                "c");
        assertThat(state(group, "a")).isEqualTo(HealthState.HEALTHY);
        fail(group, "a", 1);
        group.update(List.of("d", "a", "b"));
        assertThat(state(group, "a")).isEqualTo(HealthState.EJECTED);
        assertThat(state(group, "d")).isEqualTo(HealthState.SLOW_START);
        assertThat(group.find("c")).isEmpty();
    }

    @Test
    void concurrentReportsNeverBreakTheCapAndEventsFormOneStoryForEachEndpoint() throws Exception {
        HealthPolicy policy = HealthPolicy.builder()
                .consecutiveFailures(2)
                .probationSuccesses(1)
                .build();
        HealthGroup group = group(policy, "a", "b", "c", "d", "e");
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            CountDownLatch start = new CountDownLatch(1);
            List<Future<?>> runs = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                int seed = t;
                runs.add(threads.submit(() -> {
                    start.await();
                    java.util.Random random = new java.util.Random(seed);
                    List<HealthCell> cells = List.copyOf(group.cells().values());
                    for (int i = 0; i < 20_000; i++) {
                        HealthCell cell = cells.get(random.nextInt(cells.size()));
                        cell.report(random.nextInt(3) == 0 ? Outcome.SUCCESS : Outcome.FAILED);
                        if (i % 100 == 0) {
                            time.advance(Duration.ofMillis(100));
                            group.advance();
                        }
                    }
                    return null;
                }));
            }
            start.countDown();
            for (Future<?> run : runs) {
                run.get();
            }
        } finally {
            threads.shutdownNow();
        }
        Map<String, Object> last = new java.util.HashMap<>();
        int ejected = 0;
        for (Event event : events) {
            Object from = event.details().get("from");
            Object to = event.details().get("to");
            String id = (String) event.details().get("endpoint");
            assertThat(from).isEqualTo(last.getOrDefault(id, HealthState.HEALTHY));
            last.put(id, to);
            ejected += to == HealthState.EJECTED ? 1 : 0;
            ejected -= from == HealthState.EJECTED ? 1 : 0;
            assertThat(ejected).isBetween(0, 2);
        }
        assertThat(events).hasSizeGreaterThan(50);
    }

    private HealthGroup group(HealthPolicy policy, String... ids) {
        HealthGroup group = new HealthGroup("test/group", policy, time, new EventRelay(events::add), () -> changes++);
        group.update(List.of(ids));
        return group;
    }

    private static void fail(HealthGroup group, String id, int times) {
        for (int i = 0; i < times; i++) {
            group.find(id).orElseThrow().report(Outcome.CONNECT_FAILED);
        }
    }

    private static HealthCell cell(HealthGroup group, String id) {
        return group.find(id).orElseThrow();
    }

    private static HealthState state(HealthGroup group, String id) {
        return group.find(id).orElseThrow().current().state();
    }
}
