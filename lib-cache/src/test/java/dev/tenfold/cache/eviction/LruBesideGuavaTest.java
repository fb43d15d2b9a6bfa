package dev.tenfold.cache.eviction;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Guava's cache with one segment is exactly LRU, by somebody else's hand. */
class LruBesideGuavaTest {

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 10, 100, 1_000})
    void evictsTheSameEntriesInTheSameOrder(int maximum) {
        List<Integer> ours = new ArrayList<>();
        List<Integer> theirs = new ArrayList<>();
        BoundedTable<Integer, Integer> table = Tables.lru(
                TableSettings.<Integer, Integer>ofMaximum(maximum).tellingEvictions((key, value) -> ours.add(key)));
        Cache<Integer, Integer> guava = CacheBuilder.newBuilder()
                .concurrencyLevel(1)
                .maximumSize(maximum)
                .removalListener(removal -> {
                    if (removal.wasEvicted()) {
                        theirs.add((Integer) removal.getKey());
                    }
                })
                .build();
        SplittableRandom random = new SplittableRandom(maximum);
        for (int i = 0; i < 50_000; i++) {
            int key = (int) Math.pow(5_000, random.nextDouble());
            Integer found = guava.getIfPresent(key);
            assertThat(table.get(key)).isEqualTo(found);
            if (random.nextInt(100) == 0) {
                guava.invalidate(key);
                table.remove(key);
            } else if (found == null || random.nextInt(10) == 0) {
                guava.put(key, i);
                table.put(key, i);
            }
        }
        assertThat(ours).isEqualTo(theirs);
        assertThat(table.size()).isEqualTo(guava.size());
    }
}
