package dev.tenfold.balance;

import dev.tenfold.health.Health;
import dev.tenfold.health.HealthCell;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One endpoint's place in a balancer: its load and its health. It lives as long as the endpoint's id stays in the pool, whatever
 * else changes, and is shared by all calls on the endpoint.
 *
 * <p>It is also the hottest form of a pick, which allocates nothing ({@link LoadBalancer#pick()}). There the member is no
 * lease: whoever picked it reports <b>exactly once</b>. {@link LoadBalancer#select()} guards against anything else.
 *
 * <p>Thread-safe.
 *
 * @param <T> the kind of target
 */
public final class Member<T> extends Accounts {

    private final HealthCell health;
    /** The calls of all members together, where they are limited. */
    private final @Nullable AtomicInteger shared;

    private volatile Endpoint<T> endpoint;

    Member(Endpoint<T> endpoint, HealthCell health) {
        this(endpoint, health, null);
    }

    Member(Endpoint<T> endpoint, HealthCell health, @Nullable AtomicInteger shared) {
        this.endpoint = endpoint;
        this.health = health;
        this.shared = shared;
        health.countedBy(this::counts);
    }

    /**
     * Returns the endpoint as of the last update.
     *
     * @return the endpoint; its id never changes
     */
    public Endpoint<T> endpoint() {
        return endpoint;
    }

    /**
     * Returns what to call.
     *
     * @return the endpoint's target
     */
    public T target() {
        return endpoint.target();
    }

    /**
     * Returns the endpoint's health as of the last report or change.
     *
     * @return an immutable picture
     */
    public Health health() {
        return health.current();
    }

    /**
     * Ends a call that {@link LoadBalancer#pick()} began. Costs one atomic addition and one volatile read where the endpoint
     * is healthy and the call succeeded.
     *
     * @param outcome how it went
     */
    public void report(Outcome outcome) {
        end(outcome.countsAgainstEndpoint());
        if (outcome == Outcome.CANCELLED) {
            cancelled();
        }
        if (shared != null) {
            shared.decrementAndGet();
        }
        health.report(outcome);
    }

    /**
     * Ends a call that {@link LoadBalancer#pick()} began, and notes how long it took.
     *
     * @param outcome how it went
     * @param latencyNanos how long it took, in nanoseconds, >= 0; ignored unless the endpoint answered
     */
    public void report(Outcome outcome, long latencyNanos) {
        // A refused connection is quick and a cancelled call is short: neither says how fast the endpoint answers.
        if (outcome == Outcome.SUCCESS || outcome == Outcome.REJECTED) {
            took(latencyNanos);
        }
        report(outcome);
    }

    HealthCell cell() {
        return health;
    }

    void replace(Endpoint<T> next) {
        endpoint = next;
    }

    @Override
    public String toString() {
        return health + ", " + inFlight() + " in flight";
    }
}
