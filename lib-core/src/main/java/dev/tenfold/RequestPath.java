package dev.tenfold;

import dev.tenfold.error.CallFailedException;
import dev.tenfold.observe.Measured;
import dev.tenfold.observe.Measurement;
import dev.tenfold.topology.Coordinates;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Selection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Answers requests from the nearest edge, or from a server of the nearest data centre, whichever stages there are.
 *
 * <p>A request that fails through the server's fault is sent to another server where that is safe; the data centre is
 * found anew for each attempt, so that one that was lost in between is left. Thread-safe; what it adds to a call is one
 * selection.
 *
 * @param <Q> the kind of request
 * @param <R> the kind of response
 */
public final class RequestPath<Q, R> implements Measured {

    private final String name;
    private final Sending<Q, R> sending;
    private final @Nullable Edge<Q, R> edge;
    private final Predicate<? super Q> safe;
    private final int attempts;
    private final LongAdder requests = new LongAdder();
    private final LongAdder originRequests = new LongAdder();
    private final LongAdder retries = new LongAdder();

    <T> RequestPath(RequestPathBuilder<Q, R, T> builder) {
        name = builder.name;
        sending = sending(builder);
        edge = builder.edge;
        safe = builder.safe;
        attempts = builder.attempts;
    }

    /**
     * Answers a request.
     *
     * @param client where the client is
     * @param request what it asks for
     * @return the response
     * @throws CallFailedException if the calling function threw a checked exception at the last attempt
     * @throws dev.tenfold.error.UnavailableException if there was no server to ask
     */
    public R handle(Coordinates client, Q request) {
        requests.increment();
        return edge == null
                ? fromServer(client, request)
                : edge.serve(client, request, missing -> fromServer(client, missing));
    }

    private R fromServer(Coordinates client, Q request) {
        originRequests.increment();
        int allowed = safe.test(request) ? attempts : 1;
        for (int attempt = 1; ; attempt++) {
            Attempt<R> made = sending.send(client, request);
            if (attempt == allowed || !made.outcome.countsAgainstEndpoint()) {
                return made.result();
            }
            retries.increment();
        }
    }

    private static <Q, R, T> Sending<Q, R> sending(RequestPathBuilder<Q, R, T> builder) {
        Locator<? super Coordinates, ? extends Selector<T>> dataCentres = builder.dataCentres;
        RequestPathBuilder.Calling<T, Q, R> calling = Objects.requireNonNull(builder.calling);
        Function<? super R, Outcome> responses = builder.responses;
        Function<? super Throwable, Outcome> failures = builder.failures;
        return (client, request) -> {
            try (Selection<T> server = dataCentres.locate(client).select()) {
                try {
                    R response = calling.call(server.target(), request);
                    Outcome outcome = responses.apply(response);
                    server.report(outcome);
                    return new Attempt<>(outcome, response, null);
                } catch (Exception failure) {
                    Outcome outcome = failures.apply(failure);
                    server.report(outcome);
                    return new Attempt<>(outcome, null, failure);
                }
            }
        };
    }

    @Override
    public List<Measurement> measurements() {
        Map<String, String> tags = Map.of("path", name);
        return List.of(
                Measurement.counter("tenfold.requestpath.requests", "requests answered or failed", tags, requests::sum),
                Measurement.counter(
                        "tenfold.requestpath.origin", "requests that reached a server", tags, originRequests::sum),
                Measurement.counter("tenfold.requestpath.retries", "attempts beyond the first", tags, retries::sum));
    }

    @Override
    public String toString() {
        return "request path '" + name + "'";
    }

    /** One attempt on one server; hides the kind of server. */
    @FunctionalInterface
    private interface Sending<Q, R> {
        Attempt<R> send(Coordinates client, Q request);
    }

    /** How an attempt ended: with a response or a failure. */
    private record Attempt<R>(
            Outcome outcome, @Nullable R response, @Nullable Exception failure) {

        R result() {
            if (failure != null) {
                throw CallFailedException.unchecked("call", failure);
            }
            return Objects.requireNonNull(response, "calling returned null (expected: a response)");
        }
    }
}
