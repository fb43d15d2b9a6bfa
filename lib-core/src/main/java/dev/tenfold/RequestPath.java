package dev.tenfold;

import dev.tenfold.error.CallFailedException;
import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.error.Validation;
import dev.tenfold.observe.Measured;
import dev.tenfold.observe.Measurement;
import dev.tenfold.retry.RetryBudget;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Coordinates;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Outcomes;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Answers requests from the nearest edge, or from a server of the nearest data centre, whichever stages there are.
 *
 * <p>A request that fails through the server's fault is sent to another server where that is safe and the retry budget
 * allows; the data centre is found anew for each attempt, so that one that was lost in between is left. One that is slow may be
 * sent to another server, and to the next data centre, while the first goes on. Thread-safe; what it adds to a call is one
 * selection, and a thread for each attempt where calls are hedged.
 *
 * @param <Q> the kind of request
 * @param <R> the kind of response
 */
public final class RequestPath<Q, R> implements Measured, AutoCloseable {

    private final String name;
    private final Attempts<Q, R, ?> sending;
    private final @Nullable Edge<Q, R> edge;
    private final Predicate<? super Q> safe;
    private final int attempts;
    private final RetryBudget budget;
    private final @Nullable Duration within;
    private final TimeSource time;
    private final Gate gate = new Gate();
    private final LongAdder requests = new LongAdder();
    private final LongAdder originRequests = new LongAdder();
    private final LongAdder retries = new LongAdder();

    <T> RequestPath(Builder<Q, R, T> builder) {
        name = builder.name;
        sending = new Attempts<>(builder, this::toString);
        edge = builder.edge;
        safe = builder.safe;
        attempts = builder.attempts;
        budget = builder.budget != null ? builder.budget : RetryBudget.standard();
        within = builder.within;
        time = builder.time;
    }

    /**
     * Answers a request.
     *
     * @param client where the client is
     * @param request what it asks for
     * @return the response
     * @throws CallFailedException if the calling function threw a checked exception at the last attempt
     * @throws dev.tenfold.error.UnavailableException if there was no server to ask, or the path is closed
     * @throws DeadlineExceededException if the time was up before a server answered; see {@link Builder#within}
     */
    public R handle(Coordinates client, Q request) {
        gate.enter(this);
        try {
            requests.increment();
            Deadline deadline = within == null ? Deadline.none() : Deadline.after(within, time);
            return edge == null
                    ? fromServer(client, request, deadline)
                    : edge.serve(client, request, missing -> fromServer(client, missing, deadline));
        } finally {
            gate.leave();
        }
    }

    /**
     * Refuses further requests with {@link dev.tenfold.error.UnavailableException}, and returns when those under way have been
     * answered. What the path is made of stays open. Closing twice does nothing.
     */
    @Override
    public void close() {
        gate.close();
    }

    /**
     * Prints the stages for a person.
     *
     * @return one line
     */
    public String describe() {
        return this + ": " + (edge == null ? "" : "through " + edge + ", ") + "to " + sending.describe() + ", "
                + (attempts == 1 ? "sent once" : "sent up to " + attempts + " times where that is safe, " + budget)
                + (within == null ? "" : ", within " + within);
    }

    private R fromServer(Coordinates client, Q request, Deadline deadline) {
        originRequests.increment();
        if (deadline.isExpired()) {
            throw new DeadlineExceededException(
                    "what came before the servers of " + this + ": none was asked", deadline.budget(), null);
        }
        int allowed = safe.test(request) ? attempts : 1;
        for (int attempt = 1; ; attempt++) {
            Attempt<R> made = sending.send(client, request, deadline);
            if (made.outcome() == Outcome.SUCCESS) {
                budget.deposit();
            }
            if (!made.outcome().countsAgainstEndpoint()) {
                return made.result();
            }
            if (made.failure() != null && deadline.isExpired()) {
                throw new DeadlineExceededException(
                        made.server() + " of " + this + ", attempt " + attempt, deadline.budget(), made.failure());
            }
            if (attempt == allowed || deadline.isExpired() || !budget.tryWithdraw()) {
                return made.result();
            }
            retries.increment();
        }
    }

    @Override
    public List<Measurement> measurements() {
        Map<String, String> tags = Map.of("path", name);
        return List.of(
                Measurement.counter("tenfold.requestpath.requests", "requests answered or failed", tags, requests::sum),
                Measurement.counter(
                        "tenfold.requestpath.origin", "requests that reached a server", tags, originRequests::sum),
                Measurement.gauge("tenfold.requestpath.active", "1", "requests under way", tags, gate::underWay),
                Measurement.counter("tenfold.requestpath.retries", "attempts beyond the first", tags, retries::sum),
                Measurement.counter(
                        "tenfold.requestpath.region.hedges",
                        "requests that went to the next region too",
                        tags,
                        sending::hedges));
    }

    @Override
    public String toString() {
        return "request path '" + name + "'";
    }

    /**
     * Builds a {@link RequestPath}. Only where requests go and how to send them are required. Not thread-safe.
     *
     * @param <Q> the kind of request
     * @param <R> the kind of response
     * @param <T> the kind of server
     */
    public static final class Builder<Q, R, T> {

        final String name;
        final Locator<? super Coordinates, ? extends Selector<T>> dataCentres;

        @Nullable
        TimedCalling<T, Q, R> calling;

        @Nullable
        Edge<Q, R> edge;

        Predicate<? super Q> safe = request -> false;
        int attempts = 1;

        @Nullable
        RetryBudget budget;

        @Nullable
        Duration within;

        Predicate<? super Q> hedgeable = request -> false;

        @Nullable
        Duration hedgeDelay;

        boolean hedgesServers;

        @Nullable
        RegionHedge regionHedge;

        @Nullable
        Function<? super Coordinates, ? extends List<? extends Selector<T>>> regions;

        TimeSource time = TimeSource.system();
        Function<? super R, Outcome> responses = response -> Outcome.SUCCESS;
        Function<? super Throwable, Outcome> failures = Outcomes::of;

        private Builder(String name, Locator<? super Coordinates, ? extends Selector<T>> dataCentres) {
            this.name = name;
            this.dataCentres = dataCentres;
        }

        /**
         * The first choice: where requests go.
         *
         * @param <Q> the kind of request
         * @param <R> the kind of response
         */
        public static final class Target<Q, R> {

            private final String name;

            Target(String name) {
                this.name = name;
            }

            /**
             * Requests go to the data centre that a geographic router finds for the client.
             *
             * @param <T> the kind of server
             * @param dataCentres finds the balancer of the data centre for a place
             * @return the builder
             */
            public <T> Builder<Q, R, T> toDataCentres(Locator<? super Coordinates, ? extends Selector<T>> dataCentres) {
                return new Builder<>(name, dataCentres);
            }

            /**
             * Requests go to the servers of one data centre.
             *
             * @param <T> the kind of server
             * @param servers picks the server, such as a load balancer
             * @return the builder
             */
            public <T> Builder<Q, R, T> toServers(Selector<T> servers) {
                return new Builder<>(name, place -> servers);
            }
        }

        /**
         * How to send a request to a server. Required.
         *
         * @param calling sends it and returns the response
         * @return this builder
         */
        public Builder<Q, R, T> calling(Calling<T, Q, R> calling) {
            return calling((server, request, deadline) -> calling.call(server, request));
        }

        /**
         * How to send a request to a server that has to answer in time. Required, unless the other form is given.
         *
         * @param calling sends it and returns the response; it is told what is left of {@link #within}
         * @return this builder
         */
        public Builder<Q, R, T> calling(TimedCalling<T, Q, R> calling) {
            this.calling = calling;
            return this;
        }

        /**
         * Sets how long a request may take in all, from {@link RequestPath#handle} to the response. No attempt begins later, and a
         * failure of the server's own that comes later is the cause of a {@link DeadlineExceededException}; a response that
         * comes late is returned. Calls are not cut: hand the deadline to the transport.
         *
         * @param budget above zero; default unlimited
         * @return this builder
         */
        public Builder<Q, R, T> within(Duration budget) {
            within = budget;
            return this;
        }

        /**
         * Sets the clock of {@link #within}.
         *
         * @param time default {@link TimeSource#system()}
         * @return this builder
         */
        public Builder<Q, R, T> time(TimeSource time) {
            this.time = time;
            return this;
        }

        /**
         * Puts an edge in front.
         *
         * @param edge answers near the client, such as an edge network
         * @return this builder
         */
        public Builder<Q, R, T> throughEdge(Edge<Q, R> edge) {
            this.edge = edge;
            return this;
        }

        /**
         * Sends a request again, to a newly selected server, after a failure that was the server's. At once: an ejecting
         * balancer keeps the retries off a server that is down, and {@link #retryBudget} bounds them.
         *
         * @param attempts how often in all, >= 1; default 1
         * @param safe which requests may be sent twice
         * @return this builder
         */
        public Builder<Q, R, T> retrying(int attempts, Predicate<? super Q> safe) {
            this.attempts = attempts;
            this.safe = safe;
            return this;
        }

        /**
         * Sets what bounds the retries of all requests together.
         *
         * @param budget default {@link RetryBudget#standard()} of its own; paths and balancers may share one
         * @return this builder
         */
        public Builder<Q, R, T> retryBudget(RetryBudget budget) {
            this.budget = budget;
            return this;
        }

        /**
         * Sends a request that takes longer than most once more, to another server of the same data centre, and takes the
         * first answer (J. Dean and L. A. Barroso, "The Tail at Scale", 2013). The data centre's balancer does it: it knows
         * what most requests take, and its {@code hedgeBudget} bounds the hedges; it needs a {@code hedgeExecutor}.
         *
         * @param safe which requests may be sent twice
         * @return this builder
         */
        public Builder<Q, R, T> hedging(Predicate<? super Q> safe) {
            hedgeable = safe;
            hedgesServers = true;
            return this;
        }

        /**
         * As {@link #hedging(Predicate)}, after a fixed time.
         *
         * @param delay how long the first attempt is alone, >= 0
         * @param safe which requests may be sent twice
         * @return this builder
         */
        public Builder<Q, R, T> hedgingAfter(Duration delay, Predicate<? super Q> safe) {
            hedgeDelay = delay;
            return hedging(safe);
        }

        /**
         * Sends a request that the nearest data centre has not answered in time to the next one too: for a data centre that is
         * slow as a whole. Where {@link #hedging} is set as well, each of them hedges among its own servers before.
         *
         * @param to when, where and by which threads
         * @param regions the balancers of the data centres that are up, nearest first; what the first attempt went to is left
         *     out. With a geographic router {@code place -> world.ranked(place).stream().map(Region::balancer).toList()}
         * @param safe which requests may be sent twice
         * @return this builder
         */
        public Builder<Q, R, T> hedgingToNextRegion(
                RegionHedge to,
                Function<? super Coordinates, ? extends List<? extends Selector<T>>> regions,
                Predicate<? super Q> safe) {
            this.regionHedge = to;
            this.regions = regions;
            hedgeable = safe;
            return this;
        }

        /**
         * Says what a response means for the server that gave it; a response that {@linkplain Outcome#countsAgainstEndpoint()
         * counts against} the server is retried where that is safe, and returned after the last attempt.
         *
         * @param responses classifies a response, such as HTTP 503 as {@link Outcome#OVERLOADED}; default always success
         * @return this builder
         */
        public Builder<Q, R, T> classifying(Function<? super R, Outcome> responses) {
            this.responses = responses;
            return this;
        }

        /**
         * Says what a failure means for the server.
         *
         * @param failures classifies what {@code calling} threw; default {@link Outcomes#of}
         * @return this builder
         */
        public Builder<Q, R, T> classifyingFailures(Function<? super Throwable, Outcome> failures) {
            this.failures = failures;
            return this;
        }

        /**
         * Builds the path. Opens nothing.
         *
         * @return the path
         * @throws InvalidConfigurationException with everything that is missing or wrong
         */
        public RequestPath<Q, R> build() {
            Validation check = Validation.of("request path '" + name + "'");
            check.require(!name.isEmpty(), "name", "''", "not empty");
            check.present("calling", calling, "say how to send a request with calling((server, request) -> ...)");
            check.atLeast("attempts", attempts, 1);
            check.positive("within", within);
            check.notNegative("hedgingAfter", hedgeDelay);
            check.throwIfInvalid();
            return new RequestPath<>(this);
        }

        /**
         * How a request goes to the next region too.
         *
         * @param delay how long the nearest one has to answer, above zero
         * @param budget bounds such requests as a share of those that succeed, such as {@code RetryBudget.of(0.05, 10)}
         * @param executor runs the attempts, such as one virtual thread per task; the caller's thread waits
         * @param scheduler waits out the delay, such as {@code Scheduler.shared(executor)}
         */
        public record RegionHedge(Duration delay, RetryBudget budget, Executor executor, Scheduler scheduler) {

            /**
             * Checks the delay.
             *
             * @throws IllegalArgumentException if it is not above zero
             */
            public RegionHedge {
                if (delay.isNegative() || delay.isZero()) {
                    throw new IllegalArgumentException("delay: " + delay + " (expected: > 0)");
                }
            }
        }

        /**
         * Sends a request to a server.
         *
         * @param <T> the kind of server
         * @param <Q> the kind of request
         * @param <R> the kind of response
         */
        @FunctionalInterface
        public interface Calling<T, Q, R> {

            /**
             * Sends.
             *
             * @param server where to
             * @param request what
             * @return the response
             * @throws Exception if there was none
             */
            R call(T server, Q request) throws Exception;
        }

        /**
         * Sends a request to a server that has to answer in time.
         *
         * @param <T> the kind of server
         * @param <Q> the kind of request
         * @param <R> the kind of response
         */
        @FunctionalInterface
        public interface TimedCalling<T, Q, R> {

            /**
             * Sends.
             *
             * @param server where to
             * @param request what
             * @param deadline when the request must have been answered
             * @return the response
             * @throws Exception if there was none
             */
            R call(T server, Q request, Deadline deadline) throws Exception;
        }
    }
}
