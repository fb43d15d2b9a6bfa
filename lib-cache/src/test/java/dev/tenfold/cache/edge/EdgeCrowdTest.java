package dev.tenfold.cache.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.cache.edge.Served.Source;
import dev.tenfold.error.OverloadedException;
import dev.tenfold.observe.Observer;
import dev.tenfold.testing.Await;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.topology.Coordinates;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an edge network promises to many who ask for the same at once; lettered as in {@link EdgeInvariantsTest}. */
@Timeout(30)
class EdgeCrowdTest {

    private static final Coordinates WEST = Coordinates.of(0, -40);
    private static final Coordinates MIDDLE = Coordinates.of(0, 0);
    private static final Coordinates EAST = Coordinates.of(0, 45);
    private static final List<Coordinates> EVERYWHERE = List.of(WEST, MIDDLE, EAST);
    private static final Duration TTL = Duration.ofSeconds(60);

    private final ExecutorService pool = Executors.newCachedThreadPool();
    private final SimulatedTime time = new SimulatedTime();
    private final AtomicInteger originCalls = new AtomicInteger();

    @AfterEach
    void stop() throws InterruptedException {
        pool.shutdownNow();
        assertThat(pool.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    /** (a) */
    @Test
    void manyColdMissesAtAllEdgesAreOneCallOfTheOriginThroughTheShield() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        EdgeNetwork<String, String> cdn = network().neighbours(0).build(key -> {
            go.await();
            return "v" + originCalls.incrementAndGet();
        });
        List<Future<Served<String>>> answers = askFrom(cdn, EVERYWHERE, 120);
        go.countDown();
        for (Future<Served<String>> each : answers) {
            assertThat(each.get().value()).isEqualTo("v1");
        }
        assertThat(originCalls).hasValue(1);
        assertThat(cdn.get(MIDDLE, "/a").source()).as("the shield kept it").isEqualTo(Source.EDGE);
        for (int i = 0; i < 30; i++) {
            cdn.get(EVERYWHERE.get(i % 3), "/b" + i % 10);
        }
        assertThat(originCalls).as("ten other keys").hasValue(11);
    }

    /** (g) */
    @Test
    void answersThatNobodyMayShareDoNotSerialiseThoseWhoWait() throws Exception {
        CountDownLatch first = new CountDownLatch(1);
        CountDownLatch others = new CountDownLatch(9);
        CountDownLatch go = new CountDownLatch(1);
        EdgeNetwork<String, String> cdn = unlimited()
                .expireAfterWrite((key, value) -> Duration.ZERO)
                .build(key -> {
                    if (originCalls.incrementAndGet() == 1) {
                        first.await();
                    } else {
                        others.countDown();
                        go.await();
                    }
                    return "v";
                });
        List<Future<Served<String>>> answers = askFrom(cdn, List.of(WEST), 10);
        first.countDown();
        assertThat(others.await(10, TimeUnit.SECONDS))
                .as("nine are at the origin together")
                .isTrue();
        go.countDown();
        for (Future<Served<String>> each : answers) {
            each.get();
        }
        int before = originCalls.get();
        CountDownLatch together = new CountDownLatch(5);
        EdgeRequest<String, String> remembered = new PlainRequest<>(
                "/a",
                key -> {
                    together.countDown();
                    assertThat(together.await(10, TimeUnit.SECONDS)).isTrue();
                    return "v" + originCalls.incrementAndGet();
                },
                new PlainRules<>(
                        (key, value) -> Duration.ZERO,
                        null,
                        Duration.ZERO,
                        Duration.ZERO,
                        Duration.ZERO,
                        (k, v) -> Set.of()));
        List<Future<Served<String>>> later = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            later.add(pool.submit(() -> cdn.get(WEST, remembered)));
        }
        for (Future<Served<String>> each : later) {
            each.get();
        }
        assertThat(originCalls).as("the key is remembered: nobody waited").hasValue(before + 5);
    }

    /** (h) */
    @Test
    void whoWaitedTooLongAsksTheOrigin() throws Exception {
        CountDownLatch stuck = new CountDownLatch(1);
        EdgeNetwork<String, String> cdn = network()
                .collapseTimeout(Duration.ofSeconds(5))
                .build(key -> {
                    if (originCalls.incrementAndGet() == 1) {
                        stuck.await();
                    }
                    return "v" + originCalls.get();
                });
        List<Future<Served<String>>> answers = askFrom(cdn, List.of(WEST), 10);
        Await.until("the wait is timed", () -> time.pending() > 0);
        assertThat(originCalls).hasValue(1);
        time.advance(Duration.ofSeconds(5));
        Await.until(
                "all but the first are answered",
                () -> answers.stream().filter(Future::isDone).count() == 9);
        assertThat(originCalls).as("one of those who waited asked, for all").hasValueBetween(2, 3);
        assertThat(cdn.get(WEST, "/a").value()).as("and it was kept").isEqualTo("v2");
        stuck.countDown();
        for (Future<Served<String>> each : answers) {
            each.get();
        }
        assertThat(cdn.get(WEST, "/a").value())
                .as("the older one does not replace it")
                .isEqualTo("v2");
    }

    @Test
    void whoMayNotAskFailsNobodyElse() throws Exception {
        CountDownLatch refuse = new CountDownLatch(1);
        EdgeNetwork<String, String> cdn = network().build(key -> {
            if (originCalls.incrementAndGet() == 1) {
                refuse.await();
                throw new OverloadedException("this client has asked too often");
            }
            return "v";
        });
        List<Future<Served<String>>> answers = askFrom(cdn, List.of(WEST), 5);
        refuse.countDown();
        int failed = 0;
        for (Future<Served<String>> each : answers) {
            try {
                each.get();
            } catch (ExecutionException e) {
                assertThat(e).hasCauseInstanceOf(OverloadedException.class);
                failed++;
            }
        }
        assertThat(failed).isEqualTo(1);
    }

    private List<Future<Served<String>>> askFrom(
            EdgeNetwork<String, String> cdn, List<Coordinates> places, int clients) {
        List<Future<Served<String>>> answers = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            Coordinates client = places.get(i % places.size());
            answers.add(pool.submit(() -> cdn.get(client, "/a")));
        }
        Await.until(
                "all have asked",
                () -> cdn.edges().stream()
                                .mapToLong(site -> site.stats().requests())
                                .sum()
                        == clients);
        return answers;
    }

    private EdgeNetworkBuilder<String, String> network() {
        return unlimited().expireAfterWrite(TTL);
    }

    private EdgeNetworkBuilder<String, String> unlimited() {
        return EdgeNetwork.<String, String>builder("cdn")
                .edge("west", WEST)
                .edge("middle", MIDDLE)
                .edge("east", EAST)
                .shield("middle")
                .time(time)
                .scheduler(time)
                .observer(Observer.none());
    }
}
