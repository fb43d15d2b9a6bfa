package dev.tenfold.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.retry.Backoff;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.time.Chance;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What a copy is good for at its age, on a clock moved by hand. The loader answers with the number of the load. */
class CacheTimeTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration TICK = Duration.ofNanos(1);

    private final SimulatedTime time = new SimulatedTime();
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private final AtomicInteger loads = new AtomicInteger();
    private boolean failing;
    private Duration loadTakes = Duration.ZERO;

    @Test
    void forgetsWhatWasNotUsedForAWhileAndKeepsWhatWas() {
        Cache<String, Integer> cache =
                builder().expireAfterAccess(Duration.ofSeconds(10)).build(this::load);

        cache.get("used");
        cache.get("idle");
        for (int i = 0; i < 5; i++) {
            time.advance(Duration.ofSeconds(9));
            assertThat(cache.getIfPresent("used")).isEqualTo(1);
        }
        assertThat(cache.getIfPresent("idle")).isNull();
        time.advance(Duration.ofSeconds(10));
        assertThat(cache.getIfPresent("used")).isNull();
    }

    @Test
    void limitsTheLifeOfWhatIsInUseToo() {
        Cache<String, Integer> cache = builder()
                .expireAfterWrite(Duration.ofSeconds(10))
                .expireAfterAccess(Duration.ofSeconds(3))
                .build(this::load);
        cache.get("k");
        for (int i = 0; i < 4; i++) {
            time.advance(Duration.ofSeconds(2));
            assertThat(cache.get("k")).isEqualTo(1);
        }
        time.advance(Duration.ofSeconds(2));
        assertThat(cache.get("k")).isEqualTo(2);
    }

    @Test
    void answersStaleWhileOneLoadRevalidates() {
        Cache<String, Integer> cache = builder()
                .expireAfterWrite(Duration.ofSeconds(10))
                .staleWhileRevalidate(Duration.ofSeconds(5))
                .build(this::load);
        cache.get("k");
        time.advance(Duration.ofSeconds(15).minus(TICK));

        assertThat(cache.lookup("k"))
                .isEqualTo(new Lookup<>(
                        1, Lookup.State.STALE, Duration.ofSeconds(15).minus(TICK)));
        assertThat(cache.get("k")).isEqualTo(1);
        assertThat(cache.getIfPresent("k")).as("never stale without a load").isNull();
        assertThat(cache.stats().refreshes()).as("one revalidation").isEqualTo(1);
        drain();
        assertThat(cache.lookup("k")).isEqualTo(new Lookup<>(2, Lookup.State.FRESH, Duration.ZERO));
        assertThat(cache.stats().staleAnswers()).isEqualTo(2);
    }

    @Test
    void waitsForALoadWhenTheWindowIsOver() {
        Cache<String, Integer> cache = builder()
                .expireAfterWrite(Duration.ofSeconds(10))
                .staleWhileRevalidate(Duration.ofSeconds(5))
                .build(this::load);
        cache.get("k");
        time.advance(Duration.ofSeconds(15));
        assertThat(cache.lookup("k").state()).isEqualTo(Lookup.State.LOADED);
        assertThat(cache.get("k")).isEqualTo(2);
    }

    @Test
    void revalidatesAgainOnlyAfterABackoffIfItFailed() {
        Cache<String, Integer> cache = builder()
                .expireAfterWrite(Duration.ofSeconds(10))
                .staleWhileRevalidate(Duration.ofSeconds(60))
                .loadBackoff(Backoff.fixed(SECOND))
                .build(this::load);
        cache.get("k");
        time.advance(Duration.ofSeconds(10));
        failing = true;
        for (int i = 0; i < 10; i++) {
            assertThat(cache.get("k")).isEqualTo(1);
            drain();
        }
        assertThat(loads).hasValue(2);
        time.advance(SECOND);
        failing = false;
        assertThat(cache.get("k")).isEqualTo(1);
        drain();
        assertThat(cache.get("k")).isEqualTo(3);
    }

    @Test
    void answersStaleWithinItsWindowWhenTheLoadFails() {
        Cache<String, Integer> cache = builder()
                .expireAfterWrite(Duration.ofSeconds(10))
                .staleIfError(Duration.ofSeconds(60))
                .build(this::load);
        cache.get("k");
        failing = true;
        time.advance(Duration.ofSeconds(70).minus(TICK));
        assertThat(cache.lookup("k").state()).isEqualTo(Lookup.State.STALE);
        assertThat(cache.get("k")).isEqualTo(1);
        assertThat(cache.stats().staleAnswers()).isEqualTo(2);
        time.advance(Duration.ofSeconds(20));
        assertThatThrownBy(() -> cache.get("k")).hasMessage("told to fail");
        failing = false;
        time.advance(Duration.ofSeconds(20));
        assertThat(cache.lookup("k").state()).isEqualTo(Lookup.State.LOADED);
    }

    @Test
    void neverAnswersStaleWithWhatWasInvalidated() {
        Cache<String, Integer> cache = builder()
                .expireAfterWrite(Duration.ofSeconds(10))
                .staleIfError(Duration.ofSeconds(60))
                .staleWhileRevalidate(Duration.ofSeconds(60))
                .build(this::load);
        cache.get("k");
        time.advance(Duration.ofSeconds(11));
        failing = true;
        cache.invalidate("k");
        assertThatThrownBy(() -> cache.get("k")).hasMessage("told to fail");
    }

    @Test
    void aRefreshThatBeganBeforeARemovalLeavesNothing() {
        Cache<String, Integer> cache = builder()
                .expireAfterWrite(Duration.ofSeconds(10))
                .staleWhileRevalidate(Duration.ofSeconds(60))
                .build(this::load);
        cache.get("k");
        time.advance(Duration.ofSeconds(11));
        cache.get("k");
        cache.invalidate("k");
        drain();
        assertThat(loads).hasValue(2);
        assertThat(cache.getIfPresent("k")).isNull();
    }

    @Test
    void doesNotHammerAStoreThatFails() {
        Cache<String, Integer> cache = builder()
                .loadBackoff(Backoff.exponential(SECOND, Duration.ofSeconds(4)).jitter(0))
                .build(this::load);
        failing = true;
        int[] tries = new int[20];
        for (int tenth = 0; tenth < 200; tenth++) {
            int before = loads.get();
            assertThatThrownBy(() -> cache.get("k")).hasMessage("told to fail");
            tries[tenth / 10] += loads.get() - before;
            time.advance(Duration.ofMillis(100));
        }
        assertThat(tries).containsExactly(1, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1);
        assertThat(cache.stats().loadsRefused()).isEqualTo(200 - loads.get());
        assertThatThrownBy(() -> cache.getAsync("k").toCompletableFuture().join())
                .hasRootCauseMessage("told to fail");
        failing = false;
        cache.invalidate("k");
        assertThat(cache.get("k")).as("an invalidation ends the wait").isEqualTo(loads.get());
    }

    @Test
    void backsOffForOneKeyOnlyAndNotForLoadersThatLookupsBring() {
        Cache<String, Integer> cache = builder().build(this::load);
        failing = true;
        assertThatThrownBy(() -> cache.get("k")).hasMessage("told to fail");
        assertThat(cache.get("k", key -> 7)).isEqualTo(7);
        failing = false;
        assertThat(cache.get("other")).isEqualTo(2);
    }

    @Test
    void loadsAheadWhatIsInUse() {
        Cache<String, Integer> cache = builder()
                .expireAfterWrite(Duration.ofSeconds(10))
                .refreshAhead(0.8)
                .build(this::load);
        cache.get("used");
        cache.get("idle");
        time.advance(Duration.ofSeconds(8).minus(TICK));
        assertThat(cache.get("used")).isEqualTo(1);
        assertThat(cache.stats().refreshes()).isZero();
        time.advance(TICK);
        assertThat(cache.lookup("used")).isEqualTo(new Lookup<>(1, Lookup.State.FRESH, Duration.ofSeconds(8)));
        drain();
        assertThat(loads).hasValue(3);
        time.advance(Duration.ofSeconds(5));
        assertThat(cache.getIfPresent("used")).isEqualTo(3);
        assertThat(cache.getIfPresent("idle")).isNull();
    }

    /** The paper's rule: at x before the end, a lookup refreshes with probability exp(-x / (beta * delta)). */
    @Test
    void refreshesEarlyAsLikelyAsThePaperSays() {
        loadTakes = SECOND;
        for (double beta : new double[] {0.5, 1, 2}) {
            for (int before = 1; before <= 4; before++) {
                int refreshed = 0;
                int tries = 2_000;
                for (int i = 0; i < tries; i++) {
                    Cache<String, Integer> cache = builder()
                            .expireAfterWrite(Duration.ofSeconds(100))
                            .earlyRefresh(beta)
                            .random(Chance.seeded(i * 31L + before))
                            .build(this::load);
                    cache.get("k");
                    time.advance(Duration.ofSeconds(99 - before));
                    cache.get("k");
                    refreshed += (int) cache.stats().refreshes();
                    tasks.clear();
                }
                assertThat((double) refreshed / tries)
                        .as("beta %s, %d s before the end", beta, before)
                        .isCloseTo(Math.exp(-before / beta), org.assertj.core.data.Offset.offset(0.04));
            }
        }
    }

    @Test
    void remembersAnAbsenceForItsOwnTimeAndRevalidatesItToo() {
        Cache<String, Integer> cache = builder()
                .expireAfterWrite(Duration.ofSeconds(100))
                .negativeTtl(Duration.ofSeconds(2))
                .staleWhileRevalidate(Duration.ofSeconds(1))
                .build(key -> loads.incrementAndGet() > 1 ? 5 : null);
        assertThat(cache.get("k")).isNull();
        time.advance(Duration.ofSeconds(2));
        assertThat(cache.lookup("k")).isEqualTo(new Lookup<>(null, Lookup.State.STALE, Duration.ofSeconds(2)));
        drain();
        assertThat(cache.get("k")).isEqualTo(5);
    }

    @Test
    void countsTheAgeFromTheBeginningOfTheLoad() {
        loadTakes = Duration.ofSeconds(3);
        Cache<String, Integer> cache =
                builder().expireAfterWrite(Duration.ofSeconds(10)).build(this::load);
        cache.get("k");
        time.advance(Duration.ofSeconds(7).minus(TICK));
        assertThat(cache.get("k")).isEqualTo(1);
        time.advance(TICK);
        assertThat(cache.getIfPresent("k")).isNull();
    }

    @Test
    void dropsWhatIsPastUseAsOthersAreWritten() {
        Cache<String, Integer> cache = builder()
                .expireAfterWrite(Duration.ofSeconds(10))
                .executor(Runnable::run)
                .build();
        for (int i = 0; i < 100; i++) {
            cache.put("old" + i, i);
        }
        time.advance(Duration.ofSeconds(10));
        for (int i = 0; i < 300; i++) {
            cache.put("new" + i % 10, i);
        }
        assertThat(cache.stats().size()).isEqualTo(10);
        assertThat(cache.stats().expirations()).isEqualTo(100);
    }

    @Test
    void whatIsYoungerThanTheSweepStays() {
        Lifetimes<String, Integer> lifetimes = new Lifetimes<>(builder().expireAfterAccess(SECOND).options);
        TrackedCopy<Integer> copy = new TrackedCopy<>(
                dev.tenfold.session.Positioned.unplaced(1), 100, Lifetimes.UNLIMITED, 0, java.util.List.of());
        assertThat(lifetimes.of(copy, 50)).isEqualTo(Lifetimes.Age.FRESH);
    }

    @Test
    void isDroppedByCleaningUp() {
        Cache<String, Integer> cache =
                builder().expireAfterWrite(Duration.ofSeconds(10)).build();
        cache.put("k", 1);
        time.advance(Duration.ofSeconds(10));
        assertThat(cache.stats().size()).isEqualTo(1);
        cache.cleanUp();
        assertThat(cache.stats().size()).isZero();
    }

    private Integer load(String key) {
        int load = loads.incrementAndGet();
        time.advance(loadTakes);
        if (failing) {
            throw new UnsupportedOperationException("told to fail");
        }
        return load;
    }

    private void drain() {
        while (!tasks.isEmpty()) {
            tasks.remove().run();
        }
    }

    private CacheBuilder<String, Integer> builder() {
        return Cache.<String, Integer>builder("time").time(time).executor(tasks::add);
    }
}
