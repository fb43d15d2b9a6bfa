package dev.tenfold.balance;

import dev.tenfold.RequestPath;
import dev.tenfold.Selector;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.health.HealthCell;
import dev.tenfold.health.HealthPolicy;
import dev.tenfold.observe.Measured;
import dev.tenfold.observe.Measurement;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Selection;
import dev.tenfold.topology.Topology;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Spreads calls over endpoints of any kind, learns from how they went, and keeps calls away from endpoints that fail.
 *
 * <pre>{@code
 * LoadBalancer<URI> apps = LoadBalancer.<URI>builder("apps").endpoints(a, b, c).build();
 * String body = apps.idempotent().within(Duration.ofMillis(300))
 *         .call((uri, deadline) -> get(uri.resolve("/users/42"), deadline.remaining()));
 * }</pre>
 *
 * <p>Three forms of one thing, from the easiest to the fastest: {@link #call call} and {@link #callAsync callAsync} measure and
 * report by themselves; {@link #select} hands out a lease to report; {@link #pick()} hands out the endpoint's own accounts and
 * allocates nothing. How calls are made is narrowed by {@link #idempotent()}, which repeats and {@linkplain
 * Caller.Idempotent#hedged() hedges} them, {@link #forKey} and {@link #within(Duration)}.
 *
 * <p>It starts no thread and opens nothing unless it was {@linkplain LoadBalancerBuilder#start started}. Endpoints that stay through an {@link
 * #update} keep their load, latency and health. When nobody may be picked, every form fails with an {@link UnavailableException}
 * that says why for each endpoint.
 *
 * <p>Thread-safe. A pick reads one immutable picture of the pool and takes no lock.
 *
 * @param <T> the kind of target
 */
public final class LoadBalancer<T> implements Selector.Hedging<T>, Caller<T>, Measured, AutoCloseable {

    private final String name;
    private final TimeSource time;
    private final RandomGenerator random;
    private final @Nullable Limits limits;
    private final Membership<T> membership;
    private final CallRules rules;
    private final Calls<T> once;
    private final Caller.Idempotent<T> repeating;
    private final Abandoned abandoned;
    private final List<Measurement> measurements;

    LoadBalancer(LoadBalancerBuilder<T> from) {
        Readings readings = new Readings();
        name = from.name;
        time = from.time;
        random = from.random;
        limits = Limits.of(from.maximumInFlight, from.maximumInFlightOfPool);
        membership = new Membership<>(from, limits == null ? null : limits.shared(), readings::departed);
        rules = new CallRules(from);
        once = new Calls<>(this, rules);
        repeating = once.idempotent();
        abandoned = new Abandoned(membership::tellAbandoned);
        measurements = readings.of(this);
    }

    /**
     * Starts a balancer named {@code default}.
     *
     * @param <T> the kind of target
     * @return a builder
     */
    public static <T> LoadBalancerBuilder<T> builder() {
        return builder("default");
    }

    /**
     * Starts a balancer.
     *
     * @param <T> the kind of target
     * @param name names it in events, measurements and errors
     * @return a builder
     */
    public static <T> LoadBalancerBuilder<T> builder(String name) {
        return new LoadBalancerBuilder<>(name);
    }

    @Override
    public <R extends @Nullable Object, X extends Exception> R call(
            TimedCall<? super T, ? extends R, ? extends X> call, Function<? super R, Outcome> judge) throws X {
        return once.call(call, judge);
    }

    @Override
    public <R extends @Nullable Object> CompletionStage<R> callAsync(
            BiFunction<? super T, ? super Deadline, ? extends CompletionStage<R>> call,
            Function<? super R, Outcome> judge) {
        return once.callAsync(call, judge);
    }

    @Override
    public Caller.Idempotent<T> idempotent() {
        return repeating;
    }

    @Override
    public Caller<T> forKeyHash(long keyHash) {
        return once.forKeyHash(keyHash);
    }

    @Override
    public Caller<T> within(Duration budget) {
        return once.within(budget);
    }

    @Override
    public Caller<T> within(Deadline deadline) {
        return once.within(deadline);
    }

    /**
     * Picks an endpoint; the caller reports how the call went, or closes the selection. The load of one that is dropped without
     * either is given back once it was collected as garbage; the observer is told of it ({@code selection.abandoned}), since
     * until then the endpoint looks busier than it is.
     */
    @Override
    public Selection<T> select() {
        return abandoned.watch(lease());
    }

    @Override
    public <Q, R> R callHedged(
            Q request,
            RequestPath.Builder.TimedCalling<? super T, ? super Q, ? extends R> calling,
            Function<? super R, Outcome> judge,
            Deadline deadline,
            @Nullable Duration delay)
            throws Exception {
        Caller.Idempotent<T> caller = repeating.within(deadline);
        caller = delay == null ? caller.hedged() : caller.hedgedAfter(delay);
        return caller.<R, Exception>call((target, by) -> calling.call(target, request, by), judge);
    }

    /**
     * Picks an endpoint for a key, as {@link #select()} does: where the {@linkplain Policy policy} places by key, the same
     * one for the same key while the pool is the same.
     *
     * @param keyHash 64 well-mixed bits of the key
     * @return the pick
     * @throws UnavailableException if there is no endpoint to pick
     * @throws dev.tenfold.error.OverloadedException if a limit of calls in flight is reached
     */
    public Selection<T> select(long keyHash) {
        return abandoned.watch(lease(keyHash));
    }

    /**
     * Notes what the server of a selection says of its own load, for the policies that use it. Ends nothing: the selection is
     * reported besides.
     *
     * @param selection one of this balancer's
     * @param load as the server measured it
     * @throws IllegalArgumentException if the selection is not a balancer's own
     */
    public void reportLoad(Selection<T> selection, ServerLoad load) {
        if (!(selection instanceof Lease<T> lease)) {
            throw new IllegalArgumentException("selection: " + selection + " (expected: what select() returned)");
        }
        lease.member().reportLoad(load);
    }

    Lease<T> lease() {
        long now = time.nanoTime();
        Pool<T> current = membership.poolAt(now);
        Picker<T> picker = current.picker();
        if (picker == null) {
            throw membership.unavailable();
        }
        return new Lease<>(begun(current, picker.pick()), time, now);
    }

    Lease<T> lease(long keyHash) {
        long now = time.nanoTime();
        Pool<T> current = membership.poolAt(now);
        Picker<T> picker = current.picker();
        if (picker == null) {
            throw membership.unavailable();
        }
        return new Lease<>(begun(current, picker.pick(keyHash)), time, now);
    }

    /**
     * Picks an endpoint, allocating nothing: the member is shared by all its calls, and the caller ends this one with {@link
     * Member#report(Outcome)} exactly once, whatever happens. {@link #select()} is the safe form.
     *
     * <p>While an endpoint is ejected or warms up, this form looks at the clock on every 16th pick of an endpoint only, so
     * its return may take effect that much later.
     *
     * @return the endpoint's accounts, on which a call has begun
     * @throws UnavailableException if there is no endpoint to pick
     * @throws dev.tenfold.error.OverloadedException if a limit of calls in flight is reached
     */
    public Member<T> pick() {
        Pool<T> now = membership.pool();
        Picker<T> picker = now.picker();
        return picker == null ? lease().member() : begunInPassing(now, picker.pick());
    }

    /**
     * Picks an endpoint for a key, as {@link #pick()} does: where the {@linkplain Policy policy} places by key, the same one for
     * the same key while the pool is the same.
     *
     * @param keyHash 64 well-mixed bits of the key
     * @return the endpoint's accounts, on which a call has begun
     * @throws UnavailableException if there is no endpoint to pick
     * @throws dev.tenfold.error.OverloadedException if a limit of calls in flight is reached
     */
    public Member<T> pick(long keyHash) {
        Pool<T> now = membership.pool();
        Picker<T> picker = now.picker();
        return picker == null ? lease(keyHash).member() : begunInPassing(now, picker.pick(keyHash));
    }

    /** Begins a call, and looks at the clock now and then only. */
    private Member<T> begunInPassing(Pool<T> current, Member<T> picked) {
        Member<T> member = limits == null ? picked : admitted(current, picked);
        long picks = limits == null ? member.begin() : member.picks();
        if ((picks & 15) == 0 && (current.waits() || (picks & 63) == 0)) {
            membership.poolAt(time.nanoTime());
        }
        return member;
    }

    private Member<T> begun(Pool<T> current, Member<T> picked) {
        if (limits != null) {
            return admitted(current, picked);
        }
        picked.begin();
        return picked;
    }

    private Member<T> admitted(Pool<T> current, Member<T> picked) {
        Limits kept = Objects.requireNonNull(limits);
        Member<T> member = kept.begin(current, picked, List.of(), random);
        if (member == null) {
            throw kept.overloaded(name);
        }
        return member;
    }

    /** Picks somebody who is not in {@code tried}, or nobody where all candidates are. */
    @Nullable
    Lease<T> leaseOther(List<Member<T>> tried, @Nullable Long key) {
        long start = time.nanoTime();
        Member<T> member = membership.beginOther(start, tried, key, limits);
        return member == null ? null : new Lease<>(member, time, start);
    }

    /**
     * Replaces the endpoints. An id that stays keeps its load, latency and health, even where its weight or target changed;
     * one that leaves gets no more picks, and its calls in flight end as usual. Costs O(endpoints).
     *
     * @param endpoints the new endpoints; may be empty
     * @throws IllegalArgumentException if two share an id; nothing changed
     * @throws IllegalStateException if the balancer is closed
     */
    public void update(Collection<Endpoint<T>> endpoints) {
        if (!replace(endpoints)) {
            throw new IllegalStateException("load balancer '" + name + "' is closed; build another");
        }
    }

    /** Replaces the endpoints; false where the balancer is closed. */
    boolean replace(Collection<Endpoint<T>> endpoints) {
        return membership.replace(endpoints);
    }

    /**
     * Returns the endpoints as of the last update.
     *
     * @return an immutable snapshot
     */
    public Topology<T> topology() {
        return membership.topology();
    }

    /**
     * Finds the health of an endpoint, to report active checks to or to drain it.
     *
     * @param id the endpoint's id
     * @return its cell, or empty where there is no such endpoint
     */
    public Optional<HealthCell> health(String id) {
        // Among what may be picked, not in the health group, which an update under way has changed already.
        return members().stream()
                .filter(member -> member.endpoint().id().equals(id))
                .map(Member::cell)
                .findFirst();
    }

    /**
     * Returns the rules of health.
     *
     * @return the policy given to the builder
     */
    public HealthPolicy healthPolicy() {
        return membership.health().policy();
    }

    /**
     * Returns the name.
     *
     * @return the name given to the builder
     */
    public String name() {
        return name;
    }

    /**
     * Returns which share of the endpoints, drained ones aside, is healthy now; one that only the cap keeps from being ejected
     * is not. It makes a balancer's own health visible to what chooses between balancers.
     *
     * @return 0 to 1; 0 where there are none
     */
    public double healthyShare() {
        Pool<T> now = membership.poolAt(time.nanoTime());
        return now.counted() == 0 || membership.isClosed() ? 0 : (double) now.trusted() / now.counted();
    }

    /**
     * Notes what a server says of its own load, such as in a header of its answer, for the policies that use it: {@link
     * Member#reportLoad}. Costs O(endpoints).
     *
     * @param target the server, as a call was given it; nothing happens where no endpoint has it any more
     * @param load as the server measured it
     */
    public void reportLoad(T target, ServerLoad load) {
        for (Member<T> member : members()) {
            if (target.equals(member.target())) {
                member.reportLoad(load);
            }
        }
    }

    /**
     * Prints the pool for a person: one line for the pool, one for its retries and hedges, and one for each endpoint with its
     * state, weight, calls in flight, latency, failures, and why it is in that state and until when.
     *
     * @return several lines
     */
    public String describe() {
        abandoned.reclaim();
        return Description.of(membership.poolAt(time.nanoTime()), rules, abandoned.count());
    }

    @Override
    public List<Measurement> measurements() {
        return measurements;
    }

    /** Attaches what goes on in a started balancer, and has the present members checked. */
    void attach(Background<T> started) {
        membership.attach(started);
    }

    /** Tells the observer at once; call it holding no lock. */
    void tell(String kind, Level level, String message, Map<String, Object> details) {
        membership.tell(kind, level, message, details);
    }

    List<Member<T>> members() {
        return membership.members();
    }

    long refused() {
        return limits == null ? 0 : limits.refused();
    }

    CallRules rules() {
        return rules;
    }

    Abandoned abandoned() {
        return abandoned;
    }

    /**
     * Ends picking: what follows fails with {@link UnavailableException}; calls in flight end as usual. Stops what {@link
     * LoadBalancerBuilder#start} started.
     */
    @Override
    public void close() {
        membership.close();
    }

    @Override
    public String toString() {
        return "LoadBalancer[" + name + ", " + topology() + "]";
    }
}
