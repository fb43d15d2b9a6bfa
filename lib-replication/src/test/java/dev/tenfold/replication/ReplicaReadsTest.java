package dev.tenfold.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.error.OverloadedException;
import dev.tenfold.health.HealthPolicy;
import dev.tenfold.observe.Event;
import dev.tenfold.replication.memory.MemoryNode;
import dev.tenfold.replication.memory.MemoryReplication;
import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import dev.tenfold.session.Session;
import dev.tenfold.session.SessionToken;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.time.Chance;
import dev.tenfold.time.Deadline;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which node answers a read, and which reads the primary takes when no replica can. */
@Timeout(30)
class ReplicaReadsTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    private final SimulatedTime time = new SimulatedTime();
    private final List<Event> events = new CopyOnWriteArrayList<>();
    private final MemoryReplication memory = new MemoryReplication(0, "a", "b", "c");
    private final List<ReplicaSet<MemoryNode>> sets = new ArrayList<>();
    private boolean silent;

    @AfterEach
    void close() {
        sets.forEach(ReplicaSet::close);
    }

    private ReplicaSetBuilder<MemoryNode> describe() {
        return ReplicaSet.<MemoryNode>builder("users")
                .node(Endpoint.of("a", memory.node("a")).withTags(Map.of("zone", "x")))
                .node(Endpoint.of("b", memory.node("b")).withTags(Map.of("zone", "x")))
                .node(Endpoint.of("c", memory.node("c")).withTags(Map.of("zone", "y")))
                .engine(memory)
                .time(time)
                .scheduler(time)
                .observer(events::add)
                .random(Chance.seeded(42));
    }

    private ReplicaSet<MemoryNode> start(ReplicaSetBuilder<MemoryNode> builder) {
        ReplicaSet<MemoryNode> set = builder.start();
        sets.add(set);
        time.advance(Duration.ZERO);
        return set;
    }

    private Deadline soon() {
        return Deadline.after(LONG, time);
    }

    private String reader(ReplicaSet<MemoryNode> set, ReadPreference preference) {
        return set.read(Position.none(), soon(), preference, MemoryNode::id).value();
    }

    @Test
    void tagsAreTriedInTheirOrderAndForEachReadAnew() {
        ReplicaSet<MemoryNode> set = start(describe());
        ReadPreference near =
                ReadPreference.replicaPreferred().withTags(Map.of("zone", "y")).withTags(Map.of("zone", "x"));
        assertThat(reader(set, near)).isEqualTo("c");

        memory.node("c").lag(true);
        Position after = set.write(soon(), node -> {
                    node.put("k", "v");
                    return 0;
                })
                .position();
        // The one in the zone lags, and another need not be waited for.
        assertThat(set.read(after, soon(), near, MemoryNode::id).value()).isEqualTo("b");

        memory.node("c").crash();
        time.advance(Duration.ofSeconds(1));
        assertThat(reader(set, near)).isEqualTo("b");
        memory.node("b").crash();
        time.advance(Duration.ofSeconds(1));
        assertThat(reader(set, near)).isEqualTo("a");
    }

    @Test
    void aReplicaThatIsTooOldAnswersNothingUntilItCatchesUp() {
        ReplicaSet<MemoryNode> set = start(describe());
        ReadPreference fresh = ReadPreference.replicaPreferred().withMaxStaleness(Duration.ofSeconds(2));
        ReadPreference within = ReadPreference.replicaPreferred().withMaxStaleness(3);
        memory.node("b").lag(true);
        for (int i = 0; i < 4; i++) {
            memory.node("a").put("k", "v" + i);
            time.advance(Duration.ofMillis(500));
        }
        time.advance(Duration.ofSeconds(1));
        for (int i = 0; i < 20; i++) {
            assertThat(reader(set, fresh)).isEqualTo("c");
            assertThat(reader(set, within)).isEqualTo("c");
        }
        memory.node("b").lag(false);
        time.advance(Duration.ofSeconds(1));
        assertThat(List.of(
                        reader(set, fresh),
                        reader(set, fresh),
                        reader(set, fresh),
                        reader(set, fresh),
                        reader(set, fresh)))
                .contains("b");
    }

    /** Nothing is written, so nobody is old; asking the replica how long ago it replayed something says otherwise. */
    @Test
    void anIdlePrimaryMakesNoReplicaOld() {
        ReplicaSet<MemoryNode> set = start(describe());
        time.advance(Duration.ofHours(1));
        assertThat(reader(set, ReadPreference.replica().withMaxStaleness(Duration.ofMillis(500))))
                .isIn("b", "c");
    }

    @Test
    void aPreferenceThatTheProbesCannotServeIsRefused() {
        ReplicaSet<MemoryNode> set = start(describe());
        ReadPreference preference = ReadPreference.replica().withMaxStaleness(Duration.ofMillis(400));
        assertThatThrownBy(() -> reader(set, preference))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("at least twice probeEvery");
    }

    @Test
    void aReplicaThatAnswersProbesButFailsReadsIsLeftOutAndComesBack() {
        HealthPolicy policy = HealthPolicy.builder()
                .consecutiveFailures(3)
                .ejectionTime(Duration.ofSeconds(10), Duration.ofMinutes(1))
                .probationSuccesses(2)
                .build();
        ReplicaSet<MemoryNode> set = start(describe().health(policy));
        for (int failures = 0; failures < 3; ) {
            try (Route<MemoryNode> route = set.routeRead(Position.none(), soon())) {
                if (route.endpoint().id().equals("b")) {
                    route.report(Outcome.FAILED);
                    failures++;
                }
            }
            time.advance(Duration.ZERO);
        }
        assertThat(events).extracting(Event::kind).contains("endpoint.ejected");
        for (int i = 0; i < 50; i++) {
            assertThat(reader(set, ReadPreference.replicaPreferred())).isEqualTo("c");
            time.advance(Duration.ofMillis(100));
        }
        time.advance(Duration.ofSeconds(10));
        List<String> readers = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            try (Route<MemoryNode> one = set.routeRead(Position.none(), soon());
                    Route<MemoryNode> two = set.routeRead(Position.none(), soon())) {
                readers.add(one.endpoint().id());
                readers.add(two.endpoint().id());
                one.report(Outcome.SUCCESS);
                two.report(Outcome.SUCCESS);
            }
        }
        assertThat(readers).contains("b");
    }

    @Test
    void theFallBackIsAShareOfThePrimaryAndOnlyWhatWritesLeave() {
        ReplicaSet<MemoryNode> set = start(describe().primaryReads(0.25, 12).catchUp(Duration.ZERO));
        memory.node("b").crash();
        memory.node("c").crash();
        time.advance(Duration.ofSeconds(1));

        List<Route<MemoryNode>> reads = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            reads.add(set.routeRead(Position.none(), soon()));
        }
        assertThatThrownBy(() -> set.routeRead(Position.none(), soon()))
                .isInstanceOf(OverloadedException.class)
                .hasMessageContaining("no replica may answer, and 3 such reads are on the primary already")
                .hasMessageContaining("raise primaryReads");
        reads.forEach(Route::close);

        List<Route<MemoryNode>> writes = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            writes.add(set.routeWrite(soon()));
        }
        assertThatThrownBy(() -> set.routeRead(Position.none(), soon()))
                .isInstanceOf(OverloadedException.class)
                .hasMessageContaining("12 calls are on the primary already, which is its capacity");
        // Whoever asks for the primary is not held to the share.
        set.routeRead(Position.none(), soon(), ReadPreference.primary()).close();
        writes.forEach(Route::close);
        set.routeRead(Position.none(), soon()).close();
        assertThat(set.measurements())
                .filteredOn(m -> m.name().equals("tenfold.replicas.in_flight"))
                .allSatisfy(m -> assertThat(m.value().getAsDouble()).isZero());
    }

    /** All replicas die under load: the primary gets its share of the reads, the others fail at once, and writes go on. */
    @Test
    void thePrimaryIsNotDrownedWhenEveryReplicaDies() throws Exception {
        ReplicaSet<MemoryNode> set = ReplicaSet.<MemoryNode>builder("users")
                .primary("a", memory.node("a"))
                .replica("b", memory.node("b"))
                .replica("c", memory.node("c"))
                .engine(memory)
                .probeEvery(Duration.ofMillis(20))
                .primaryReads(0.25, 12)
                .observer(event -> {})
                .start();
        sets.add(set);
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger fallbacks = new AtomicInteger();
        AtomicInteger refused = new AtomicInteger();
        AtomicInteger writes = new AtomicInteger();
        int readers = 10;
        CountDownLatch dead = new CountDownLatch(1);
        ExecutorService threads = Executors.newFixedThreadPool(readers + 1);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < readers; i++) {
                running.add(threads.submit(() -> {
                    for (int read = 0; read < 200; read++) {
                        if (read == 100) {
                            dead.await();
                        }
                        try {
                            set.read(
                                    Position.none(),
                                    Deadline.after(LONG, dev.tenfold.time.TimeSource.system()),
                                    node -> {
                                        if (node.id().equals("a")) {
                                            most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                                            try {
                                                Thread.yield();
                                                node.contents();
                                            } finally {
                                                inside.decrementAndGet();
                                            }
                                            fallbacks.incrementAndGet();
                                        } else {
                                            node.contents();
                                        }
                                        return 0;
                                    });
                        } catch (OverloadedException full) {
                            refused.incrementAndGet();
                        }
                    }
                    return 0;
                }));
            }
            running.add(threads.submit(() -> {
                memory.node("b").crash();
                memory.node("c").crash();
                // Until every reader has seen them gone, a few reads are still tried on them first.
                dead.countDown();
                for (int i = 0; i < 200; i++) {
                    set.write(Deadline.after(LONG, dev.tenfold.time.TimeSource.system()), node -> {
                        node.put("k", "v");
                        return writes.incrementAndGet();
                    });
                }
                return 0;
            }));
            for (Future<?> each : running) {
                each.get(20, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(most.get()).isBetween(1, 3);
        assertThat(fallbacks.get()).isPositive();
        assertThat(writes.get()).isEqualTo(200);
        assertThat(fallbacks.get() + refused.get()).isGreaterThanOrEqualTo(readers * 100);
    }

    @Test
    void aSessionIsCarriedToAnotherProcessInACookie() {
        SessionToken tokens = SessionToken.signedWith(new byte[32]);
        ReplicaSet<MemoryNode> one = start(describe());
        ReplicaSet<MemoryNode> other = start(describe());
        memory.node("b").lag(true);
        Session here = new Session();
        one.write(here, soon(), node -> {
            node.put("name", "Ada");
            return 0;
        });

        Session there = tokens.decode(tokens.encode(here));
        for (int i = 0; i < 20; i++) {
            assertThat(other.<Optional<String>, RuntimeException>read(there, soon(), node -> node.get("name")))
                    .contains("Ada");
        }
    }

    /** The position before a read is not what the read has seen: another replica at that position may be behind it. */
    @Test
    void aSessionNeverReadsLessThanItHasRead() {
        ReplicaSet<MemoryNode> set = start(describe());
        Session session = new Session();
        for (int i = 0; i < 100; i++) {
            MemoryNode lagging = memory.node(i % 2 == 0 ? "b" : "c");
            lagging.lag(true);
            String value = "v" + i;
            memory.node("a").put("k", value);
            // No probe has told anybody yet; whoever answers first decides what the session may see from now on.
            Optional<String> first = set.read(session, soon(), node -> node.get("k"));
            for (int again = 0; again < 3; again++) {
                Optional<String> next = set.read(session, soon(), node -> node.get("k"));
                assertThat(number(next)).isGreaterThanOrEqualTo(number(first));
                first = next;
            }
            lagging.lag(false);
        }
    }

    /** What a read has shown lies between its marks, whatever the last probe said. */
    @Test
    void aMarkedReadKnowsHowFarItMayHaveSeen() {
        ReplicaSet<MemoryNode> set = start(describe());
        for (int i = 0; i < 20; i++) {
            memory.node("a").put("k", "v" + i);
            // No probe since: the mark before the read is old on whichever node answers.
            Positioned<Optional<String>> read = set.readMarked(Position.none(), soon(), node -> node.get("k"));
            assertThat(read.value()).contains("v" + i);
            assertThat(read.seen().offset()).isGreaterThan(read.position().offset());
            assertThat(read.seen().covers(read.position())).isTrue();
        }
    }

    /** A copy of such an answer would otherwise pass for newer than everything, for as long as the timeline lasts. */
    @Test
    void anAnswerOfThePrimaryClaimsNothingWhereItsPositionIsNotKnown() {
        ReplicaSet<MemoryNode> set = start(describe().engine(withoutPositions()));
        memory.node("a").put("k", "v");
        silent = true;

        Positioned<Optional<String>> read = set.read(Position.primaryOnly("users", 1), soon(), node -> node.get("k"));

        assertThat(read.value()).contains("v");
        assertThat(read.position().isNone()).isTrue();
    }

    /** The engine, unable to tell a caller where a node stands. */
    @SuppressWarnings("unchecked") // a proxy of the engine's own kind
    private ReplicationEngine<MemoryNode> withoutPositions() {
        return (ReplicationEngine<MemoryNode>) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {ReplicationEngine.class}, (self, method, arguments) -> {
                    boolean asked = method.getName().equals("probe") && silent;
                    if (asked || method.getName().equals("position")) {
                        throw new IllegalStateException("no answer in time");
                    }
                    return method.invoke(memory, arguments);
                });
    }

    private static int number(Optional<String> value) {
        return value.map(text -> Integer.parseInt(text.substring(1))).orElse(-1);
    }
}
