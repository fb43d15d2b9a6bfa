package dev.tenfold.cache.edge.http;

import dev.tenfold.time.Scheduler;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.List;

/**
 * An origin reached through the JDK's HTTP client; a client from {@link dev.tenfold.balance.http.BalancedHttpClient} makes it
 * several servers. Content is read as it comes. Redirects should be left to the clients ({@link
 * HttpClient.Redirect#NEVER}, the JDK's default), which is what a cache does with them. Immutable, thread-safe; owns nothing.
 */
public final class HttpClientOrigin implements HttpOrigin {

    /** How long the origin may take to answer, and to go on answering, unless told otherwise. */
    public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);

    /** What the JDK's client sets itself and lets nobody else set. */
    private static final List<String> RESTRICTED = List.of("Connection", "Content-Length", "Expect", "Host", "Upgrade");

    private final URI base;
    private final HttpClient client;
    private final Duration timeout;
    private final Scheduler scheduler;

    private HttpClientOrigin(URI base, HttpClient client, Duration timeout, Scheduler scheduler) {
        this.base = base;
        this.client = client;
        this.timeout = timeout;
        this.scheduler = scheduler;
    }

    /**
     * Makes an origin.
     *
     * @param base scheme, host, port and, if need be, a path that is put before each target
     * @param client sends the requests
     * @return the origin, with the default timeout
     * @throws IllegalArgumentException if the URI is not of http or https with a host
     */
    public static HttpClientOrigin at(URI base, HttpClient client) {
        boolean fits = base.getHost() != null
                && ("http".equalsIgnoreCase(base.getScheme()) || "https".equalsIgnoreCase(base.getScheme()));
        if (!fits) {
            throw new IllegalArgumentException("base: " + base + " (expected: http://host or https://host)");
        }
        return new HttpClientOrigin(base, client, DEFAULT_TIMEOUT, Scheduler.shared(Runnable::run));
    }

    /**
     * Sets the timeout: for the header to arrive, and for each piece of the content that is waited for (up to twice that).
     *
     * @param timeout above 0
     * @return a copy with that timeout
     * @throws IllegalArgumentException if it is not above 0
     */
    public HttpClientOrigin timeout(Duration timeout) {
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("timeout: " + timeout + " (expected: > 0)");
        }
        return new HttpClientOrigin(base, client, timeout, scheduler);
    }

    /**
     * Sets what times the content. Unset, the timer that the JDK shares among all {@code CompletableFuture}s.
     *
     * @param scheduler the caller's
     * @return a copy that uses it
     */
    public HttpClientOrigin scheduler(Scheduler scheduler) {
        return new HttpClientOrigin(base, client, timeout, scheduler);
    }

    @Override
    public Response send(Request request) throws IOException, InterruptedException {
        HttpRequest.Builder builder =
                HttpRequest.newBuilder(uri(request.target())).timeout(timeout).method(request.method(), body(request));
        request.fields().without(RESTRICTED).forEach(builder::header);
        try {
            HttpResponse<InputStream> response = client.send(builder.build(), BodyHandlers.ofInputStream());
            Fields fields = Fields.copyOf(response.headers().map());
            return new Response(response.statusCode(), fields, body(request, response));
        } catch (HttpTimeoutException late) {
            SocketTimeoutException known = new SocketTimeoutException(base + " did not answer within " + timeout);
            known.initCause(late);
            throw known;
        } catch (IllegalArgumentException malformed) {
            throw new IOException("request to " + base + " cannot be sent: " + malformed.getMessage(), malformed);
        }
    }

    private URI uri(String target) {
        String path = base.getRawPath() == null ? "" : base.getRawPath();
        String root = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        return URI.create(base.getScheme() + "://" + base.getRawAuthority() + root + target);
    }

    private static BodyPublisher body(Request request) {
        Body body = request.body();
        if (body.length() == 0) {
            return BodyPublishers.noBody();
        }
        BodyPublisher stream = BodyPublishers.ofInputStream(body::stream);
        return body.length() < 0 ? stream : BodyPublishers.fromPublisher(stream, body.length());
    }

    private Body body(Request request, HttpResponse<InputStream> response) throws IOException {
        if (request.isHead() || response.statusCode() == 204 || response.statusCode() == 304) {
            response.body().close();
            return Body.empty();
        }
        long length = response.headers().firstValueAsLong("Content-Length").orElse(-1);
        return Body.of(new WatchedStream(response.body(), timeout, scheduler).watched(), length);
    }

    @Override
    public String toString() {
        return "HttpClientOrigin[" + base + "]";
    }
}
