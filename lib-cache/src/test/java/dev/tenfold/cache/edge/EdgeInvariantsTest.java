package dev.tenfold.cache.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.cache.edge.Served.Source;
import dev.tenfold.cache.edge.Served.State;
import dev.tenfold.health.HealthPolicy;
import dev.tenfold.observe.Observer;
import dev.tenfold.testing.Await;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.topology.Coordinates;
import dev.tenfold.topology.Outcome;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an edge network with a shield promises, each on a clock that only the test moves. */
@Timeout(30)
class EdgeInvariantsTest {

    private static final Coordinates WEST = Coordinates.of(0, -40);
    private static final Coordinates MIDDLE = Coordinates.of(0, 0);
    private static final Coordinates EAST = Coordinates.of(0, 45);
    private static final List<Coordinates> EVERYWHERE = List.of(WEST, MIDDLE, EAST);
    private static final Duration TTL = Duration.ofSeconds(60);

    private final SimulatedTime time = new SimulatedTime();
    private final AtomicInteger originCalls = new AtomicInteger();
    private final Deque<Runnable> background = new ArrayDeque<>();
    private volatile boolean originIsDown;

    @Test
    void aMissAsksNeighboursThenTheShieldThenTheOrigin() {
        EdgeNetwork<String, String> cdn = network().neighbours(1).build(key -> "v" + originCalls.incrementAndGet());

        assertThat(cdn.get(MIDDLE, "/a").source()).isEqualTo(Source.ORIGIN);
        assertThat(cdn.get(WEST, "/a").source())
                .as("the shield is its neighbour")
                .isEqualTo(Source.NEIGHBOUR);
        EdgeNetwork<String, String> far = network().neighbours(0).build(key -> "v" + originCalls.incrementAndGet());
        assertThat(far.get(EAST, "/a").source()).isEqualTo(Source.ORIGIN);
        assertThat(far.get(WEST, "/a").source()).isEqualTo(Source.SHIELD);
        assertThat(far.edge("west").stats().shieldHits()).isEqualTo(1);
        far.edge("middle").down();
        far.purge("/a");
        int before = originCalls.get();
        assertThat(far.get(WEST, "/a").source()).as("no shield, no neighbour").isEqualTo(Source.ORIGIN);
        assertThat(originCalls).hasValue(before + 1);
    }

    /** (b) */
    @Test
    void threeTiersNeverTripleALifetime() {
        EdgeNetwork<String, String> cdn = network().neighbours(0).build(key -> "v" + originCalls.incrementAndGet());

        cdn.get(MIDDLE, "/a");
        time.advance(Duration.ofSeconds(40));
        assertThat(cdn.get(WEST, "/a").age()).isEqualTo(Duration.ofSeconds(40));
        time.advance(Duration.ofSeconds(19));
        assertThat(cdn.get(EAST, "/a").age()).isEqualTo(Duration.ofSeconds(59));
        time.advance(Duration.ofSeconds(1));
        assertThat(EVERYWHERE).allSatisfy(client -> {
            assertThat(cdn.get(client, "/a").value()).isEqualTo("v2");
        });
    }

    /** (c) */
    @Test
    void staleWhileRevalidatingAnswersEverybodyAtOnceAndRevalidatesOnce() {
        EdgeNetwork<String, String> cdn = network()
                .staleWhileRevalidate(Duration.ofSeconds(30))
                .executor(background::add)
                .build(key -> "v" + originCalls.incrementAndGet());

        cdn.get(WEST, "/a");
        time.advance(TTL);
        for (int i = 0; i < 5; i++) {
            assertThat(cdn.get(WEST, "/a")).satisfies(served -> {
                assertThat(served.value()).isEqualTo("v1");
                assertThat(served.state()).isEqualTo(State.REVALIDATING);
            });
        }
        runBackground();
        assertThat(originCalls).as("five asked, one was sent").hasValue(2);
        assertThat(cdn.get(WEST, "/a").value()).isEqualTo("v2");
        assertThat(cdn.get(WEST, "/a").state()).isEqualTo(State.FRESH);
        time.advance(TTL.plusSeconds(30));
        assertThat(cdn.get(WEST, "/a")).satisfies(served -> {
            assertThat(served.value()).as("the window is over").isEqualTo("v3");
            assertThat(served.state()).isEqualTo(State.FRESH);
        });
    }

    /** (d) and (i) */
    @Test
    void staleIfErrorEndsAtItsWindowAndIsNoHit() {
        EdgeNetwork<String, String> cdn =
                network().staleIfError(Duration.ofMinutes(10)).build(this::load);

        cdn.get(WEST, "/a");
        originIsDown = true;
        time.advance(TTL);
        Served<String> stale = cdn.get(WEST, "/a");
        assertThat(stale.value()).isEqualTo("v1");
        assertThat(stale.state()).isEqualTo(State.STALE);
        assertThat(cdn.get(EAST, "/a"))
                .as("an edge that has none takes a neighbour's")
                .satisfies(served -> assertThat(served.state()).isEqualTo(State.STALE));
        EdgeStats stats = cdn.edge("west").stats();
        assertThat(stats.hits()).isZero();
        assertThat(stats.staleHits()).isEqualTo(1);
        time.advance(Duration.ofMinutes(10).minusSeconds(1));
        assertThat(cdn.get(WEST, "/a").state()).isEqualTo(State.STALE);
        time.advance(Duration.ofSeconds(1));
        assertThatThrownBy(() -> cdn.get(WEST, "/a"))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("down");
        assertThat(cdn.edge("west").stats().failures()).isEqualTo(1);
        originIsDown = false;
        assertThat(cdn.get(WEST, "/a").state()).isEqualTo(State.FRESH);
    }

    @Test
    void afterAFailureAStaleCopyIsServedForAWhileWithoutAskingAgain() {
        EdgeNetwork<String, String> cdn = network()
                .staleIfError(Duration.ofMinutes(10))
                .retryAfterFailure(Duration.ofSeconds(3))
                .build(key -> {
                    originCalls.incrementAndGet();
                    if (originIsDown) {
                        throw new UncheckedIOException(new java.io.IOException("down"));
                    }
                    return "v";
                });
        cdn.get(MIDDLE, "/a");
        originIsDown = true;
        time.advance(TTL);
        for (int i = 0; i < 5; i++) {
            assertThat(cdn.get(MIDDLE, "/a").state()).isEqualTo(State.STALE);
        }
        assertThat(originCalls).hasValue(2);
        time.advance(Duration.ofSeconds(3));
        originIsDown = false;
        assertThat(cdn.get(MIDDLE, "/a").state()).isEqualTo(State.FRESH);
        assertThat(cdn.edge("middle").stats().staleHits()).isEqualTo(5);
    }

    /** (e) */
    @Test
    void aPurgeDuringALoadLeavesItAtNoTier() {
        for (String way : List.of("key", "tag", "prefix", "all")) {
            List<EdgeNetwork<String, String>> self = new ArrayList<>();
            EdgeNetwork<String, String> cdn = network()
                    .neighbours(0)
                    .tags((key, value) -> Set.of("news"))
                    .build(key -> {
                        if (originCalls.incrementAndGet() == 1) {
                            purge(self.get(0), way);
                        }
                        return "v" + originCalls;
                    });
            self.add(cdn);
            originCalls.set(0);
            assertThat(cdn.get(WEST, "/a").value()).isEqualTo("v1");
            assertThat(cdn.edges())
                    .as(way)
                    .allSatisfy(site -> assertThat(site.stats().size()).isZero());
            assertThat(cdn.get(WEST, "/a").value()).isEqualTo("v2");
            assertThat(cdn.get(WEST, "/a").source()).isEqualTo(Source.EDGE);
        }
    }

    /** (f) */
    @Test
    void anEdgeThatWasDownDuringAPurgeIsReportedAndRejoinsFlushed() {
        EdgeNetwork<String, String> cdn = network()
                .tags((key, value) -> List.of(value))
                .neighbours(0)
                .build(key -> "v" + originCalls.incrementAndGet());
        cdn.get(WEST, "/a");
        cdn.get(EAST, "/a");
        cdn.edge("west").down();

        PurgeReport report = cdn.purgeTag("v1");
        assertThat(report.reached()).containsExactly("middle", "east");
        assertThat(report.missed()).containsExactly("west");
        assertThat(report.isComplete()).isFalse();
        assertThat(report.copies()).isEqualTo(2);
        cdn.edge("west").up();
        assertThat(cdn.edge("west").stats().size()).isZero();
        assertThat(cdn.get(WEST, "/a").value()).isEqualTo("v2");
    }

    @Test
    void anUnhealthyEdgeIsBypassedAndRejoinsFlushed() {
        EdgeNetwork<String, String> cdn = network()
                .health(HealthPolicy.builder()
                        .consecutiveFailures(2)
                        .ejectionTime(Duration.ofSeconds(30), Duration.ofSeconds(30))
                        .build())
                .build(key -> "v" + originCalls.incrementAndGet());
        cdn.get(WEST, "/a");
        cdn.edge("west").health().report(Outcome.TIMED_OUT);
        assertThat(cdn.edge("west").isUp()).isTrue();
        cdn.edge("west").health().report(Outcome.TIMED_OUT);

        assertThat(cdn.edge("west").isUp()).isFalse();
        assertThat(cdn.get(WEST, "/a").edge()).isEqualTo("middle");
        assertThat(cdn.purge("/a").missed()).containsExactly("west");
        time.advance(Duration.ofSeconds(30));
        assertThat(cdn.get(WEST, "/a")).satisfies(served -> {
            assertThat(served.edge()).isEqualTo("west");
            assertThat(served.value()).isEqualTo("v2");
        });
        cdn.edge("west").down();
        cdn.edge("west").health().drain();
        cdn.edge("west").up();
        assertThat(cdn.edge("west").isUp()).as("still drained").isFalse();
    }

    /** (j) */
    @Test
    void aSoftPurgeMarksStale() {
        EdgeNetwork<String, String> cdn = network()
                .staleIfError(TTL)
                .staleWhileRevalidate(TTL)
                .executor(background::add)
                .tags((key, value) -> Set.of("news"))
                .build(this::load);
        EVERYWHERE.forEach(client -> cdn.get(client, "/a"));
        originIsDown = true;

        assertThat(cdn.softPurgeTag("news").copies()).isEqualTo(3);
        assertThat(cdn.get(WEST, "/a").state()).isEqualTo(State.REVALIDATING);
        runBackground();
        assertThat(cdn.edge("west").stats().revalidationFailures()).isEqualTo(1);
        assertThat(cdn.get(WEST, "/a").value()).as("the origin is down").isEqualTo("v1");
        originIsDown = false;
        runBackground();
        assertThat(cdn.get(WEST, "/a").value()).isEqualTo("v2");
        cdn.softPurge("/a");
        time.advance(TTL);
        assertThat(cdn.get(WEST, "/a").value())
                .as("its time as a stale copy is counted from the purge")
                .isEqualTo("v3");
        EdgeNetwork<String, String> strict = network().build(this::load);
        strict.get(WEST, "/a");
        strict.softPurgeIf(key -> key.equals("/a"));
        assertThat(strict.get(WEST, "/a").source()).isEqualTo(Source.ORIGIN);
    }

    @Test
    void purgesByPrefixAndPredicate() {
        EdgeNetwork<String, String> cdn = network().build(key -> "v" + originCalls.incrementAndGet());
        List.of("/news/1", "/news/2", "/shop").forEach(key -> cdn.get(WEST, key));

        assertThat(cdn.purgePrefix("/news/").copies()).isEqualTo(4);
        assertThat(cdn.get(WEST, "/shop").source()).isEqualTo(Source.EDGE);
        assertThat(cdn.get(WEST, "/news/1").value()).isEqualTo("v4");
        cdn.purgeIf(key -> key.endsWith("op"));
        assertThat(cdn.get(WEST, "/shop").value()).isEqualTo("v5");
        assertThat(cdn.purgeAll().isComplete()).isTrue();
        assertThat(cdn.edge("west").stats().size()).isZero();
    }

    @Test
    void countsBytesServedAndSavedAndHoldsNoMoreThanItMay() {
        EdgeNetwork<String, String> cdn = network()
                .sizeOf((key, value) -> value.length())
                .maximumBytes(1_000)
                .build(key -> key.repeat(50));
        cdn.get(WEST, "/a");
        cdn.get(WEST, "/a");
        cdn.get(EAST, "/a");
        assertThat(cdn.edge("west").stats().bytesServed()).isEqualTo(200);
        assertThat(cdn.edge("west").stats().bytesSaved()).isEqualTo(100);
        assertThat(cdn.edge("east").stats().bytesSaved()).isEqualTo(100);
        for (int i = 0; i < 200; i++) {
            cdn.get(WEST, "/b" + i % 100);
        }
        Await.until("within the bound", () -> cdn.edge("west").stats().size() <= 10);
    }

    @Test
    void remembersThatThereIsNothingForAsLongAsItWasTold() {
        EdgeNetwork<String, String> cdn = network()
                .negativeTtl(Duration.ofSeconds(5))
                .build(key -> {
                    originCalls.incrementAndGet();
                    return null;
                });
        assertThat(cdn.get(WEST, "/a").value()).isNull();
        assertThat(cdn.get(WEST, "/a").source()).isEqualTo(Source.EDGE);
        time.advance(Duration.ofSeconds(5));
        cdn.get(WEST, "/a");
        assertThat(originCalls).hasValue(2);
    }

    @Test
    void aFetchThatAsksForItsOwnKeyIsRefused() {
        List<EdgeNetwork<String, String>> self = new ArrayList<>();
        self.add(network().build(key -> self.get(0).get(WEST, key).value()));
        assertThatThrownBy(() -> self.get(0).get(WEST, "/a"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("asks the network for the same key");
    }

    private String load(String key) {
        if (originIsDown) {
            throw new UncheckedIOException(new java.io.IOException("down"));
        }
        return "v" + originCalls.incrementAndGet();
    }

    private static void purge(EdgeNetwork<String, String> cdn, String way) {
        switch (way) {
            case "key" -> cdn.purge("/a");
            case "tag" -> cdn.purgeTag("news");
            case "prefix" -> cdn.purgePrefix("/");
            default -> cdn.purgeAll();
        }
    }

    private void runBackground() {
        while (!background.isEmpty()) {
            background.remove().run();
        }
    }

    private EdgeNetworkBuilder<String, String> network() {
        return EdgeNetwork.<String, String>builder("cdn")
                .edge("west", WEST)
                .edge("middle", MIDDLE)
                .edge("east", EAST)
                .shield("middle")
                .time(time)
                .scheduler(time)
                .expireAfterWrite(TTL)
                .observer(Observer.none());
    }
}
