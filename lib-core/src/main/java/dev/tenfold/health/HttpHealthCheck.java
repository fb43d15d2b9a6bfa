package dev.tenfold.health;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Asks an HTTP server whether it is well. Immutable and thread-safe; each setting makes another check.
 *
 * <pre>{@code
 * HealthChecks.http("/health").statuses(200, 204).body(text -> text.contains("\"UP\"")).header("Authorization", token)
 * }</pre>
 *
 * <p>Redirects are not followed unless the given client does. Without a {@linkplain #client given client} the first check makes
 * one for HTTP/1.1, with its usual threads, which end when the check is no longer reachable.
 *
 * @param <T> the kind of target
 */
public final class HttpHealthCheck<T> implements HealthCheck<T> {

    private final String path;
    private final Function<? super T, URI> base;
    private final int lowest;
    private final int highest;
    private final @Nullable Predicate<String> body;
    private final Map<String, String> headers;
    /** Filled by the first check where nobody gave one; shared by the checks made from this one. */
    private final AtomicReference<@Nullable HttpClient> client;

    private HttpHealthCheck(
            String path,
            Function<? super T, URI> base,
            int lowest,
            int highest,
            @Nullable Predicate<String> body,
            Map<String, String> headers,
            AtomicReference<@Nullable HttpClient> client) {
        this.path = path;
        this.base = base;
        this.lowest = lowest;
        this.highest = highest;
        this.body = body;
        this.headers = headers;
        this.client = client;
    }

    static HttpHealthCheck<URI> get(String path) {
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("path: " + path + " (expected: beginning with a slash)");
        }
        URI.create(path);
        return new HttpHealthCheck<>(path, uri -> uri, 200, 299, null, Map.of(), new AtomicReference<>());
    }

    /**
     * Checks targets that are no URIs.
     *
     * @param <S> the kind of target
     * @param uri says where a target is
     * @return a check of the same page
     */
    public <S> HttpHealthCheck<S> at(Function<? super S, URI> uri) {
        return new HttpHealthCheck<>(path, uri, lowest, highest, body, headers, client);
    }

    /**
     * Sets which statuses are those of a well server.
     *
     * @param lowest 100 to 599; default 200
     * @param highest {@code lowest} to 599; default 299
     * @return a check with this rule
     * @throws IllegalArgumentException if the range is none
     */
    public HttpHealthCheck<T> statuses(int lowest, int highest) {
        if (lowest < 100 || highest < lowest || highest > 599) {
            throw new IllegalArgumentException(
                    "statuses: " + lowest + " to " + highest + " (expected: a range within 100 to 599)");
        }
        return new HttpHealthCheck<>(path, base, lowest, highest, body, headers, client);
    }

    /**
     * Sets what the body must be, which is then read whole; otherwise it is discarded.
     *
     * @param rule true for the body of a well server; thread-safe
     * @return a check with this rule
     */
    public HttpHealthCheck<T> body(Predicate<String> rule) {
        return new HttpHealthCheck<>(path, base, lowest, highest, rule, headers, client);
    }

    /**
     * Adds a header to the request.
     *
     * @param name its name
     * @param value its value, replacing one of the same name
     * @return a check with this header
     */
    public HttpHealthCheck<T> header(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(name, value);
        return new HttpHealthCheck<>(path, base, lowest, highest, body, more, client);
    }

    /**
     * Sets what sends the requests.
     *
     * @param given the caller's own
     * @return a check through that client
     */
    public HttpHealthCheck<T> client(HttpClient given) {
        return new HttpHealthCheck<>(path, base, lowest, highest, body, headers, new AtomicReference<>(given));
    }

    @Override
    public CompletableFuture<Boolean> check(T target, Duration timeout) {
        URI uri = base.apply(target).resolve(path);
        HttpRequest.Builder request = HttpRequest.newBuilder(uri).GET().timeout(timeout);
        headers.forEach(request::setHeader);
        Predicate<String> rule = body;
        if (rule == null) {
            return sender().sendAsync(request.build(), BodyHandlers.discarding()).thenCompose(response -> judge(response, true));
        }
        return sender()
                .sendAsync(request.build(), BodyHandlers.ofString())
                .thenCompose(response -> judge(response, rule.test(response.body())));
    }

    private CompletableFuture<Boolean> judge(HttpResponse<?> response, boolean bodyIsWell) {
        int status = response.statusCode();
        boolean well = status >= lowest && status <= highest;
        if (well && bodyIsWell) {
            return CompletableFuture.completedFuture(true);
        }
        String what = well
                ? " answered with another body than expected"
                : " answered " + status + " (expected: " + lowest + " to " + highest + ")";
        return CompletableFuture.failedFuture(new IOException("GET " + response.uri() + what));
    }

    private HttpClient sender() {
        HttpClient present = client.get();
        if (present != null) {
            return present;
        }
        HttpClient made = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        HttpClient first = client.compareAndExchange(null, made);
        return first == null ? made : first;
    }

    @Override
    public String toString() {
        return "GET " + path;
    }
}
