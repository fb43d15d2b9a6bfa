package dev.tenfold.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.time.Chance;
import java.math.BigInteger;
import java.time.Duration;
import java.util.random.RandomGenerator;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

final class BackoffProperties {

    private static final long YEAR = Duration.ofDays(365).toNanos();

    /** The model is the formula of the Javadoc, in numbers that cannot overflow. */
    @Property
    void staysWithinTheJitteredShareOfTheSchedule(
            @ForAll @LongRange(min = 0, max = 31_536_000_000_000_000L) long one,
            @ForAll @LongRange(min = 0, max = 31_536_000_000_000_000L) long other,
            @ForAll @DoubleRange(min = 0, max = 1) double jitter,
            @ForAll @IntRange(min = 1, max = Integer.MAX_VALUE) int attemptsMade,
            @ForAll long seed) {
        long initial = Math.min(one, other);
        long maximum = Math.max(one, other);
        Backoff backoff = Backoff.exponential(Duration.ofNanos(initial), Duration.ofNanos(maximum))
                .jitter(jitter);
        long scheduled = BigInteger.valueOf(initial)
                .shiftLeft(Math.min(attemptsMade - 1, 100))
                .min(BigInteger.valueOf(maximum))
                .longValueExact();

        for (RandomGenerator random : new RandomGenerator[] {Chance.seeded(seed), constant(0), constant(0.9999999)}) {
            long delay = backoff.delayAfter(attemptsMade, random).toNanos();
            // Doubles of this size are up to 4 ns apart.
            assertThat(delay).isBetween((long) (scheduled * (1 - jitter)) - 4, scheduled);
            assertThat(delay).isNotNegative();
        }
    }

    @Property(tries = 100)
    void isExactWithoutJitter(@ForAll @LongRange(min = 0, max = 31_536_000_000_000_000L) long nanos) {
        Duration delay = Duration.ofNanos(nanos);

        assertThat(Backoff.fixed(delay).delayAfter(1, Chance.perThread())).isEqualTo(delay);
        assertThat(Backoff.fixed(delay).delayAfter(1_000_000, Chance.perThread()))
                .isEqualTo(delay);
    }

    @Property(tries = 100)
    void allowsAsManyAttemptsAsWereSet(@ForAll @IntRange(min = 1, max = 100) int attempts) {
        Backoff backoff = Backoff.none().attempts(attempts);

        int made = 1;
        while (backoff.allowsAfter(made)) {
            made++;
        }
        assertThat(made).isEqualTo(attempts).isEqualTo(backoff.attempts());
    }

    @Example
    void doublesUpToTheMaximum() {
        Backoff backoff = Backoff.exponential(Duration.ofMillis(100), Duration.ofSeconds(1))
                .jitter(0);

        assertThat(java.util.stream.IntStream.rangeClosed(1, 6)
                        .mapToObj(made ->
                                backoff.delayAfter(made, Chance.perThread()).toMillis()))
                .containsExactly(100L, 200L, 400L, 800L, 1000L, 1000L);
    }

    @Example
    void neverRetriesIfThereIsNone() {
        assertThat(Backoff.none().allowsAfter(1)).isFalse();
    }

    @Example
    void namesEveryProblem() {
        assertThatExceptionOfType(InvalidConfigurationException.class)
                .isThrownBy(() -> Backoff.exponential(Duration.ofSeconds(-1), Duration.ofSeconds(-2)))
                .satisfies(failure -> assertThat(failure.problems()).hasSize(2));
        assertThatExceptionOfType(InvalidConfigurationException.class)
                .isThrownBy(() -> Backoff.fixed(Duration.ofNanos(YEAR + 1)));
        assertThatExceptionOfType(InvalidConfigurationException.class)
                .isThrownBy(() -> Backoff.none().attempts(0));
        assertThatExceptionOfType(InvalidConfigurationException.class)
                .isThrownBy(() -> Backoff.none().jitter(Double.NaN));
        assertThatIllegalArgumentException().isThrownBy(() -> Backoff.none().delayAfter(0, Chance.perThread()));
    }

    private static RandomGenerator constant(double value) {
        return new RandomGenerator() {
            @Override
            public long nextLong() {
                return 0;
            }

            @Override
            public double nextDouble() {
                return value;
            }
        };
    }
}
