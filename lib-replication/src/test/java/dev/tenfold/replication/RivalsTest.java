package dev.tenfold.replication;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.observe.Event;
import dev.tenfold.replication.memory.MemoryNode;
import dev.tenfold.replication.memory.MemoryReplication;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.time.Chance;
import dev.tenfold.topology.Endpoint;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A process starts, and two nodes take writes on one timeline: the promotion of one went unnoticed before the other's. */
class RivalsTest {

    private final SimulatedTime time = new SimulatedTime();
    private final List<Event> events = new CopyOnWriteArrayList<>();
    private final MemoryReplication engine = new MemoryReplication(2, "a", "b", "c", "d", "e");
    private final ReplicaSet<MemoryNode> set = ReplicaSet.<MemoryNode>builder("users")
            .primary("a", engine.node("a"))
            .replica("b", engine.node("b"))
            .replica("c", engine.node("c"))
            .replica("d", engine.node("d"))
            .replica("e", engine.node("e"))
            .engine(engine)
            .failover(Failover.automatic())
            .time(time)
            .scheduler(time)
            .observer(events::add)
            .random(Chance.seeded(42))
            .start();

    @BeforeEach
    void promoteTwo() {
        engine.node("a").crash();
        engine.node("b").promoteByHand();
        engine.node("c").promoteByHand();
    }

    @AfterEach
    void close() {
        set.close();
    }

    private void follow(String replica, String primary) {
        engine.follow(Endpoint.of(replica, engine.node(replica)), Endpoint.of(primary, engine.node(primary)), 0);
    }

    private Optional<String> primary() {
        return set.topology().primary().map(Endpoint::id);
    }

    private List<String> kinds() {
        return events.stream().map(Event::kind).toList();
    }

    @Test
    void theOneThatAQuorumFollowsIsThePrimaryAndTheOtherJoinsAgain() {
        follow("d", "c");
        follow("e", "c");
        time.advance(Duration.ofSeconds(5));

        assertThat(primary()).contains("c");
        assertThat(engine.steps()).contains("rejoin b -> c").doesNotContain("rejoin c -> b");
        assertThat(kinds()).contains("primary.settled").doesNotContain("primary.ambiguous");
        assertThat(set.topology().members()).noneMatch(member -> member.role() == Role.ZOMBIE);
    }

    @Test
    void withoutProofNobodyIsTakenForThePrimaryUntilThereIsOne() {
        follow("d", "c");
        time.advance(Duration.ofSeconds(5));

        assertThat(primary()).isEmpty();
        assertThat(kinds()).containsOnlyOnce("primary.ambiguous").doesNotContain("primary.settled");
        assertThat(engine.steps()).noneMatch(step -> step.startsWith("rejoin"));

        follow("e", "c");
        time.advance(Duration.ofSeconds(5));
        assertThat(primary()).contains("c");
        assertThat(engine.steps()).contains("rejoin b -> c");
    }

    @Test
    void whereNobodyHoldsAnythingOfTheirTimelineTheFirstWillDo() {
        time.advance(Duration.ofSeconds(5));

        assertThat(primary()).contains("b");
        assertThat(engine.steps()).contains("rejoin c -> b");
    }

    /** Seed 64 of the simulation without reservations: one followed, too few to acknowledge, and each waited for the other. */
    @Test
    void whereTooFewHoldAnythingOfTheirTimelineForAnAcknowledgementTheFirstWillDoToo() {
        follow("d", "c");
        engine.node("a").restart();
        time.advance(Duration.ofSeconds(5));

        assertThat(primary()).contains("b");
        assertThat(engine.steps()).contains("rejoin c -> b");
        assertThat(set.topology().members()).noneMatch(member -> member.role() == Role.ZOMBIE);
    }
}
