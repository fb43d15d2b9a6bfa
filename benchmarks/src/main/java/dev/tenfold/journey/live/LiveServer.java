package dev.tenfold.journey.live;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Serves the live view on the loopback interface. {@code GET /} is the page, {@code GET /state} what the board published
 * last, {@code POST /act} with {@code part} and {@code action} does something.
 *
 * <p>Any page that is open in the same browser can send requests here. So whoever wants something done must come from this
 * server's own page: the {@code Host} must be a loopback name (or a name that somebody points at 127.0.0.1 would do), the
 * {@code Origin} this server, and a token of this run, which only the page holds, must be in a header, which a page of another
 * origin cannot send without being asked first.
 */
public final class LiveServer implements AutoCloseable {

    private static final String TOKEN = "X-Journey-Token";
    private static final int TOKEN_BYTES = 16;
    private static final int LARGEST_BODY = 1_000;
    private static final int THREADS = 4;
    private static final Map<String, String> FILES =
            Map.of("/live.css", "text/css; charset=utf-8", "/live.js", "text/javascript; charset=utf-8");

    private final Board board;
    private final String token;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    private final Set<String> hosts;

    /**
     * Starts serving.
     *
     * @param board what to show
     * @param port a TCP port; 0 for any free one
     * @throws IOException if the port is taken
     */
    public LiveServer(Board board, int port) throws IOException {
        this.board = board;
        byte[] bytes = new byte[TOKEN_BYTES];
        new SecureRandom().nextBytes(bytes);
        token = HexFormat.of().formatHex(bytes);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        int taken = server.getAddress().getPort();
        hosts = Set.of("127.0.0.1:" + taken, "localhost:" + taken);
        server.setExecutor(threads);
        server.createContext("/", this::serve);
        server.start();
    }

    /**
     * Returns where the page is.
     *
     * @return its address
     */
    public URI uri() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            Headers headers = exchange.getResponseHeaders();
            headers.set("Cache-Control", "no-store");
            headers.set("X-Content-Type-Options", "nosniff");
            headers.set("X-Frame-Options", "DENY");
            headers.set("Referrer-Policy", "no-referrer");
            headers.set(
                    "Content-Security-Policy",
                    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; form-action 'none';"
                            + " base-uri 'none'; frame-ancestors 'none'");
            String host = exchange.getRequestHeaders().getFirst("Host");
            if (host == null || !hosts.contains(host)) {
                send(exchange, 403, "text/plain; charset=utf-8", "this page is served to loopback names only\n");
                return;
            }
            String path = exchange.getRequestURI().getPath();
            String request = exchange.getRequestMethod() + " " + path;
            switch (request) {
                case "GET /" ->
                    send(
                            exchange,
                            200,
                            "text/html; charset=utf-8",
                            file("/live.html").replace("{{token}}", token));
                case "GET /live.css", "GET /live.js" -> send(exchange, 200, FILES.getOrDefault(path, ""), file(path));
                case "GET /state" -> send(exchange, 200, "application/json; charset=utf-8", board.published());
                case "POST /act" -> act(exchange, host);
                default -> send(exchange, 404, "text/plain; charset=utf-8", "no such thing\n");
            }
        }
    }

    private void act(HttpExchange exchange, String host) throws IOException {
        Headers headers = exchange.getRequestHeaders();
        String given = headers.getFirst(TOKEN);
        boolean known = given != null
                && MessageDigest.isEqual(
                        given.getBytes(StandardCharsets.UTF_8), token.getBytes(StandardCharsets.UTF_8));
        if (!known || !("http://" + host).equals(headers.getFirst("Origin"))) {
            send(exchange, 403, "text/plain; charset=utf-8", "only the page of this server may do that\n");
            return;
        }
        byte[] body = exchange.getRequestBody().readNBytes(LARGEST_BODY);
        String part = "";
        String action = "";
        for (String field : new String(body, StandardCharsets.UTF_8).split("&", -1)) {
            int equals = field.indexOf('=');
            if (equals > 0) {
                String value = decoded(field.substring(equals + 1));
                switch (field.substring(0, equals)) {
                    case "part" -> part = value;
                    case "action" -> action = value;
                    default -> {}
                }
            }
        }
        if (board.perform(part, action)) {
            send(exchange, 202, "text/plain; charset=utf-8", "");
        } else {
            send(exchange, 404, "text/plain; charset=utf-8", "no such part, or it cannot do that\n");
        }
    }

    /** What cannot be decoded names no part. */
    private static String decoded(String value) {
        try {
            return URLDecoder.decode(value, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException malformed) {
            return "";
        }
    }

    private static String file(String path) throws IOException {
        try (InputStream in = LiveServer.class.getResourceAsStream(path.substring(1))) {
            if (in == null) {
                throw new IllegalStateException("no resource " + path + " beside " + LiveServer.class.getName());
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static void send(HttpExchange exchange, int status, String type, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdown();
    }
}
