package dev.tenfold.balance;

import dev.tenfold.Call;
import dev.tenfold.Selector;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.health.HealthCell;
import dev.tenfold.health.HealthGroup;
import dev.tenfold.health.HealthPolicy;
import dev.tenfold.observe.Event;
import dev.tenfold.observe.EventRelay;
import dev.tenfold.observe.Measured;
import dev.tenfold.observe.Measurement;
import dev.tenfold.retry.Backoff;
import dev.tenfold.retry.RetryBudget;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Selection;
import dev.tenfold.topology.Topology;
import java.lang.System.Logger.Level;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
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
 * <p>It starts no thread and opens nothing. Endpoints that stay through an {@link #update} keep their load, latency and
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
    private final Ticks ticks;
    private final EventRelay relay;
    private final HealthGroup health;
    private final Calls<T> once;
    private final Calls<T> repeating;

    private final ReentrantLock changing = new ReentrantLock();
    private volatile Pool<T> pool = Pool.empty();
    private volatile Topology<T> topology;
    private volatile List<Member<T>> members = List.of();
    private volatile boolean closed;
    private final Readings readings = new Readings();
    private final List<Measurement> measurements;

    LoadBalancer(LoadBalancerBuilder<T> from) {
        name = from.name;
        policy = from.policy;
        panicThreshold = from.panicThreshold;
        time = from.time;
        random = from.random;
        ticks = new Ticks(time);
        relay = new EventRelay(from.observer);
        health = new HealthGroup("balancer/" + name, from.health, time, relay, this::rebuild);
        RetryBudget budget = from.retryBudget != null ? from.retryBudget : RetryBudget.standard();
        once = new Calls<>(this, from, Backoff.none(), budget);
        repeating = new Calls<>(this, from, from.retries, budget);
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
            Call<? super T, ? extends R, ? extends X> call, Function<? super R, Outcome> judge) throws X {
        return once.call(call, judge);
    }

    @Override
    public <R extends @Nullable Object> CompletionStage<R> callAsync(
            Function<? super T, ? extends CompletionStage<R>> call, Function<? super R, Outcome> judge) {
        return once.callAsync(call, judge);
    }

    /**
     * Returns the caller for calls that may be made twice: a call whose outcome {@linkplain
     * Outcome#countsAgainstEndpoint counts against} its endpoint is made again on another one, as often as {@code retries}
     * says and the retry budget allows. When no attempt is left the last failure, or the last answer, is the caller's.
     *
     * @return a caller over the same endpoints
     */
    public Caller<T> idempotent() {
        return repeating;
    }

    @Override
    public Selection<T> select() {
        return lease();
    }

    Lease<T> lease() {
        long now = time.nanoTime();
        ticks.at(now);
        return new Lease<>(pickAt(now), time, now);
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
     */
    public Member<T> pick() {
        Pool<T> now = pool;
        Picker<T> picker = now.picker();
        if (picker == null) {
            return pickAt(time.nanoTime());
        }
        Member<T> member = picker.pick();
        long picks = member.begin();
        if (now.waits() && (picks & 15) == 0 && health.isDue(time.nanoTime())) {
            health.advance();
        }
        return member;
    }

    /**
     * Picks an endpoint for a key, as {@link #pick()} does: where the {@linkplain Policy policy} places by key, the same one for
     * the same key while the pool is the same.
     *
     * @param keyHash 64 well-mixed bits of the key
     * @return the endpoint's accounts, on which a call has begun
     * @throws UnavailableException if there is no endpoint to pick
     */
    public Member<T> pick(long keyHash) {
        Pool<T> now = poolAt(time.nanoTime());
        Picker<T> picker = now.picker();
        if (picker == null) {
            throw unavailable();
        }
        Member<T> member = picker.pick(keyHash);
        member.begin();
        return member;
    }

    private Member<T> pickAt(long now) {
        Picker<T> picker = poolAt(now).picker();
        if (picker == null) {
            throw unavailable();
        }
        Member<T> member = picker.pick();
        member.begin();
        return member;
    }

    /** Picks somebody who is not in {@code tried}, or nobody where all candidates are. */
    @Nullable
    Lease<T> leaseOther(List<Member<T>> tried) {
        long start = time.nanoTime();
        Member<T> member = poolAt(start).pickOther(tried, random);
        if (member == null) {
            return null;
        }
        member.begin();
        return new Lease<>(member, time, start);
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
        changing.lock();
        try {
            if (closed) {
                throw new IllegalStateException("load balancer '" + name + "' is closed; build another");
            }
            admit(topology.next(endpoints));
        } finally {
            changing.unlock();
        }
        rebuild();
        relay.deliver();
    }

    /** Takes over the members that stay, by id. */
    private void admit(Topology<T> next) {
        Map<String, Member<T>> before = new HashMap<>();
        for (Member<T> member : members) {
            before.put(member.endpoint().id(), member);
        }
        Map<String, HealthCell> cells =
                health.update(next.endpoints().stream().map(Endpoint::id).toList());
        List<Member<T>> after = new ArrayList<>(cells.size());
        int joined = 0;
        for (Endpoint<T> endpoint : next.endpoints()) {
            Member<T> member = before.remove(endpoint.id());
            if (member == null) {
                member = new Member<>(endpoint, Objects.requireNonNull(cells.get(endpoint.id())), ticks);
                joined++;
            } else {
                member.replace(endpoint);
            }
            after.add(member);
        }
        before.values().forEach(readings::departed);
        topology = next;
        members = List.copyOf(after);
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
     * Prints the pool for a person: one line for the pool and one for each endpoint with its state, weight, calls and reason.
     *
     * @return several lines
     */
    public String describe() {
        return Description.of(name, poolAt(time.nanoTime()), time.nanoTime());
    }

    @Override
    public List<Measurement> measurements() {
        return measurements;
    }

    List<Member<T>> members() {
        return members;
    }

    long retries() {
        return repeating.repeated();
    }

    /** Ends picking: what follows fails with {@link UnavailableException}; calls in flight end as usual. */
    @Override
    public void close() {
        closed = true;
        rebuild();
        relay.deliver();
    }

    @Override
    public String toString() {
        return "LoadBalancer[" + name + ", " + topology + "]";
    }
}
