package dev.tenfold.error;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ValidationTest {

    @Test
    void saysNothingWhereEveryRuleIsKept() {
        Validation check = Validation.of("thing");
        check.require(true, "a", 1, "anything");
        check.atLeast("a", 1, 1);
        check.between("a", 0, 0, 1);
        check.between("a", 1, 0, 1);
        check.positive("a", null);
        check.positive("a", Duration.ofNanos(1));
        check.notNegative("a", null);
        check.notNegative("a", Duration.ZERO);
        check.present("a", "", "call a(...)");
        check.notEmpty("a", List.of(1), "call add(...)");

        check.throwIfInvalid();
    }

    @Test
    void namesEveryProblemInTheOrderOfTheChecks() {
        Validation check = Validation.of("cache 'users'");
        check.atLeast("maximumSize", -1, 0);
        check.between("jitter", Double.NaN, 0, 1);
        check.between("share", 1.5, 0, 1);
        check.positive("ttl", Duration.ZERO);
        check.notNegative("delay", Duration.ofMillis(-5));
        check.present("loader", null, "call loader(...)");
        check.notEmpty("endpoints", List.of(), "call endpoint(...)");

        assertThatExceptionOfType(InvalidConfigurationException.class)
                .isThrownBy(check::throwIfInvalid)
                .withMessage("cache 'users' cannot be built: maximumSize: -1 (expected: >= 0);"
                        + " jitter: NaN (expected: 0.0 to 1.0); share: 1.5 (expected: 0.0 to 1.0);"
                        + " ttl: PT0S (expected: > 0); delay: PT-0.005S (expected: >= 0);"
                        + " loader: null (expected: a value; call loader(...));"
                        + " endpoints: [] (expected: at least one; call endpoint(...))")
                .satisfies(failure -> assertThat(failure.problems()).hasSize(7));
    }
}
