package dev.tenfold.queue.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class RouteCacheTest {

    private final RouteCache<Integer> cache = new RouteCache<>();

    private static String key(int number) {
        return "order.region" + number % 7 + ".customer" + number;
    }

    @Test
    void manyRecurringKeysAreAllRemembered() {
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 1_000; i++) {
                if (cache.find(key(i), 2) == null) {
                    cache.remember(key(i), 2, List.of(i));
                }
            }
        }
        for (int i = 0; i < 1_000; i++) {
            assertThat(cache.find(key(i), 2)).as(key(i)).containsExactly(i);
        }
    }

    @Test
    void aKeyThatComesOnceIsNotRemembered() {
        cache.remember("a", 2, List.of(1));
        assertThat(cache.find("a", 2)).isNull();
        cache.remember("a", 2, List.of(1));
        assertThat(cache.find("a", 2)).containsExactly(1);
    }

    /** Of 100,000 keys that come once, some thousand look as if they had come before, in a table of 16,384. */
    @Test
    void keysThatNeverComeAgainDriveFewOut() {
        for (int i = 0; i < 100; i++) {
            rememberTwice("recurring" + i, 2, i);
        }
        for (int i = 0; i < 100_000; i++) {
            cache.remember(key(i), 2, List.of(i));
        }
        int left = 0;
        for (int i = 0; i < 100; i++) {
            left += cache.find("recurring" + i, 2) == null ? 0 : 1;
        }
        assertThat(left).isGreaterThan(90);
    }

    private void rememberTwice(String key, long version, int target) {
        cache.remember(key, version, List.of(target));
        cache.remember(key, version, List.of(target));
    }

    @Test
    void aRouteOfAnotherVersionIsNone() {
        rememberTwice("a", 2, 1);
        assertThat(cache.find("a", 4)).isNull();
        rememberTwice("a", 4, 2);
        assertThat(cache.find("a", 4)).containsExactly(2);
        assertThat(cache.find("a", 2)).isNull();
    }

    @Test
    void whatIsRememberedLastIsFoundHoweverManyKeysThereWere() {
        for (int i = 0; i < 100_000; i++) {
            rememberTwice(key(i), 2, i);
            assertThat(cache.find(key(i), 2)).containsExactly(i);
        }
    }

    /** {@code Aa} and {@code BB} have one hash. */
    @Test
    void keysOfOneHashAreToldApart() {
        rememberTwice("AaAa", 2, 1);
        rememberTwice("BBBB", 2, 2);
        rememberTwice("AaBB", 2, 3);
        assertThat(cache.find("AaAa", 2)).containsExactly(1);
        assertThat(cache.find("BBBB", 2)).containsExactly(2);
        assertThat(cache.find("AaBB", 2)).containsExactly(3);
        assertThat(cache.find("BBAa", 2)).isNull();
    }
}
