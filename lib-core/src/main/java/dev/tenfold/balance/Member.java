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

    private volatile T target;
    /** The calls of all members together, where they are limited. */
    private final @Nullable AtomicInteger shared;

    private final HealthCell health;
    private volatile Endpoint<T> endpoint;
    private volatile @Nullable Reported reported;
    private volatile @Nullable LoadListener<T> listener;
    private volatile boolean taking = true;

    Member(Endpoint<T> endpoint, HealthCell health, Ticks ticks) {
        this(endpoint, health, ticks, null);
    }

    Member(Endpoint<T> endpoint, HealthCell health, Ticks ticks, @Nullable AtomicInteger shared) {
        super(ticks);
        this.endpoint = endpoint;
        this.target = endpoint.target();
        this.health = health;
        this.shared = shared;
        health.countedBy(this::counts);
        health.watchedBy(this::note);
    }

    /**
     * Notes beside the counters what reports need to know of the health, so that a success on a healthy endpoint, or on one that is
     * out, looks at no other object. {@code settled} may be late by the moment between a change and its notice, as if the report had come
     * before the change.
     */
    private void note(Health now) {
        settled = now.ignores(Outcome.SUCCESS);
        boolean takes = now.state().takesCalls();
        if (takes && !taking) {
            // What an endpoint did before it was taken out says nothing of how it comes back, and as long as it counted
            // nobody would find out.
            forget();
        }
        taking = takes;
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
        return target;
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
     * <p>Policies that weigh latencies learn from this form whether the endpoint fails, and nothing of how fast it is.
     *
     * @param outcome how it went
     */
    public void report(Outcome outcome) {
        finish(outcome);
        // A success where nothing failed teaches nothing, and needs no clock.
        if (teaches(outcome)) {
            learn(outcome, outcome.countsAgainstEndpoint() ? ticks().read() : ticks().last());
        }
        judge(outcome);
    }

    /**
     * Ends a call that {@link LoadBalancer#pick()} began, and notes how long it took. Reads the balancer's clock once; {@link
     * #report(Outcome, long, long)} does not.
     *
     * @param outcome how it went
     * @param latencyNanos how long it took, in nanoseconds, >= 0. Unless the endpoint answered, it counts only where it is longer
     *     than what answers take: a fast failure is no fast answer
     */
    public void report(Outcome outcome, long latencyNanos) {
        ended(outcome, latencyNanos, ticks().read());
    }

    /**
     * Ends a call that {@link LoadBalancer#pick()} began, and notes how long it took, by the caller's own readings of the clock.
     *
     * @param outcome how it went
     * @param startNanos when the call began, by the balancer's {@link dev.tenfold.time.TimeSource}, which is {@link
     *     System#nanoTime()} unless set
     * @param endNanos when it ended
     */
    public void report(Outcome outcome, long startNanos, long endNanos) {
        ended(outcome, endNanos - startNanos, ticks().at(endNanos));
    }

    private void ended(Outcome outcome, long latencyNanos, int tick) {
        finish(outcome);
        learn(outcome, latencyNanos, tick);
        judge(outcome);
    }

    private void judge(Outcome outcome) {
        if (!settled || outcome.countsAgainstEndpoint()) {
            health.report(outcome);
        }
    }

    private void finish(Outcome outcome) {
        end(outcome.countsAgainstEndpoint());
        if (outcome == Outcome.CANCELLED) {
            cancelled();
        }
        if (shared != null) {
            shared.decrementAndGet();
        }
    }

    /**
     * Notes what the server says of its own load, for the policies that use it. Ends no call; it may be told any number of times
     * and at any time. Allocates one small object.
     *
     * @param load as the server measured it
     */
    public void reportLoad(ServerLoad load) {
        long now = ticks().nanoTime();
        ticks().at(now);
        if (load.utilization() > 0 && load.callsPerSecond() > 0) {
            reported = new Reported(load, now);
        }
        LoadListener<T> interested = listener;
        if (interested != null) {
            interested.reported(this, load, now);
        }
    }

    /** The last report that tells a server's capacity, or null. */
    @Nullable
    Reported reported() {
        return reported;
    }

    /** Sets who wants to know each report of load; a policy's picker. */
    void listen(LoadListener<T> next) {
        listener = next;
    }

    HealthCell cell() {
        return health;
    }

    void replace(Endpoint<T> next) {
        endpoint = next;
        target = next.target();
    }

    @Override
    public String toString() {
        return health + ", " + inFlight() + " in flight";
    }

    /**
     * A report of load and when it came.
     *
     * @param load what the server said
     * @param at the real clock's reading
     */
    record Reported(ServerLoad load, long at) {}

    /** Is told of each report of load. */
    @FunctionalInterface
    interface LoadListener<T> {
        void reported(Member<T> member, ServerLoad load, long now);
    }
}
