package dev.tenfold;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.CallFailedException;
import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.error.LostWriteException;
import dev.tenfold.error.NotAnnouncedException;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.StaleEpochException;
import dev.tenfold.observe.Event;
import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import dev.tenfold.session.Session;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.time.Deadline;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class DataPathTest {

    private final Map<String, String> store = new HashMap<>();
    private final MapCache<String, String> cache = new MapCache<>();
    private final List<DataPath.Change<String, String>> announced = new ArrayList<>();

    private DataPath.Builder<String, String, Map<String, String>> path() {
        return Tenfold.<String, String>dataPath("users")
                .storedIn(store)
                .reading(Map::get)
                .writing(Map::put)
                .removing(Map::remove);
    }

    @Test
    void worksWithNothingButAStore() {
        DataPath<String, String> users = path().build();

        assertThat(users.get("a")).isNull();
        users.put("a", "1");
        assertThat(users.get("a")).isEqualTo("1");
        users.remove("a");
        assertThat(users.get("a")).isNull();
    }

    @Test
    void readsThroughTheCacheAndDropsCopiesOnWrite() {
        DataPath<String, String> users = path().cachedIn(cache).build();
        users.put("a", "1");
        assertThat(users.get("a")).isEqualTo("1");

        store.put("a", "behind the path's back");
        assertThat(users.get("a")).as("a copy answers").isEqualTo("1");
        users.put("a", "2");
        assertThat(users.get("a")).isEqualTo("2");
        users.remove("a");
        assertThat(users.get("a")).isNull();
    }

    @Test
    void aWriterMissesCopiesReadBeforeItsWriteElsewhere() {
        DataPath<String, String> users = path().cachedIn(cache).build();
        Session reader = new Session();
        Session writer = new Session();
        users.in(writer).put("other", "x");
        users.in(writer).put("a", "1");
        // A lagging replica filled the cache after the invalidation.
        cache.entries.put("a", new Positioned<>("0", new Position("users", 0, 2)));

        assertThat(users.in(reader).get("a")).as("may be behind").isEqualTo("0");
        assertThat(users.in(writer).get("a")).as("reads its write").isEqualTo("1");
    }

    @Test
    void announcesAfterTheCommitWithItsPosition() {
        DataPath<String, String> users = path().announcedTo(
                        (key, change) -> {
                            assertThat(store).as("committed first").containsEntry("a", "1");
                            announced.add(change);
                            return CompletableFuture.completedStage(key);
                        },
                        "user.changed")
                .build();

        users.put("a", "1");

        assertThat(announced).containsExactly(new DataPath.Change<>("users", "a", "1", new Position("users", 0, 2)));
    }

    @Test
    void saysThatACommittedWriteWasNotAnnounced() {
        List<Event> events = new ArrayList<>();
        DataPath<String, String> users = path().announcedTo(
                        (key, change) -> CompletableFuture.failedStage(new IOException("broker gone")), "user.changed")
                .observer(events::add)
                .build();

        assertThatThrownBy(() -> users.put("a", "1"))
                .isInstanceOf(NotAnnouncedException.class)
                .hasMessageContaining("committed")
                .hasMessageContaining("user.changed")
                .hasRootCauseMessage("broker gone");
        assertThat(store).containsEntry("a", "1");
        assertThat(events).extracting(Event::kind).containsExactly("announcement.failed");
    }

    @Test
    void aFailedWriteIsNotAnnouncedAndDropsTheCopy() {
        DataPath<String, String> users = path().writing((node, key, value) -> {
                    throw new IOException("disk full");
                })
                .cachedIn(cache)
                .announcedTo(
                        (key, change) -> {
                            announced.add(change);
                            return CompletableFuture.completedStage(key);
                        },
                        "user.changed")
                .build();
        store.put("a", "1");
        users.get("a");

        assertThatThrownBy(() -> users.put("a", "2"))
                .isInstanceOf(CallFailedException.class)
                .hasRootCauseMessage("disk full");
        assertThat(announced).isEmpty();
        assertThat(cache.entries).isEmpty();
    }

    @Test
    void anUnknownOutcomeSendsTheSessionToThePrimaryUntilItAnswered() {
        List<Position> minimums = new ArrayList<>();
        Replicas<Map<String, String>> replicas = new ForwardingReplicas<>(Replicas.single("db", store)) {
            @Override
            void beforeRead(Position minimum) {
                minimums.add(minimum);
            }
        };
        DataPath<String, String> users = Tenfold.<String, String>dataPath("users")
                .replicatedOn(replicas)
                .reading(Map::get)
                .writing((node, key, value) -> {
                    node.put(key, value);
                    throw new OutcomeUnknownException("connection lost at commit", null);
                })
                .cachedIn(cache)
                .observer(event -> {})
                .build();
        store.put("a", "0");
        users.get("a");

        assertThatThrownBy(() -> users.put("a", "1")).isInstanceOf(OutcomeUnknownException.class);
        assertThat(users.get("a")).isEqualTo("1");
        users.get("b");

        assertThat(minimums).hasSize(3);
        assertThat(minimums.get(1).isPrimaryOnly()).isTrue();
        assertThat(minimums.get(2).isPrimaryOnly()).isFalse();
    }

    @Test
    void aLostWriteIsToldOnceAndThenTheSessionStartsAfresh() {
        boolean[] lost = {true};
        Replicas<Map<String, String>> replicas = new ForwardingReplicas<>(Replicas.single("db", store)) {
            @Override
            void beforeRead(Position minimum) {
                if (lost[0]) {
                    lost[0] = false;
                    throw new LostWriteException("db: seen 5, restarted from 3");
                }
            }
        };
        DataPath<String, String> users = Tenfold.<String, String>dataPath("users")
                .replicatedOn(replicas)
                .reading(Map::get)
                .build();
        store.put("a", "1");

        assertThatThrownBy(() -> users.get("a")).isInstanceOf(LostWriteException.class);
        assertThat(users.get("a")).isEqualTo("1");
    }

    @Test
    void followsAKeyThatMovedUntilItsNewHomeAccepts() {
        Map<String, String> moved = new HashMap<>();
        Replicas<Map<String, String>> old = Replicas.single("old", store);
        Replicas<Map<String, String>> home = Replicas.single("new", moved);
        List<Long> refusals = new ArrayList<>();
        DataPath<String, String> users = Tenfold.<String, String>dataPath("users")
                .shardedBy(new Locator<String, Replicas<Map<String, String>>>() {
                    @Override
                    public Replicas<Map<String, String>> locate(String key) {
                        return old;
                    }

                    @Override
                    public Replicas<Map<String, String>> relocate(
                            String key, StaleEpochException refused, Deadline deadline) {
                        refusals.add(refused.presented());
                        return refusals.size() < 2 ? old : home;
                    }
                })
                .reading(Map::get)
                .writing((node, key, value) -> {
                    if (node == store) {
                        throw new StaleEpochException("slot 7", 3, 4);
                    }
                    node.put(key, value);
                })
                .build();

        users.put("a", "1");

        assertThat(refusals).containsExactly(3L, 3L);
        assertThat(moved).containsEntry("a", "1");
    }

    @Test
    void stopsFollowingAtTheDeadline() {
        SimulatedTime time = new SimulatedTime();
        Replicas<Map<String, String>> only = Replicas.single("only", store);
        DataPath<String, String> users = Tenfold.<String, String>dataPath("users")
                .shardedBy(new Locator<String, Replicas<Map<String, String>>>() {
                    @Override
                    public Replicas<Map<String, String>> locate(String key) {
                        return only;
                    }

                    @Override
                    public Replicas<Map<String, String>> relocate(
                            String key, StaleEpochException refused, Deadline deadline) {
                        time.advance(Duration.ofMillis(400));
                        return only;
                    }
                })
                .reading((node, key) -> {
                    throw new StaleEpochException("slot 7", 3, 4);
                })
                .time(time)
                .deadline(Duration.ofSeconds(1))
                .build();

        assertThatThrownBy(() -> users.get("a")).isInstanceOf(StaleEpochException.class);
        assertThat(time.nanoTime()).isEqualTo(Duration.ofMillis(1200).toNanos());
    }

    @Test
    void namesEverythingThatIsMissing() {
        assertThatThrownBy(() -> Tenfold.<String, String>dataPath("users")
                        .storedIn(store)
                        .deadline(Duration.ZERO)
                        .build())
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("reading")
                .hasMessageContaining("deadline: PT0S (expected: > 0)");
        DataPath<String, String> readOnly = Tenfold.<String, String>dataPath("users")
                .storedIn(store)
                .reading(Map::get)
                .build();
        assertThatThrownBy(() -> readOnly.put("a", "1"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("writing");
    }
}
