package dev.tenfold.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.balance.Policies;
import dev.tenfold.balance.http.BalancedHttpClient;
import dev.tenfold.health.HealthChecks;
import dev.tenfold.observe.Event;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The whole way on real sockets and threads: a name server, three HTTP servers, checks, and the client that people use. */
class DiscoveredHttpServersTest {

    static {
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private static final String SERVICE = "_api._tcp.internal";

    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final ExecutorService serving = Executors.newCachedThreadPool();
    private FakeDns dns;
    private HttpServer a;
    private HttpServer b;
    private HttpServer c;

    @BeforeEach
    void serve() throws IOException {
        dns = new FakeDns();
        a = start("a", 0);
        b = start("b", 0);
        c = start("c", 0);
    }

    @AfterEach
    void stop() {
        a.stop(0);
        b.stop(0);
        c.stop(0);
        dns.close();
        serving.shutdownNow();
    }

    @Test
    void serversAreFoundCheckedLostAndFoundAgainAndNoCallFails() throws Exception {
        dns.put(SERVICE, "SRV", record(a), record(b));
        try (LoadBalancer<URI> apps = LoadBalancer.<URI>builder("apps")
                .discover(
                        Dns.srv(SERVICE).server(dns.address()).every(Duration.ofMillis(100)),
                        found -> URI.create("http://" + found.id()))
                .policy(Policies.roundRobin())
                .healthCheck(HealthChecks.http("/health"), Duration.ofMillis(50))
                .observer(events::add)
                .start()) {
            HttpClient client = BalancedHttpClient.over(apps, HttpClient.newHttpClient());
            await(event -> event.kind().equals("pool.updated")
                    && event.details().get("endpoints").equals(2));
            assertThat(answers(client)).containsExactly("a", "b");

            dns.put(SERVICE, "SRV", record(a), record(b), record(c));
            await(event -> event.kind().equals("pool.updated")
                    && event.details().get("joined").equals(1));
            assertThat(answers(client)).containsExactly("a", "b", "c");

            int port = b.getAddress().getPort();
            b.stop(0);
            await(event -> event.kind().equals("endpoint.probing"));
            assertThat(answers(client)).containsExactly("a", "c");

            b = start("b", port);
            await(event -> event.kind().equals("endpoint.healthy"));
            assertThat(answers(client)).containsExactly("a", "b", "c");

            dns.failWith = 2;
            await(event -> event.kind().equals("discovery.failing"));
            assertThat(answers(client)).containsExactly("a", "b", "c");
        }
    }

    private Set<String> answers(HttpClient client) throws Exception {
        Set<String> answers = new TreeSet<>();
        for (int i = 0; i < 60; i++) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://apps/users/42"))
                    .timeout(Duration.ofSeconds(30))
                    .build();
            answers.add(client.send(request, BodyHandlers.ofString()).body());
        }
        return answers;
    }

    private void await(Predicate<Event> wanted) throws InterruptedException {
        Event event;
        do {
            event = events.poll(30, TimeUnit.SECONDS);
            assertThat(event).as("the event that was waited for").isNotNull();
        } while (!wanted.test(event));
    }

    private HttpServer start(String name, int port) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.createContext("/", exchange -> {
            byte[] body = name.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.setExecutor(serving);
        server.start();
        return server;
    }

    private static String record(HttpServer server) {
        return "10 50 " + server.getAddress().getPort() + " localhost.";
    }
}
