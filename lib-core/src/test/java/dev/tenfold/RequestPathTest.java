package dev.tenfold;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.CallFailedException;
import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.retry.RetryBudget;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.topology.Coordinates;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Selection;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RequestPathTest {

    private static final Coordinates BERLIN = Coordinates.of(52.5, 13.4);

    private final List<String> reports = new ArrayList<>();
    private int picks;

    /** Picks a, b, a, b... */
    private Selection<String> select() {
        Endpoint<String> endpoint = Endpoint.of(picks++ % 2 == 0 ? "a" : "b");
        return new Selection<>() {
            private boolean reported;

            @Override
            public Endpoint<String> endpoint() {
                return endpoint;
            }

            @Override
            public void report(Outcome outcome) {
                if (!reported) {
                    reported = true;
                    reports.add(endpoint.id() + " " + outcome);
                }
            }
        };
    }

    @Test
    void sendsToTheSelectedServerAndReports() {
        RequestPath<String, String> site = Tenfold.<String, String>requestPath("site")
                .toServers(this::select)
                .calling((server, request) -> server + " answers " + request)
                .build();

        assertThat(site.handle(BERLIN, "/")).isEqualTo("a answers /");
        assertThat(reports).containsExactly("a SUCCESS");
    }

    @Test
    void sendsASafeRequestAgainToAnotherServer() {
        RequestPath<String, String> site = Tenfold.<String, String>requestPath("site")
                .toServers(this::select)
                .calling((server, request) -> {
                    if (server.equals("a")) {
                        throw new ConnectException("refused");
                    }
                    return server;
                })
                .retrying(2, request -> request.startsWith("GET"))
                .build();

        assertThat(site.handle(BERLIN, "GET /")).isEqualTo("b");
        assertThatThrownBy(() -> site.handle(BERLIN, "POST /"))
                .isInstanceOf(CallFailedException.class)
                .hasCauseInstanceOf(ConnectException.class);
        assertThat(reports).containsExactly("a CONNECT_FAILED", "b SUCCESS", "a CONNECT_FAILED");
    }

    @Test
    void retriesABadResponseAndReturnsTheLast() {
        RequestPath<String, Integer> site = Tenfold.<String, Integer>requestPath("site")
                .toServers(this::select)
                .calling((server, request) -> 503)
                .retrying(3, request -> true)
                .classifying(status -> status == 503 ? Outcome.OVERLOADED : Outcome.SUCCESS)
                .build();

        assertThat(site.handle(BERLIN, "/")).isEqualTo(503);
        assertThat(reports).containsExactly("a OVERLOADED", "b OVERLOADED", "a OVERLOADED");
    }

    @Test
    void doesNotRepeatWhatTheCallerGotWrong() {
        RequestPath<String, String> site = Tenfold.<String, String>requestPath("site")
                .toServers(this::select)
                .calling((server, request) -> {
                    throw new IllegalArgumentException("no such page");
                })
                .retrying(3, request -> true)
                .build();

        assertThatThrownBy(() -> site.handle(BERLIN, "/")).isInstanceOf(IllegalArgumentException.class);
        assertThat(reports).containsExactly("a REJECTED");
    }

    @Test
    void asksTheServersOnlyForWhatTheEdgeLacks() {
        List<String> asked = new ArrayList<>();
        RequestPath<String, String> site = Tenfold.<String, String>requestPath("site")
                .toDataCentres(place -> this::select)
                .calling((server, request) -> {
                    asked.add(request);
                    return "from " + server;
                })
                .throughEdge((client, request, origin) -> request.equals("/hot") ? "from edge" : origin.apply(request))
                .build();

        assertThat(site.handle(BERLIN, "/hot")).isEqualTo("from edge");
        assertThat(site.handle(BERLIN, "/cold")).isEqualTo("from a");
        assertThat(asked).containsExactly("/cold");
        assertThat(site.measurements())
                .filteredOn(m -> m.name().endsWith("origin"))
                .singleElement()
                .satisfies(m -> assertThat(m.value().getAsDouble()).isEqualTo(1));
    }

    @Test
    void leavesADataCentreThatWasLostBetweenAttempts() {
        List<String> located = new ArrayList<>();
        RequestPath<String, String> site = Tenfold.<String, String>requestPath("site")
                .toDataCentres(place -> {
                    located.add(located.isEmpty() ? "near" : "far");
                    return this::select;
                })
                .calling((server, request) -> {
                    if (located.size() == 1) {
                        throw new IOException("power cut");
                    }
                    return located.get(1);
                })
                .retrying(2, request -> true)
                .build();

        assertThat(site.handle(BERLIN, "/")).isEqualTo("far");
    }

    @Test
    void namesEverythingThatIsMissing() {
        assertThatThrownBy(() -> Tenfold.<String, String>requestPath("site")
                        .toServers(this::select)
                        .retrying(0, request -> true)
                        .build())
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("calling")
                .hasMessageContaining("attempts: 0 (expected: >= 1)");
    }

    @Test
    void aRequestHasOneDeadlineForAllItsAttempts() {
        SimulatedTime time = new SimulatedTime();
        List<Duration> given = new ArrayList<>();
        RequestPath<String, String> site = Tenfold.<String, String>requestPath("site")
                .toServers(this::select)
                .calling((server, request, deadline) -> {
                    given.add(deadline.remaining());
                    time.advance(Duration.ofMillis(200));
                    throw new ConnectException("down");
                })
                .retrying(5, request -> true)
                .within(Duration.ofMillis(300))
                .time(time)
                .build();
        assertThatThrownBy(() -> site.handle(BERLIN, "/"))
                .isInstanceOf(DeadlineExceededException.class)
                .hasMessageContaining("server 'b' of request path 'site', attempt 2")
                .hasCauseInstanceOf(ConnectException.class);
        assertThat(given).containsExactly(Duration.ofMillis(300), Duration.ofMillis(100));
    }

    @Test
    void whatTheEdgeSpentIsNotThereForTheServers() {
        SimulatedTime time = new SimulatedTime();
        RequestPath<String, String> site = Tenfold.<String, String>requestPath("site")
                .toServers(this::select)
                .calling((server, request) -> "answer")
                .throughEdge((client, request, origin) -> {
                    time.advance(Duration.ofSeconds(1));
                    return origin.apply(request);
                })
                .within(Duration.ofMillis(300))
                .time(time)
                .build();
        assertThatThrownBy(() -> site.handle(BERLIN, "/"))
                .isInstanceOf(DeadlineExceededException.class)
                .hasMessageContaining("none was asked");
        assertThat(picks).isZero();
    }

    @Test
    void theBudgetBoundsRetriesInAnOutage() {
        int[] calls = new int[1];
        RequestPath<String, String> site = Tenfold.<String, String>requestPath("site")
                .toServers(this::select)
                .calling((server, request) -> {
                    calls[0]++;
                    throw new ConnectException("down");
                })
                .retrying(3, request -> true)
                .retryBudget(RetryBudget.of(0.1, 7))
                .build();
        for (int i = 0; i < 1_000; i++) {
            assertThatThrownBy(() -> site.handle(BERLIN, "/")).isInstanceOf(CallFailedException.class);
        }
        assertThat(calls[0]).isEqualTo(1_007);
    }
}
