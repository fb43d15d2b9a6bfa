package dev.tenfold.cache.edge.http;

import dev.tenfold.cache.edge.Answer;
import dev.tenfold.cache.edge.EdgeRequest;
import dev.tenfold.error.OverloadedException;
import dev.tenfold.time.TimeSource;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A GET on its way through the network: what may be served to it (RFC 9111, section 4), how the origin is asked for it, and
 * what happened, for Cache-Status. Used by one thread, and by one more where a copy is renewed in the background; what
 * happened there is nobody's business here.
 */
final class Lookup implements EdgeRequest<HttpKey, Stored> {

    /** What would make the origin say something else to the same key. */
    private static final Set<String> NOT_OF_THE_KEY = Set.of("Range", "Content-Length", "Content-Type");

    private final Request request;
    private final CacheControl wanted;
    private final VaryIndex index;
    private final Upstream upstream;
    private final CacheRules rules;
    private final TimeSource time;
    private final boolean isAuthorized;

    volatile String reason = "uri-miss";
    volatile boolean isForwarded;
    volatile int forwardedStatus;
    volatile boolean isStored;
    volatile boolean isOnlyIfCached;
    volatile @Nullable Refusal refusal;

    private volatile @Nullable Stored fetched;
    private volatile Fields fetchedFields = Fields.none();

    Lookup(
            Request request,
            CacheControl wanted,
            VaryIndex index,
            Upstream upstream,
            CacheRules rules,
            TimeSource time) {
        this.request = request;
        this.wanted = wanted;
        this.index = index;
        this.upstream = upstream;
        this.rules = rules;
        this.time = time;
        this.isAuthorized = request.fields().has("Authorization");
    }

    /** Returns whether the request has a directive. */
    boolean wants(String directive) {
        return wanted.has(directive);
    }

    /** Returns the header for the client that a stored response was fetched for, with what is not stored. */
    @SuppressWarnings("ReferenceEquality") // one that is equal was fetched for somebody else
    Fields fieldsOf(Stored stored) {
        return stored == fetched ? fetchedFields : stored.response().fields();
    }

    /** What credentials were sent for is looked for and waited for apart, and kept for all where that is allowed. */
    @Override
    public HttpKey key() {
        HttpKey key = index.keyOf(request);
        return isAuthorized ? new HttpKey(key.target(), key.variant() + "authorization") : key;
    }

    @Override
    public Reuse reuse(@Nullable Stored value, Duration age, Duration freshFor) {
        if (value == null || !value.key().equals(index.keyOf(request))) {
            reason = "vary-miss";
            return Reuse.ASK;
        }
        boolean fresh = freshFor.compareTo(Duration.ZERO) > 0;
        reason = fresh ? "request" : "stale";
        long maximumAge = wanted.seconds("max-age");
        long minimumFresh = wanted.seconds("min-fresh");
        if (wanted.has("no-cache")
                || (maximumAge >= 0 && age.toSeconds() > maximumAge)
                || (minimumFresh >= 0 && freshFor.toSeconds() < minimumFresh)) {
            return Reuse.ASK;
        }
        if (fresh) {
            return Reuse.USE;
        }
        if (!value.policy().isNeverStale()) {
            if (wanted.has("max-stale") && isWithin(freshFor, maximumStale())) {
                return Reuse.USE;
            }
            if (isWithin(freshFor, value.policy().staleWhileRevalidate())) {
                return Reuse.USE_WHILE_REVALIDATING;
            }
        }
        return Reuse.ASK;
    }

    @Override
    public boolean mayUseOnFailure(@Nullable Stored value, Duration age, Duration freshFor) {
        if (value == null
                || value.policy().isNeverStale()
                || wanted.has("no-cache")
                || !value.key().equals(index.keyOf(request))) {
            return false;
        }
        long asked = wanted.seconds("stale-if-error");
        Duration window = value.policy().staleIfError();
        return freshFor.compareTo(Duration.ZERO) > 0
                || isWithin(freshFor, asked < 0 ? window : Duration.ofSeconds(asked));
    }

    @Override
    public Answer<HttpKey, Stored> fetch(HttpKey key, @Nullable Stored held) throws Exception {
        if (wanted.has("only-if-cached")) {
            isOnlyIfCached = true;
            throw new OverloadedException("only-if-cached: the client does not want the origin to be asked");
        }
        Stored known = held != null && held.key().equals(index.keyOf(request)) ? held : null;
        Fields fields = request.fields().without(Validators.CONDITIONALS).without(NOT_OF_THE_KEY);
        if (known != null) {
            fields = Validators.conditional(fields, known.response().fields());
        }
        Request toOrigin = new Request(request.method(), request.target(), fields, Body.empty(), request.client());
        Instant asked = time.now();
        Response response = send(toOrigin);
        forwardedStatus = response.status();
        if (response.status() == 304 && known != null) {
            response.body().close();
            Fields updated = Validators.updated(known.response().fields(), response.fields());
            return answer(known.response().withFields(updated), asked);
        }
        return answer(response, asked);
    }

    private Response send(Request toOrigin) throws IOException, InterruptedException {
        try {
            isForwarded = true;
            return upstream.fetch(toOrigin);
        } catch (Upstream.RefusedException refused) {
            refusal = refused.refusal;
            throw new OverloadedException(refused.refusal.reason());
        }
    }

    private Answer<HttpKey, Stored> answer(Response response, Instant asked) throws IOException {
        ResponsePolicy policy = ResponsePolicy.of(request, response, rules, asked);
        boolean kept = policy.isStorable();
        boolean failed = response.isFailure();
        Response buffered =
                kept || failed ? response.withBody(response.body().buffered(rules.maximumObjectBytes())) : response;
        boolean isWhole = buffered.body().bytes() != null;
        if (kept && isWhole) {
            isStored = true;
            upstream.remember(request.target(), policy.fresh().compareTo(Duration.ZERO) > 0);
            Stored stored = Stored.of(index.learn(request, policy.varyOn()), buffered, policy);
            fetchedFields = buffered.fields();
            fetched = stored;
            return new Answer<>(
                    stored.key(), stored, policy.age(), policy.fresh(), policy.kept(), stored.tags(), true, failed);
        }
        Stored passed = new Stored(index.keyOf(request), buffered, policy);
        if (failed) {
            boolean shared = isWhole && isSharedFailure(policy);
            return new Answer<>(
                    passed.key(), passed, policy.age(), Duration.ZERO, Duration.ZERO, Set.of(), shared, true);
        }
        if (!isAuthorized) {
            upstream.remember(request.target(), false);
        }
        return new Answer<>(passed.key(), passed, policy.age(), Duration.ZERO, Duration.ZERO, Set.of(), false, false);
    }

    /** Those who wait for the same learn that the origin is unwell, unless it may have said so to this client in person. */
    private boolean isSharedFailure(ResponsePolicy policy) {
        boolean isOfNobody = !isAuthorized && !request.fields().has("Cookie");
        return isOfNobody
                && (policy.whyNot().equals("lifetime") || policy.whyNot().equals("status"));
    }

    @Override
    public void discard(@Nullable Stored value) {
        if (value != null) {
            try {
                value.response().body().close();
            } catch (IOException alreadyBroken) {
                // Nobody was going to read it.
                return;
            }
        }
    }

    private Duration maximumStale() {
        return wanted.isUnqualified("max-stale")
                ? Duration.ofSeconds(Long.MAX_VALUE)
                : Duration.ofSeconds(wanted.seconds("max-stale"));
    }

    private static boolean isWithin(Duration freshFor, Duration window) {
        return freshFor.negated().compareTo(window) < 0;
    }
}
