package dev.tenfold.cache.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.cache.edge.Served.Source;
import dev.tenfold.observe.Observer;
import dev.tenfold.topology.Coordinates;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** After a purge has returned, no edge answers with what was fetched before. */
@Timeout(30)
class EdgePurgeTest {

    private static final Coordinates WEST = Coordinates.of(0, -20);
    private static final Coordinates MIDDLE = Coordinates.of(0, 0);
    private static final Coordinates EAST = Coordinates.of(0, 25);

    private final ExecutorService pool = Executors.newCachedThreadPool();
    private final AtomicInteger version = new AtomicInteger();

    @AfterEach
    void stop() throws InterruptedException {
        pool.shutdownNow();
        assertThat(pool.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void reachesEveryEdgeThatIsUp() {
        EdgeNetwork<String, Integer> cdn = network().build(key -> version.get());
        cdn.get(WEST, "/a");
        cdn.get(MIDDLE, "/a");
        cdn.get(EAST, "/a");

        version.set(1);
        cdn.purge("/a");
        for (Coordinates client : List.of(WEST, MIDDLE, EAST)) {
            assertThat(cdn.get(client, "/a").value()).isEqualTo(1);
        }
    }

    @Test
    void anEdgeThatWasDownComesBackWithoutWhatWasPurged() {
        EdgeNetwork<String, Integer> cdn = network().build(key -> version.get());
        cdn.get(WEST, "/a");
        cdn.edge("west").down();
        version.set(1);
        cdn.purge("/a");

        assertThat(cdn.edge("west").stats().size())
                .as("the purge did not reach it")
                .isEqualTo(1);
        assertThat(cdn.get(EAST, "/a").value())
                .as("nobody asks an edge that is down")
                .isEqualTo(1);
        cdn.edge("east").down();
        cdn.edge("west").up();
        assertThat(cdn.get(WEST, "/a")).satisfies(served -> {
            assertThat(served.edge()).isEqualTo("west");
            assertThat(served.value()).isEqualTo(1);
        });
        assertThat(cdn.get(MIDDLE, "/a").value()).isEqualTo(1);
    }

    @Test
    void aFetchUnderWayLeavesNothingAtAnyEdge() {
        AtomicReference<EdgeNetwork<String, Integer>> self = new AtomicReference<>();
        self.set(network().build(key -> {
            int read = version.get();
            if (read == 0) {
                version.set(1);
                CompletableFuture.runAsync(() -> self.get().purge(key), pool)
                        .orTimeout(10, TimeUnit.SECONDS)
                        .join();
                assertThat(CompletableFuture.supplyAsync(() -> self.get().get(MIDDLE, key), pool)
                                .orTimeout(10, TimeUnit.SECONDS)
                                .join()
                                .value())
                        .as("does not wait for the old fetch")
                        .isEqualTo(1);
            }
            return read;
        }));
        EdgeNetwork<String, Integer> cdn = self.get();

        assertThat(cdn.get(WEST, "/a").value()).as("asked before the purge").isZero();
        for (Coordinates client : List.of(WEST, MIDDLE, EAST)) {
            assertThat(cdn.get(client, "/a").value()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"key", "tag behind a shield"})
    void neverAnswersWithAnythingOlderThanAPurgeThatReturned(String way) throws Exception {
        int rounds = 3_000;
        AtomicInteger published = new AtomicInteger();
        AtomicInteger reads = new AtomicInteger();
        EdgeNetworkBuilder<String, Integer> builder = network().tags((key, value) -> List.of("t"));
        EdgeNetwork<String, Integer> cdn = (way.equals("key") ? builder : builder.shield("middle")).build(key -> {
            int read = version.get();
            Thread.yield();
            return read;
        });
        List<Coordinates> clients = List.of(WEST, MIDDLE, EAST);
        List<Future<?>> all = new ArrayList<>();
        all.add(pool.submit(() -> {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(3);
            for (int round = 1; round < rounds && System.nanoTime() - end < 0; round++) {
                if (round % 5 == 0) {
                    cdn.edge("middle").down();
                }
                version.set(round);
                if (way.equals("key")) {
                    cdn.purge("/a");
                } else {
                    cdn.purgeTag("t");
                }
                published.set(round);
                if (round % 5 == 0) {
                    cdn.edge("middle").up();
                }
                int seen = reads.get();
                while (round % 20 == 0 && reads.get() < seen + 12 && !Thread.interrupted()) {
                    Thread.yield();
                }
            }
            version.set(rounds);
            cdn.purge("/a");
            published.set(rounds);
        }));
        AtomicInteger neighbours = new AtomicInteger();
        for (int reader = 0; reader < 3; reader++) {
            int offset = reader;
            all.add(pool.submit(() -> {
                for (int i = offset; published.get() < rounds; i++) {
                    int least = published.get();
                    Served<Integer> served = cdn.get(clients.get(i % clients.size()), "/a");
                    assertThat(served.value()).isGreaterThanOrEqualTo(least);
                    reads.incrementAndGet();
                    if (served.source() == Source.NEIGHBOUR) {
                        neighbours.incrementAndGet();
                    }
                }
            }));
        }
        for (int i = all.size() - 1; i >= 0; i--) {
            all.get(i).get();
        }
        assertThat(neighbours).as("neighbours were asked").hasPositiveValue();
    }

    private EdgeNetworkBuilder<String, Integer> network() {
        return EdgeNetwork.<String, Integer>builder("cdn")
                .edge("west", WEST)
                .edge("middle", MIDDLE)
                .edge("east", EAST)
                .observer(Observer.none());
    }
}
