package dev.tenfold.sharding.hash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class PlacementTest {

    /** What was stored in maps must never change: fails when somebody touches the algorithm. */
    @Test
    void placesAsItAlwaysDid() {
        List<Shard> shards = List.of(new Shard("s1", 1), new Shard("s2", 1), new Shard("s3", 2));
        assertThat(Placement.ring().place(shards, 24))
                .containsExactly(2, 2, 0, 0, 0, 2, 1, 2, 0, 0, 2, 1, 0, 2, 0, 1, 2, 2, 2, 1, 1, 1, 1, 2);
    }

    @Test
    void refusesWhatCannotBeStored() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Shard("a b", 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new Shard("a", 0));
        assertThatIllegalArgumentException().isThrownBy(() -> Placement.ring(0));
    }
}
