package dev.tenfold.sharding.reshard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.tenfold.sharding.reshard.Simulation.Guard;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The protocol under thousands of seeded schedules.
 *
 * <p>More of them: {@code mvn -pl lib-sharding -am test -Dtest=ReshardSimulationTest -Dsurefire.failIfNoSpecifiedTests=false
 * -DargLine=-Dtenfold.reshard.seeds=100000}. One again, as a failure names it: {@code
 * -DargLine=-Dtenfold.reshard.seed=4711}.
 */
class ReshardSimulationTest {

    @Test
    void keepsEveryInvariant() {
        Long one = Long.getLong("tenfold.reshard.seed");
        long seeds = one != null ? 1 : Long.getLong("tenfold.reshard.seeds", 2_000);
        long first = one != null ? one : 0;
        int commits = 0;
        int switches = 0;
        for (long seed = first; seed < first + seeds; seed++) {
            Simulation simulation = new Simulation(seed, Set.of());
            simulation.run();
            commits += simulation.commits;
            switches += simulation.switches;
        }
        // Schedules do what they are for: slots move, and writers get through.
        if (one == null) {
            assertThat(switches).isGreaterThan((int) (seeds / 2));
            assertThat(commits).isGreaterThan((int) (seeds * 20));
        }
    }

    @ParameterizedTest
    @EnumSource(Guard.class)
    void findsWhatEachGuardIsFor(Guard guard) {
        for (long seed = 0; seed < 20_000; seed++) {
            Simulation simulation = new Simulation(seed, EnumSet.of(guard));
            try {
                simulation.run();
            } catch (AssertionError violation) {
                assertThat(violation).hasMessageContaining("seed " + seed);
                long found = seed;
                assertThatCode(() -> new Simulation(found, Set.of()).run())
                        .as("with the guard")
                        .doesNotThrowAnyException();
                return;
            }
        }
        throw new AssertionError("no violation without " + guard);
    }
}
