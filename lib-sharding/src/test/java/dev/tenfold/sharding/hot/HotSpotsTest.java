package dev.tenfold.sharding.hot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.observe.Observer;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.ShardRoute;
import dev.tenfold.sharding.Sharder;
import dev.tenfold.sharding.hot.LoadReport.KeyLoad;
import dev.tenfold.sharding.hot.LoadReport.ShardLoad;
import dev.tenfold.sharding.hot.LoadReport.SlotLoad;
import dev.tenfold.testing.SimulatedTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class HotSpotsTest {

    private final SimulatedTime time = new SimulatedTime();
    private final HotSpots<Long> hot = HotSpots.<Long>builder()
            .halfLife(Duration.ofSeconds(10))
            .keys(64)
            .time(time)
            .build();
    private final Sharder<Long, String> shards = Sharder.<Long, String>consistent()
            .shard("s1", "db1")
            .shard("s2", "db2")
            .shard("s3", "db3")
            .slots(256)
            .observer(Observer.none())
            .hotSpots(hot)
            .build();

    @Test
    void countsEveryWayOfFindingAKeyAndWhatTheUserSaysItCost() {
        shards.locate(1L);
        shards.route(1L);
        shards.write(1L, (db, route) -> null);
        shards.record(2L, 500);
        LoadReport<Long> report = hot.report(shards.map());
        assertThat(report.keys(LoadMeasure.CALLS)).singleElement().satisfies(key -> {
            assertThat(key.key()).isEqualTo(1L);
            assertThat(key.share()).isEqualTo(1);
            assertThat(key.error()).isZero();
        });
        assertThat(report.keys(LoadMeasure.COST)).extracting(KeyLoad::key).containsExactly(2L);
        ShardRoute route = shards.route(1L);
        assertThat(report.slots(LoadMeasure.CALLS))
                .extracting(SlotLoad::slot, SlotLoad::shard)
                .containsExactly(org.assertj.core.groups.Tuple.tuple(route.slot(), route.shard()));
        ShardLoad hottest = report.shards(LoadMeasure.CALLS).get(0);
        assertThat(hottest.shard()).isEqualTo(route.shard());
        assertThat(hottest.relative()).isCloseTo(3, within(1e-9));
        assertThat(report.toString()).contains("calls: ", "cost: ", "shard " + route.shard(), "key   1");
    }

    /** Zipf with a celebrity on top: all that is promised holds against exact counts, over several stripes. */
    @Test
    void findsTheCelebrityOfAZipfStream() {
        Random random = new Random(7);
        double[] cumulative = new double[20_000];
        double sum = 0;
        for (int rank = 0; rank < cumulative.length; rank++) {
            sum += 1.0 / (rank + 1);
            cumulative[rank] = sum;
        }
        Map<Long, Long> exact = new HashMap<>();
        int calls = 300_000;
        for (int i = 0; i < calls; i++) {
            long key = 99_999_999L;
            if (random.nextInt(4) != 0) {
                int found = java.util.Arrays.binarySearch(cumulative, random.nextDouble() * sum);
                key = found < 0 ? -found - 1 : found;
            }
            shards.locate(key);
            exact.merge(key, 1L, Long::sum);
        }
        LoadReport<Long> report = hot.report(shards.map());
        double seconds = calls / report.rate(LoadMeasure.CALLS);
        KeyLoad<Long> hottest = report.keys(LoadMeasure.CALLS).get(0);
        assertThat(hottest.key()).isEqualTo(99_999_999L);
        assertThat(hottest.certainShare()).isCloseTo(0.25, within(0.01));
        check(report, exact, seconds, calls);
        double slotSum = report.slots(LoadMeasure.CALLS).stream()
                .mapToDouble(SlotLoad::share)
                .sum();
        assertThat(slotSum).isCloseTo(1, within(1e-9));
    }

    private void check(LoadReport<Long> report, Map<Long, Long> exact, double seconds, long calls) {
        double bound = (double) calls / hot.keys() / seconds;
        assertThat(report.keyError(LoadMeasure.CALLS)).isPositive().isLessThanOrEqualTo(bound);
        Map<Long, KeyLoad<Long>> listed = new HashMap<>();
        for (KeyLoad<Long> key : report.keys(LoadMeasure.CALLS)) {
            listed.put(key.key(), key);
            double truth = exact.get(key.key()) / seconds;
            assertThat(key.rate()).isGreaterThanOrEqualTo(truth * (1 - 1e-9));
            assertThat(key.rate() - key.error()).isLessThanOrEqualTo(truth * (1 + 1e-9));
            assertThat(key.error()).isLessThanOrEqualTo(bound);
        }
        exact.forEach((key, count) -> {
            if (count > (double) calls / hot.keys()) {
                assertThat(listed).containsKey(key);
                assertThat(report.keys(LoadMeasure.CALLS, 1.0 / hot.keys()))
                        .anyMatch(k -> k.key().equals(key));
            }
        });
    }

    @Test
    void reportsSteadyLoadAsItsRateFromTheStartAndForgetsByHalves() {
        for (int second = 0; second < 100; second++) {
            for (int i = 0; i < 50; i++) {
                shards.locate(5L);
                time.advance(Duration.ofMillis(20));
            }
            if (second >= 2) {
                assertThat(hot.report(shards.map()).rate(LoadMeasure.CALLS))
                        .as("after %d s", second + 1)
                        .isCloseTo(50, within(5.0));
            }
        }
        double steady = hot.report(shards.map()).rate(LoadMeasure.CALLS);
        assertThat(steady).isCloseTo(50, within(2.5));
        time.advance(Duration.ofSeconds(10));
        assertThat(hot.report(shards.map()).rate(LoadMeasure.CALLS)).isCloseTo(steady / 2, within(1.5));
        time.advance(Duration.ofSeconds(90));
        assertThat(hot.report(shards.map()).rate(LoadMeasure.CALLS)).isLessThan(0.2);
        // After long silence, and beyond where the gain is scaled back, all is forgotten and new load counts anew.
        time.advance(Duration.ofHours(30));
        assertThat(hot.report(shards.map()).rate(LoadMeasure.CALLS)).isZero();
        shards.locate(6L);
        assertThat(hot.report(shards.map()).keys(LoadMeasure.CALLS).get(0).key())
                .isEqualTo(6L);
        hot.clear();
        assertThat(hot.report(shards.map()).keys(LoadMeasure.CALLS)).isEmpty();
    }

    /** The celebrity of yesterday does not hide that of today, and none is more than the bound off. */
    @Test
    void keepsItsBoundsAcrossScalingBack() {
        Random random = new Random(3);
        Map<Long, Double> exact = new HashMap<>();
        double total = 0;
        // Each step is 16 half-lives or 1 tick; together many times what the gain can hold.
        for (int step = 0; step < 400; step++) {
            Duration pause = random.nextInt(4) == 0 ? Duration.ofSeconds(160) : Duration.ofMillis(625);
            time.advance(pause);
            double left = Math.pow(2, -pause.toNanos() / 10e9);
            exact.replaceAll((key, weight) -> weight * left);
            total *= left;
            hot.report(shards.map());
            for (int i = 0; i < 50; i++) {
                long key = (long) (200 * random.nextDouble() * random.nextDouble());
                shards.locate(key);
                exact.merge(key, 1.0, Double::sum);
                total += 1;
            }
        }
        LoadReport<Long> report = hot.report(shards.map());
        double seconds = total / report.rate(LoadMeasure.CALLS);
        assertThat(seconds).isCloseTo(10 / Math.log(2), within(0.5));
        for (KeyLoad<Long> key : report.keys(LoadMeasure.CALLS)) {
            double truth = exact.get(key.key()) / seconds;
            assertThat(key.rate()).isGreaterThanOrEqualTo(truth * (1 - 1e-6));
            assertThat(key.rate() - key.error()).isLessThanOrEqualTo(truth * (1 + 1e-6));
        }
    }

    /** What is not recorded is counted as missed, and it is next to nothing, as long as there are more stripes than threads. */
    @Test
    void losesNothingItDoesNotOwnUpTo() throws Exception {
        int threads = 6;
        int each = 100_000;
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int thread = 0; thread < threads; thread++) {
                int number = thread;
                running.add(executor.submit(() -> {
                    for (int i = 0; i < each; i++) {
                        shards.locate((long) (i % 10 == 0 ? -1 : number * 1_000 + i % 500));
                        if (i % 20_000 == 0) {
                            hot.report(shards.map());
                        }
                    }
                }));
            }
            for (Future<?> one : running) {
                one.get();
            }
        } finally {
            executor.shutdownNow();
        }
        LoadReport<Long> report = hot.report(shards.map());
        // The clock stands at its start, which counts as one tick of a sixteenth of 10 s.
        double seconds = 10 / Math.log(2) * -Math.expm1(-0.625 / 10 * Math.log(2));
        assertThat(report.missed()).isLessThan(threads * (long) each / 100);
        double expected = threads * (double) each - report.missed();
        double clockSeconds = expected / report.rate(LoadMeasure.CALLS);
        assertThat(clockSeconds).isCloseTo(seconds, within(1e-6));
        double inSlots = report.slots(LoadMeasure.CALLS).stream()
                        .mapToDouble(SlotLoad::rate)
                        .sum()
                * clockSeconds;
        assertThat(inSlots).isCloseTo(expected, within(0.01));
        KeyLoad<Long> celebrity = report.keys(LoadMeasure.CALLS).get(0);
        assertThat(celebrity.key()).isEqualTo(-1L);
        double truth = threads * each / 10.0;
        assertThat(celebrity.rate() * clockSeconds).isGreaterThanOrEqualTo(truth - report.missed());
        assertThat((celebrity.rate() - celebrity.error()) * clockSeconds).isLessThanOrEqualTo(truth + 0.01);
    }

    @Test
    void doesNotGrowWithTheNumberOfKeys() {
        for (long key = 0; key < 200_000; key++) {
            shards.locate(key);
        }
        LoadReport<Long> report = hot.report(shards.map());
        // One thread, and so one stripe.
        assertThat(report.keys(LoadMeasure.CALLS)).hasSize(hot.keys());
        assertThat(report.slots(LoadMeasure.CALLS))
                .hasSizeLessThanOrEqualTo(shards.map().allSlots());
    }

    @Test
    void measuresTenantsWhereTheyAreTheUnit() {
        HotSpots<String> tenants = HotSpots.<String>builder()
                .key(key -> key.substring(0, key.indexOf(':')))
                .time(time)
                .build();
        ShardMap map = shards.map();
        tenants.record("acme:1", 3, 1, 0);
        tenants.record("acme:2", 3, 2, 0);
        tenants.record("other:2", 9, 1, 0);
        assertThat(tenants.report(map).keys(LoadMeasure.CALLS))
                .extracting(KeyLoad::key)
                .containsExactly("acme:1", "other:2");
        assertThat(tenants.report(map).keys(LoadMeasure.CALLS).get(0).share()).isEqualTo(0.75);
    }

    @Test
    void refusesWhatCannotBe() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> hot.record(1L, -1, 1, 0))
                .withMessageContaining("slot: -1");
        assertThatIllegalArgumentException().isThrownBy(() -> hot.record(1L, 1, 1, -5));
        assertThatIllegalArgumentException().isThrownBy(() -> hot.record(1L, ShardMap.MAX_SLOTS * 2, 1, 0));
        assertThatThrownBy(() -> HotSpots.<Long>builder()
                        .halfLife(Duration.ZERO)
                        .keys(1)
                        .stripes(3)
                        .build())
                .isInstanceOfSatisfying(
                        InvalidConfigurationException.class,
                        invalid -> assertThat(invalid.problems()).hasSize(3));
    }
}
