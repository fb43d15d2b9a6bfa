package dev.tenfold.balance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.observe.Event;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Selection;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** Selections and calls that are dropped without a word give their load back. */
class AbandonedTest {

    private final List<Event> events = new CopyOnWriteArrayList<>();
    private final LoadBalancer<String> balancer = LoadBalancer.<String>builder("test")
            .endpoints("a", "b")
            .observer(events::add)
            .build();

    @Test
    void aDroppedSelectionGivesItsLoadBackOnceItIsGarbage() {
        for (int i = 0; i < 4; i++) {
            balancer.select();
        }
        Selection<String> kept = balancer.select();
        assertThat(inFlight()).isEqualTo(5);
        collectUntil(() -> inFlight() == 1);
        assertThat(balancer.abandoned().count()).isEqualTo(4);
        kept.report(Outcome.SUCCESS);
        assertThat(inFlight()).isZero();
        assertThat(balancer.abandoned().watched()).isZero();
        assertThat(events)
                .filteredOn(event -> event.kind().equals("selection.abandoned"))
                .as("told at 1, 2 and 4")
                .extracting(event -> event.details().get("count"))
                .containsExactly(1L, 2L, 4L);
        assertThat(balancer.describe()).contains("4 selections abandoned");
    }

    @Test
    void anAsynchronousCallThatNobodyCanCompleteIsGivenBack() {
        balancer.callAsync(target -> new CompletableFuture<String>());
        CompletableFuture<String> held =
                balancer.callAsync(target -> new CompletableFuture<String>()).toCompletableFuture();
        assertThat(inFlight()).isEqualTo(2);
        collectUntil(() -> inFlight() == 1);
        assertThat(held).as("who still waits is not abandoned").isNotDone();
        held.cancel(false);
        assertThat(inFlight()).isZero();
    }

    @Test
    void reportedSelectionsAreNotWatchedAnyMore() {
        for (int i = 0; i < 100; i++) {
            balancer.select().close();
        }
        assertThat(balancer.abandoned().watched()).isZero();
    }

    /** A report and the collector may both end a call, at the same time; it ends once. */
    @Test
    void ofAReportAndACollectionExactlyOneCounts() throws Exception {
        int rounds = 20_000;
        List<Lease<String>> leases = new ArrayList<>();
        List<Abandoned.Watch> watches = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            Lease<String> lease = balancer.lease();
            Abandoned.Watch watch = balancer.abandoned().new Watch(lease);
            balancer.abandoned().watch(watch, lease);
            leases.add(lease);
            watches.add(watch);
        }
        Thread collector = new Thread(() -> {
            for (Abandoned.Watch watch : watches) {
                watch.enqueue();
                balancer.abandoned().reclaim();
            }
        });
        Thread other = new Thread(() -> {
            for (Lease<String> lease : leases) {
                lease.close();
            }
        });
        collector.start();
        other.start();
        for (Lease<String> lease : leases) {
            if (ThreadLocalRandom.current().nextBoolean()) {
                lease.report(Outcome.SUCCESS);
            }
        }
        collector.join();
        other.join();
        balancer.abandoned().reclaim();
        assertThat(inFlight()).isZero();
        assertThat(balancer.members().stream().mapToLong(Member::picks).sum()).isEqualTo(rounds);
        assertThat(balancer.abandoned().watched()).isZero();
    }

    private void collectUntil(BooleanSupplier done) {
        long end = System.nanoTime() + 8_000_000_000L;
        while (!done.getAsBoolean() && System.nanoTime() - end < 0) {
            System.gc();
            Thread.yield();
            balancer.describe();
        }
        assertThat(done.getAsBoolean()).as("given back in time").isTrue();
    }

    private int inFlight() {
        return balancer.members().stream().mapToInt(Member::inFlight).sum();
    }
}
