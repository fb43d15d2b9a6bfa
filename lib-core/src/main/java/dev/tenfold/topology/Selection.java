package dev.tenfold.topology;

/**
 * An endpoint picked for one call, to be used and then reported. Load is accounted to the endpoint from the pick to the
 * report.
 *
 * <pre>{@code
 * try (Selection<URI> server = balancer.select()) {
 *     send(server.target());
 *     server.report(Outcome.SUCCESS);
 * }                                   // closed without a report: cancelled, the load is given back
 * }</pre>
 *
 * <p>Thread-safe: the first report counts, later ones and {@link #close()} do nothing.
 *
 * @param <T> what a call is made on
 */
public interface Selection<T> extends AutoCloseable {

    /**
     * Returns the endpoint.
     *
     * @return who was picked
     */
    Endpoint<T> endpoint();

    /**
     * Returns what to call.
     *
     * @return the endpoint's target
     */
    default T target() {
        return endpoint().target();
    }

    /**
     * Reports how the call went and gives the load back. The latency is the time since the selection.
     *
     * @param outcome how it went
     */
    void report(Outcome outcome);

    /** Reports {@link Outcome#CANCELLED} unless something was reported. */
    @Override
    default void close() {
        report(Outcome.CANCELLED);
    }
}
