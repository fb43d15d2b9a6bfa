package dev.tenfold.cache.edge.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.tenfold.observe.Observer;
import dev.tenfold.topology.Coordinates;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/** An origin and three edges on loopback, each an HTTP server of its own. */
final class TestCdn implements AutoCloseable {

    static {
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    static final List<String> EDGES = List.of("fra", "ams", "nyc");

    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(null, task, "cdn", 256 << 10);
        thread.setDaemon(true);
        return thread;
    });
    private final Map<String, HttpServer> edges = new HashMap<>();
    private final int originPort;
    private HttpServer origin;
    private volatile HttpHandler behaviour = exchange -> answer(exchange, 200, "hello", "Cache-Control", "max-age=60");

    /** Requests the origin saw, by path. */
    final Map<String, AtomicInteger> seen = new ConcurrentHashMap<>();

    final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .executor(threads)
            .build();
    final HttpCache cache;

    TestCdn(UnaryOperator<HttpCacheBuilder> configure) throws IOException {
        this(Duration.ofSeconds(60), configure);
    }

    TestCdn(Duration originTimeout, UnaryOperator<HttpCacheBuilder> configure) throws IOException {
        origin = server(0, this::origin);
        originPort = origin.getAddress().getPort();
        HttpClientOrigin upstream = HttpClientOrigin.at(URI.create("http://127.0.0.1:" + originPort), client)
                .timeout(originTimeout);
        cache = configure
                .apply(HttpCache.builder("cdn")
                        .edge("fra", Coordinates.of(50.1, 8.7))
                        .edge("ams", Coordinates.of(52.4, 4.9))
                        .edge("nyc", Coordinates.of(40.7, -74.0))
                        .executor(threads)
                        .collapseTimeout(Duration.ofSeconds(60))
                        .observer(Observer.none()))
                .build(upstream);
        for (String edge : EDGES) {
            HttpCacheHandler handler = HttpCacheHandler.at(cache, edge)
                    .clientBy(exchange -> Optional.ofNullable(
                                    exchange.getRequestHeaders().getFirst("X-Client"))
                            .orElse("somebody"));
            edges.put(edge, server(0, handler));
        }
    }

    void originDoes(HttpHandler handler) {
        behaviour = handler;
    }

    /** Stops the origin; connections to it are refused from now on. */
    void killOrigin() {
        origin.stop(0);
    }

    void restoreOrigin() throws IOException {
        origin = server(originPort, this::origin);
    }

    int seen(String path) {
        return seen.computeIfAbsent(path, p -> new AtomicInteger()).get();
    }

    URI uri(String edge, String path) {
        HttpServer server = edges.get(edge);
        assertThat(server).isNotNull();
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
    }

    HttpResponse<String> get(String edge, String path, String... fields) throws IOException, InterruptedException {
        return client.send(request(edge, path, fields).build(), BodyHandlers.ofString());
    }

    HttpRequest.Builder request(String edge, String path, String... fields) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(uri(edge, path)).timeout(Duration.ofSeconds(60));
        return fields.length == 0 ? builder : builder.headers(fields);
    }

    /** Returns where a response says it came from, such as fra/edge. */
    static String from(HttpResponse<?> response) {
        String status = response.headers().firstValue("Cache-Status").orElse("");
        int start = status.indexOf("detail=\"");
        return start < 0 ? status : status.substring(start + 8, status.length() - 1);
    }

    static void answer(HttpExchange exchange, int status, String body, String... fields) throws IOException {
        for (int i = 0; i < fields.length; i += 2) {
            exchange.getResponseHeaders().add(fields[i], fields[i + 1]);
        }
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        boolean none = exchange.getRequestMethod().equals("HEAD") || status == 304 || bytes.length == 0;
        exchange.sendResponseHeaders(status, none ? -1 : bytes.length);
        if (!none) {
            exchange.getResponseBody().write(bytes);
        }
        exchange.close();
    }

    static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(40);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - end).as("waited 40 s").isNegative();
            Thread.yield();
        }
    }

    private void origin(HttpExchange exchange) throws IOException {
        seen.computeIfAbsent(exchange.getRequestURI().getPath(), path -> new AtomicInteger())
                .incrementAndGet();
        behaviour.handle(exchange);
    }

    private HttpServer server(int port, HttpHandler handler) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 2_000);
        server.setExecutor(threads);
        server.createContext("/", handler);
        server.start();
        return server;
    }

    @Override
    public void close() throws InterruptedException {
        edges.values().forEach(server -> server.stop(0));
        origin.stop(0);
        threads.shutdownNow();
        assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }
}
