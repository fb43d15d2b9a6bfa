package dev.tenfold.journey.stage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.journey.load.Ledger.Audit;
import dev.tenfold.journey.load.Tally;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PromiseTest {

    private static final List<String> NOTHING = List.of();
    private static final List<String> SOMETHING = List.of("post/7");

    private static Claim writes(List<String> lost, List<String> duplicated, List<String> invented) {
        return Promise.NO_LOST_WRITE.check(new Tally(), new Audit(5, lost, 1, 0, duplicated, invented));
    }

    @Test
    void aWriteThatIsLostOrDoubledOrInventedBreaksThePromiseAndIsNamed() {
        assertThat(writes(NOTHING, NOTHING, NOTHING).kept()).isTrue();
        for (Claim broken : List.of(
                writes(SOMETHING, NOTHING, NOTHING),
                writes(NOTHING, SOMETHING, NOTHING),
                writes(NOTHING, NOTHING, SOMETHING))) {
            assertThat(broken.kept()).isFalse();
            assertThat(broken.measured()).contains("post/7");
        }
    }

    @Test
    void withoutAnyRequestEverythingElseIsKept() {
        Audit clean = new Audit(0, NOTHING, 0, 0, NOTHING, NOTHING);
        for (Promise promise : Promise.values()) {
            assertThat(promise.check(new Tally(), clean).kept())
                    .as(promise.name())
                    .isTrue();
        }
    }
}
