package dev.tenfold.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.assertj.core.data.Offset;

class PhiAccrualProperties {

    private static final long INTERVAL = Duration.ofMillis(250).toNanos();
    private static final long LONGEST = Duration.ofMillis(1750).toNanos();

    /** Tails of the normal distribution to the 10 digits of Abramowitz and Stegun, table 26.1, and of R's pnorm beyond. */
    @Example
    void theTailIsThatOfTheNormalDistribution() {
        double[][] known = {
            {-3, 0.9986501020},
            {-1, 0.8413447461},
            {0, 0.5},
            {1, 0.1586552539},
            {2, 0.0227501319},
            {3, 0.0013498980},
            {4, 3.167124183e-5},
            {6, 9.865876450e-10},
            {8, 6.220960574e-16}
        };
        for (double[] pair : known) {
            assertThat(PhiAccrual.logTail(pair[0]))
                    .as("tail beyond %s", pair[0])
                    .isCloseTo(-Math.log10(pair[1]), Offset.offset(1e-6));
        }
        // The series and the continued fraction meet.
        assertThat(PhiAccrual.logTail(3)).isCloseTo(PhiAccrual.logTail(Math.nextDown(3.0)), Offset.offset(1e-9));
        assertThat(PhiAccrual.logTail(-1e9)).isZero();
        assertThat(PhiAccrual.logTail(1e6)).isFinite().isGreaterThan(1e11);
    }

    @Property
    void theTailOnlyGrows(
            @ForAll @DoubleRange(min = -40, max = 400) double a, @ForAll @DoubleRange(min = 0, max = 10) double more) {
        assertThat(PhiAccrual.logTail(a + more)).isGreaterThanOrEqualTo(PhiAccrual.logTail(a) - 1e-9);
    }

    @Property(tries = 200)
    void suspicionGrowsWithSilenceAndAnAnswerEndsIt(
            @ForAll long seed, @ForAll @IntRange(min = 0, max = 300) int answers) {
        Random random = new Random(seed);
        PhiAccrual detector = new PhiAccrual(INTERVAL, LONGEST, 0);
        long now = feed(detector, random, answers, 0.3);
        double before = 0;
        for (long silence = 0; silence < 8 * INTERVAL; silence += INTERVAL / 16) {
            double phi = detector.phi(now + silence);
            assertThat(phi).isGreaterThanOrEqualTo(before);
            before = phi;
        }
        assertThat(before).isGreaterThan(8);
        detector.answered(now + 8 * INTERVAL, true);
        assertThat(detector.phi(now + 8 * INTERVAL)).isLessThan(1);
    }

    /** Even the first silence, before any rhythm is known, is found by the interval alone. */
    @Example
    void aSteadyRhythmIsMissedWithinTwoAndAHalfIntervals() {
        for (int answers : new int[] {0, 1, 10, 1000}) {
            PhiAccrual detector = new PhiAccrual(INTERVAL, LONGEST, 0);
            long now = feed(detector, new Random(1), answers, 0);
            assertThat(detector.phi(now + 2 * INTERVAL))
                    .as("%d answers", answers)
                    .isLessThan(8);
            assertThat(detector.phi(now + 5 * INTERVAL / 2))
                    .as("%d answers", answers)
                    .isGreaterThan(8);
        }
    }

    /** What phi means: at a threshold of 2 one answer in 100 is mistaken for a failure, give or take. */
    @Property(tries = 20)
    void phiSaysHowOftenASuspicionIsWrong(@ForAll long seed) {
        Random random = new Random(seed);
        PhiAccrual detector = new PhiAccrual(INTERVAL, 100 * LONGEST, 0);
        long now = 0;
        int wrong = 0;
        int rounds = 20_000;
        for (int i = 0; i < rounds; i++) {
            long interval = (long) (INTERVAL * (4 + random.nextGaussian() * 0.8));
            if (i > 200 && detector.phi(now + interval) >= 2) {
                wrong++;
            }
            now += interval;
            detector.answered(now, true);
        }
        assertThat(wrong / (double) rounds).isBetween(0.004, 0.025);
    }

    /** A line that jitters is given more time than one that does not, with nothing to tune. */
    @Example
    void aJitteryLineIsGivenMoreTime() {
        PhiAccrual steady = new PhiAccrual(INTERVAL, LONGEST, 0);
        PhiAccrual jittery = new PhiAccrual(INTERVAL, LONGEST, 0);
        long a = feed(steady, new Random(3), 200, 0.05);
        long b = feed(jittery, new Random(3), 200, 1.5);
        assertThat(jittery.phi(b + 4 * INTERVAL)).isLessThan(steady.phi(a + 4 * INTERVAL) / 2);
    }

    /** An outage is no rhythm: after it the node is watched as closely as before. */
    @Example
    void anOutageIsNotPartOfTheRhythm() {
        PhiAccrual detector = new PhiAccrual(INTERVAL, LONGEST, 0);
        long now = feed(detector, new Random(4), 50, 0);
        double before = detector.phi(now + 2 * INTERVAL);
        now += Duration.ofHours(1).toNanos();
        detector.answered(now, true);
        assertThat(detector.phi(now + 2 * INTERVAL)).isCloseTo(before, Offset.offset(1e-9));
    }

    private static long feed(PhiAccrual detector, Random random, int answers, double jitter) {
        long now = 0;
        for (int i = 0; i < answers; i++) {
            now += (long) (INTERVAL * Math.max(0.2, 1 + jitter * random.nextGaussian()));
            detector.answered(now, true);
        }
        return now;
    }
}
