package dev.tenfold.balance;

import dev.tenfold.Selector;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.health.HealthCell;
import dev.tenfold.health.HealthGroup;
import dev.tenfold.health.HealthPolicy;
import dev.tenfold.observe.Event;
import dev.tenfold.observe.EventRelay;
import dev.tenfold.observe.Measured;
import dev.tenfold.observe.Measurement;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Selection;
import dev.tenfold.topology.Topology;
import java.lang.System.Logger.Level;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Spreads calls over endpoints of any kind, learns from how they went, and keeps calls away from endpoints that fail.
 *
 * <pre>{@code
 * LoadBalancer<URI> apps = LoadBalancer.<URI>builder("apps").endpoints(a, b, c).build();
 * String body = apps.idempotent().call(uri -> get(uri.resolve("/users/42")));
 * }</pre>
 *
 * <p>Three forms of one thing, from the easiest to the fastest: {@link #call call} and {@link #callAsync callAsync} measure and
 * report by themselves; {@link #select} hands out a lease to report; {@link #pick()} hands out the endpoint's own accounts and
 * allocates nothing.
 *
 * <p>It starts no thread and opens nothing unless it was {@linkplain LoadBalancerBuilder#start started}. Endpoints that stay through an {@link #update} keep their load, latency and
 * health. When nobody may be picked, every form fails with an {@link UnavailableException} that says why for each endpoint.
 *
 * <p>Thread-safe. A pick reads one immutable picture of the pool and takes no lock.
 *
 * @param <T> the kind of target
 */
public final class LoadBalancer<T> implements Selector<T>, Caller<T>, Measured, AutoCloseable {

    /*
     * Concurrency. `pool` is what picks read: it is replaced by compare-and-set with one made from what it was, so that the
     * pickers form a chain and none of the memory they carry over is lost. Invariant: every change of membership or health
     * is written first and followed by a `rebuild`; a rebuild reads them after it read the pool it replaces. So the pool
     * that stands last was made from inputs read after the last change. No lock is held while a policy makes a picker.
     *
     * `changing` orders changes of membership only. Lock order: changing, then the health group's own.
     */

    private static final VarHandle POOL;

    static {
        try {
            POOL = MethodHandles.lookup().findVarHandle(LoadBalancer.class, "pool", Pool.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final String name;
    private final Policy<T> policy;
    private final double panicThreshold;
    private final TimeSource time;
    private final RandomGenerator random;
    private final EventRelay relay;
    private final HealthGroup health;
    private final @Nullable Limits limits;
    private final CallRules rules;
    private final Calls<T> once;
    private final IdempotentCaller<T> repeating;
    private final Abandoned abandoned;

    private final ReentrantLock changing = new ReentrantLock();
    private volatile Pool<T> pool = Pool.empty();
    private volatile Topology<T> topology;
    private volatile List<Member<T>> members = List.of();
    private volatile boolean closed;
    private volatile @Nullable Background<T> background;
    private final Readings readings = new Readings();
    private final List<Measurement> measurements;

    LoadBalancer(LoadBalancerBuilder<T> from) {
        name = from.name;
        policy = from.policy;
        panicThreshold = from.panicThreshold;
        time = from.time;
        random = from.random;
        relay = new EventRelay(from.observer);
        health = new HealthGroup("balancer/" + name, from.effectiveHealth(), time, relay, this::rebuild);
        limits = Limits.of(from.maximumInFlight, from.maximumInFlightOfPool);
        rules = new CallRules(from);
        once = new Calls<>(this, rules);
        repeating = once.idempotent();
        abandoned = new Abandoned(this::announceAbandoned);
        measurements = readings.of(this);
        topology = Topology.of(from.endpoints);
        admit(topology);
        rebuild();
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
    public IdempotentCaller<T> idempotent() {
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

    /**
     * Picks an endpoint for a key, as {@link #select()} does: where the {@linkplain Policy policy} places by key, the same
     * one for the same key while the pool is the same.
     *
     * @param keyHash 64 well-mixed bits of the key
     * @return the pick
     * @throws UnavailableException if there is no endpoint to pick
     */
    public Selection<T> select(long keyHash) {
        return abandoned.watch(lease(keyHash));
    }

    Lease<T> lease() {
        long now = time.nanoTime();
        return new Lease<>(pickAt(now), time, now);
    }

    Lease<T> lease(long keyHash) {
        long now = time.nanoTime();
        Pool<T> current = poolAt(now);
        Picker<T> picker = current.picker();
        if (picker == null) {
            throw unavailable();
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
        Pool<T> now = pool;
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
        Pool<T> now = pool;
        Picker<T> picker = now.picker();
        return picker == null ? lease(keyHash).member() : begunInPassing(now, picker.pick(keyHash));
    }

    /** Begins a call, and looks at the clock now and then only. */
    private Member<T> begunInPassing(Pool<T> current, Member<T> picked) {
        Member<T> member = limits == null ? picked : admitted(current, picked);
        long picks = limits == null ? member.begin() : member.picks();
        if (current.waits() && (picks & 15) == 0 && health.isDue(time.nanoTime())) {
            health.advance();
        }
        return member;
    }

    private Member<T> pickAt(long now) {
        Pool<T> current = poolAt(now);
        Picker<T> picker = current.picker();
        if (picker == null) {
            throw unavailable();
        }
        return begun(current, picker.pick());
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
        Pool<T> current = poolAt(start);
        Member<T> member = current.pickOther(tried, key, random);
        if (member != null && limits != null) {
            member = limits.begin(current, member, tried, random);
        } else if (member != null) {
            member.begin();
        }
        return member == null ? null : new Lease<>(member, time, start);
    }

    private Pool<T> poolAt(long now) {
        Pool<T> current = pool;
        if (current.waits() && health.isDue(now)) {
            health.advance();
            return pool;
        }
        return current;
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
        changing.lock();
        try {
            if (closed) {
                return false;
            }
            admit(topology.next(endpoints));
        } finally {
            changing.unlock();
        }
        rebuild();
        relay.deliver();
        return true;
    }

    /** Takes over the members that stay, by id. */
    private void admit(Topology<T> next) {
        Map<String, Member<T>> before = new HashMap<>();
        for (Member<T> member : members) {
            before.put(member.endpoint().id(), member);
        }
        Map<String, HealthCell> cells =
                health.update(next.endpoints().stream().map(Endpoint::id).toList());
        AtomicInteger shared = limits == null ? null : limits.shared();
        List<Member<T>> after = new ArrayList<>(cells.size());
        int joined = 0;
        for (Endpoint<T> endpoint : next.endpoints()) {
            Member<T> member = before.remove(endpoint.id());
            if (member == null) {
                member = new Member<>(endpoint, Objects.requireNonNull(cells.get(endpoint.id())), shared);
                joined++;
            } else {
                member.replace(endpoint);
            }
            after.add(member);
        }
        before.values().forEach(readings::departed);
        topology = next;
        members = List.copyOf(after);
        Background<T> checking = background;
        if (checking != null) {
            checking.watch(members);
        }
        announce(
                "pool.updated",
                Level.INFO,
                after.size() + " endpoints: " + joined + " joined, " + before.size() + " left",
                Map.of("endpoints", after.size(), "joined", joined, "left", before.size()));
    }

    /** Makes the pool that follows from members and health now; called after every change of either, holding no lock. */
    private void rebuild() {
        Pool<T> before;
        Pool<T> after;
        do {
            before = pool;
            long now = time.nanoTime();
            after = Pool.of(members, panicThreshold, now, health.isWaiting());
            Candidates<T> candidates = after.candidates();
            if (candidates != null && !closed) {
                after = after.with(policy.over(candidates, random, before.picker()));
            }
        } while (!POOL.compareAndSet(this, before, after));
        if (before.panic() != after.panic()) {
            announce(
                    after.panic() ? "pool.panic" : "pool.calm",
                    after.panic() ? Level.ERROR : Level.INFO,
                    after.eligible() + " of " + after.counted() + " endpoints take calls"
                            + (after.panic() ? "; picking among all" : ""),
                    Map.of("eligible", after.eligible(), "endpoints", after.counted()));
        }
    }

    private void announce(String kind, Level level, String message, Map<String, Object> details) {
        relay.add(new Event(time.now(), "balancer/" + name, kind, level, message, details));
    }

    private void announceAbandoned(long count) {
        announce(
                "selection.abandoned",
                Level.WARNING,
                count + " selections were neither reported nor closed; use try-with-resources",
                Map.of("count", count));
        relay.deliver();
    }

    private UnavailableException unavailable() {
        List<String> reasons = Description.reasons(members, time.nanoTime());
        String what = closed ? "it is closed" : reasons.isEmpty() ? "it has no endpoints" : "no endpoint takes calls";
        return new UnavailableException("load balancer '" + name + "': " + what, reasons, null);
    }

    /**
     * Returns the endpoints as of the last update.
     *
     * @return an immutable snapshot
     */
    public Topology<T> topology() {
        return topology;
    }

    /**
     * Finds the health of an endpoint, to report active checks to or to drain it.
     *
     * @param id the endpoint's id
     * @return its cell, or empty where there is no such endpoint
     */
    public Optional<HealthCell> health(String id) {
        // Among what may be picked, not in the health group, which an update under way has changed already.
        return members.stream()
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
        return health.policy();
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
        Pool<T> now = poolAt(time.nanoTime());
        return now.counted() == 0 || closed ? 0 : (double) now.trusted() / now.counted();
    }

    /**
     * Prints the pool for a person: one line for the pool, one for its retries and hedges, and one for each endpoint with its
     * state, weight, calls in flight, latency, failures, and why it is in that state and until when.
     *
     * @return several lines
     */
    public String describe() {
        abandoned.reclaim();
        return Description.of(poolAt(time.nanoTime()), rules, abandoned.count());
    }

    @Override
    public List<Measurement> measurements() {
        return measurements;
    }

    /** Attaches what goes on in a started balancer, and has the present members checked. */
    void attach(Background<T> started) {
        changing.lock();
        try {
            background = started;
            started.watch(members);
        } finally {
            changing.unlock();
        }
    }

    /** Tells the observer at once; call it holding no lock. */
    void tell(String kind, Level level, String message, Map<String, Object> details) {
        announce(kind, level, message, details);
        relay.deliver();
    }

    List<Member<T>> members() {
        return members;
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
        closed = true;
        Background<T> started = background;
        if (started != null) {
            started.close();
        }
        rebuild();
        relay.deliver();
    }

    @Override
    public String toString() {
        return "LoadBalancer[" + name + ", " + topology + "]";
    }
}
