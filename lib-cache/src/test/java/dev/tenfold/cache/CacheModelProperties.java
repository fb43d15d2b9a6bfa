package dev.tenfold.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.testing.SimulatedTime;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Against a map with due times: whatever is done, in whatever order, one thread sees what it would see there. */
class CacheModelProperties {

    private static final Duration TTL = Duration.ofSeconds(10);
    private static final Duration NEGATIVE_TTL = Duration.ofSeconds(3);

    /** What is done, to which key, with which number: a value, or seconds to pass. */
    record Step(Kind kind, int key, int number) {}

    enum Kind {
        GET,
        GET_ASYNC,
        GET_IF_PRESENT,
        WRITE_AND_INVALIDATE,
        WRITE_ALONE,
        DELETE_AND_INVALIDATE,
        PUT,
        INVALIDATE_ALL,
        FAIL_NEXT_LOAD,
        PASS_TIME
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        return net.jqwik.api.Combinators.combine(
                        Arbitraries.of(Kind.class),
                        Arbitraries.integers().between(0, 3),
                        Arbitraries.integers().between(1, 12))
                .as(Step::new)
                .list()
                .ofMaxSize(60);
    }

    @Property(tries = 1000)
    void behavesLikeAMapWithDueTimes(@ForAll("steps") List<Step> steps) {
        Model model = new Model();
        Cache<Integer, Integer> cache = Cache.<Integer, Integer>builder("model")
                .expireAfterWrite(TTL)
                .negativeTtl(NEGATIVE_TTL)
                .time(model.time)
                .executor(Runnable::run)
                .loadBackoff(null)
                .build(model::read);
        for (Step step : steps) {
            model.failing = false;
            int key = step.key;
            switch (step.kind) {
                case GET -> assertThat(cache.get(key)).isEqualTo(model.get(key));
                case GET_ASYNC ->
                    assertThat(cache.getAsync(key).toCompletableFuture().join()).isEqualTo(model.get(key));
                case GET_IF_PRESENT -> assertThat(cache.getIfPresent(key)).isEqualTo(model.getIfPresent(key));
                case WRITE_ALONE -> model.database.put(key, step.number);
                case WRITE_AND_INVALIDATE -> {
                    model.database.put(key, step.number);
                    cache.invalidate(key);
                    model.copies.remove(key);
                }
                case DELETE_AND_INVALIDATE -> {
                    model.database.remove(key);
                    cache.invalidate(key);
                    model.copies.remove(key);
                }
                case PUT -> {
                    cache.put(key, step.number);
                    model.keep(key, step.number);
                }
                case INVALIDATE_ALL -> {
                    cache.invalidateAll();
                    model.copies.clear();
                }
                case FAIL_NEXT_LOAD -> {
                    model.failing = true;
                    boolean present = model.isPresent(key);
                    try {
                        assertThat(cache.get(key)).isEqualTo(model.getIfPresent(key));
                        assertThat(present).isTrue();
                    } catch (UnsupportedOperationException failed) {
                        assertThat(present).isFalse();
                    }
                }
                case PASS_TIME -> model.time.advance(Duration.ofSeconds(step.number));
            }
        }
        assertThat(cache.stats().loads()).isEqualTo(model.loads);
        assertThat(cache.stats().staleFillsRefused()).isZero();
        assertThat(CacheTest.measured(cache, "tenfold.cache.loading")).isZero();
    }

    private static final class Model {
        final SimulatedTime time = new SimulatedTime();
        final Map<Integer, Integer> database = new HashMap<>();
        final Map<Integer, Copy> copies = new HashMap<>();
        boolean failing;
        long loads;

        record Copy(Integer value, long due) {}

        Integer read(int key) {
            loads++;
            if (failing) {
                throw new UnsupportedOperationException("told to fail");
            }
            return database.get(key);
        }

        boolean isPresent(int key) {
            Copy copy = copies.get(key);
            return copy != null && time.nanoTime() < copy.due;
        }

        Integer getIfPresent(int key) {
            return isPresent(key) ? copies.get(key).value : null;
        }

        Integer get(int key) {
            if (!isPresent(key)) {
                keep(key, database.get(key));
            }
            return copies.get(key).value;
        }

        void keep(int key, Integer value) {
            Duration ttl = value == null ? NEGATIVE_TTL : TTL;
            copies.put(key, new Copy(value, time.nanoTime() + ttl.toNanos()));
        }
    }
}
