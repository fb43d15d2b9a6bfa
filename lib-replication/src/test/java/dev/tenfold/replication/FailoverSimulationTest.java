package dev.tenfold.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.tenfold.replication.FailoverSimulation.Guard;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Failover and sessions under hundreds of seeded schedules of faults.
 *
 * <p>More of them: {@code mvn -pl lib-replication -am test -Dtest=FailoverSimulationTest -Dsurefire.failIfNoSpecifiedTests=false
 * -DargLine=-Dtenfold.replication.seeds=10000}. One again, as a failure names it, with all that happened: {@code
 * -DargLine=-Dtenfold.replication.seed=4711}.
 */
class FailoverSimulationTest {

    @Test
    void keepsEveryPromise() {
        Long one = Long.getLong("tenfold.replication.seed");
        long first = one != null ? one : Long.getLong("tenfold.replication.first", 0);
        long seeds = one != null ? 1 : Long.getLong("tenfold.replication.seeds", 120);
        int writes = 0;
        int reads = 0;
        int promotions = 0;
        for (long seed = first; seed < first + seeds; seed++) {
            try (FailoverSimulation simulation = new FailoverSimulation(seed, Set.of())) {
                simulation.run();
                writes += simulation.writes;
                reads += simulation.reads;
                promotions += simulation.promotions;
            }
        }
        // The schedules do what they are for: people get through, and primaries are replaced.
        if (one == null) {
            System.out.println(writes + " writes, " + reads + " reads, " + promotions + " promotions");
            assertThat(promotions).isGreaterThan((int) (seeds / 2));
            assertThat(writes).isGreaterThan((int) (50 * seeds));
            assertThat(reads).isGreaterThan((int) (100 * seeds));
        }
    }

    /** The checker can fail: without each guard it finds what the guard is for. */
    @ParameterizedTest
    @EnumSource(Guard.class)
    void findsWhatEachGuardIsFor(Guard guard) {
        for (long seed = 0; seed < 2_000; seed++) {
            try (FailoverSimulation simulation = new FailoverSimulation(seed, EnumSet.of(guard))) {
                simulation.run();
            } catch (AssertionError violation) {
                assertThat(violation).hasMessageContaining("seed " + seed);
                System.out.println(
                        guard + " " + violation.getMessage().lines().findFirst().orElseThrow());
                long found = seed;
                assertThatCode(() -> {
                            try (FailoverSimulation guarded = new FailoverSimulation(found, Set.of())) {
                                guarded.run();
                            }
                        })
                        .as("with the guard")
                        .doesNotThrowAnyException();
                return;
            }
        }
        throw new AssertionError("no violation without " + guard);
    }
}
