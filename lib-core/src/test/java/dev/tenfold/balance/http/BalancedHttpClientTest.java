package dev.tenfold.balance.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.balance.Policies;
import dev.tenfold.balance.ServerLoad;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.health.HealthPolicy;
import dev.tenfold.health.HealthState;
import dev.tenfold.observe.Observer;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Outcomes;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against real servers on loopback that say their name, or the status they were told to. */
class BalancedHttpClientTest {

    static {
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private final Map<String, HttpServer> servers = new ConcurrentHashMap<>();
    private final Map<String, Integer> statuses = new ConcurrentHashMap<>();
    private final List<String> seen = new CopyOnWriteArrayList<>();
    private final CountDownLatch hang = new CountDownLatch(1);
    private final ExecutorService serving = Executors.newCachedThreadPool();
    private final HttpClient plain = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
    private LoadBalancer<URI> balancer;
    private BalancedHttpClient client;

    @BeforeEach
    void serve() throws IOException {
        List<Endpoint<URI>> endpoints = new ArrayList<>();
        for (String name : List.of("a", "b", "c")) {
            endpoints.add(Endpoint.of(name, start(name)));
        }
        balancer = LoadBalancer.<URI>builder("http")
                .endpoints(endpoints)
                .policy(Policies.roundRobin())
                .health(HealthPolicy.builder()
                        .consecutiveFailures(3)
                        .ejectionTime(Duration.ofMinutes(1), Duration.ofMinutes(1))
                        .build())
                .observer(Observer.none())
                .build();
        client = BalancedHttpClient.over(balancer, plain);
    }

    @AfterEach
    void stop() {
        hang.countDown();
        servers.values().forEach(server -> server.stop(0));
        serving.shutdownNow();
    }

    @Test
    void requestsGoToEachServerInTurnUnderItsPath() throws Exception {
        List<String> answers = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            answers.add(client.send(get("/users/4%202?x=%26"), BodyHandlers.ofString())
                    .body());
        }
        assertThat(answers).containsOnly("a", "b", "c").hasSize(6);
        assertThat(answers.subList(0, 3)).doesNotHaveDuplicates();
        assertThat(seen).containsOnly("GET /base/users/4%202?x=%26");
    }

    @Test
    void uriOfTheServerAndOfTheRequestAreJoined() {
        Map<String, String> cases = Map.of(
                "http://s:1", "http://s:1/u?q=1",
                "https://s/", "https://s/u?q=1",
                "http://[::1]:8/base", "http://[::1]:8/base/u?q=1",
                "http://s:1/base/", "http://s:1/base/u?q=1");
        cases.forEach((server, whole) -> assertThat(
                        BalancedHttpClient.on(URI.create(server), URI.create("http://orders/u?q=1#f")))
                .isEqualTo(URI.create(whole)));
        assertThat(BalancedHttpClient.on(URI.create("http://s:1"), URI.create("http://orders")))
                .isEqualTo(URI.create("http://s:1"));
    }

    @Test
    void whatIsIdempotentIsTriedOnAnotherServer() throws Exception {
        statuses.put("a", 503);
        servers.remove("b").stop(0);
        for (int i = 0; i < 30; i++) {
            HttpResponse<String> response = client.send(get("/"), BodyHandlers.ofString());
            assertThat(response.body()).isEqualTo("c");
        }
        // Round robin begins anywhere: whoever fails for the third time first is ejected, and the cap spares the other.
        assertThat(List.of(state("a"), state("b"))).containsExactlyInAnyOrder(HealthState.EJECTED, HealthState.SPARED);
        assertThat(reason("a")).contains("3 failures in a row, the last OVERLOADED");
        assertThat(reason("b")).contains("3 failures in a row, the last CONNECT_FAILED");
    }

    @Test
    void theAsynchronousFormTriesAgainToo() throws Exception {
        statuses.put("a", 500);
        servers.remove("b").stop(0);
        List<CompletableFuture<HttpResponse<String>>> responses = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            responses.add(client.sendAsync(get("/"), BodyHandlers.ofString()));
        }
        for (CompletableFuture<HttpResponse<String>> response : responses) {
            assertThat(response.get(30, TimeUnit.SECONDS).body()).isEqualTo("c");
        }
    }

    @Test
    void whatIsNotIdempotentIsMadeOnceUnlessTheUserSaysSo() throws Exception {
        statuses.putAll(Map.of("a", 503, "b", 503, "c", 503));
        HttpRequest post = HttpRequest.newBuilder(URI.create("http://orders/"))
                .POST(BodyPublishers.ofString("body"))
                .build();
        assertThat(client.send(post, BodyHandlers.discarding()).statusCode()).isEqualTo(503);
        assertThat(seen).hasSize(1);
        BalancedHttpClient bold = client.repeating(request -> true);
        assertThat(bold.send(post, BodyHandlers.discarding()).statusCode())
                .as("no attempt is left: the last answer is the caller's")
                .isEqualTo(503);
        assertThat(seen).hasSize(4);
        HttpRequest put = HttpRequest.newBuilder(URI.create("http://orders/"))
                .PUT(BodyPublishers.ofString("body"))
                .build();
        client.send(put, BodyHandlers.discarding());
        assertThat(seen)
                .as("the body is sent again")
                .filteredOn(line -> line.equals("PUT /base/ body"))
                .hasSize(3);
    }

    @Test
    void aRejectedRequestIsTheCallersOwn() throws Exception {
        statuses.putAll(Map.of("a", 404, "b", 404, "c", 404));
        for (int i = 0; i < 20; i++) {
            assertThat(client.send(get("/none"), BodyHandlers.discarding()).statusCode())
                    .isEqualTo(404);
        }
        assertThat(seen).hasSize(20);
        assertThat(balancer.healthyShare()).isEqualTo(1);
        BalancedHttpClient strict = client.judging(response -> Outcome.FAILED);
        strict.send(get("/none"), BodyHandlers.discarding());
        assertThat(seen).hasSize(23);
    }

    @Test
    void droppedResponsesGiveTheirConnectionBack() throws Exception {
        statuses.put("a", 503);
        statuses.put("b", 503);
        List<HttpResponse<?>> judged = new CopyOnWriteArrayList<>();
        BalancedHttpClient watching = client.judging(response -> {
            judged.add(response);
            return Outcomes.ofHttpStatus(response.statusCode());
        });
        for (int i = 0; i < 2; i++) {
            HttpResponse<InputStream> response = watching.send(get("/"), BodyHandlers.ofInputStream());
            try (InputStream body = response.body()) {
                assertThat(new String(body.readAllBytes(), StandardCharsets.UTF_8))
                        .isEqualTo("c");
            }
        }
        assertThat(judged).hasSizeGreaterThan(2);
        for (HttpResponse<?> response : judged) {
            InputStream body = (InputStream) response.body();
            assertThatThrownBy(body::read).as("closed").isInstanceOf(IOException.class);
        }
    }

    @Test
    void theLoadThatServersReportIsRead() throws Exception {
        LoadBalancer<URI> byLoad = LoadBalancer.<URI>builder("by-load")
                .endpoints(balancer.topology().endpoints())
                .policy(Policies.weightedByLoad())
                .observer(Observer.none())
                .build();
        List<String> read = new CopyOnWriteArrayList<>();
        BalancedHttpClient reporting = BalancedHttpClient.over(byLoad, plain)
                .loadFrom(headers -> headers.firstValue("X-Load").map(text -> {
                    read.add(text);
                    return ServerLoad.ofUtilization(Double.parseDouble(text), 100, 0);
                }));
        for (int i = 0; i < 9; i++) {
            reporting.send(get("/"), BodyHandlers.discarding());
        }
        assertThat(read).hasSize(9).containsOnly("0.5");
    }

    @Test
    void aServerThatHangsTimesOutAndCancellingFreesIt() throws Exception {
        statuses.putAll(Map.of("a", 0, "b", 0, "c", 0));
        HttpRequest hurried = HttpRequest.newBuilder(URI.create("http://orders/"))
                .timeout(Duration.ofMillis(200))
                .POST(BodyPublishers.noBody())
                .build();
        assertThatThrownBy(() -> client.send(hurried, BodyHandlers.discarding()))
                .isInstanceOf(HttpTimeoutException.class);
        CompletableFuture<HttpResponse<Void>> open = client.sendAsync(get("/"), BodyHandlers.discarding());
        assertThat(balancer.describe()).isNotEmpty();
        open.cancel(true);
        assertThatThrownBy(() -> open.get(10, TimeUnit.SECONDS))
                .isInstanceOf(java.util.concurrent.CancellationException.class);
        double inFlight = balancer.measurements().stream()
                .filter(each -> each.name().equals("tenfold.balancer.in_flight"))
                .mapToDouble(each -> each.value().getAsDouble())
                .sum();
        assertThat(inFlight).isZero();
    }

    @Test
    void withoutServersItSaysWhy() {
        balancer.update(List.of());
        assertThatThrownBy(() -> client.send(get("/"), BodyHandlers.discarding()))
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("it has no endpoints");
        assertThatThrownBy(() ->
                        client.sendAsync(get("/"), BodyHandlers.discarding()).get())
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(UnavailableException.class);
        assertThat(client.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
        assertThat(client.connectTimeout()).contains(Duration.ofSeconds(5));
    }

    private HealthState state(String id) {
        return balancer.health(id).orElseThrow().current().state();
    }

    private String reason(String id) {
        return balancer.health(id).orElseThrow().current().reason();
    }

    private static HttpRequest get(String path) {
        return HttpRequest.newBuilder(URI.create("http://orders" + path)).build();
    }

    private URI start(String name) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            String sent = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            seen.add((exchange.getRequestMethod() + " " + exchange.getRequestURI() + " " + sent).strip());
            int status = statuses.getOrDefault(name, 200);
            if (status == 0) {
                awaitEnd();
            }
            byte[] body = name.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("X-Load", "0.5");
            exchange.sendResponseHeaders(status == 0 ? 200 : status, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.setExecutor(serving);
        server.start();
        servers.put(name, server);
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/base/");
    }

    private void awaitEnd() {
        try {
            hang.await();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }
}
