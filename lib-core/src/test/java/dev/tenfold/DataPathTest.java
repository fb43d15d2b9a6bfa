package dev.tenfold;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.CallFailedException;
import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.error.LostWriteException;
import dev.tenfold.error.NotAnnouncedException;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.StaleEpochException;
import dev.tenfold.hash.KeyForm;
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

    @Test
    void aSessionThatHasSeenSomethingNewerStillUsesOlderCopiesOfOtherKeys() {
        List<String> loaded = new ArrayList<>();
        DataPath<String, String> users = path().reading((node, key) -> {
                    loaded.add(key);
                    return node.get(key);
                })
                .cachedIn(cache)
                .build();
        users.in(new Session()).put("a", "1");
        users.in(new Session()).get("a");
        users.in(new Session()).put("b", "1");
        Session session = new Session();

        users.in(session).get("b");
        assertThat(users.in(session).get("a")).isEqualTo("1");
        assertThat(loaded).as("the copy of a is older than that of b").containsExactly("a", "b");

        users.in(session).put("c", "1");
        users.in(session).get("a");
        assertThat(loaded).as("what it wrote counts for all keys").containsExactly("a", "b", "a");
    }

    @Test
    void aSessionIsShownACopyAgainThatWasReadWhileItsShardMovedOn() {
        int[] loads = new int[1];
        int[] offset = {10};
        Replicas<Map<String, String>> busy = new Replicas<>() {
            @Override
            public String name() {
                return "busy";
            }

            @Override
            public <R, X extends Exception> Positioned<R> read(
                    Position minimum,
                    Deadline deadline,
                    Call<? super Map<String, String>, ? extends R, ? extends X> call)
                    throws X {
                loads[0]++;
                Position before = new Position("busy", 0, offset[0]);
                offset[0] += 5;
                return new Positioned<>(call.on(store), before, new Position("busy", 0, offset[0]));
            }

            @Override
            public <R, X extends Exception> Positioned<R> write(
                    Deadline deadline, Call<? super Map<String, String>, ? extends R, ? extends X> call) throws X {
                offset[0]++;
                return new Positioned<>(call.on(store), new Position("busy", 0, offset[0]));
            }
        };
        DataPath<String, String> users = Tenfold.<String, String>dataPath("users")
                .replicatedOn(busy)
                .reading(Map::get)
                .writing(Map::put)
                .cachedIn(cache)
                .build();
        Session session = new Session();
        for (int i = 0; i < 10; i++) {
            users.in(session).get("a");
        }
        assertThat(loads[0]).isEqualTo(1);

        users.in(session).put("a", "1");
        assertThat(users.in(session).get("a")).isEqualTo("1");
        assertThat(loads[0]).isEqualTo(2);
    }

    @Test
    void aCopyFromWhereAKeyLivedBeforeIsNotUsed() {
        cache.entries.put("a", new Positioned<>("old", new Position("elsewhere", 0, 9)));
        store.put("a", "new");

        assertThat(path().cachedIn(cache).build().in(new Session()).get("a")).isEqualTo("new");
    }

    @Test
    void keysThatCannotBeNamedCountForTheWholeShard() {
        record Pair(String tenant, int id) {}
        Map<Pair, String> pairs = new HashMap<>();
        MapCache<Pair, String> copies = new MapCache<>();
        DataPath.Builder<Pair, String, Map<Pair, String>> builder = Tenfold.<Pair, String>dataPath("pairs")
                .storedIn(pairs)
                .reading(Map::get)
                .writing(Map::put)
                .cachedIn(copies);
        for (boolean named : new boolean[] {false, true}) {
            DataPath<Pair, String> path = named
                    ? builder.keyedBy(KeyForm.of(pair -> pair.tenant() + pair.id()))
                            .build()
                    : builder.build();
            Pair one = new Pair("t", 1);
            path.in(new Session()).get(one);
            path.in(new Session()).put(new Pair("t", 2), "2");
            Session session = new Session();
            path.in(session).get(new Pair("t", 2));
            Positioned<String> before = copies.entries.get(one);
            path.in(session).get(one);
            assertThat(copies.entries.get(one) == before).as("a hit").isEqualTo(named);
        }
    }

    @Test
    void aFunctionThatForgetsItsAnnouncementIsFound() {
        List<Event> events = new ArrayList<>();
        DataPath<String, String> users = path().writing(
                        (List<Object> transaction, DataPath.Change<String, String> change) -> transaction.add(change),
                        (node, key, value, announcement) -> node.put(key, value))
                .observer(events::add)
                .build();

        assertThatThrownBy(() -> users.put("a", "1"))
                .isInstanceOf(NotAnnouncedException.class)
                .hasMessageContaining("committed without its announcement")
                .cause()
                .hasMessageContaining("recordIn");
        assertThat(events).extracting(Event::kind).containsExactly("announcement.failed");
    }

    @Test
    void wakesTheRelayAfterTheCommitAndDoesWithoutIt() {
        List<Object> outbox = new ArrayList<>();
        List<Event> events = new ArrayList<>();
        DataPath<String, String> users = path().writing(
                        (List<Object> transaction, DataPath.Change<String, String> change) -> transaction.add(change),
                        (node, key, value, announcement) -> {
                            node.put(key, value);
                            announcement.recordIn(outbox);
                            assertThatThrownBy(() -> announcement.recordIn(outbox))
                                    .isInstanceOf(IllegalStateException.class);
                        })
                .relayedBy(() -> {
                    assertThat(store).containsKey("a");
                    throw new IllegalStateException("closed");
                })
                .observer(events::add)
                .build();

        users.put("a", "1");

        assertThat(outbox).containsExactly(new DataPath.Change<>("users", "a", "1", Position.none()));
        assertThat(events).extracting(Event::kind).containsExactly("relay.failed");
    }

    @Test
    void announcesInOneWayOnly() {
        assertThatThrownBy(() -> path().writing(
                                (List<Object> transaction, DataPath.Change<String, String> change) ->
                                        transaction.add(change),
                                (node, key, value, announcement) -> node.put(key, value))
                        .announcedTo((key, change) -> CompletableFuture.completedStage(key), "user.changed")
                        .build())
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("announcedTo");
        assertThatThrownBy(() -> path().relayedBy(() -> {}).build())
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("relayedBy");
    }
}
