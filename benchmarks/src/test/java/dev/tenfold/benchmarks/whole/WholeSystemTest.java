package dev.tenfold.benchmarks.whole;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.tenfold.benchmarks.whole.WholeSystem.Guard;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The whole composition under some seeded schedules of faults; {@code WholeSystemRun} runs ten thousand.
 *
 * <p>One again, as a failure names it, with all that happened: {@code mvn -pl benchmarks -am test -Dtest=WholeSystemTest
 * -Dsurefire.failIfNoSpecifiedTests=false -DargLine="-Dtenfold.whole.seed=4711 -Dtenfold.whole.trace=5000"}.
 */
class WholeSystemTest {

    @Test
    void keepsEveryPromise() {
        Long one = Long.getLong("tenfold.whole.seed");
        long first = one != null ? one : Long.getLong("tenfold.whole.first", 0);
        long seeds = one != null ? 1 : Long.getLong("tenfold.whole.seeds", 20);
        Tally tally = new Tally();
        for (long seed = first; seed < first + seeds; seed++) {
            try (WholeSystem system = new WholeSystem(seed, Set.of())) {
                system.run();
                tally.add(system.tally);
            }
        }
        // The schedules do what they are for: people get through, copies are used, primaries are replaced, slots move.
        if (one == null) {
            assertThat(tally.writes).as(tally.describe()).isGreaterThan(50 * seeds);
            assertThat(tally.reads).isGreaterThan(100 * seeds);
            assertThat(tally.copies).isGreaterThan(10 * seeds);
            assertThat(tally.tierCopies).isGreaterThan(seeds);
            assertThat(tally.promotions).isGreaterThan(seeds / 2);
            assertThat(tally.moves).isGreaterThan(seeds / 2);
            assertThat(tally.removals).isGreaterThan(10 * seeds);
            assertThat(tally.seenGone).isGreaterThan(10 * seeds);
            assertThat(tally.switchovers).isGreaterThan(seeds / 8);
            assertThat(tally.copiesOfEdges).isGreaterThan(10 * seeds);
            assertThat(tally.attempts).isGreaterThan(100 * seeds);
            assertThat(tally.brokerCrashes).isGreaterThan(seeds / 8);
            assertThat(Arrays.stream(tally.checks).min().orElseThrow())
                    .as("each promise is checked in each run")
                    .isGreaterThanOrEqualTo(seeds);
            assertThat(tally.announced).isGreaterThanOrEqualTo(tally.writes);
        }
    }

    /**
     * The checker can fail: without each guard it finds what the guard is for. The absence of {@link Guard#EPOCH} shows too rarely
     * for a test; the program looks for it.
     */
    @ParameterizedTest
    @EnumSource(value = Guard.class, mode = EnumSource.Mode.EXCLUDE, names = "EPOCH")
    void findsWhatEachGuardIsFor(Guard guard) {
        for (long seed = 0; seed < 500; seed++) {
            try (WholeSystem system = new WholeSystem(seed, EnumSet.of(guard))) {
                system.run();
            } catch (AssertionError violation) {
                assertThat(violation).hasMessageContaining("seed " + seed);
                long found = seed;
                assertThatCode(() -> {
                            try (WholeSystem guarded = new WholeSystem(found, Set.of())) {
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
