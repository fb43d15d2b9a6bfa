package dev.tenfold;

import dev.tenfold.topology.Coordinates;
import java.util.function.Function;

/**
 * Answers requests near the client from copies, and asks the origin for what it does not have. An edge network is one.
 *
 * @param <Q> the kind of request
 * @param <R> the kind of response
 */
@FunctionalInterface
public interface Edge<Q, R> {

    /**
     * Answers a request.
     *
     * @param client where the client is
     * @param request what it asks for
     * @param origin answers what no edge has; may throw, and then nothing is kept
     * @return the response
     */
    R serve(Coordinates client, Q request, Function<? super Q, ? extends R> origin);
}
