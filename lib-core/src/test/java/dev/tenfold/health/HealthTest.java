package dev.tenfold.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.topology.Outcome;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class HealthTest {

    private static final long SECOND = 1_000_000_000L;

    private final HealthPolicy policy = HealthPolicy.builder()
            .consecutiveFailures(3)
            .ejectionTime(Duration.ofSeconds(10), Duration.ofSeconds(40))
            .probationSuccesses(2)
            .slowStart(Duration.ofSeconds(20))
            .minimumShare(0.1)
            .checks(2, 3)
            .build();

    @Test
    void failuresInARowEjectAndASuccessBetweenThemForgets() {
        Health health = fail(fail(Health.starting(policy, 0), 1), 2);
        assertThat(health.state()).isEqualTo(HealthState.HEALTHY);
        health = fail(fail(health.after(Outcome.SUCCESS, 3), 4), 5);
        assertThat(health.state()).isEqualTo(HealthState.HEALTHY);
        health = fail(health, 6);
        assertThat(health.state()).isEqualTo(HealthState.EJECTED);
        assertThat(health.remaining(6)).isEqualTo(Duration.ofSeconds(10));
        assertThat(health.share(6)).isZero();
        assertThat(health.reason()).isEqualTo("3 failures in a row, the last FAILED");
    }

    @Test
    void cancelledSaysNothingAndRejectedIsAsGoodAsASuccess() {
        Health failing = fail(fail(Health.starting(policy, 0), 1), 2);
        assertThat(fail(failing.after(Outcome.CANCELLED, 3), 4).state()).isEqualTo(HealthState.EJECTED);
        assertThat(fail(failing.after(Outcome.REJECTED, 3), 4).state()).isEqualTo(HealthState.HEALTHY);
    }

    @Test
    void anEjectedEndpointComesBackThroughProbationAndSlowStart() {
        Health health = ejected(0);
        assertThat(health.at(10 * SECOND - 1).state()).isEqualTo(HealthState.EJECTED);
        health = health.at(10 * SECOND);
        assertThat(health.state()).isEqualTo(HealthState.PROBATION);
        assertThat(health.share(10 * SECOND)).isEqualTo(0.1);
        health = health.after(Outcome.SUCCESS, 11 * SECOND).after(Outcome.SUCCESS, 12 * SECOND);
        assertThat(health.state()).isEqualTo(HealthState.SLOW_START);
        assertThat(health.share(12 * SECOND)).isEqualTo(0.1);
        assertThat(health.share(22 * SECOND)).isEqualTo(0.5);
        assertThat(health.at(32 * SECOND).state()).isEqualTo(HealthState.HEALTHY);
        assertThat(health.at(32 * SECOND).share(32 * SECOND)).isEqualTo(1);
    }

    /** Envoy's slow start: weight * max(min_weight_percent, (t / window)^(1 / aggression)), its documentation's formula. */
    @Test
    void theShareGrowsByEnvoysFormula() {
        for (double aggression : new double[] {0.5, 1, 1.5, 2}) {
            HealthPolicy slow = policy.toBuilder()
                    .slowStart(Duration.ofSeconds(60))
                    .aggression(aggression)
                    .build();
            Health health = Health.joining(slow, 0);
            for (int second = 1; second < 60; second++) {
                double expected = Math.max(0.1, Math.pow(second / 60.0, 1 / aggression));
                assertThat(health.share(second * SECOND)).isCloseTo(expected, within(1e-12));
            }
            assertThat(health.share(0)).isEqualTo(0.1);
            assertThat(health.share(-SECOND)).isEqualTo(0.1);
            assertThat(health.share(60 * SECOND)).isEqualTo(1);
        }
    }

    @Test
    void ledByChecksAnEjectionAndASparingEndOnlyByThem() {
        HealthPolicy byChecks = policy.toBuilder().returnsByChecks(true).build();
        Health ejected = Health.starting(byChecks, 0).checked(true, 0).checked(true, 0);
        ejected = fail(fail(fail(ejected, 1), 1), 1);
        assertThat(ejected.at(1000 * SECOND).state()).isEqualTo(HealthState.EJECTED);
        Health passed = ejected.checked(true, SECOND).checked(true, 2 * SECOND);
        assertThat(passed.at(9 * SECOND).state()).as("its time is not over").isEqualTo(HealthState.EJECTED);
        assertThat(passed.at(11 * SECOND).state()).isEqualTo(HealthState.PROBATION);
        assertThat(passed.checked(false, 3 * SECOND).at(11 * SECOND).state())
                .as("not in a row")
                .isEqualTo(HealthState.EJECTED);
        Health spared = Health.starting(byChecks, 0).spare(ejected, "cap");
        assertThat(spared.at(1000 * SECOND).state()).isEqualTo(HealthState.SPARED);
        assertThat(spared.checked(true, SECOND).checked(true, 11 * SECOND).state()).isEqualTo(HealthState.HEALTHY);
        assertThat(ejected.forgive(5, "room").state()).as("no trust is given").isEqualTo(HealthState.SPARED);
    }

    @Test
    void ejectionsGrowToACapAndAreForgottenAfterLongHealth() {
        Health health = ejected(0);
        for (int seconds : new int[] {20, 40, 40, 40}) {
            long over = health.remaining(0).toNanos();
            health = fail(health.at(over), over);
            assertThat(health.state()).isEqualTo(HealthState.EJECTED);
            assertThat(health.remaining(over)).isEqualTo(Duration.ofSeconds(seconds));
        }
        assertThat(health.ejections()).isEqualTo(5);
        long back = health.remaining(0).toNanos();
        health = health.at(back).after(Outcome.SUCCESS, back).after(Outcome.SUCCESS, back);
        long later = back + 100 * SECOND;
        health = fail(fail(fail(health, later), later), later);
        assertThat(health.remaining(later)).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void checksTakeDownAfterFallAndBringUpAfterRise() {
        Health health =
                Health.starting(policy, 0).checked(false, 1).checked(false, 2).checked(true, 3);
        health = health.checked(false, 4).checked(false, 5);
        assertThat(health.state()).isEqualTo(HealthState.HEALTHY);
        health = health.checked(false, 6);
        assertThat(health.state()).isEqualTo(HealthState.PROBING);
        health = health.checked(true, 7).checked(false, 8).checked(true, 9);
        assertThat(health.state()).isEqualTo(HealthState.PROBING);
        assertThat(health.checked(true, 10).state()).isEqualTo(HealthState.SLOW_START);
    }

    @Test
    void aDrainedEndpointHearsNothingUntilResumed() {
        Health drained = Health.starting(policy, 0).drain(1);
        assertThat(fail(drained, 2)).isSameAs(drained);
        assertThat(drained.checked(false, 3)).isSameAs(drained);
        assertThat(drained.at(1000 * SECOND)).isSameAs(drained);
        assertThat(drained.resume(4).state()).isEqualTo(HealthState.SLOW_START);
    }

    @Test
    void zeroFailuresNeverEject() {
        Health health =
                Health.starting(HealthPolicy.builder().consecutiveFailures(0).build(), 0);
        for (int i = 0; i < 100; i++) {
            health = fail(health, i);
        }
        assertThat(health.state()).isEqualTo(HealthState.HEALTHY);
    }

    @Test
    void timeMayPassTheEndOfTheClock() {
        long late = Long.MAX_VALUE - 5 * SECOND;
        Health health = ejected(late);
        assertThat(health.at(late + 9 * SECOND).state()).isEqualTo(HealthState.EJECTED);
        assertThat(health.at(late + 10 * SECOND).state()).isEqualTo(HealthState.PROBATION);
    }

    @Test
    void everyWrongValueIsReported() {
        assertThatThrownBy(() -> HealthPolicy.builder()
                        .consecutiveFailures(-1)
                        .maximumEjectedShare(1.5)
                        .minimumShare(0)
                        .ejectionTime(Duration.ofSeconds(2), Duration.ofSeconds(1))
                        .build())
                .isInstanceOfSatisfying(
                        InvalidConfigurationException.class,
                        failure -> assertThat(failure.problems()).hasSize(4));
        assertThat(policy.toBuilder().build()).hasToString(policy.toString());
    }

    private Health ejected(long now) {
        return fail(fail(fail(Health.starting(policy, now), now), now), now);
    }

    private static Health fail(Health health, long now) {
        return health.after(Outcome.FAILED, now);
    }
}
