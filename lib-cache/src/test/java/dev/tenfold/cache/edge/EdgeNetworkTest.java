package dev.tenfold.cache.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.cache.edge.Served.Source;
import dev.tenfold.error.CallFailedException;
import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.observe.Event;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.topology.Coordinates;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class EdgeNetworkTest {

    private static final Coordinates FRANKFURT = Coordinates.of(50.1, 8.7);
    private static final Coordinates AMSTERDAM = Coordinates.of(52.4, 4.9);
    private static final Coordinates NEW_YORK = Coordinates.of(40.7, -74.0);
    private static final Coordinates TOKYO = Coordinates.of(35.7, 139.7);
    private static final Coordinates MUNICH = Coordinates.of(48.1, 11.6);
    private static final Coordinates BOSTON = Coordinates.of(42.4, -71.1);

    private final ExecutorService pool = Executors.newCachedThreadPool();
    private final SimulatedTime time = new SimulatedTime();
    private final AtomicInteger originCalls = new AtomicInteger();
    private final List<Event> events = new ArrayList<>();

    @AfterEach
    void stop() throws InterruptedException {
        pool.shutdownNow();
        assertThat(pool.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void asksTheNearestEdgeThenItsNeighboursThenTheOrigin() {
        EdgeNetwork<String, String> cdn = network().build(key -> key + "#" + originCalls.incrementAndGet());

        assertThat(cdn.get(AMSTERDAM, "/a")).isEqualTo(served("/a#1", "ams", Source.ORIGIN, 0));
        assertThat(cdn.get(AMSTERDAM, "/a")).isEqualTo(served("/a#1", "ams", Source.EDGE, 0));
        assertThat(cdn.get(MUNICH, "/a")).isEqualTo(served("/a#1", "fra", Source.NEIGHBOUR, 0));
        assertThat(cdn.get(MUNICH, "/a")).isEqualTo(served("/a#1", "fra", Source.EDGE, 0));
        assertThat(originCalls).hasValue(1);
        assertThat(cdn.edge("ams").stats()).isEqualTo(new EdgeStats(2, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1));
        assertThat(cdn.edge("fra").stats()).isEqualTo(new EdgeStats(2, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1));
        assertThat(cdn.edge("nyc").stats()).isEqualTo(new EdgeStats(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    }

    @Test
    void asksNoMoreNeighboursThanItMay() {
        EdgeNetwork<String, String> cdn =
                network().neighbours(1).build(key -> key + "#" + originCalls.incrementAndGet());

        cdn.get(TOKYO, "/a");
        assertThat(cdn.get(MUNICH, "/a").source())
                .as("Amsterdam is asked, Tokyo is not")
                .isEqualTo(Source.ORIGIN);
        cdn.edge("ams").down();
        cdn.edge("nyc").down();
        cdn.purge("/a");
        cdn.get(TOKYO, "/a");
        assertThat(cdn.get(MUNICH, "/a").source())
                .as("Tokyo is the nearest that is up")
                .isEqualTo(Source.NEIGHBOUR);
    }

    @Test
    void leavesAnEdgeThatIsDown() {
        EdgeNetwork<String, String> cdn = network().build(key -> key + "#" + originCalls.incrementAndGet());
        cdn.get(MUNICH, "/a");

        cdn.edge("fra").down();
        cdn.edge("fra").down();
        assertThat(cdn.get(MUNICH, "/a"))
                .as("the next nearest answers, and does not ask the one that is down")
                .isEqualTo(served("/a#2", "ams", Source.ORIGIN, 0));
        for (EdgeSite<String, String> site : cdn.edges()) {
            site.down();
        }
        assertThat(cdn.get(MUNICH, "/a")).isEqualTo(served("/a#3", "", Source.ORIGIN, 0));
        cdn.edge("fra").up();
        cdn.edge("fra").up();
        assertThat(cdn.get(MUNICH, "/a")).isEqualTo(served("/a#4", "fra", Source.ORIGIN, 0));
        assertThat(events)
                .extracting(event -> event.kind() + " " + event.details().get("edge"))
                .containsExactly("edge.down fra", "edge.down ams", "edge.down nyc", "edge.down tyo", "edge.up fra");
    }

    @Test
    void ageTravelsSoThatNoChainOfEdgesProlongsALife() {
        EdgeNetwork<String, String> cdn = network()
                .expireAfterWrite(Duration.ofSeconds(60))
                .build(key -> key + "#" + originCalls.incrementAndGet());

        cdn.get(AMSTERDAM, "/a");
        time.advance(Duration.ofSeconds(30));
        assertThat(cdn.get(MUNICH, "/a")).isEqualTo(served("/a#1", "fra", Source.NEIGHBOUR, 30));
        time.advance(Duration.ofSeconds(29));
        assertThat(cdn.get(BOSTON, "/a")).isEqualTo(served("/a#1", "nyc", Source.NEIGHBOUR, 59));
        time.advance(Duration.ofSeconds(1));
        assertThat(cdn.get(BOSTON, "/a")).isEqualTo(served("/a#2", "nyc", Source.ORIGIN, 0));
        assertThat(cdn.get(MUNICH, "/a").value()).isEqualTo("/a#2");
    }

    @Test
    void ageCountsFromTheRequestToTheOrigin() {
        EdgeNetwork<String, String> cdn = network()
                .expireAfterWrite(Duration.ofSeconds(10))
                .build(key -> {
                    originCalls.incrementAndGet();
                    time.advance(Duration.ofSeconds(4));
                    return key;
                });

        assertThat(cdn.get(MUNICH, "/a")).isEqualTo(served("/a", "fra", Source.ORIGIN, 4));
        time.advance(Duration.ofSeconds(6));
        assertThat(cdn.get(MUNICH, "/a").source()).isEqualTo(Source.ORIGIN);
    }

    @Test
    void mergesConcurrentMissesOfAllEdgesIntoOneCallOfTheOrigin() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        EdgeNetwork<String, String> cdn = network().build(key -> {
            go.await();
            return key + "#" + originCalls.incrementAndGet();
        });
        List<Coordinates> clients = List.of(MUNICH, AMSTERDAM, BOSTON, TOKYO);
        List<Future<Served<String>>> answers = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            Coordinates client = clients.get(i % clients.size());
            answers.add(pool.submit(() -> cdn.get(client, "/a")));
        }
        while (cdn.edges().stream().mapToLong(site -> site.stats().requests()).sum() < 100) {
            Thread.onSpinWait();
        }
        go.countDown();
        for (Future<Served<String>> each : answers) {
            assertThat(each.get().value()).isEqualTo("/a#1");
        }
        assertThat(originCalls).hasValue(1);
    }

    @Test
    void sharesNoAnswerThatIsForOneClientOnly() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        EdgeNetwork<String, String> cdn = network()
                .expireAfterWrite((key, value) -> Duration.ZERO)
                .build(key -> {
                    int call = originCalls.incrementAndGet();
                    asked.countDown();
                    go.await();
                    return key + "#" + call;
                });
        List<Future<Served<String>>> answers = new ArrayList<>();
        answers.add(pool.submit(() -> cdn.get(MUNICH, "/cart")));
        asked.await();
        for (int i = 0; i < 9; i++) {
            answers.add(pool.submit(() -> cdn.get(MUNICH, "/cart")));
        }
        while (cdn.edge("fra").stats().requests() < 10) {
            Thread.onSpinWait();
        }
        go.countDown();
        List<String> values = new ArrayList<>();
        for (Future<Served<String>> each : answers) {
            values.add(each.get().value());
        }
        assertThat(values).doesNotHaveDuplicates();
        assertThat(cdn.edge("fra").stats().size()).isZero();
    }

    @Test
    void keepsNeitherFailuresNorAbsences() {
        EdgeNetwork<String, String> cdn = network().build(key -> {
            if (originCalls.incrementAndGet() == 1) {
                throw new IOException("no route");
            }
            return null;
        });

        assertThatThrownBy(() -> cdn.get(MUNICH, "/a"))
                .isInstanceOf(CallFailedException.class)
                .hasMessageContaining("origin of edge network 'cdn' for /a")
                .hasRootCauseInstanceOf(IOException.class);
        assertThat(cdn.get(MUNICH, "/a")).isEqualTo(served(null, "fra", Source.ORIGIN, 0));
        cdn.get(MUNICH, "/a");
        assertThat(originCalls).hasValue(3);
    }

    @Test
    void standsBetweenARequestPathAndItsServers() {
        EdgeNetwork<String, String> cdn = network().build();

        assertThat(cdn.serve(MUNICH, "/a", key -> "first")).isEqualTo("first");
        assertThat(cdn.serve(MUNICH, "/a", key -> "second")).isEqualTo("first");
        assertThatThrownBy(() -> cdn.get(MUNICH, "/b"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("'cdn' was built without an origin");
        assertThatThrownBy(() -> cdn.edge("rome")).hasMessage("edge: 'rome' (expected: one of [fra, ams, nyc, tyo])");
    }

    @Test
    void measuresEveryEdge() {
        EdgeNetwork<String, String> cdn = network().build(key -> key);
        cdn.get(MUNICH, "/a");
        cdn.get(MUNICH, "/a");

        assertThat(cdn.measurements())
                .filteredOn(m -> m.name().equals("tenfold.edge.hits")
                        && "fra".equals(m.tags().get("edge")))
                .singleElement()
                .satisfies(m -> assertThat(m.value().getAsDouble()).isEqualTo(1));
        assertThat(cdn.measurements())
                .filteredOn(m -> m.name().equals("tenfold.edge.origin.loads"))
                .singleElement()
                .satisfies(m -> assertThat(m.value().getAsDouble()).isEqualTo(1));
    }

    @Test
    void reportsEverythingThatIsWrongAtOnce() {
        assertThatThrownBy(() -> EdgeNetwork.builder("cdn")
                        .edge("a", MUNICH)
                        .edge("a", TOKYO)
                        .neighbours(-1)
                        .expireAfterWrite(Duration.ZERO)
                        .build())
                .isInstanceOfSatisfying(
                        InvalidConfigurationException.class,
                        e -> assertThat(e.problems())
                                .containsExactly(
                                        "edge: 'a' (expected: a name used once)",
                                        "neighbours: -1 (expected: >= 0)",
                                        "expireAfterWrite: PT0S (expected: > 0)"));
        assertThatThrownBy(() -> EdgeNetwork.builder("cdn").build())
                .hasMessageContaining("edges: [] (expected: at least one; call edge(name, coordinates))");
    }

    private Served<String> served(String value, String edge, Source source, int ageSeconds) {
        return new Served<>(value, edge, source, Duration.ofSeconds(ageSeconds), Served.State.FRESH);
    }

    private EdgeNetworkBuilder<String, String> network() {
        return EdgeNetwork.<String, String>builder("cdn")
                .edge("fra", FRANKFURT)
                .edge("ams", AMSTERDAM)
                .edge("nyc", NEW_YORK)
                .edge("tyo", TOKYO)
                .time(time)
                .observer(events::add);
    }
}
