package dev.tenfold.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.testing.SimulatedTime;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;

/**
 * Expiry, tags and the stale rules against a model with the same rules in their plainest form, on a clock moved by hand.
 * Refreshes wait in the executor until they are run, so that anything can come in between.
 */
class StaleModelProperties {

    private static final int TTL = 10;
    private static final int IDLE = 14;
    private static final int NEGATIVE = 3;
    private static final int WHILE_REVALIDATING = 4;
    private static final int IF_ERROR = 8;
    private static final double AHEAD = 0.5;

    record Step(Kind kind, int key, int number) {}

    enum Kind {
        LOOKUP,
        LOOKUP_WHILE_FAILING,
        GET_IF_PRESENT,
        CHANGE_ALONE,
        DELETE_ALONE,
        INVALIDATE,
        INVALIDATE_TAG,
        INVALIDATE_PREFIX,
        INVALIDATE_ALL,
        PUT,
        PUT_IF_ABSENT,
        RUN_REFRESHES,
        PASS_TIME
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        return Combinators.combine(
                        Arbitraries.frequency(Tuple.of(4, Kind.LOOKUP), Tuple.of(3, Kind.PASS_TIME), Tuple.of(1, null))
                                .flatMap(kind -> kind == null ? Arbitraries.of(Kind.class) : Arbitraries.just(kind)),
                        Arbitraries.integers().between(0, 3),
                        Arbitraries.integers().between(1, 8))
                .as(Step::new)
                .list()
                .ofMaxSize(80);
    }

    @Property(tries = 1500)
    void answersWhatTheRulesAllowAndNothingElse(@ForAll("steps") List<Step> steps) {
        Model model = new Model();
        for (Step step : steps) {
            model.play(step);
        }
    }

    /** The values are numbers; the tag is whether they are even. */
    private static final class Model {
        final SimulatedTime time = new SimulatedTime();
        final Map<Integer, Integer> database = new HashMap<>();
        final Map<Integer, Copy> copies = new HashMap<>();
        final Map<Integer, Integer> droppedByTag = new HashMap<>();
        final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
        boolean failing;

        final Cache<Integer, Integer> cache = Cache.<Integer, Integer>builder("model")
                .expireAfterWrite(Duration.ofSeconds(TTL))
                .expireAfterAccess(Duration.ofSeconds(IDLE))
                .negativeTtl(Duration.ofSeconds(NEGATIVE))
                .staleWhileRevalidate(Duration.ofSeconds(WHILE_REVALIDATING))
                .staleIfError(Duration.ofSeconds(IF_ERROR))
                .refreshAhead(AHEAD)
                .loadBackoff(null)
                .tags(value -> List.of(value % 2 == 0 ? "even" : "odd"))
                .observer(event -> {})
                .time(time)
                .executor(tasks::add)
                .build(key -> {
                    if (failing) {
                        throw new UnsupportedOperationException("told to fail");
                    }
                    return database.get(key);
                });

        /** When it was written and last used, in seconds. */
        record Copy(@Nullable Integer value, long written, long used) {

            long lifetime() {
                return value == null ? NEGATIVE : TTL;
            }
        }

        void play(Step step) {
            int key = step.key;
            switch (step.kind) {
                case LOOKUP -> lookup(key);
                case LOOKUP_WHILE_FAILING -> {
                    failing = true;
                    lookup(key);
                    failing = false;
                }
                case GET_IF_PRESENT -> {
                    Copy copy = fresh(key);
                    assertThat(cache.getIfPresent(key)).isEqualTo(copy == null ? null : copy.value);
                    use(key, copy);
                }
                case CHANGE_ALONE -> database.put(key, step.number);
                case DELETE_ALONE -> database.remove(key);
                case INVALIDATE -> {
                    cache.invalidate(key);
                    copies.remove(key);
                }
                case INVALIDATE_TAG -> {
                    cache.invalidateTag(step.number % 2 == 0 ? "even" : "odd");
                    copies.forEach((each, copy) -> {
                        if (copy.value != null && copy.value % 2 == step.number % 2) {
                            droppedByTag.put(each, step.number % 2);
                        }
                    });
                    copies.values().removeIf(copy -> copy.value != null && copy.value % 2 == step.number % 2);
                }
                case INVALIDATE_PREFIX -> {
                    cache.invalidatePrefix(String.valueOf(key));
                    copies.remove(key);
                }
                case INVALIDATE_ALL -> {
                    cache.invalidateAll();
                    copies.clear();
                }
                case PUT -> {
                    cache.put(key, step.number);
                    keep(key, step.number);
                }
                case PUT_IF_ABSENT -> {
                    Copy copy = fresh(key);
                    Integer there = copy == null ? null : copy.value;
                    assertThat(cache.asMap().putIfAbsent(key, step.number)).isEqualTo(there);
                    if (there == null) {
                        keep(key, step.number);
                    }
                }
                case RUN_REFRESHES -> refresh();
                case PASS_TIME -> time.advance(Duration.ofSeconds(step.number));
            }
            Map<Integer, Integer> visible = new HashMap<>();
            copies.keySet().forEach(each -> {
                Copy copy = fresh(each);
                if (copy != null && copy.value != null) {
                    visible.put(each, copy.value);
                }
            });
            assertThat(cache.asMap()).isEqualTo(visible);
        }

        void lookup(int key) {
            Copy held = copies.get(key);
            boolean usable = held != null
                    && now() - held.used < IDLE
                    && now() - held.written - held.lifetime() < WHILE_REVALIDATING;
            if (!usable && CacheTest.measured(cache, "tenfold.cache.loading") > 0) {
                refresh(); // this thread would wait for a refresh that only it can run
            }
            Copy copy = copies.get(key);
            boolean gone = copy == null || now() - copy.used >= IDLE;
            long past = gone ? Long.MAX_VALUE : now() - copy.written - copy.lifetime();
            if (past < WHILE_REVALIDATING) {
                assertThat(cache.lookup(key))
                        .isEqualTo(new Lookup<>(
                                copy.value,
                                past < 0 ? Lookup.State.FRESH : Lookup.State.STALE,
                                Duration.ofSeconds(now() - copy.written)));
                use(key, copy);
            } else if (!failing) {
                assertThat(cache.lookup(key))
                        .isEqualTo(new Lookup<>(database.get(key), Lookup.State.LOADED, Duration.ZERO));
                keep(key, database.get(key));
            } else if (past < IF_ERROR) {
                assertThat(cache.lookup(key))
                        .isEqualTo(
                                new Lookup<>(copy.value, Lookup.State.STALE, Duration.ofSeconds(now() - copy.written)));
            } else {
                assertThatThrownBy(() -> cache.lookup(key)).isInstanceOf(UnsupportedOperationException.class);
            }
        }

        /** Which keys a refresh is under way for, the cache alone knows; it may replace what is old and no more. */
        void refresh() {
            List<Integer> before = List.copyOf(copies.keySet());
            while (!tasks.isEmpty()) {
                tasks.remove().run();
            }
            assertThat(CacheTest.measured(cache, "tenfold.cache.loading")).isZero();
            for (int key : before) {
                Copy copy = copies.get(key);
                Integer there = cache.asMap().get(key);
                Copy fresh = fresh(key);
                if (fresh == null || !Objects.equals(there, fresh.value)) {
                    // Replaced, if at all, by what the store has now, because it was due.
                    if (now() - copy.written >= copy.lifetime() * AHEAD) {
                        assertThat(there).isIn(database.get(key), null);
                    } else {
                        throw new AssertionError("key " + key + " was replaced before it was due: " + copy);
                    }
                }
                cache.invalidate(key);
                copies.remove(key);
            }
            // A load that began before its key was dropped by a tag may leave a value that does not carry the tag.
            cache.asMap()
                    .forEach((key, value) -> assertThat(value % 2)
                            .as("key %d was dropped and came back as %d", key, value)
                            .isEqualTo(1 - droppedByTag.getOrDefault(key, 2)));
            cache.invalidateAll();
            droppedByTag.clear();
        }

        @Nullable
        Copy fresh(int key) {
            Copy copy = copies.get(key);
            return copy == null || now() - copy.written >= copy.lifetime() || now() - copy.used >= IDLE ? null : copy;
        }

        void use(int key, @Nullable Copy copy) {
            if (copy != null) {
                copies.put(key, new Copy(copy.value, copy.written, now()));
            }
        }

        void keep(int key, @Nullable Integer value) {
            copies.put(key, new Copy(value, now(), now()));
        }

        long now() {
            return time.nanoTime() / 1_000_000_000;
        }
    }
}
