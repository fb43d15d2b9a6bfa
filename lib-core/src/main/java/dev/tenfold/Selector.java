package dev.tenfold;

import dev.tenfold.topology.Selection;

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
}
