package dev.tenfold.balance.http;

import dev.tenfold.balance.Caller;
import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.balance.ServerLoad;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Outcomes;
import java.io.IOException;
import java.net.Authenticator;
import java.net.CookieHandler;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.PushPromiseHandler;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Predicate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * The JDK's HTTP client over the servers of a balancer: each request goes to a server that the balancer picks, and how it went is
 * reported.
 *
 * <pre>{@code
 * HttpClient orders = BalancedHttpClient.over(balancer, HttpClient.newHttpClient());
 * HttpRequest request = HttpRequest.newBuilder(URI.create("http://orders/users/42")).build();
 * HttpResponse<String> response = orders.send(request, BodyHandlers.ofString());
 * }</pre>
 *
 * <ul>
 *   <li><b>Where.</b> Scheme, host and port of the request are replaced by those of the picked server, whose path is put before
 *       the request's; so the host named in a request is only a name for the people who read it. Redirects are the business of
 *       the client underneath.
 *   <li><b>How it went.</b> A response is judged by {@link Outcomes#ofHttpStatus}, unless {@linkplain #judging said otherwise}; a
 *       failure by the balancer's classifier.
 *   <li><b>Again.</b> Requests of the methods that RFC 9110 (9.2.2) calls idempotent, GET, HEAD, OPTIONS, TRACE, PUT and DELETE, are
 *       made through {@link LoadBalancer#idempotent()}, so that what counts against a server is tried on another one; all others are
 *       made once, unless {@linkplain #repeating said otherwise}. When no attempt is left, the last response is the caller's
 *       even where it is a 503. The body publisher of a repeated request is subscribed to again, which those of {@link
 *       HttpRequest.BodyPublishers} allow. The body of a response that is not the caller's is closed where it can be.
 * </ul>
 *
 * <p>It throws {@link dev.tenfold.error.UnavailableException} where no server can be picked. A request's timeout is that of each
 * attempt. Immutable, thread-safe; it owns neither the balancer nor the client, and opens nothing.
 */
public final class BalancedHttpClient extends HttpClient {

    private static final Set<String> IDEMPOTENT = Set.of("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE");

    private final LoadBalancer<URI> balancer;
    private final HttpClient client;
    private final Function<? super HttpResponse<?>, Outcome> judge;
    private final Predicate<? super HttpRequest> repeats;
    private final Function<? super HttpHeaders, Optional<ServerLoad>> load;

    private BalancedHttpClient(
            LoadBalancer<URI> balancer,
            HttpClient client,
            Function<? super HttpResponse<?>, Outcome> judge,
            Predicate<? super HttpRequest> repeats,
            Function<? super HttpHeaders, Optional<ServerLoad>> load) {
        this.balancer = balancer;
        this.client = client;
        this.judge = judge;
        this.repeats = repeats;
        this.load = load;
    }

    /**
     * Puts a balancer in front of a client.
     *
     * @param balancer picks the servers, such as {@code http://10.0.0.1:8080} or {@code https://a.internal/api}
     * @param client sends the requests
     * @return a client over the servers
     */
    public static BalancedHttpClient over(LoadBalancer<URI> balancer, HttpClient client) {
        return new BalancedHttpClient(
                balancer,
                client,
                response -> Outcomes.ofHttpStatus(response.statusCode()),
                request -> IDEMPOTENT.contains(request.method()),
                headers -> Optional.empty());
    }

    /**
     * Sets how responses are judged.
     *
     * @param judge thread-safe; default {@link Outcomes#ofHttpStatus} of the status
     * @return a client that judges so
     */
    public BalancedHttpClient judging(Function<? super HttpResponse<?>, Outcome> judge) {
        return new BalancedHttpClient(balancer, client, judge, repeats, load);
    }

    /**
     * Sets which requests may be made twice.
     *
     * @param repeats thread-safe; default those of an idempotent method
     * @return a client that repeats these
     */
    public BalancedHttpClient repeating(Predicate<? super HttpRequest> repeats) {
        return new BalancedHttpClient(balancer, client, judge, repeats, load);
    }

    /**
     * Sets how to read from a response what the server says of its own load, which is {@linkplain LoadBalancer#reportLoad reported}
     * for the policies that use it. Responses of attempts that are repeated are read, too.
     *
     * <pre>{@code
     * client.loadFrom(headers -> headers.firstValue("X-In-Flight")
     *         .map(calls -> ServerLoad.of(Integer.parseInt(calls), Duration.ofMillis(20))));
     * }</pre>
     *
     * @param reader the load, or empty where the response says nothing of it; thread-safe and quick; what it throws fails the
     *     attempt. Default always empty
     * @return a client that reports it
     */
    public BalancedHttpClient loadFrom(Function<? super HttpHeaders, Optional<ServerLoad>> reader) {
        return new BalancedHttpClient(balancer, client, judge, repeats, reader);
    }

    /**
     * Sends a request and waits for its response.
     *
     * @throws dev.tenfold.error.UnavailableException if no server can be picked; nothing was sent
     */
    @Override
    public <T> HttpResponse<T> send(HttpRequest request, BodyHandler<T> handler)
            throws IOException, InterruptedException {
        Attempts<T> attempts = new Attempts<>(request);
        try {
            return caller(request).call(server -> client.send(attempts.next(server), handler), attempts::judged);
        } catch (IOException | InterruptedException | RuntimeException failure) {
            throw failure;
        } catch (Exception unexpected) {
            throw new IOException(unexpected);
        }
    }

    @Override
    public <T> CompletableFuture<HttpResponse<T>> sendAsync(HttpRequest request, BodyHandler<T> handler) {
        Attempts<T> attempts = new Attempts<>(request);
        return caller(request)
                .callAsync(server -> client.sendAsync(attempts.next(server), handler), attempts::judged)
                .toCompletableFuture();
    }

    @Override
    public <T> CompletableFuture<HttpResponse<T>> sendAsync(
            HttpRequest request, BodyHandler<T> handler, @Nullable PushPromiseHandler<T> pushPromiseHandler) {
        Attempts<T> attempts = new Attempts<>(request);
        return caller(request)
                .callAsync(
                        server -> client.sendAsync(attempts.next(server), handler, pushPromiseHandler),
                        attempts::judged)
                .toCompletableFuture();
    }

    private Caller<URI> caller(HttpRequest request) {
        return repeats.test(request) ? balancer.idempotent() : balancer;
    }

    /** Puts a server in the place of the one a URI names. */
    static URI on(URI server, URI asked) {
        String base = server.getRawPath() == null ? "" : server.getRawPath();
        String path = asked.getRawPath() == null ? "" : asked.getRawPath();
        String root = base.endsWith("/") ? base.substring(0, base.length() - 1) : base;
        String query = asked.getRawQuery() == null ? "" : "?" + asked.getRawQuery();
        return URI.create(server.getScheme() + "://" + server.getRawAuthority() + root + path + query);
    }

    /** The attempts of one request, one after the other. */
    private final class Attempts<T> {

        private final HttpRequest request;
        private volatile @Nullable URI server;
        private volatile @Nullable HttpResponse<T> last;

        Attempts(HttpRequest request) {
            this.request = request;
        }

        HttpRequest next(URI picked) {
            drop(last);
            last = null;
            server = picked;
            return HttpRequest.newBuilder(request, (name, value) -> true)
                    .uri(on(picked, request.uri()))
                    .build();
        }

        Outcome judged(HttpResponse<T> response) {
            last = response;
            URI answering = server;
            if (answering != null) {
                load.apply(response.headers()).ifPresent(said -> balancer.reportLoad(answering, said));
            }
            return judge.apply(response);
        }

        /** Gives the connection of a response that nobody reads back. */
        private void drop(@Nullable HttpResponse<T> response) {
            if (response != null && response.body() instanceof AutoCloseable open) {
                try {
                    open.close();
                } catch (Exception alreadyBroken) {
                    // The response was a failure and is replaced; that its rest cannot be closed changes nothing.
                    return;
                }
            }
        }
    }

    @Override
    public Optional<CookieHandler> cookieHandler() {
        return client.cookieHandler();
    }

    @Override
    public Optional<Duration> connectTimeout() {
        return client.connectTimeout();
    }

    @Override
    public Redirect followRedirects() {
        return client.followRedirects();
    }

    @Override
    public Optional<ProxySelector> proxy() {
        return client.proxy();
    }

    @Override
    public SSLContext sslContext() {
        return client.sslContext();
    }

    @Override
    public SSLParameters sslParameters() {
        return client.sslParameters();
    }

    @Override
    public Optional<Authenticator> authenticator() {
        return client.authenticator();
    }

    @Override
    public Version version() {
        return client.version();
    }

    @Override
    public Optional<Executor> executor() {
        return client.executor();
    }

    @Override
    public String toString() {
        return "BalancedHttpClient[" + balancer.name() + "]";
    }
}
