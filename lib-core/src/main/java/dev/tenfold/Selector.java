package dev.tenfold;

import dev.tenfold.time.Deadline;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Selection;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Picks an endpoint for one call. A load balancer is a selector.
 *
 * @param <T> the kind of target
 */
@FunctionalInterface
public interface Selector<T> {

    /**
     * Picks an endpoint. The caller reports how the call went, or closes the selection.
     *
     * @return the pick
     * @throws dev.tenfold.error.UnavailableException if there is no endpoint to pick
     */
    Selection<T> select();

    /**
     * A selector that makes calls itself, and a call that takes longer than most once more on another endpoint. A load balancer
     * is one.
     *
     * @param <T> the kind of target
     */
    interface Hedging<T> extends Selector<T> {

        /**
         * Makes a call that may be made twice. The first answer counts; the other attempt is cut, which says nothing of its
         * endpoint.
         *
         * @param <Q> the kind of request
         * @param <R> the kind of response
         * @param request what to send
         * @param calling sends it; interrupted when the other attempt was faster
         * @param judge says how an attempt went that gave this response
         * @param deadline by when to have answered
         * @param delay how long the first attempt is alone, >= 0; null as long as most calls take
         * @return the response
         * @throws Exception what {@code calling} threw, where no attempt answered
         * @throws dev.tenfold.error.UnavailableException if there is no endpoint to pick; nothing was sent
         * @throws dev.tenfold.error.DeadlineExceededException if none answered in time
         */
        <Q, R> R callHedged(
                Q request,
                RequestPath.Builder.TimedCalling<? super T, ? super Q, ? extends R> calling,
                Function<? super R, Outcome> judge,
                Deadline deadline,
                @Nullable Duration delay)
                throws Exception;
    }
}
