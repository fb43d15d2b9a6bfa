package dev.tenfold.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The checks against real servers on loopback. */
class HealthChecksTest {

    static {
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final ExecutorService executor = Executors.newCachedThreadPool();
    private final CountDownLatch hang = new CountDownLatch(1);
    private HttpServer server;
    private URI uri;

    @BeforeEach
    void serve() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(executor);
        answer("/health", 200, "{\"status\":\"UP\"}");
        answer("/no-content", 204, "");
        answer("/moved", 302, "");
        answer("/down", 503, "down");
        server.createContext("/secret", exchange -> {
            boolean known = "me".equals(exchange.getRequestHeaders().getFirst("X-Who"));
            exchange.sendResponseHeaders(known ? 200 : 403, -1);
            exchange.close();
        });
        server.createContext("/hangs", exchange -> {
            try {
                hang.await();
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
            exchange.close();
        });
        server.start();
        uri = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/some/base?x=y");
    }

    @AfterEach
    void stop() {
        hang.countDown();
        server.stop(0);
        executor.shutdownNow();
    }

    @Test
    void httpExpectsAStatusOf2xx() throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        assertThat(ask(HealthChecks.http("/health").client(client))).isTrue();
        assertThat(ask(HealthChecks.http("/no-content").client(client))).isTrue();
        assertThatThrownBy(() -> ask(HealthChecks.http("/moved").client(client)))
                .hasMessageContaining("/moved answered 302 (expected: 200 to 299)");
        assertThatThrownBy(() -> ask(HealthChecks.http("/down").client(client)))
                .hasMessageContaining("answered 503");
        assertThat(ask(HealthChecks.http("/moved").client(client).statuses(200, 399)))
                .isTrue();
    }

    @Test
    void httpMayLookAtTheBodyAndSendHeaders() throws Exception {
        HttpHealthCheck<URI> check = HealthChecks.http("/health");
        assertThat(ask(check.body(text -> text.contains("UP")))).isTrue();
        assertThatThrownBy(() -> ask(check.body(text -> text.contains("DEGRADED"))))
                .hasMessageContaining("another body than expected");
        assertThatThrownBy(() -> ask(HealthChecks.http("/secret"))).hasMessageContaining("answered 403");
        assertThat(ask(HealthChecks.http("/secret").header("X-Who", "me"))).isTrue();
    }

    @Test
    void httpFindsTargetsOfAnyKindAndGivesUpInTime() throws Exception {
        HttpHealthCheck<Integer> byPort =
                HealthChecks.http("/health").at(port -> URI.create("http://127.0.0.1:" + port));
        assertThat(byPort.check(server.getAddress().getPort(), TIMEOUT).get()).isTrue();
        CompletableFuture<Boolean> late = HealthChecks.http("/hangs").check(uri, Duration.ofMillis(100));
        assertThat(late).failsWithin(TIMEOUT);
        assertThatThrownBy(() -> HealthChecks.http("health")).hasMessageContaining("path: health");
        assertThatThrownBy(() -> HealthChecks.http("/health").statuses(99, 100)).hasMessageContaining("99 to 100");
    }

    @Test
    void tcpConnects() throws Exception {
        assertThat(ask(HealthChecks.tcp(executor))).isTrue();
        int closed;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            closed = socket.getLocalPort();
            HealthCheck<Integer> byPort =
                    HealthChecks.tcp(port -> InetSocketAddress.createUnresolved("localhost", port), executor);
            assertThat(get(byPort.check(closed, TIMEOUT))).isTrue();
        }
        URI gone = URI.create("tcp://127.0.0.1:" + closed);
        assertThatThrownBy(() -> get(HealthChecks.tcp(executor).check(gone, TIMEOUT)))
                .isInstanceOf(IOException.class);
    }

    @Test
    void aFunctionRunsOnTheExecutorAndIsInterruptedWhenItsTimeIsOver() throws Exception {
        assertThat(get(HealthChecks.<String>of(String::isEmpty, executor).check("", TIMEOUT)))
                .isTrue();
        assertThatThrownBy(() -> get(HealthChecks.<String>of(
                                target -> {
                                    throw new IOException("no");
                                },
                                executor)
                        .check("", TIMEOUT)))
                .hasMessage("no");
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        CompletionStage<Boolean> hung = HealthChecks.<String>of(
                        target -> {
                            begun.countDown();
                            try {
                                hang.await();
                            } catch (InterruptedException stop) {
                                interrupted.countDown();
                            }
                            return true;
                        },
                        executor)
                .check("", TIMEOUT);
        begun.await();
        hung.toCompletableFuture().cancel(true);
        assertThat(interrupted.await(10, TimeUnit.SECONDS)).isTrue();
    }

    private boolean ask(HealthCheck<URI> check) throws Exception {
        return get(check.check(uri, TIMEOUT));
    }

    private static boolean get(CompletionStage<Boolean> stage) throws Exception {
        try {
            return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
        } catch (ExecutionException failure) {
            throw (Exception) failure.getCause();
        }
    }

    private void answer(String path, int status, String text) {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        server.createContext(path, exchange -> {
            exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
    }
}
