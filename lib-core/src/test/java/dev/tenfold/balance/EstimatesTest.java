package dev.tenfold.balance;

import static dev.tenfold.balance.Pools.members;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.topology.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.data.Offset;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class EstimatesTest {

    private static final long MILLIS = 1_000_000;
    private final SimulatedTime time = new SimulatedTime();
    private final Member<String> member = members(1, time).get(0);

    private void call(Outcome outcome, long millis) {
        member.begin();
        member.report(outcome, millis * MILLIS);
    }

    private double latency() {
        return member.latency().toNanos() / (double) MILLIS;
    }

    @Test
    void nothingIsKnownAtFirst() {
        assertThat(member.latency()).isZero();
        assertThat(member.faultFactor(member.ticks().read())).isEqualTo(1);
    }

    @Test
    void risesToAPeakAtOnceAndFallsByTime() {
        call(Outcome.SUCCESS, 10);
        assertThat(latency()).isCloseTo(10, Offset.offset(0.001));
        call(Outcome.SUCCESS, 500);
        assertThat(latency()).isCloseTo(500, Offset.offset(0.001));
        time.advance(Duration.ofSeconds(10));
        call(Outcome.SUCCESS, 10);
        assertThat(latency()).as("1/e of the way is left").isCloseTo(10 + 490 / Math.E, Offset.offset(0.2));
    }

    /** Many small steps decay as much as one of the same length. */
    @Test
    void fallsTheSameInManySteps() {
        call(Outcome.SUCCESS, 1_000);
        for (int i = 0; i < 5_000; i++) {
            time.advance(Duration.ofMillis(4));
            call(Outcome.SUCCESS, 1);
        }
        assertThat(latency()).isCloseTo(1 + 999 * Math.exp(-2), Percentage.withPercentage(1));
    }

    @Test
    void aFastFailureIsNoFastAnswer() {
        call(Outcome.SUCCESS, 10);
        for (int i = 0; i < 30; i++) {
            time.advance(Duration.ofSeconds(1));
            call(Outcome.FAILED, 1);
        }
        assertThat(latency()).isCloseTo(10, Offset.offset(0.001));
        assertThat(member.faultFactor(member.ticks().read())).isGreaterThan(50);
    }

    @Test
    void aFailureOrCancellationThatTookLongerThanAnswersIsAPeak() {
        call(Outcome.SUCCESS, 10);
        call(Outcome.CANCELLED, 5);
        assertThat(latency()).isCloseTo(10, Offset.offset(0.001));
        call(Outcome.CANCELLED, 50);
        assertThat(latency()).isCloseTo(50, Offset.offset(0.001));
        call(Outcome.TIMED_OUT, 5_000);
        assertThat(latency()).isCloseTo(5_000, Offset.offset(0.001));
    }

    @Test
    void ofAMemberNeverAnsweringOnlyATimeOutTellsALatency() {
        call(Outcome.CONNECT_FAILED, 1);
        call(Outcome.CANCELLED, 1);
        assertThat(member.latency()).isZero();
        call(Outcome.TIMED_OUT, 2_000);
        assertThat(latency()).isCloseTo(2_000, Offset.offset(0.001));
    }

    @Test
    void faultsGrowWithFailuresAndEndWithSuccesses() {
        for (int i = 0; i < 200; i++) {
            call(Outcome.FAILED, 1);
        }
        assertThat(member.faultFactor(member.ticks().read())).isCloseTo(1_024, Offset.offset(1.0));
        for (int i = 0; i < 10; i++) {
            call(Outcome.SUCCESS, 1);
        }
        assertThat(member.faultFactor(member.ticks().read())).isLessThan(1.5);
        for (int i = 0; i < 40; i++) {
            call(Outcome.REJECTED, 1);
        }
        assertThat(member.faultFactor(member.ticks().read())).isEqualTo(1);
    }

    @Test
    void faultsAreForgivenAfterAWhileAndRememberedAtTheNext() {
        for (int i = 0; i < 50; i++) {
            call(Outcome.FAILED, 1);
        }
        time.advance(Duration.ofSeconds(4));
        assertThat(member.faultFactor(member.ticks().read())).isGreaterThan(100);
        time.advance(Duration.ofSeconds(2));
        assertThat(member.faultFactor(member.ticks().read())).isEqualTo(1);
        call(Outcome.FAILED, 1);
        assertThat(member.faultFactor(member.ticks().read()))
                .as("it still fails")
                .isGreaterThan(100);
    }

    @Test
    void ownReadingsOfTheClockMoveTheCoarseOne() {
        member.begin();
        long start = time.nanoTime();
        time.advance(Duration.ofMillis(30));
        member.report(Outcome.SUCCESS, start, time.nanoTime());
        assertThat(latency()).isCloseTo(30, Offset.offset(0.001));
        assertThat(member.ticks().last()).isEqualTo((int) (time.nanoTime() >>> 20));
    }

    @Test
    void decayIsExponentialWithinTwoHundredths() {
        Decay decay = new Decay(Duration.ofSeconds(10));
        double perTick = (1 << 20) / 10e9;
        for (int ticks = 1; ticks < 150_000; ticks += 7) {
            assertThat(decay.after(ticks)).isCloseTo(Math.exp(-ticks * perTick), Percentage.withPercentage(0.02));
        }
        assertThat(decay.after(0)).isEqualTo(1);
        assertThat(decay.after(-5)).isEqualTo(1);
        assertThat(decay.after(Integer.MAX_VALUE)).isEqualTo(Decay.NOTHING);
    }

    /** A peak among many writers of lower samples is never lost. */
    @Test
    void racingWritersKeepTheHighestPeakAndEveryFailure() throws Exception {
        for (int round = 0; round < 200; round++) {
            Member<String> raced = members(1, time).get(0);
            List<Thread> threads = new ArrayList<>();
            for (int t = 0; t < 3; t++) {
                int base = t;
                threads.add(new Thread(() -> {
                    for (int i = 1; i <= 300; i++) {
                        raced.begin();
                        raced.report(Outcome.SUCCESS, (base * 300L + i) * MILLIS);
                    }
                }));
            }
            threads.forEach(Thread::start);
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(raced.latency().toMillis()).isEqualTo(900);
            assertThat(raced.inFlight()).isZero();
        }
    }

    @Test
    void racingFailuresAreAllCounted() throws Exception {
        Member<String> raced = members(1, time).get(0);
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 3; t++) {
            threads.add(new Thread(() -> {
                for (int i = 0; i < 4; i++) {
                    raced.begin();
                    raced.report(Outcome.FAILED);
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        double successes = Math.pow(7 / 8.0, 12);
        assertThat(raced.faultFactor(raced.ticks().read())).isCloseTo(1 / successes, Offset.offset(0.01));
        assertThat(raced.failures()).isEqualTo(12);
    }
}
