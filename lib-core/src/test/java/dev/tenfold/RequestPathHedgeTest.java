package dev.tenfold;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.RequestPath.Builder.RegionHedge;
import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.balance.Policies;
import dev.tenfold.error.CallFailedException;
import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.retry.RetryBudget;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.Scheduler;
import dev.tenfold.topology.Coordinates;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Selection;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class RequestPathHedgeTest {

    private static final Coordinates BERLIN = Coordinates.of(52.5, 13.4);
    private static final Duration SOON = Duration.ofMillis(1);

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Queue<String> reports = new ConcurrentLinkedQueue<>();
    private final Queue<String> asked = new ConcurrentLinkedQueue<>();
    private final CountDownLatch cut = new CountDownLatch(1);
    private final Selector<String> near = region("near");
    private final Selector<String> far = region("far");

    @AfterEach
    void stop() throws InterruptedException {
        threads.shutdownNow();
        assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    /** A region of one server. */
    private Selector<String> region(String server) {
        Endpoint<String> endpoint = Endpoint.of(server);
        return () -> new Selection<>() {
            private boolean reported;

            @Override
            public Endpoint<String> endpoint() {
                return endpoint;
            }

            @Override
            public synchronized void report(Outcome outcome) {
                if (!reported) {
                    reported = true;
                    reports.add(server + " " + outcome);
                }
            }
        };
    }

    private RegionHedge hedge(Duration delay, RetryBudget budget) {
        return new RegionHedge(delay, budget, threads, Scheduler.shared(threads));
    }

    private RequestPath.Builder<String, String, String> twoRegions(RegionHedge hedge) {
        return Tenfold.<String, String>requestPath("site")
                .toDataCentres(place -> near)
                .hedgingToNextRegion(hedge, place -> List.of(near, far), request -> request.startsWith("GET"));
    }

    /** Answers at once but for one server, which hangs until it is cut. */
    private RequestPath.Builder.Calling<String, String, String> hangingAt(String hanging) {
        return (server, request) -> {
            asked.add(server);
            if (server.equals(hanging)) {
                try {
                    new CountDownLatch(1).await();
                } finally {
                    cut.countDown();
                }
            }
            return server;
        };
    }

    @Test
    void asksAnotherServerOfTheRegionWhereOneIsSlow() throws Exception {
        LoadBalancer<String> servers = LoadBalancer.<String>builder("servers")
                .endpoints("a", "b")
                .policy(Policies.roundRobin())
                .hedgeExecutor(threads)
                .build();
        RequestPath<String, String> site = Tenfold.<String, String>requestPath("site")
                .toServers(servers)
                .calling(hangingAt("a"))
                .hedgingAfter(SOON, request -> request.startsWith("GET"))
                .build();

        for (int i = 0; i < 4; i++) {
            assertThat(site.handle(BERLIN, "GET /")).isEqualTo("b");
        }
        assertThat(cut.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(asked).contains("a");
    }

    @Test
    void onlyALoadBalancerHedgesAmongItsServers() {
        RequestPath<String, String> site = Tenfold.<String, String>requestPath("site")
                .toServers(near)
                .calling(hangingAt("nobody"))
                .hedging(request -> request.startsWith("GET"))
                .build();

        assertThat(site.handle(BERLIN, "POST /")).isEqualTo("near");
        assertThatThrownBy(() -> site.handle(BERLIN, "GET /"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("expected: a load balancer");
    }

    @Test
    void asksTheNextRegionWhereTheNearestIsSlow() throws Exception {
        RequestPath<String, String> site = twoRegions(hedge(SOON, RetryBudget.of(0, 10)))
                .calling(hangingAt("near"))
                .build();

        assertThat(site.handle(BERLIN, "GET /")).isEqualTo("far");
        assertThat(cut.await(10, TimeUnit.SECONDS)).isTrue();
        threads.shutdown();
        assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        assertThat(reports).as("being overtaken is no failure").containsExactly("far SUCCESS", "near CANCELLED");
        assertThat(site.measurements())
                .filteredOn(m -> m.name().endsWith("region.hedges"))
                .singleElement()
                .satisfies(m -> assertThat(m.value().getAsDouble()).isEqualTo(1));
    }

    @Test
    void asksOneRegionForWhatMayNotBeSentTwice() {
        RequestPath<String, String> site = twoRegions(hedge(SOON, RetryBudget.of(0, 10)))
                .calling(hangingAt("nobody"))
                .build();

        assertThat(site.handle(BERLIN, "POST /")).isEqualTo("near");
        assertThat(asked).containsExactly("near");
    }

    @Test
    void theBudgetBoundsWhatTheNextRegionGets() {
        RequestPath<String, String> site = twoRegions(hedge(SOON, RetryBudget.of(0, 1)))
                .within(Duration.ofSeconds(1))
                .calling(hangingAt("near"))
                .build();

        assertThat(site.handle(BERLIN, "GET /")).isEqualTo("far");
        assertThatThrownBy(() -> site.handle(BERLIN, "GET /"))
                .isInstanceOf(DeadlineExceededException.class)
                .hasMessageContaining("two regions of request path 'site'");
        assertThat(asked).containsExactlyInAnyOrder("near", "far", "near");
    }

    @Test
    void aRegionThatFailsLeavesTheRequestToTheOther() {
        RequestPath<String, String> site = twoRegions(hedge(SOON, RetryBudget.of(0, 10)))
                .calling((String server, String request) -> {
                    if (server.equals("far")) {
                        throw new ConnectException("cut off");
                    }
                    while (!reports.contains("far CONNECT_FAILED")) {
                        Thread.onSpinWait();
                    }
                    return server;
                })
                .build();

        assertThat(site.handle(BERLIN, "GET /")).isEqualTo("near");
        assertThat(reports).containsExactlyInAnyOrder("far CONNECT_FAILED", "near SUCCESS");
    }

    @Test
    void aFailureBeforeTheHedgeIsRetriedAsEver() {
        RequestPath<String, String> site = twoRegions(hedge(Duration.ofHours(1), RetryBudget.of(0, 10)))
                .calling((server, request) -> {
                    asked.add(server);
                    throw new IOException("reset");
                })
                .retrying(2, request -> true)
                .build();

        assertThatThrownBy(() -> site.handle(BERLIN, "GET /"))
                .isInstanceOf(CallFailedException.class)
                .hasRootCauseMessage("reset");
        assertThat(asked).containsExactly("near", "near");
    }

    @Test
    void goesOnAloneWhereThereIsNoNextRegion() {
        CountDownLatch hedged = new CountDownLatch(1);
        RequestPath<String, String> site = Tenfold.<String, String>requestPath("site")
                .toDataCentres(place -> near)
                .hedgingToNextRegion(
                        hedge(SOON, RetryBudget.of(0, 10)),
                        place -> {
                            hedged.countDown();
                            return List.of(near);
                        },
                        request -> true)
                .calling((String server, String request, Deadline deadline) -> {
                    hedged.await();
                    return server;
                })
                .build();

        assertThat(site.handle(BERLIN, "GET /")).isEqualTo("near");
    }
}
