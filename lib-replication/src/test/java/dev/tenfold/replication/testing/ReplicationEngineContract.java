package dev.tenfold.replication.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.tenfold.replication.CallFailure;
import dev.tenfold.replication.LogPosition;
import dev.tenfold.replication.Probe;
import dev.tenfold.replication.ReplicationEngine;
import dev.tenfold.topology.Endpoint;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

/**
 * What a replica set relies on, for every {@link ReplicationEngine}: extend it, give it a primary and two replicas, and run it.
 *
 * @param <N> the kind of node
 */
public abstract class ReplicationEngineContract<N> {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** Returns the engine, always the same in one test. */
    protected abstract ReplicationEngine<N> engine();

    /** Returns one of three nodes: 0 is the primary at first, 1 and 2 follow it. */
    protected abstract Endpoint<N> node(int index);

    /** Makes one write on a node and commits it. */
    protected abstract void write(N node) throws Exception;

    /** Stops a node at once, as a crash does. */
    protected abstract void crash(Endpoint<N> node) throws Exception;

    /** A step of a test, which may be before its time. */
    @FunctionalInterface
    protected interface Condition {
        boolean holds() throws Exception;
    }

    /** Waits until something holds; a failure of the condition counts as not yet. */
    @SuppressWarnings("BusyWait")
    protected void await(String what, Condition condition) throws Exception {
        long end = System.nanoTime() + PATIENCE.toNanos();
        Exception last = null;
        while (System.nanoTime() < end) {
            try {
                if (condition.holds()) {
                    return;
                }
                last = null;
            } catch (Exception early) {
                last = early;
            }
            Thread.onSpinWait();
            Thread.yield();
        }
        throw new AssertionError("not within " + PATIENCE + ": " + what, last);
    }

    private Probe probe(int node) throws Exception {
        return engine().probe(node(node));
    }

    private void awaitStreaming(int... replicas) throws Exception {
        for (int replica : replicas) {
            await("node " + replica + " streams", () -> probe(replica).streaming());
        }
    }

    @Test
    void everybodySaysWhatItIs() throws Exception {
        awaitStreaming(1, 2);
        Probe primary = probe(0);
        assertThat(primary.writable()).isTrue();
        assertThat(primary.streaming()).isFalse();
        assertThat(primary.replayed()).isLessThanOrEqualTo(primary.received());
        for (int replica = 1; replica <= 2; replica++) {
            assertThat(probe(replica).writable()).isFalse();
            assertThat(probe(replica).received().timeline())
                    .isEqualTo(primary.received().timeline());
        }
        assertThat(engine().timelineStart(node(0)).timeline())
                .isEqualTo(primary.received().timeline());
    }

    @Test
    void aPositionGrowsWithAWriteAndAReplicaReachesIt() throws Exception {
        awaitStreaming(1, 2);
        LogPosition before = engine().position(node(0));
        write(node(0).target());
        LogPosition after = engine().position(node(0));
        assertThat(after).isGreaterThan(before);
        await("a replica is there", () -> engine().position(node(1)).compareTo(after) >= 0);
        await(
                "the other is there",
                () -> engine().awaitPosition(node(2), after, Duration.ofMillis(20))
                                .compareTo(after)
                        >= 0);
    }

    @Test
    void aFrozenReplicaReceivesNothingUntilItFollowsAgain() throws Exception {
        awaitStreaming(1, 2);
        write(node(0).target());
        LogPosition frozen = engine().freeze(node(1), 0);
        assertThat(engine().freeze(node(1), 0)).as("frozen twice").isEqualTo(frozen);
        assertThat(probe(1).streaming()).isFalse();

        write(node(0).target());
        LogPosition after = engine().position(node(0));
        await("the other has it", () -> probe(2).received().compareTo(after) >= 0);
        assertThat(probe(1).received()).isEqualTo(frozen);

        engine().follow(node(1), node(0), 0);
        await("it catches up", () -> probe(1).received().compareTo(after) >= 0);
        awaitStreaming(1);
    }

    @Test
    void aFrozenReplicaIsPromotedWithAllItHasAndTheOtherFollows() throws Exception {
        awaitStreaming(1, 2);
        write(node(0).target());
        LogPosition before = engine().position(node(0));
        await(
                "both have it",
                () -> probe(1).received().compareTo(before) >= 0
                        && probe(2).received().compareTo(before) >= 0);
        crash(node(0));
        assertThatThrownBy(() -> engine().probe(node(0))).isInstanceOf(Exception.class);

        LogPosition one = engine().freeze(node(1), 0);
        engine().freeze(node(2), 0);
        LogPosition start = engine().promote(node(1), 0);
        assertThat(start.timeline()).isGreaterThan(before.timeline());
        assertThat(start.offset()).isGreaterThanOrEqualTo(before.offset()).isLessThanOrEqualTo(one.offset());
        assertThat(engine().timelineStart(node(1))).isEqualTo(start);
        assertThat(probe(1).writable()).isTrue();

        engine().follow(node(2), node(1), 0);
        awaitStreaming(2);
        write(node(1).target());
        LogPosition after = engine().position(node(1));
        await("the write is on the other", () -> probe(2).received().compareTo(after) >= 0);
    }

    @Test
    void aCommandOfADriverThatWasReplacedIsRefusedByTheNode() throws Exception {
        awaitStreaming(1, 2);
        engine().freeze(node(1), 7);
        LogPosition frozen = engine().freeze(node(1), 8);
        write(node(0).target());

        assertThatThrownBy(() -> engine().follow(node(1), node(0), 7))
                .as("undoes what the driver with 8 relies on")
                .hasMessageContaining("7 (expected: >= 8");
        assertThatThrownBy(() -> engine().promote(node(1), 7)).hasMessageContaining("7 (expected: >= 8");
        assertThatThrownBy(() -> engine().freeze(node(1), 7)).hasMessageContaining("7 (expected: >= 8");
        assertThat(probe(1).received()).isEqualTo(frozen);
        assertThat(probe(1).writable()).isFalse();

        engine().follow(node(1), node(0), 8);
        awaitStreaming(1);
        assertThatThrownBy(() -> engine().follow(node(1), node(2), 7))
                .as("after that driver has finished")
                .hasMessageContaining("7 (expected: >= 8");
        engine().follow(node(1), node(0), 9);
        awaitStreaming(1);
    }

    @Test
    void aPromotionBeginsATimelineAfterAllThatAreTaken() throws Exception {
        assumeThat(engine().reserve(node(1), 0, 0)).as("the engine keeps it").isGreaterThanOrEqualTo(0);
        awaitStreaming(1, 2);
        long timeline = probe(0).received().timeline();
        assertThat(engine().reserve(node(0), timeline + 4, 7)).isEqualTo(timeline + 4);
        assertThat(engine().reserve(node(1), timeline + 4, 7)).isEqualTo(timeline + 4);
        assertThat(engine().reserve(node(1), timeline + 2, 8))
                .as("never lowered")
                .isEqualTo(timeline + 4);
        assertThatThrownBy(() -> engine().reserve(node(1), timeline + 9, 7))
                .as("says a driver that was replaced")
                .hasMessageContaining("7 (expected: >= 8");
        awaitStreaming(1, 2);

        crash(node(0));
        engine().freeze(node(1), 8);
        engine().freeze(node(2), 8);
        assertThat(engine().promote(node(1), 8).timeline()).isEqualTo(timeline + 5);
        engine().follow(node(2), node(1), 8);
        awaitStreaming(2);
        write(node(1).target());
        LogPosition after = engine().position(node(1));
        assertThat(after.timeline()).isEqualTo(timeline + 5);
        await("the write is on the other", () -> probe(2).received().compareTo(after) >= 0);
    }

    @Test
    void aRetiredPrimaryIsReinstatedOnlyWhileNobodyHasStartedIt() throws Exception {
        awaitStreaming(1, 2);
        assertThatThrownBy(() -> engine().retire(node(1), () -> {})).isInstanceOf(RuntimeException.class);
        boolean retires = true;
        try {
            engine().retire(node(0), () -> {});
        } catch (UnsupportedOperationException needsMore) {
            retires = false;
        }
        assumeThat(retires).as("the engine can retire").isTrue();
        engine().reinstate(node(0));
        assertThat(probe(0).writable()).isTrue();
        assertThatThrownBy(() -> engine().reinstate(node(0))).isInstanceOf(RuntimeException.class);
    }

    @Test
    void aPrimaryIsNotFrozen() {
        assertThatThrownBy(() -> engine().freeze(node(0), 0)).isInstanceOf(Exception.class);
    }

    @Test
    void aFailureSaysWhetherSomethingWasSent() throws Exception {
        awaitStreaming(1, 2);
        assertThat(kind(() -> {
                    write(node(1).target());
                    return 0;
                }))
                .as("a write on a replica")
                .isEqualTo(CallFailure.NOT_PRIMARY);
        crash(node(2));
        assertThat(kind(() -> {
                    write(node(2).target());
                    return 0;
                }))
                .as("a write on a node that is down")
                .isIn(CallFailure.NOT_SENT, CallFailure.UNKNOWN);
        assertThat(engine().classify(new IllegalStateException("the caller's own")))
                .isEqualTo(CallFailure.CALLER);
    }

    private CallFailure kind(Callable<?> call) throws Exception {
        try {
            call.call();
        } catch (Exception failure) {
            return engine().classify(failure);
        }
        throw new AssertionError("it did not fail");
    }
}
