package dev.tenfold.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.time.Chance;
import java.time.Duration;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.LongRange;

class JitterProperties {

    @Property(tries = 500)
    void aLifeLiesBetweenTheShortestAndTheWholeTime(
            @ForAll @LongRange(min = 1, max = 86_400_000) long millis,
            @ForAll @DoubleRange(min = 0, max = 1) double jitter,
            @ForAll long seed) {
        Duration ttl = Duration.ofMillis(millis);
        Lifetimes<Integer, Integer> lifetimes = new Lifetimes<>(Cache.<Integer, Integer>builder("jitter")
                .expireAfterWrite(ttl)
                .jitter(jitter)
                .random(Chance.seeded(seed))
                .options);
        for (int i = 0; i < 20; i++) {
            assertThat((double) lifetimes.draw(1, 1))
                    .isBetween(ttl.toNanos() * (1 - jitter) - 1, (double) ttl.toNanos());
        }
    }

    @Property(tries = 1)
    void whatWasWrittenTogetherDoesNotExpireTogether(@ForAll long seed) {
        int keys = 100_000;
        SimulatedTime time = new SimulatedTime();
        Cache<Integer, Integer> cache = Cache.<Integer, Integer>builder("jitter")
                .maximumSize(2 * keys)
                .expireAfterWrite(Duration.ofMinutes(10))
                .jitter(0.1)
                .random(Chance.seeded(seed))
                .time(time)
                .build();
        for (int key = 0; key < keys; key++) {
            cache.put(key, key);
        }
        time.advance(Duration.ofMinutes(9).minusNanos(1));
        int left = present(cache, keys);
        assertThat(left).isEqualTo(keys);
        double mean = keys / 60.0;
        for (int second = 0; second < 60; second++) {
            time.advance(Duration.ofSeconds(1));
            int now = present(cache, keys);
            assertThat(left - now)
                    .as("expired in second %d, seed %d", second, seed)
                    .isLessThan((int) (2 * mean));
            left = now;
        }
        time.advance(Duration.ofNanos(1));
        assertThat(present(cache, keys)).isZero();
    }

    @Example
    void whatLivesForEverIsNotShortened() {
        Lifetimes<Integer, Integer> lifetimes = new Lifetimes<>(Cache.<Integer, Integer>builder("jitter")
                .expireAfterWrite((key, value) -> Duration.ofSeconds(Long.MAX_VALUE))
                .jitter(0.5)
                .random(Chance.seeded(1))
                .options);
        assertThat(lifetimes.draw(1, 1)).isEqualTo(Lifetimes.UNLIMITED);
    }

    private static int present(Cache<Integer, Integer> cache, int keys) {
        int present = 0;
        for (int key = 0; key < keys; key++) {
            if (cache.getIfPresent(key) != null) {
                present++;
            }
        }
        return present;
    }
}
