package dev.tenfold.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.observe.EventRelay;
import dev.tenfold.observe.Observer;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.topology.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class HealthProperties {

    /** A model that shares nothing with the machine: it looks back over the whole history at each step. */
    @Property(tries = 500)
    void followsTheModel(@ForAll @Size(max = 80) List<@IntRange(max = 6) Integer> inputs) {
        HealthPolicy policy = HealthPolicy.builder()
                .consecutiveFailures(2)
                .ejectionTime(Duration.ofNanos(5), Duration.ofNanos(20))
                .probationSuccesses(2)
                .slowStart(Duration.ofNanos(4))
                .checks(2, 2)
                .build();
        Health health = Health.starting(policy, 0);
        Model model = new Model();
        long now = 0;
        for (int input : inputs) {
            now += 1 + input % 3;
            switch (input) {
                case 0, 1 -> health = health.after(Outcome.SUCCESS, now);
                case 2, 3 -> health = health.after(Outcome.TIMED_OUT, now);
                case 4 -> health = health.checked(true, now);
                case 5 -> health = health.checked(false, now);
                default -> health = health.at(now);
            }
            model.step(input, now);
            assertThat(health.at(now).state()).as("after %s at %s", inputs, now).isEqualTo(model.state);
        }
    }

    /** Written as a table of plain variables, one branch a rule. */
    private static final class Model {
        HealthState state = HealthState.HEALTHY;
        long end;
        long healthySince;
        long lastLength;
        int bad;
        int good;
        int passed;
        int missed;

        void step(int input, long now) {
            if (state == HealthState.EJECTED && now >= end) {
                enter(HealthState.PROBATION);
            }
            if (state == HealthState.SLOW_START && now >= end) {
                healthySince = end;
                state = HealthState.HEALTHY;
            }
            boolean takes = state != HealthState.EJECTED && state != HealthState.PROBING;
            if (input <= 1 && takes) {
                bad = 0;
                good++;
                if (state == HealthState.PROBATION && good == 2) {
                    rise(now);
                }
            } else if (input == 2 || input == 3) {
                good = 0;
                bad++;
                if (takes && bad >= (state == HealthState.PROBATION ? 1 : 2)) {
                    boolean fresh = lastLength == 0 || (state == HealthState.HEALTHY && now - healthySince >= 20);
                    lastLength = fresh ? 5 : Math.min(20, 2 * lastLength);
                    enter(HealthState.EJECTED);
                    end = now + lastLength;
                }
            } else if (input == 4) {
                missed = 0;
                passed++;
                if (state == HealthState.PROBING && passed == 2) {
                    rise(now);
                }
            } else if (input == 5) {
                passed = 0;
                missed++;
                if (state != HealthState.PROBING && missed == 2) {
                    enter(HealthState.PROBING);
                }
            }
        }

        private void rise(long now) {
            enter(HealthState.SLOW_START);
            end = now + 4;
        }

        private void enter(HealthState next) {
            if (state == HealthState.PROBING || next == HealthState.PROBING) {
                passed = 0;
                missed = 0;
            }
            state = next;
            bad = 0;
            good = 0;
        }
    }

    @Property(tries = 300)
    void neverMoreEjectedThanTheCapAllowsAndNeverTheLast(
            @ForAll @IntRange(min = 1, max = 12) int size, @ForAll @IntRange(max = 10) int tenths, @ForAll long seed) {
        SimulatedTime time = new SimulatedTime();
        HealthPolicy policy = HealthPolicy.builder()
                .consecutiveFailures(1)
                .maximumEjectedShare(tenths / 10.0)
                .checks(1, 1)
                .returnsByChecks(seed % 2 == 0)
                .outliers(OutlierPolicy.none()
                        .successRate(0.5, 1, 1)
                        .latency(1.5, Duration.ZERO, 2, 1)
                        .every(Duration.ofSeconds(5)))
                .build();
        HealthGroup group = new HealthGroup("test", policy, time, new EventRelay(Observer.none()), () -> {});
        Random random = new Random(seed);
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            ids.add("e" + i);
        }
        group.update(ids);
        for (int step = 0; step < 200; step++) {
            List<HealthCell> cells = new ArrayList<>(group.cells().values());
            HealthCell cell = cells.get(random.nextInt(cells.size()));
            switch (random.nextInt(10)) {
                case 0 -> cell.report(Outcome.SUCCESS);
                case 1 -> cell.checked(random.nextBoolean());
                case 2 -> {
                    if (random.nextBoolean()) {
                        cell.drain();
                    } else {
                        cell.resume();
                    }
                }
                case 3 -> {
                    for (HealthCell counted : cells) {
                        long calls = step * 10L;
                        CallCounts counts = new CallCounts(calls, random.nextInt(10), random.nextInt(50));
                        counted.countedBy(() -> counts);
                    }
                    time.advance(Duration.ofSeconds(random.nextInt(15)));
                    group.advance();
                }
                case 4 -> {
                    List<String> some = new ArrayList<>(ids);
                    some.removeIf(id -> random.nextInt(3) == 0);
                    some.add("always");
                    group.update(some);
                }
                default -> cell.report(Outcome.CONNECT_FAILED);
            }
            List<HealthState> states = group.cells().values().stream()
                    .map(each -> each.current().state())
                    .toList();
            long ejected = states.stream().filter(HealthState.EJECTED::equals).count();
            long counted = states.stream()
                    .filter(state -> state != HealthState.DRAINING)
                    .count();
            assertThat(ejected * 10).as("%s with seed %s", states, seed).isLessThanOrEqualTo(tenths * counted);
            if (ejected > 0) {
                assertThat(states).as("seed %s", seed).anyMatch(HealthState::takesCalls);
            }
        }
    }
}
