package dev.tenfold.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.coordination.Lease;
import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.error.LostWriteException;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.OverloadedException;
import dev.tenfold.observe.Event;
import dev.tenfold.replication.memory.MemoryNode;
import dev.tenfold.replication.memory.MemoryReplication;
import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.time.Chance;
import dev.tenfold.time.Deadline;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class ReplicaSetTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    private final SimulatedTime time = new SimulatedTime();
    private final List<Event> events = new CopyOnWriteArrayList<>();
    private MemoryReplication engine = new MemoryReplication(1, "a", "b", "c");
    private ReplicaSet<MemoryNode> set;

    @AfterEach
    void close() {
        if (set != null) {
            set.close();
        }
    }

    private ReplicaSetBuilder<MemoryNode> describe() {
        return ReplicaSet.<MemoryNode>builder("users")
                .primary("a", engine.node("a"))
                .replica("b", engine.node("b"))
                .replica("c", engine.node("c"))
                .engine(engine)
                .time(time)
                .scheduler(time)
                .observer(events::add)
                .random(Chance.seeded(42));
    }

    private void start(ReplicaSetBuilder<MemoryNode> builder) {
        set = builder.start();
        time.advance(Duration.ZERO);
    }

    private Positioned<String> write(String value) {
        return set.write(Deadline.after(Duration.ofMillis(10), time), node -> {
            node.put(value, value);
            return node.toString();
        });
    }

    private String reader(Position minimum) {
        return set.read(minimum, Deadline.after(Duration.ofMillis(10), time), MemoryNode::toString)
                .value();
    }

    private List<String> kinds() {
        return events.stream().map(Event::kind).toList();
    }

    private Optional<String> primary() {
        return set.topology().primary().map(endpoint -> endpoint.id());
    }

    @Test
    void readsGoToReplicasAndWritesToThePrimary() {
        start(describe());

        assertThat(write("x").value()).isEqualTo("a");
        assertThat(set.read(Position.none(), Deadline.after(LONG, time), MemoryNode::toString)
                        .value())
                .isIn("b", "c");
    }

    @Test
    void rolesAreDiscoveredNotBelieved() {
        engine.node("b").promoteByHand();
        start(describe());

        assertThat(primary()).contains("b");
        assertThat(set.topology().epoch()).isEqualTo(2);
        assertThat(set.topology().members().get(0).role()).isEqualTo(Role.ZOMBIE);
        try (Route<MemoryNode> route = set.routeWrite(Deadline.after(LONG, time))) {
            assertThat(route.endpoint().id()).isEqualTo("b");
        }
    }

    @Test
    void readsAreSharedByTheReplicasEvenly() {
        start(describe());
        int b = 0;
        for (int i = 0; i < 1000; i++) {
            b += reader(Position.none()).equals("b") ? 1 : 0;
        }
        assertThat(b).isBetween(400, 600);
    }

    @Test
    void aReadWithAPositionSkipsTheReplicaThatLags() {
        start(describe());
        engine.node("b").lag(true);
        Position after = write("x").position();

        for (int i = 0; i < 20; i++) {
            Positioned<Map<String, String>> read = set.read(after, Deadline.after(LONG, time), MemoryNode::contents);
            assertThat(read.value()).containsKey("x");
            assertThat(read.position().covers(after)).isTrue();
        }
        assertThat(set.read(after, Deadline.after(LONG, time), MemoryNode::toString)
                        .value())
                .isEqualTo("c");
    }

    @Test
    void aReadThatNoReplicaCanServeInTimeAsksThePrimaryUpToItsShare() {
        start(describe().catchUp(Duration.ZERO).primaryReads(1));
        engine.node("b").lag(true);
        engine.node("c").lag(true);
        Position after = write("x").position();

        try (Route<MemoryNode> first = set.routeRead(after, Deadline.after(LONG, time))) {
            assertThat(first.role()).isEqualTo(Role.PRIMARY);
            assertThatThrownBy(() -> set.routeRead(after, Deadline.after(LONG, time)))
                    .isInstanceOf(OverloadedException.class)
                    .hasMessageContaining("primaryReads");
        }
        try (Route<MemoryNode> again = set.routeRead(after, Deadline.after(LONG, time))) {
            assertThat(again.role()).isEqualTo(Role.PRIMARY);
        }
    }

    @Test
    void aSessionWithoutAPlaceReadsFromThePrimary() {
        start(describe());
        Position after = write("x").position();

        Positioned<String> read =
                set.read(Position.primaryOnly("users"), Deadline.after(LONG, time), MemoryNode::toString);
        assertThat(read.value()).isEqualTo("a");
        assertThat(read.position()).isEqualTo(after);
    }

    @Test
    void aReadMovesOnFromANodeThatFailsAndTheCallersOwnFailureDoesNot() {
        start(describe());
        engine.node("b").crash();
        engine.node("c").crash();
        AtomicInteger calls = new AtomicInteger();
        String reader = set.read(Position.none(), Deadline.after(LONG, time), node -> {
                    calls.incrementAndGet();
                    node.contents();
                    return node.toString();
                })
                .value();
        assertThat(reader).isEqualTo("a");
        assertThat(calls).hasValue(3);

        assertThatThrownBy(() -> set.read(Position.none(), Deadline.after(LONG, time), node -> {
                    calls.incrementAndGet();
                    throw new java.io.IOException("my own");
                }))
                .isInstanceOf(java.io.IOException.class);
        assertThat(calls).hasValue(4);
    }

    @Test
    void aWriteOfUnknownOutcomeIsNeverMadeAgain() {
        start(describe());
        engine.node("b").cutOff(true);
        engine.node("c").cutOff(true);
        AtomicInteger calls = new AtomicInteger();

        assertThatThrownBy(() -> set.write(Deadline.after(LONG, time), node -> {
                    calls.incrementAndGet();
                    node.put("x", "x");
                    return 0;
                }))
                .isInstanceOf(OutcomeUnknownException.class)
                .hasMessageContaining("'a' of epoch 1");
        assertThat(calls).hasValue(1);
    }

    @Test
    void aWriteWithoutAPrimaryEndsWithItsDeadline() {
        start(describe());
        engine.node("a").crash();
        time.advance(Duration.ofSeconds(5));

        assertThatThrownBy(() -> set.routeWrite(Deadline.after(Duration.ZERO, time)))
                .isInstanceOf(DeadlineExceededException.class)
                .hasMessageContaining("a primary of replica set 'users'");
        assertThat(engine.steps()).isEmpty();
        assertThat(kinds()).contains("primary.lost");
    }

    @Test
    void failoverFreezesAllBeforeItPromotesTheMostAdvancedAndRepointsTheRest() {
        start(describe().failover(Failover.automatic()));
        engine.node("b").cutOff(true);
        Position after = write("only c has it").position();
        engine.node("a").crash();
        engine.node("b").cutOff(false);
        time.advance(Duration.ofSeconds(2));

        assertThat(engine.steps()).containsExactly("freeze b", "freeze c", "promote c", "follow b -> c");
        assertThat(primary()).contains("c");
        assertThat(set.topology().epoch()).isEqualTo(2);
        assertThat(set.topology().branches())
                .last()
                .satisfies(branch -> assertThat(branch.lossless()).isTrue());
        assertThat(set.read(after, Deadline.after(LONG, time), MemoryNode::contents)
                        .value())
                .containsKey("only c has it");
        assertThat(write("next").value()).isEqualTo("c");
        assertThat(kinds())
                .containsSubsequence(
                        "primary.lost", "failover.started", "failover.frozen", "failover.promoted", "primary.changed");
    }

    @Test
    void withoutTheQuorumNobodyIsPromotedAndTheFrozenAreGivenBack() {
        start(describe().failover(Failover.automatic()));
        engine.node("c").refuseFreeze();
        engine.node("a").crash();
        time.advance(Duration.ofSeconds(2));

        assertThat(engine.steps()).contains("freeze b", "follow b -> a").doesNotContain("promote b", "promote c");
        assertThat(kinds()).contains("failover.refused").doesNotContain("failover.promoted");

        engine.node("a").restart();
        time.advance(Duration.ofSeconds(2));
        assertThat(primary()).contains("a");
        assertThat(write("goes on").value()).isEqualTo("a");
    }

    @Test
    void asynchronousReplicasArePromotedOnlyWhereLossIsAllowedAndThenSessionsAreTold() {
        engine = new MemoryReplication(0, "a", "b", "c");
        start(describe().failover(Failover.automatic().allowDataLoss()));
        engine.node("b").cutOff(true);
        engine.node("c").cutOff(true);
        Position lost = write("lost").position();
        engine.node("a").crash();
        time.advance(Duration.ofSeconds(2));

        assertThat(primary()).contains("b");
        assertThat(set.topology().branches())
                .last()
                .satisfies(branch -> assertThat(branch.lossless()).isFalse());
        assertThatThrownBy(() -> set.read(lost, Deadline.after(LONG, time), MemoryNode::contents))
                .isInstanceOf(LostWriteException.class);
    }

    @Test
    void aPrimaryThatTheReplicasStillHearIsNotReplaced() {
        start(describe().failover(Failover.automatic()));
        // This process alone cannot reach it: the engine's probe fails, the streams go on.
        MemoryReplication real = engine;
        set.close();
        set = describe()
                .engine(new UnreachableFromHere(real, "a"))
                .failover(Failover.automatic())
                .start();
        time.advance(Duration.ofSeconds(10));

        assertThat(real.steps()).isEmpty();
    }

    @Test
    void aZombieGetsNothing() {
        // An engine that cannot make it join again.
        start(describe().engine(new UnreachableFromHere(engine, "none")).failover(Failover.automatic()));
        engine.node("a").crash();
        time.advance(Duration.ofSeconds(2));
        engine.node("a").restart();
        time.advance(Duration.ofSeconds(2));

        assertThat(primary()).isNotEmpty().isNotEqualTo(Optional.of("a"));
        assertThat(set.topology().members().get(0).role()).isEqualTo(Role.ZOMBIE);
        assertThat(kinds()).contains("zombie.found");
        for (int i = 0; i < 50; i++) {
            assertThat(reader(Position.none())).isNotEqualTo("a");
            assertThat(write("w" + i).value()).isNotEqualTo("a");
        }
    }

    @Test
    void onlyTheHolderOfTheLeaseDrives() {
        AtomicInteger asked = new AtomicInteger();
        Lease taken = (holder, duration) -> {
            asked.incrementAndGet();
            return Optional.empty();
        };
        start(describe().failover(Failover.automatic()).lease(taken));
        engine.node("a").crash();
        time.advance(Duration.ofSeconds(3));

        assertThat(asked).hasPositiveValue();
        assertThat(engine.steps()).isEmpty();
    }

    @Test
    void whoeverWasPromotedByOthersIsFollowed() {
        start(describe());
        long version = set.topology().version();
        engine.node("a").crash();
        engine.node("b").promoteByHand();
        time.advance(Duration.ofSeconds(1));

        assertThat(primary()).contains("b");
        assertThat(set.topology().epoch()).isEqualTo(2);
        assertThat(set.topology().version()).isGreaterThan(version);
    }

    @Test
    void aReplicaThatWasAwayDuringAFailoverIsReattached() {
        engine = new MemoryReplication(2, "a", "b", "c");
        start(describe().failover(Failover.automatic()));
        engine.node("c").crash();
        time.advance(Duration.ofSeconds(1));
        engine.node("a").crash();
        time.advance(Duration.ofSeconds(5));
        // n - k + 1 = 1 frozen replica proves it, but one of two is no majority.
        assertThat(engine.steps()).isEmpty();

        engine.node("c").restart();
        time.advance(Duration.ofSeconds(10));
        assertThat(primary()).contains("b");
        assertThat(engine.steps()).contains("follow c -> b");
    }

    /** Found by the simulation: the old primary could acknowledge writes again that the new one then did not have. */
    @Test
    void aReplicaIsNotGivenToAPrimaryThatMayHaveBeenReplacedUnseen() {
        start(describe().failover(Failover.automatic()));
        engine.node("c").cutOff(true);
        engine.node("a").crash();
        time.advance(Duration.ofSeconds(2));
        assertThat(primary()).contains("b");
        engine.node("b").crash();
        set.close();
        engine.node("a").restart();
        engine.node("c").cutOff(false);

        // A process that knows nothing of the promotion.
        set = describe().failover(Failover.automatic()).start();
        time.advance(Duration.ofSeconds(20));
        assertThat(primary()).contains("a");
        assertThat(engine.steps()).doesNotContain("follow c -> a");

        engine.node("b").restart();
        time.advance(Duration.ofSeconds(20));
        assertThat(primary()).contains("b");
        assertThat(write("x").value()).isEqualTo("b");
    }

    @Test
    void everyProblemIsInOneMessage() {
        assertThatThrownBy(() -> ReplicaSet.<MemoryNode>builder("x")
                        .primary("a", engine.node("a"))
                        .primary("a", engine.node("b"))
                        .probeEvery(Duration.ZERO)
                        .start())
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("engine: null (expected: a value; call engine(...))")
                .hasMessageContaining("primary: 2 nodes (expected: at most one)")
                .hasMessageContaining("id: a (expected: unique in the set)")
                .hasMessageContaining("probeEvery: PT0S (expected: > 0)");
    }

    @Test
    void whatItDoesCanBeMeasured() {
        start(describe());
        write("x");
        assertThat(set.measurements())
                .filteredOn(m -> m.name().equals("tenfold.replicas.writes"))
                .singleElement()
                .satisfies(m -> assertThat(m.value().getAsDouble()).isEqualTo(1));
    }
}
