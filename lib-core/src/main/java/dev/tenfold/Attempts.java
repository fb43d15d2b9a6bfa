package dev.tenfold;

import dev.tenfold.RequestPath.Builder.RegionHedge;
import dev.tenfold.RequestPath.Builder.TimedCalling;
import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.time.Deadline;
import dev.tenfold.topology.Coordinates;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Selection;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Sends a request once: to one server, or to a second one too while the first is slow, of the same region or of the next.
 *
 * @param <T> the kind of server
 */
final class Attempts<Q, R, T> {

    private final Supplier<String> path;
    private final Locator<? super Coordinates, ? extends Selector<T>> dataCentres;
    private final TimedCalling<T, Q, R> calling;
    private final Function<? super R, Outcome> responses;
    private final Function<? super Throwable, Outcome> failures;
    private final Predicate<? super Q> hedgeable;
    private final boolean hedgesServers;
    private final @Nullable Duration hedgeDelay;
    private final @Nullable RegionHedge regionHedge;
    private final Function<? super Coordinates, ? extends List<? extends Selector<T>>> regions;
    private final LongAdder hedges = new LongAdder();

    Attempts(RequestPath.Builder<Q, R, T> builder, Supplier<String> path) {
        this.path = path;
        dataCentres = builder.dataCentres;
        calling = Objects.requireNonNull(builder.calling);
        responses = builder.responses;
        failures = builder.failures;
        hedgeable = builder.hedgeable;
        hedgesServers = builder.hedgesServers;
        hedgeDelay = builder.hedgeDelay;
        regionHedge = builder.regionHedge;
        regions = builder.regions != null ? builder.regions : place -> List.of();
    }

    /** How often the next region was asked too. */
    long hedges() {
        return hedges.sum();
    }

    String describe() {
        String hedged = regionHedge == null ? "" : ", to the next region after " + regionHedge.delay();
        return dataCentres + (hedgesServers ? ", hedged among its servers" : "") + hedged;
    }

    Attempt<R> send(Coordinates client, Q request, Deadline deadline) {
        Selector<T> nearest = dataCentres.locate(client);
        if (!hedgeable.test(request)) {
            return once(nearest, request, deadline, () -> false);
        }
        if (regionHedge == null) {
            return inRegion(nearest, request, deadline, () -> false);
        }
        RegionRace<R> race = new RegionRace<>(regionHedge, path);
        return race.run(deadline, overtaken -> inRegion(nearest, request, deadline, overtaken), overtaken -> {
            for (Selector<T> next : regions.apply(client)) {
                if (next != nearest) {
                    hedges.increment();
                    return inRegion(next, request, deadline, overtaken);
                }
            }
            return null;
        });
    }

    private Attempt<R> inRegion(Selector<T> servers, Q request, Deadline deadline, BooleanSupplier overtaken) {
        if (!hedgesServers) {
            return once(servers, request, deadline, overtaken);
        }
        if (!(servers instanceof Selector.Hedging<T> balancer)) {
            throw new IllegalStateException(
                    path.get() + ": " + servers + " cannot hedge (expected: a load balancer, or no hedging(...))");
        }
        String server = "a server";
        try {
            R response = balancer.callHedged(request, calling, responses, deadline, hedgeDelay);
            return new Attempt<>(server, responses.apply(response), response, null);
        } catch (UnavailableException | DeadlineExceededException nobody) {
            throw nobody;
        } catch (Exception failure) {
            return new Attempt<>(server, failures.apply(failure), null, failure);
        }
    }

    private Attempt<R> once(Selector<T> servers, Q request, Deadline deadline, BooleanSupplier overtaken) {
        try (Selection<T> server = servers.select()) {
            String id = "server '" + server.endpoint().id() + "'";
            try {
                R response = calling.call(server.target(), request, deadline);
                Outcome outcome = responses.apply(response);
                server.report(outcome);
                return new Attempt<>(id, outcome, response, null);
            } catch (Exception failure) {
                // Cut because another was faster: that says nothing of the server.
                Outcome outcome = overtaken.getAsBoolean() ? Outcome.CANCELLED : failures.apply(failure);
                server.report(outcome);
                return new Attempt<>(id, outcome, null, failure);
            }
        }
    }
}
