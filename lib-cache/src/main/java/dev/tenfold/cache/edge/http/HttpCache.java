package dev.tenfold.cache.edge.http;

import dev.tenfold.cache.edge.EdgeNetwork;
import dev.tenfold.cache.edge.EdgeStats;
import dev.tenfold.cache.edge.PurgeReport;
import dev.tenfold.cache.edge.Served;
import dev.tenfold.error.CallFailedException;
import dev.tenfold.error.OverloadedException;
import dev.tenfold.health.HealthCell;
import dev.tenfold.observe.Measured;
import dev.tenfold.observe.Measurement;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Coordinates;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A shared HTTP cache with edges in several places, in front of one origin (RFC 9111).
 *
 * <pre>{@code
 * HttpCache cdn = HttpCache.builder("cdn")
 *         .edge("fra", Coordinates.of(50.1, 8.6))
 *         .edge("ams", Coordinates.of(52.3, 4.8))
 *         .shield("ams")
 *         .requestRate(RateLimit.of(100, 200))      // for each client
 *         .executor(threads)                        // renews stale responses
 *         .build(HttpClientOrigin.at(URI.create("http://10.0.0.1:8080"), HttpClient.newHttpClient()));
 * server.createContext("/", HttpCacheHandler.at(cdn, "fra"));
 * cdn.purgeTag("news");                             // responses with Surrogate-Key: news
 * }</pre>
 *
 * <ul>
 *   <li><b>What is kept.</b> Responses to GET that say how long they are fresh, or let it be guessed, or can be validated, up to
 *       the bounds of {@link CacheRules}. Not kept: 206, {@code no-store}, {@code private}, {@code Vary: *}, what
 *       credentials were sent for unless it says that it is for everybody, and what sets a cookie unless it says {@code
 *       public} or {@code s-maxage}. CDN-Cache-Control comes before Cache-Control (RFC 9213).
 *   <li><b>What is answered from it.</b> GET, HEAD, conditional requests and single ranges. Stale responses are validated, or
 *       served stale within the limits of RFC 5861. A request's own directives count.
 *   <li><b>What goes through.</b> Everything else, as it comes and without being held in memory; a successful unsafe request
 *       drops what is kept for its target and for Location and Content-Location of the same host.
 *   <li><b>What clients see.</b> Age, Cache-Status (RFC 9211), 504 where the origin does not answer in time, 502 where it cannot
 *       be reached, 429 or 503 with Retry-After where a limit is exceeded.
 * </ul>
 *
 * <p>The key is path and query as they were sent; the host is not part of it, and fields such as X-Forwarded-Host that could make
 * the origin answer differently are not forwarded. Thread-safe; starts nothing and owns neither the origin nor the executor.
 */
public final class HttpCache implements Measured {

    private static final int LONGEST_TARGET = 8_192;

    private final String name;
    private final EdgeNetwork<HttpKey, Stored> network;
    private final VaryIndex index;
    private final Upstream upstream;
    private final Admission admission;
    private final CacheRules rules;
    private final boolean honoursRequests;
    private final CacheStatus status;
    private final TimeSource time;

    HttpCache(HttpCacheBuilder builder, EdgeNetwork<HttpKey, Stored> network, HttpOrigin origin) {
        this.name = builder.name;
        this.network = network;
        this.rules = builder.rules;
        this.honoursRequests = builder.honoursRequests;
        this.time = builder.time;
        this.index = new VaryIndex(rules.maximumVariants(), network::purge);
        this.admission = new Admission(builder, time);
        this.upstream = new Upstream(name, origin, admission, builder.uncacheableMemory, time);
        this.status = new CacheStatus(name);
    }

    /**
     * Starts building a cache.
     *
     * @param name names it in Via, Cache-Status, events and measurements; a token, such as {@code cdn}
     * @return a builder with the defaults and no edges
     */
    public static HttpCacheBuilder builder(String name) {
        return new HttpCacheBuilder(name);
    }

    /**
     * Answers a request. Blocks while the origin is asked.
     *
     * @param client where the client is
     * @param request what it asks for
     * @return the response, never null; whoever gets it closes its body
     */
    public Response serve(Coordinates client, Request request) {
        String loop = request.fields().value("CDN-Loop");
        if (loop != null && List.of(loop.split("\\s*,\\s*", -1)).contains(name)) {
            return own(508, "this request has been here before");
        }
        if (request.target().length() > LONGEST_TARGET) {
            return own(414, "the target is longer than " + LONGEST_TARGET + " characters");
        }
        Refusal refusal = admission.request(request.client());
        if (refusal != null) {
            return refusal.response().withFields(status(refusal));
        }
        try {
            if (!request.isGet() && !request.isHead()) {
                return forward(request, "method");
            }
            Lookup lookup = lookup(request);
            boolean isForTheOrigin = lookup.wants("no-store")
                    || request.fields().has("If-Match")
                    || request.fields().has("If-Unmodified-Since");
            return isForTheOrigin ? forward(request, "bypass") : fromNetwork(client, request, lookup);
        } catch (SocketTimeoutException late) {
            return own(504, "the origin did not answer in time");
        } catch (IOException unreachable) {
            return own(502, "the origin could not be reached");
        } catch (Upstream.RefusedException refused) {
            return refused.refusal.response().withFields(status(refused.refusal));
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return own(503, "the cache is being stopped");
        }
    }

    /**
     * Drops what is kept for a target, all variants of it. Linear in the copies held, as are all purges.
     *
     * @param target path and query
     * @return whom it reached
     */
    public PurgeReport purge(String target) {
        return network.purgeIf(key -> key.target().equals(target));
    }

    /**
     * Drops the responses with a tag. Tags are the words of the response's Surrogate-Key, Cache-Tag or xkey field.
     *
     * @param tag the tag, whatever its case
     * @return whom it reached
     */
    public PurgeReport purgeTag(String tag) {
        return network.purgeTag(tag.toLowerCase(Locale.ROOT));
    }

    /**
     * Drops what is kept for all targets that begin so.
     *
     * @param prefix such as {@code /news/}
     * @return whom it reached
     */
    public PurgeReport purgePrefix(String prefix) {
        return network.purgeIf(key -> key.target().startsWith(prefix));
    }

    /**
     * Drops everything.
     *
     * @return whom it reached
     */
    public PurgeReport purgeAll() {
        return network.purgeAll();
    }

    /**
     * Marks what is kept for a target stale, so that it is validated, or served stale where that is allowed.
     *
     * @param target path and query
     * @return whom it reached
     */
    public PurgeReport softPurge(String target) {
        return network.softPurgeIf(key -> key.target().equals(target));
    }

    /**
     * Marks the responses with a tag stale.
     *
     * @param tag the tag, whatever its case
     * @return whom it reached
     */
    public PurgeReport softPurgeTag(String tag) {
        return network.softPurgeTag(tag.toLowerCase(Locale.ROOT));
    }

    /**
     * Takes an edge out: its clients go to the next nearest.
     *
     * @param edge its name
     */
    public void down(String edge) {
        network.edge(edge).down();
    }

    /**
     * Brings an edge back, empty.
     *
     * @param edge its name
     */
    public void up(String edge) {
        network.edge(edge).up();
    }

    /**
     * Returns an edge's health, to report checks to.
     *
     * @param edge its name
     * @return its cell
     */
    public HealthCell health(String edge) {
        return network.edge(edge).health();
    }

    /**
     * Returns what an edge counted so far.
     *
     * @param edge its name
     * @return a snapshot
     */
    public EdgeStats stats(String edge) {
        return network.edge(edge).stats();
    }

    /**
     * Returns where an edge stands.
     *
     * @param edge its name
     * @return the place it was given
     */
    public Coordinates coordinates(String edge) {
        return network.edge(edge).coordinates();
    }

    @Override
    public List<Measurement> measurements() {
        List<Measurement> all = new ArrayList<>(network.measurements());
        all.addAll(admission.measurements(name));
        return List.copyOf(all);
    }

    @Override
    public String toString() {
        return "HttpCache[" + name + ", " + network.edges() + "]";
    }

    private Response fromNetwork(Coordinates client, Request request, Lookup lookup)
            throws IOException, InterruptedException, Upstream.RefusedException {
        boolean isPart = request.isHead() || request.fields().has("Range");
        boolean isAuthorized = request.fields().has("Authorization");
        if (isPart || isAuthorized) {
            Request plain = request.withFields(request.fields().without(Set.of("Authorization")));
            Lookup peek = lookup(plain);
            Optional<Served<Stored>> found = network.find(client, peek);
            if (found.isPresent()) {
                return respond(request, peek, found.get());
            }
        }
        if (isPart) {
            return lookup.wants("only-if-cached")
                    ? own(504, "nothing is kept that could be the answer")
                    : forward(request, request.isHead() ? "method" : "partial");
        }
        try {
            return respond(request, lookup, network.get(client, lookup));
        } catch (OverloadedException refused) {
            if (lookup.isOnlyIfCached) {
                return own(504, "nothing is kept that could be the answer");
            }
            Refusal refusal = lookup.refusal;
            if (refusal == null) {
                refusal = new Refusal(503, 1, "too many requests are at the origin");
            }
            return refusal.response().withFields(status(refusal));
        } catch (CallFailedException failed) {
            if (failed.getCause() instanceof IOException unreachable) {
                throw unreachable;
            }
            if (failed.getCause() instanceof InterruptedException stopped) {
                throw stopped;
            }
            throw failed;
        }
    }

    private Lookup lookup(Request request) {
        CacheControl wanted =
                honoursRequests ? CacheControl.parse(request.fields().value("Cache-Control")) : CacheControl.none();
        return new Lookup(request, wanted, index, upstream, rules, time);
    }

    private Response respond(Request request, Lookup lookup, Served<Stored> served) throws IOException {
        Stored stored = served.value();
        if (stored == null) {
            throw new IllegalStateException("the origin of cache '" + name + "' returned null (expected: a response)");
        }
        Response response = stored.response();
        boolean own = served.source() == Served.Source.ORIGIN && lookup.forwardedStatus != 0;
        Fields fields = lookup.fieldsOf(stored);
        if (stored.policy().isStorable() && (!own || served.age().toSeconds() > 0)) {
            fields = fields.with("Age", Long.toString(served.age().toSeconds()));
        }
        Response full = response.withFields(status.of(fields, lookup, served, stored));
        return Part.of(request, full, time.now());
    }

    private Response forward(Request request, String reason)
            throws IOException, InterruptedException, Upstream.RefusedException {
        Response response = upstream.forward(request);
        if (!request.isSafe() && response.status() >= 200 && response.status() < 400) {
            invalidate(request, response.fields());
        }
        return response.withFields(status.forwarded(response.fields(), reason, response.status()));
    }

    /** RFC 9111, section 4.4. */
    private void invalidate(Request request, Fields response) {
        List<String> targets = new ArrayList<>(List.of(request.target()));
        for (String field : List.of("Location", "Content-Location")) {
            String target = targetOf(request, response.value(field));
            if (target != null) {
                targets.add(target);
            }
        }
        network.purgeIf(key -> targets.contains(key.target()));
    }

    /** Returns path and query of a reference to the same host, or null. */
    private static @Nullable String targetOf(Request request, @Nullable String reference) {
        if (reference == null) {
            return null;
        }
        try {
            URI uri = URI.create("http://" + request.fields().value("Host") + request.target())
                    .resolve(reference);
            String host = request.fields().value("Host");
            if (uri.getRawAuthority() == null || !uri.getRawAuthority().equalsIgnoreCase(host)) {
                return null;
            }
            return uri.getRawPath() + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery());
        } catch (IllegalArgumentException malformed) {
            return null;
        }
    }

    private Fields status(Refusal refusal) {
        Fields fields = refusal.response().fields();
        return fields.plus(
                "Cache-Status",
                Optional.ofNullable(status.own(refusal.reason()).value("Cache-Status"))
                        .orElse(name));
    }

    private Response own(int code, String why) {
        Fields fields = status.own(why).plus("Content-Type", "text/plain").plus("Cache-Control", "no-store");
        return Response.of(code, fields, why + "\n");
    }
}
