package dev.tenfold.balance;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.tenfold.health.HealthPolicy;
import dev.tenfold.health.HealthState;
import dev.tenfold.observe.Observer;
import dev.tenfold.topology.Endpoint;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Real servers on loopback, one of which is stopped while it is being called. */
class HttpServersTest {

    private final List<HttpServer> servers = new ArrayList<>();
    private final ExecutorService serving = Executors.newCachedThreadPool();
    private final ExecutorService calling = Executors.newFixedThreadPool(4);

    @AfterEach
    void stop() {
        servers.forEach(server -> server.stop(0));
        serving.shutdownNow();
        calling.shutdownNow();
    }

    @Test
    void aServerStoppedUnderLoadFailsNoCall() throws Exception {
        List<Endpoint<URI>> endpoints = new ArrayList<>();
        for (String name : List.of("a", "b", "c")) {
            endpoints.add(Endpoint.of(name, start(name)));
        }
        LoadBalancer<URI> balancer = LoadBalancer.<URI>builder("http")
                .endpoints(endpoints)
                .health(HealthPolicy.builder()
                        .ejectionTime(Duration.ofMinutes(1), Duration.ofMinutes(1))
                        .build())
                .observer(Observer.none())
                .build();
        int calls = 600;
        CountDownLatch half = new CountDownLatch(calls / 2);
        Map<String, AtomicInteger> answers = new ConcurrentHashMap<>();
        List<Future<?>> runs = new ArrayList<>();
        for (int i = 0; i < calls; i++) {
            runs.add(calling.submit(() -> {
                String answer = balancer.idempotent().call(HttpServersTest::get);
                answers.computeIfAbsent(answer, name -> new AtomicInteger()).incrementAndGet();
                half.countDown();
                return answer;
            }));
        }
        half.await();
        servers.get(1).stop(0);
        for (Future<?> run : runs) {
            run.get();
        }
        Map<String, Integer> counts = new TreeMap<>();
        answers.forEach((name, count) -> counts.put(name, count.get()));
        assertThat(counts.values().stream().mapToInt(Integer::intValue).sum()).isEqualTo(calls);
        assertThat(counts).as("all three served").containsOnlyKeys("a", "b", "c");
        assertThat(balancer.members().get(1).health().state()).isEqualTo(HealthState.EJECTED);
        assertThat(balancer.members()).allMatch(member -> member.inFlight() == 0);
        assertThat(balancer.members().get(0).latency()).isPositive();
    }

    private URI start(String name) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        byte[] body = name.getBytes(StandardCharsets.UTF_8);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.setExecutor(serving);
        server.start();
        servers.add(server);
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
    }

    private static String get(URI server) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) server.toURL().openConnection();
        connection.setConnectTimeout(5_000);
        connection.setReadTimeout(5_000);
        try (InputStream body = connection.getInputStream()) {
            byte[] answer = body.readAllBytes();
            // A body that is cut short by a server that stops reads like one that ends.
            if (answer.length != connection.getContentLength()) {
                throw new IOException("cut short after " + answer.length + " bytes");
            }
            return new String(answer, StandardCharsets.UTF_8);
        }
    }
}
