package dev.tenfold.journey.stage;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class PaceTest {

    private final Pace full = new Pace(500, Duration.ofSeconds(10), 1000, 1, false);

    @Test
    void growsTenfoldUpToTheThirdStageAndStaysThere() {
        assertThat(full.at(2).people()).isEqualTo(100);
        assertThat(full.at(2).rate()).isEqualTo(50);
        for (int number = 3; number <= 9; number++) {
            assertThat(full.at(number)).isEqualTo(full);
        }
    }

    @Test
    void fewEnoughToBeCountedAreThereFromTheStart() {
        assertThat(full.at(1).people()).isEqualTo(10);
        assertThat(full.at(1).rate()).isEqualTo(5);
        Pace small = new Pace(60, Duration.ofSeconds(1), 100, 1, false);
        assertThat(small.at(1).people()).isEqualTo(10);
        assertThat(small.at(1).rate()).isEqualTo(5);
        Pace least = new Pace(4, Duration.ofSeconds(1), 100, 1, false);
        assertThat(least.at(1).rate()).as("never more than is asked for").isEqualTo(4);
    }
}
