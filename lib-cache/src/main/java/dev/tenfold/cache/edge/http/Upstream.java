package dev.tenfold.cache.edge.http;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.tenfold.time.TimeSource;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** The way to the origin: what is forwarded of a request, under which limits. Thread-safe. */
final class Upstream {

    /** Thrown where a limit refuses a request. */
    static final class RefusedException extends Exception {

        private static final long serialVersionUID = 1;

        final transient Refusal refusal;

        RefusedException(Refusal refusal) {
            super(refusal.reason(), null, false, false);
            this.refusal = refusal;
        }
    }

    /**
     * What origins build links from, and choose hosts and methods by. The key has none of them, so a client's own must not get
     * there.
     */
    private static final List<String> UNKEYED = List.of(
            "Forwarded",
            "X-Forwarded-Host",
            "X-Forwarded-Proto",
            "X-Forwarded-Port",
            "X-Forwarded-Prefix",
            "X-Original-URL",
            "X-Rewrite-URL",
            "X-Host",
            "X-HTTP-Method",
            "X-HTTP-Method-Override",
            "X-Method-Override");

    private static final long MAXIMUM_REMEMBERED = 10_000;

    private final String name;
    private final HttpOrigin origin;
    private final Admission admission;
    private final TimeSource time;
    private final Cache<String, Boolean> uncacheable;

    Upstream(String name, HttpOrigin origin, Admission admission, Duration memory, TimeSource time) {
        this.name = name;
        this.origin = origin;
        this.admission = admission;
        this.time = time;
        this.uncacheable = Caffeine.newBuilder()
                .ticker(time::nanoTime)
                .maximumSize(MAXIMUM_REMEMBERED)
                .expireAfterWrite(memory)
                .build();
    }

    /** Remembers whether answers for a target can be kept, which decides whose place it takes. */
    void remember(String target, boolean cacheable) {
        if (cacheable) {
            uncacheable.invalidate(target);
        } else {
            uncacheable.put(target, true);
        }
    }

    /** Sends a request that may bring something to keep. */
    Response fetch(Request request) throws IOException, InterruptedException, RefusedException {
        return send(request, uncacheable.getIfPresent(request.target()) != null);
    }

    /** Sends a request that brings nothing to keep. */
    Response forward(Request request) throws IOException, InterruptedException, RefusedException {
        return send(request, true);
    }

    private Response send(Request request, boolean isUncacheable)
            throws IOException, InterruptedException, RefusedException {
        Refusal refusal = admission.enter(request.client(), isUncacheable);
        if (refusal != null) {
            throw new RefusedException(refusal);
        }
        AtomicBoolean here = new AtomicBoolean(true);
        Runnable leave = () -> {
            if (here.compareAndSet(true, false)) {
                admission.leave(request.client(), isUncacheable);
            }
        };
        try {
            Response response = origin.send(request.withFields(forwarded(request)));
            Fields fields = ConnectionFields.removed(response.fields());
            if (!fields.has("Date")) {
                fields = fields.plus("Date", HttpDates.format(time.now()));
            }
            if (response.body().bytes() != null) {
                leave.run();
                return response.withFields(fields);
            }
            return response.withFields(fields).withBody(response.body().closing(leave));
        } catch (IOException | InterruptedException | RuntimeException | Error failure) {
            leave.run();
            throw failure;
        }
    }

    private Fields forwarded(Request request) {
        Fields fields = ConnectionFields.removed(request.fields()).without(UNKEYED);
        String loop = fields.value("CDN-Loop");
        return fields.with("CDN-Loop", loop == null ? name : loop + ", " + name).plus("Via", "1.1 " + name);
    }
}
