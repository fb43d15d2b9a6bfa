package dev.tenfold;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.UnavailableException;
import dev.tenfold.observe.Event;
import dev.tenfold.observe.Measurement;
import dev.tenfold.session.Position;
import dev.tenfold.topology.Coordinates;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Selection;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ApplicationTest {

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Event> events = new CopyOnWriteArrayList<>();
    private final List<String> closed = new CopyOnWriteArrayList<>();
    private final Tenfold shop = Tenfold.application("shop", events::add);

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    private AutoCloseable part(String name) {
        return () -> closed.add(name);
    }

    @Test
    void closesWhatWasAddedLastFirstAndOnce() {
        shop.add("replicas", part("replicas"));
        shop.add("broker", "a broker", broker -> broker, (broker, left) -> {
            assertThat(left).isBetween(Duration.ofSeconds(1), Tenfold.CLOSE_WITHIN);
            closed.add("broker");
        });
        shop.add("relay", part("relay"));
        shop.add("name", "not to be closed");
        shop.add("edges", part("edges"));

        shop.close();
        shop.close();

        assertThat(closed).containsExactly("edges", "relay", "broker", "replicas");
        assertThatThrownBy(() -> shop.add("late", part("late")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("stays open");
    }

    @Test
    void saysWhatWasLeftAndClosesTheRest() throws Exception {
        CountDownLatch interrupted = new CountDownLatch(1);
        shop.add("replicas", part("replicas"));
        shop.add("stuck", (AutoCloseable) () -> {
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException stop) {
                interrupted.countDown();
            }
        });
        shop.add("broken", (AutoCloseable) () -> {
            throw new IOException("disk full");
        });

        List<String> left = shop.close(Duration.ofMillis(400));

        assertThat(left)
                .containsExactly(
                        "broken: java.io.IOException: disk full", "stuck: still closing after " + stuckFor(left));
        assertThat(closed).as("a hundredth of the time is enough").containsExactly("replicas");
        assertThat(interrupted.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(events).extracting(Event::kind).containsExactly("part.left", "part.left");
    }

    private static String stuckFor(List<String> left) {
        return left.get(1).substring("stuck: still closing after ".length());
    }

    @Test
    void closingThrowsWithWhatWasLeft() {
        shop.add("broken", (AutoCloseable) () -> {
            throw new IOException("disk full");
        });
        assertThatThrownBy(shop::close)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("application 'shop'")
                .hasMessageContaining("disk full");
    }

    @Test
    void refusesTwoMapsThatSessionsCouldNotTellApart() {
        MapFollower users = new MapFollower("shards", 7);
        shop.add("users", users);
        assertThatThrownBy(() -> shop.add("orders", new MapFollower("shards", 3)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("topology: 'shards' of part 'orders' of application 'shop'")
                .hasMessageContaining("'users'")
                .hasMessageContaining("name of its own");
        shop.add("orders", new MapFollower("order shards", 3));
        shop.add("users under another name", users);
        shop.add("one home", (Locator<Long, String>) key -> "home");
        shop.add("another home", (Locator<Long, String>) key -> "away");
    }

    /** As a sharder is one. */
    private record MapFollower(String name, long version) implements Locator<Long, String> {
        @Override
        public String locate(Long key) {
            return "home";
        }

        @Override
        public Position topology() {
            return new Position(name, 0, version);
        }
    }

    @Test
    void aNameIsTakenOnce() {
        shop.add("a", part("a"));
        assertThatThrownBy(() -> shop.add("a", part("b")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("part: 'a'");
    }

    @Test
    void pathsAnswerTheCallsUnderWayBeforeWhatTheyNeedIsClosed() throws Exception {
        CountDownLatch reading = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Map<String, String> store = new ConcurrentHashMap<>(Map.of("a", "1"));
        shop.add("store", (AutoCloseable) () -> {
            store.clear();
            closed.add("store");
        });
        DataPath<String, String> users = shop.add(
                "users",
                Tenfold.<String, String>dataPath("users")
                        .storedIn(store)
                        .reading((node, key) -> {
                            reading.countDown();
                            go.await();
                            return node.get(key);
                        })
                        .writing(Map::put)
                        .observer(shop.observer())
                        .build(),
                DataPath::describe);
        Future<String> call = threads.submit(() -> users.get("a"));
        reading.await();

        Future<?> closing = threads.submit(() -> shop.close());
        awaitRefusal(users);
        assertThat(closed).as("a call is under way").isEmpty();
        go.countDown();

        closing.get(10, TimeUnit.SECONDS);
        assertThat(call.get()).isEqualTo("1");
        assertThat(closed).containsExactly("store");
    }

    private static void awaitRefusal(DataPath<String, String> users) {
        while (true) {
            try {
                users.put("b", "2");
            } catch (UnavailableException refused) {
                assertThat(refused).hasMessageContaining("data path 'users' is closed");
                return;
            }
        }
    }

    @Test
    void requestPathsDrainToo() {
        Selector<String> servers = () -> new Selection<>() {
            @Override
            public Endpoint<String> endpoint() {
                return Endpoint.of("a");
            }

            @Override
            public void report(Outcome outcome) {}
        };
        RequestPath<String, String> site = Tenfold.<String, String>requestPath("site")
                .toServers(servers)
                .calling((server, request) -> server)
                .build();
        assertThat(site.handle(Coordinates.of(0, 0), "/")).isEqualTo("a");

        site.close();

        assertThatThrownBy(() -> site.handle(Coordinates.of(0, 0), "/"))
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("request path 'site' is closed");
        assertThat(site.describe()).contains("sent once");
    }

    @Test
    void describesEverythingWithItsNumbers() {
        Map<String, String> store = new ConcurrentHashMap<>();
        shop.add("store", store, map -> map.size() + " rows");
        DataPath<String, String> users = shop.add(
                "users",
                Tenfold.<String, String>dataPath("users")
                        .storedIn(store)
                        .reading(Map::get)
                        .writing(Map::put)
                        .cachedIn(new MapCache<String, String>())
                        .build(),
                DataPath::describe);
        users.put("a", "1");

        assertThat(shop.describe())
                .startsWith("application 'shop'\nusers\n    data path 'users': cached in ")
                .contains("within PT5S", "tenfold.datapath.writes{path=users} 1\n", "store\n    1 rows\n")
                .doesNotContain("tenfold.datapath.unknown");
        assertThat(shop.measurements())
                .extracting(Measurement::name)
                .contains("tenfold.datapath.writes", "tenfold.datapath.active");
    }
}
