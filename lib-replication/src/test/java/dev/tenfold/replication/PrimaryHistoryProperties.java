package dev.tenfold.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class PrimaryHistoryProperties {

    /** What it answers is never later than the truth, and no earlier than the coarsest spacing allows. */
    @Property(tries = 200)
    void aViewIsNeverTakenForYoungerThanItIs(@ForAll long seed, @ForAll @IntRange(min = 1, max = 5_000) int samples) {
        Random random = new Random(seed);
        PrimaryHistory history = new PrimaryHistory();
        TreeMap<Long, Long> exact = new TreeMap<>();
        long offset = 10;
        for (int i = 0; i < samples; i++) {
            offset += random.nextInt(3) == 0 ? 0 : random.nextInt(50);
            history.record(i * 250L, offset);
            exact.put(offset, i * 250L);
        }
        for (int i = 0; i < 100; i++) {
            long asked = 10 + (long) (random.nextDouble() * (offset - 10 + 5));
            var truth = exact.floorEntry(asked);
            if (truth == null) {
                assertThat(history.seenUpTo(asked)).isEqualTo(ServerSelection.NEVER);
            } else {
                assertThat(history.seenUpTo(asked)).isLessThanOrEqualTo(truth.getValue());
            }
        }
        assertThat(history.seenUpTo(offset)).isEqualTo(exact.get(offset));
        assertThat(history.seenUpTo(9)).isEqualTo(ServerSelection.NEVER);
    }

    /** Trap of asking the replica itself: an idle primary makes nobody old. */
    @Example
    void anIdlePrimaryMakesNobodyOld() {
        PrimaryHistory history = new PrimaryHistory();
        for (int i = 0; i < 100_000; i++) {
            history.record(i, 7);
        }
        assertThat(history.seenUpTo(7)).isEqualTo(99_999);
        assertThat(history.seenUpTo(6)).isEqualTo(ServerSelection.NEVER);
    }

    @Example
    void aPromotionThatLostWritesForgetsThem() {
        PrimaryHistory history = new PrimaryHistory();
        history.record(1, 10);
        history.record(2, 20);
        history.record(3, 30);
        history.branch(20);
        assertThat(history.seenUpTo(35)).isEqualTo(2);
        history.record(4, 15);
        assertThat(history.seenUpTo(35)).isEqualTo(4);
        assertThat(history.seenUpTo(12)).isEqualTo(1);
    }
}
