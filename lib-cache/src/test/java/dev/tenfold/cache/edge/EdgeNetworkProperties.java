package dev.tenfold.cache.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.observe.Observer;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.topology.Coordinates;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * Any sequence of requests, purges, edges that go and come, failures of the origin and time, against what may be served at
 * all: nothing from before a purge, nothing older than its lifetime unless it says so, nothing beyond its time as stale.
 */
class EdgeNetworkProperties {

    private static final List<String> EDGES = List.of("a", "b", "c");
    private static final List<String> KEYS = List.of("/x/1", "/x/2", "/y");
    private static final Duration TTL = Duration.ofSeconds(20);
    private static final Duration REVALIDATE = Duration.ofSeconds(10);
    private static final Duration ON_ERROR = Duration.ofSeconds(30);

    enum Kind {
        GET,
        PURGE_KEY,
        PURGE_TAG,
        PURGE_PREFIX,
        SOFT_PURGE,
        DOWN,
        UP,
        ORIGIN_DOWN,
        ORIGIN_UP,
        ADVANCE,
        RUN_BACKGROUND
    }

    record Action(Kind kind, int edge, int key, int seconds) {}

    /** A value the origin made: when, and how many hard and soft purges of its key there had been. */
    private record Made(String key, long at, int purges, int softPurges) {}

    @Provide
    Arbitrary<List<Action>> actions() {
        Arbitrary<Kind> kinds = Arbitraries.frequency(
                        net.jqwik.api.Tuple.of(12, Kind.GET),
                        net.jqwik.api.Tuple.of(4, Kind.ADVANCE),
                        net.jqwik.api.Tuple.of(6, null))
                .flatMap(kind -> kind == null ? Arbitraries.of(Kind.class) : Arbitraries.just(kind));
        Arbitrary<Action> action = Combinators.combine(
                        kinds,
                        Arbitraries.integers().between(0, 2),
                        Arbitraries.integers().between(0, 2),
                        Arbitraries.integers().between(1, 15))
                .as(Action::new);
        return action.list().ofMinSize(5).ofMaxSize(80);
    }

    @Property(tries = 300)
    void servesOnlyWhatMayBeServed(@ForAll("actions") List<Action> actions) {
        new Run().play(actions);
    }

    private static final class Run {

        private final SimulatedTime time = new SimulatedTime();
        private final Deque<Runnable> background = new ArrayDeque<>();
        private final List<Made> made = new ArrayList<>();
        private final int[] purges = new int[KEYS.size()];
        private final int[] softPurges = new int[KEYS.size()];
        private final long[] softPurgedAt = new long[KEYS.size()];
        private boolean originIsDown;
        private final EdgeNetwork<String, Integer> cdn = EdgeNetwork.<String, Integer>builder("cdn")
                .edge("a", Coordinates.of(0, 0))
                .edge("b", Coordinates.of(0, 10))
                .edge("c", Coordinates.of(0, 30))
                .neighbours(1)
                .shield("b")
                .expireAfterWrite(TTL)
                .staleWhileRevalidate(REVALIDATE)
                .staleIfError(ON_ERROR)
                .tags((key, value) -> Set.of("tag-of-" + key))
                .executor(background::add)
                .time(time)
                .scheduler(time)
                .observer(Observer.none())
                .build(this::make);

        private Integer make(String key) {
            if (originIsDown) {
                throw new UncheckedIOException(new java.io.IOException("down"));
            }
            int index = KEYS.indexOf(key);
            made.add(new Made(key, time.nanoTime(), purges[index], softPurges[index]));
            return made.size() - 1;
        }

        void play(List<Action> actions) {
            for (Action action : actions) {
                String key = KEYS.get(action.key);
                switch (action.kind) {
                    case GET -> get(cdn.edge(EDGES.get(action.edge)).coordinates(), key);
                    case PURGE_KEY -> purged(action.key, cdn.purge(key));
                    case PURGE_TAG -> purged(action.key, cdn.purgeTag("tag-of-" + key));
                    case PURGE_PREFIX -> {
                        purged(0, cdn.purgePrefix("/x"));
                        purges[1]++;
                    }
                    case SOFT_PURGE -> {
                        cdn.softPurge(key);
                        softPurges[action.key]++;
                        softPurgedAt[action.key] = time.nanoTime();
                    }
                    case DOWN -> cdn.edge(EDGES.get(action.edge)).down();
                    case UP -> {
                        cdn.edge(EDGES.get(action.edge)).up();
                    }
                    case ORIGIN_DOWN -> originIsDown = true;
                    case ORIGIN_UP -> originIsDown = false;
                    case ADVANCE -> time.advance(Duration.ofSeconds(action.seconds));
                    case RUN_BACKGROUND -> {
                        while (!background.isEmpty()) {
                            background.remove().run();
                        }
                    }
                }
            }
        }

        private void purged(int key, PurgeReport report) {
            purges[key]++;
            assertThat(report.missed())
                    .containsExactlyInAnyOrderElementsOf(EDGES.stream()
                            .filter(edge -> !cdn.edge(edge).isUp())
                            .toList());
        }

        private void get(Coordinates client, String key) {
            int before = made.size();
            Served<Integer> served;
            try {
                served = cdn.get(client, key);
            } catch (UncheckedIOException down) {
                assertThat(originIsDown).as("failed although the origin is up").isTrue();
                return;
            }
            Made value = made.get(served.value());
            int index = KEYS.indexOf(key);
            assertThat(value.key).isEqualTo(key);
            assertThat(value.purges).as("from before a purge").isEqualTo(purges[index]);
            long age = time.nanoTime() - value.at;
            assertThat(served.age()).isEqualTo(Duration.ofNanos(age));
            boolean softened = value.softPurges < softPurges[index];
            long freshUntil =
                    softened ? Math.min(value.at + TTL.toNanos(), softPurgedAt[index]) : value.at + TTL.toNanos();
            long staleFor = time.nanoTime() - freshUntil;
            switch (served.state()) {
                case FRESH -> assertThat(staleFor).as("stale and called fresh").isNegative();
                case REVALIDATING -> assertThat(staleFor).isBetween(0L, REVALIDATE.toNanos() - 1);
                case STALE -> assertThat(staleFor).isBetween(0L, ON_ERROR.toNanos() - 1);
            }
            assertThat(made.size() - before).as("loads for one request").isLessThanOrEqualTo(1);
        }
    }
}
