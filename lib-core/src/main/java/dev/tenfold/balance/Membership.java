package dev.tenfold.balance;

import dev.tenfold.error.UnavailableException;
import dev.tenfold.health.HealthCell;
import dev.tenfold.health.HealthGroup;
import dev.tenfold.health.HealthPolicy;
import dev.tenfold.observe.Event;
import dev.tenfold.observe.EventRelay;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Endpoint;
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
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Who is in a balancer's pool, in which health, and the picture of it that picks read.
 *
 * <p>Thread-safe. Reading the picture is one volatile read.
 */
final class Membership<T> {

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
            POOL = MethodHandles.lookup().findVarHandle(Membership.class, "pool", Pool.class);
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
    /** The calls of all members together, where they are limited. */
    private final @Nullable AtomicInteger shared;

    private final Consumer<Member<T>> departed;
    private final ReentrantLock changing = new ReentrantLock();
    private volatile Pool<T> pool = Pool.empty();
    private volatile Topology<T> topology;
    private volatile List<Member<T>> members = List.of();
    private volatile boolean closed;
    private volatile @Nullable Background<T> background;

    /** Admits the endpoints of the builder; {@code departed} is told of each member that leaves. */
    Membership(LoadBalancerBuilder<T> from, @Nullable AtomicInteger shared, Consumer<Member<T>> departed) {
        this.shared = shared;
        this.departed = departed;
        name = from.name;
        policy = from.policy;
        panicThreshold = from.panicThreshold;
        time = from.time;
        random = from.random;
        ticks = new Ticks(time);
        relay = new EventRelay(from.observer);
        health = new HealthGroup("balancer/" + name, effective(from), time, relay, this::rebuild);
        topology = Topology.of(from.endpoints);
        admit(topology);
        rebuild();
    }

    /** Where endpoints are checked, an ejected one comes back only once checks have passed. */
    private static HealthPolicy effective(LoadBalancerBuilder<?> from) {
        return from.healthCheck == null
                ? from.health
                : from.health.toBuilder().returnsByChecks(true).build();
    }

    Pool<T> pool() {
        return pool;
    }

    /** Returns the pool as it is at a time: what only time changes has taken effect. */
    Pool<T> poolAt(long now) {
        ticks.at(now);
        Pool<T> current = pool;
        if (current.waits() && health.isDue(now)) {
            health.advance();
            return pool;
        }
        return current;
    }

    /** Begins a call on somebody who is not in {@code tried}; null where all candidates are, or none has room. */
    @Nullable
    Member<T> beginOther(long now, List<Member<T>> tried, @Nullable Long key, @Nullable Limits limits) {
        Pool<T> current = poolAt(now);
        Member<T> member = current.pickOther(tried, key, random);
        if (member != null && limits != null) {
            return limits.begin(current, member, tried, random);
        }
        if (member != null) {
            member.begin();
        }
        return member;
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
        List<Member<T>> after = new ArrayList<>(cells.size());
        int joined = 0;
        for (Endpoint<T> endpoint : next.endpoints()) {
            Member<T> member = before.remove(endpoint.id());
            if (member == null) {
                member = new Member<>(endpoint, Objects.requireNonNull(cells.get(endpoint.id())), ticks, shared);
                joined++;
            } else {
                member.replace(endpoint);
            }
            after.add(member);
        }
        before.values().forEach(departed);
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

    /** Tells the observer at once; call it holding no lock. */
    void tell(String kind, Level level, String message, Map<String, Object> details) {
        announce(kind, level, message, details);
        relay.deliver();
    }

    void tellAbandoned(long count) {
        tell(
                "selection.abandoned",
                Level.WARNING,
                count + " selections were neither reported nor closed; use try-with-resources",
                Map.of("count", count));
    }

    UnavailableException unavailable() {
        List<String> reasons = Description.reasons(members, time.nanoTime());
        String what = closed ? "it is closed" : reasons.isEmpty() ? "it has no endpoints" : "no endpoint takes calls";
        return new UnavailableException("load balancer '" + name + "': " + what, reasons, null);
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

    Topology<T> topology() {
        return topology;
    }

    List<Member<T>> members() {
        return members;
    }

    HealthGroup health() {
        return health;
    }

    boolean isClosed() {
        return closed;
    }

    /** Ends picking, and stops what was attached. */
    void close() {
        closed = true;
        Background<T> started = background;
        if (started != null) {
            started.close();
        }
        rebuild();
        relay.deliver();
    }
}
