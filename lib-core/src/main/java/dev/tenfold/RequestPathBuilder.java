package dev.tenfold;

import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.error.Validation;
import dev.tenfold.topology.Coordinates;
import dev.tenfold.topology.Outcome;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Builds a {@link RequestPath}. Only where requests go and how to send them are required. Not thread-safe.
 *
 * @param <Q> the kind of request
 * @param <R> the kind of response
 * @param <T> the kind of server
 */
public final class RequestPathBuilder<Q, R, T> {

    final String name;
    final Locator<? super Coordinates, ? extends Selector<T>> dataCentres;

    @Nullable
    Calling<T, Q, R> calling;

    @Nullable
    Edge<Q, R> edge;

    Predicate<? super Q> safe = request -> false;
    int attempts = 1;
    Function<? super R, Outcome> responses = response -> Outcome.SUCCESS;
    Function<? super Throwable, Outcome> failures = Outcome::of;

    private RequestPathBuilder(String name, Locator<? super Coordinates, ? extends Selector<T>> dataCentres) {
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
        public <T> RequestPathBuilder<Q, R, T> toDataCentres(
                Locator<? super Coordinates, ? extends Selector<T>> dataCentres) {
            return new RequestPathBuilder<>(name, dataCentres);
        }

        /**
         * Requests go to the servers of one data centre.
         *
         * @param <T> the kind of server
         * @param servers picks the server, such as a load balancer
         * @return the builder
         */
        public <T> RequestPathBuilder<Q, R, T> toServers(Selector<T> servers) {
            return new RequestPathBuilder<>(name, place -> servers);
        }
    }

    /**
     * How to send a request to a server. Required.
     *
     * @param calling sends it and returns the response
     * @return this builder
     */
    public RequestPathBuilder<Q, R, T> calling(Calling<T, Q, R> calling) {
        this.calling = calling;
        return this;
    }

    /**
     * Puts an edge in front.
     *
     * @param edge answers near the client, such as an edge network
     * @return this builder
     */
    public RequestPathBuilder<Q, R, T> throughEdge(Edge<Q, R> edge) {
        this.edge = edge;
        return this;
    }

    /**
     * Sends a request again, to a newly selected server, after a failure that was the server's. At once and without a
     * budget: an ejecting balancer keeps the retries off a server that is down.
     *
     * @param attempts how often in all, >= 1; default 1
     * @param safe which requests may be sent twice
     * @return this builder
     */
    public RequestPathBuilder<Q, R, T> retrying(int attempts, Predicate<? super Q> safe) {
        this.attempts = attempts;
        this.safe = safe;
        return this;
    }

    /**
     * Says what a response means for the server that gave it; a response that {@linkplain Outcome#countsAgainstEndpoint()
     * counts against} the server is retried where that is safe, and returned after the last attempt.
     *
     * @param responses classifies a response, such as HTTP 503 as {@link Outcome#OVERLOADED}; default always success
     * @return this builder
     */
    public RequestPathBuilder<Q, R, T> classifying(Function<? super R, Outcome> responses) {
        this.responses = responses;
        return this;
    }

    /**
     * Says what a failure means for the server.
     *
     * @param failures classifies what {@code calling} threw; default {@link Outcome#of}
     * @return this builder
     */
    public RequestPathBuilder<Q, R, T> classifyingFailures(Function<? super Throwable, Outcome> failures) {
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
        check.throwIfInvalid();
        return new RequestPath<>(this);
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
}
