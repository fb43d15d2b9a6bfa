package dev.tenfold.journey.capacity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tenfold.journey.page.Recorded;
import dev.tenfold.journey.record.Cost;
import java.util.List;
import org.junit.jupiter.api.Test;

final class CapacityModelTest {

    private final CapacityModel model = new CapacityModel(List.of(Recorded.stage(5)), "two cores");

    @Test
    void coresAreThePeakTimesTheCostOverTheUtilisation() {
        CapacityModel.Need servers = model.estimates().get(0).needs().get(Cost.APPLICATION);

        // 1.2 s of CPU for 1200 requests is 1 ms; 10,000 of them a second are 10 cores, half busy 20, of 8 in a
        // machine.
        assertThat(servers.millis()).isCloseTo(1, within(1e-9));
        assertThat(servers.cores()).isCloseTo(20, within(1e-9));
        assertThat(servers.machines()).isEqualTo(3);
        assertThat(model.estimates().get(0).needs()).containsOnlyKeys(Cost.APPLICATION, Cost.DATABASE);
    }

    @Test
    void aTierHasTwoMachinesAtLeast() {
        assertThat(model.estimates().get(0).needs().get(Cost.DATABASE).machines())
                .isEqualTo(2);
        assertThat(model.estimates().get(0).machines()).isEqualTo(5);
    }

    @Test
    void saysWhatItTakesForGranted() {
        assertThat(model.toText())
                .contains(
                        "10,000 requests in a second",
                        "as in stage 5 (1,200 requests measured)",
                        "50 % busy",
                        "two cores")
                .contains("Not in it: memory");
    }

    @Test
    void leavesOutWhatHadTooFewRequestsToBeMeasured() {
        CapacityModel both = new CapacityModel(List.of(Recorded.stage(1, 119), Recorded.stage(5)), "two cores");
        assertThat(both.estimates()).extracting(CapacityModel.Estimate::stage).containsExactly(5);
        assertThat(both.toText()).contains("less than a tenth of the requests of another is left out");

        CapacityModel alone = new CapacityModel(List.of(Recorded.stage(1, 119)), "two cores");
        assertThat(alone.estimates()).hasSize(1);
    }
}
