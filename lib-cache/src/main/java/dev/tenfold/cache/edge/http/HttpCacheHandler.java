package dev.tenfold.cache.edge.http;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import dev.tenfold.locality.GeoResolver;
import dev.tenfold.topology.Coordinates;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Answers the requests of the JDK's HTTP server from an {@link HttpCache}.
 *
 * <p>The server calls it on the threads of its executor, of which a request that waits for the origin holds one: give it a
 * bounded pool of some hundred threads, or virtual threads, for its default is one thread for everybody. Set the system
 * property {@code sun.net.httpserver.nodelay=true} before the first server is made, or small answers on kept connections take 40
 * ms. Until JDK 20 or so the server overwrites the Date of stored responses with the current one; Age is right.
 *
 * <p>Immutable, thread-safe.
 */
public final class HttpCacheHandler implements HttpHandler {

    private static final Set<String> SET_BY_THE_SERVER = Set.of("Content-Length", "Transfer-Encoding");

    private final HttpCache cache;
    private final Function<? super HttpExchange, Coordinates> location;
    private final Function<? super HttpExchange, String> client;

    private HttpCacheHandler(
            HttpCache cache,
            Function<? super HttpExchange, Coordinates> location,
            Function<? super HttpExchange, String> client) {
        this.cache = cache;
        this.location = location;
        this.client = client;
    }

    /**
     * Makes a handler for a server that stands at an edge: its clients are there, and go to the next nearest edge while it is
     * down.
     *
     * @param cache the cache
     * @param edge the name of one of its edges
     * @return a handler that tells clients apart by their address
     * @throws IllegalArgumentException if there is no such edge
     */
    public static HttpCacheHandler at(HttpCache cache, String edge) {
        Coordinates place = cache.coordinates(edge);
        return new HttpCacheHandler(cache, exchange -> place, HttpCacheHandler::address);
    }

    /**
     * Makes a handler that looks up where each client is.
     *
     * @param cache the cache
     * @param places where addresses are
     * @param unknown where a client counts as being whose address is not known
     * @return a handler that tells clients apart by their address
     */
    public static HttpCacheHandler locating(HttpCache cache, GeoResolver places, Coordinates unknown) {
        return new HttpCacheHandler(
                cache,
                exchange ->
                        places.resolve(exchange.getRemoteAddress().getAddress()).orElse(unknown),
                HttpCacheHandler::address);
    }

    /**
     * Sets whom a request is counted for by the limits, such as an account or the address a trusted proxy names.
     *
     * @param key from exchange to a short string; thread-safe
     * @return a copy that tells clients apart so
     */
    public HttpCacheHandler clientBy(Function<? super HttpExchange, String> key) {
        return new HttpCacheHandler(cache, location, key);
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            Response response;
            try {
                response = cache.serve(location.apply(exchange), request(exchange));
            } catch (RuntimeException failure) {
                exchange.sendResponseHeaders(500, -1);
                throw failure;
            }
            try (Body body = response.body()) {
                write(exchange, response, body);
            }
        }
    }

    private Request request(HttpExchange exchange) {
        Fields fields = Fields.copyOf(exchange.getRequestHeaders());
        String declared = fields.value("Content-Length");
        long length = declared != null ? CacheControl.seconds(declared, -1) : fields.has("Transfer-Encoding") ? -1 : 0;
        Body body = length == 0 ? Body.empty() : Body.of(exchange.getRequestBody(), length);
        String before = fields.value("X-Forwarded-For");
        String way = before == null ? address(exchange) : before + ", " + address(exchange);
        fields = fields.with("X-Forwarded-For", way);
        return new Request(
                exchange.getRequestMethod(), target(exchange.getRequestURI()), fields, body, client.apply(exchange));
    }

    private static void write(HttpExchange exchange, Response response, Body body) throws IOException {
        Headers headers = exchange.getResponseHeaders();
        response.fields().without(SET_BY_THE_SERVER).forEach(headers::add);
        boolean isHead = exchange.getRequestMethod().equals("HEAD");
        if (isHead || response.status() == 204 || response.status() == 304 || body.length() == 0) {
            String length = response.fields().value("Content-Length");
            if (isHead && length != null) {
                headers.set("Content-Length", length);
            }
            exchange.sendResponseHeaders(response.status(), -1);
            return;
        }
        exchange.sendResponseHeaders(response.status(), body.length() < 0 ? 0 : body.length());
        byte[] bytes = body.bytes();
        try (OutputStream out = exchange.getResponseBody()) {
            if (bytes != null) {
                out.write(bytes);
            } else {
                body.stream().transferTo(out);
            }
        }
    }

    private static String target(URI uri) {
        String path = uri.getRawPath();
        String known = isEmpty(path) ? "/" : path;
        return uri.getRawQuery() == null ? known : known + "?" + uri.getRawQuery();
    }

    private static boolean isEmpty(@Nullable String text) {
        return text == null || text.isEmpty();
    }

    private static String address(HttpExchange exchange) {
        return exchange.getRemoteAddress().getAddress().getHostAddress();
    }
}
