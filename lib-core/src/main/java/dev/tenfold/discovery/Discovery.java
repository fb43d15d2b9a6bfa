package dev.tenfold.discovery;

import dev.tenfold.topology.Endpoint;
import java.util.List;
import java.util.function.Function;

/**
 * Knows who the endpoints of a service are, and tells when they change. {@link Discoveries} and {@link Dns} have the usual ones;
 * one that is told of changes by somebody else is a few lines:
 *
 * <pre>{@code
 * Discovery<URI> registry = (listener, context) -> {
 *     Subscription news = client.subscribe("orders", nodes -> listener.found(endpoints(nodes)));
 *     return news::cancel;
 * };
 * }</pre>
 *
 * <p>Implementations are immutable and thread-safe, and may be watched by several listeners at once; nothing is started before
 * {@link #watch}.
 *
 * @param <T> the kind of target it yields
 */
@FunctionalInterface
public interface Discovery<T> {

    /**
     * Starts telling a listener who the endpoints are: the present ones as soon as they are known, then all of them again
     * whenever they changed. Returns without waiting for an answer.
     *
     * @param listener whom to tell, by one thread at a time
     * @param context the clock, scheduler, executor and source of chance to use, so that it needs none of its own
     * @return stops the watching
     */
    Watch watch(Listener<T> listener, DiscoveryContext context);

    /**
     * Turns targets of one kind into those of another, such as an address into a {@code DataSource}. An endpoint that did not
     * change keeps the target that was made for it; ids, weights, localities and tags stay.
     *
     * @param <U> the kind of target to make
     * @param target makes one for an endpoint that is new or changed; what it throws counts as a failure of the discovery
     * @return a discovery of the same endpoints
     */
    default <U> Discovery<U> map(Function<? super Endpoint<T>, ? extends U> target) {
        return (listener, context) -> watch(new Mapped<>(listener, target), context);
    }

    /**
     * Is told who the endpoints are.
     *
     * @param <T> the kind of target
     */
    interface Listener<T> {

        /**
         * Takes note of the endpoints.
         *
         * @param endpoints all of them, with unique ids
         */
        void found(List<Endpoint<T>> endpoints);

        /**
         * Takes note that nothing could be found out; who was known stays.
         *
         * @param failure why
         */
        void failed(Throwable failure);
    }

    /** A watching that goes on until it is closed. */
    @FunctionalInterface
    interface Watch extends AutoCloseable {

        /** Stops it: nobody is told from then on, but for what is being told already. Closing twice does nothing. */
        @Override
        void close();
    }
}
