package dev.tenfold.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ShardMemoryTest {

    @Test
    void measuresWhatAnArrayTakes() {
        assertThat(ShardMemory.retained(() -> new byte[1_000_000])).isBetween(999_000.0, 1_100_000.0);
    }

    @Test
    void everyContenderCanBeMade() {
        ShardMemory.contenders(10)
                .forEach((name, make) -> assertThat(make.get()).as(name).isNotNull());
    }
}
