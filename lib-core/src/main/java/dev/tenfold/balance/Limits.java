package dev.tenfold.balance;

import dev.tenfold.error.OverloadedException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * How many calls may be in flight at once: on each endpoint, and on all together. Both are exact: a call begins only if there is
 * room for it at that moment, and no call is refused while there is.
 *
 * <p><b>Invariant:</b> {@code inFlight} is the calls begun on the balancer's members and not ended, those on members that left
 * included; it is kept only where the pool has a limit, since all picks write it. <b>Writers:</b> any thread, by
 * compare-and-set upwards and subtraction downwards.
 */
final class Limits {

    /** How often the policy is asked again before whoever has room will do. */
    private static final int REDRAWS = 3;

    private final int perEndpoint;
    private final int perPool;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final LongAdder refused = new LongAdder();

    private Limits(int perEndpoint, int perPool) {
        this.perEndpoint = perEndpoint;
        this.perPool = perPool;
    }

    /** Returns the limits, or null where there are none; 0 is no limit. */
    static @Nullable Limits of(int perEndpoint, int perPool) {
        return perEndpoint == 0 && perPool == 0 ? null : new Limits(perEndpoint, perPool);
    }

    /** What counts the calls of all members together, or null where nobody needs it. */
    @Nullable
    AtomicInteger shared() {
        return perPool == 0 ? null : inFlight;
    }

    /** How many picks found no room. */
    long refused() {
        return refused.sum();
    }

    /**
     * Begins a call on the member picked or, where it has no room, on another that has and is not in {@code tried}.
     *
     * @return on whom, or null where nobody has room
     */
    <T> @Nullable Member<T> begin(Pool<T> pool, Member<T> picked, List<Member<T>> tried, RandomGenerator random) {
        if (perPool != 0 && !enter()) {
            refused.increment();
            return null;
        }
        Member<T> member = perEndpoint == 0 ? unlimited(picked) : withRoom(pool, picked, tried, random);
        if (member == null) {
            refused.increment();
            if (perPool != 0) {
                inFlight.decrementAndGet();
            }
        }
        return member;
    }

    OverloadedException overloaded(String name) {
        boolean full = perPool != 0 && inFlight.get() >= perPool;
        return new OverloadedException("load balancer '" + name + "': "
                + (full
                        ? perPool + " calls are in flight, as many as maximumInFlightOfPool allows"
                        : "every endpoint that takes calls has " + perEndpoint
                                + " in flight, as many as maximumInFlight allows"));
    }

    private boolean enter() {
        int before = inFlight.get();
        while (before < perPool) {
            int seen = inFlight.compareAndExchange(before, before + 1);
            if (seen == before) {
                return true;
            }
            before = seen;
        }
        return false;
    }

    private static <T> Member<T> unlimited(Member<T> picked) {
        picked.begin();
        return picked;
    }

    private <T> @Nullable Member<T> withRoom(
            Pool<T> pool, Member<T> picked, List<Member<T>> tried, RandomGenerator random) {
        if (picked.tryBegin(perEndpoint)) {
            return picked;
        }
        Picker<T> picker = pool.picker();
        Candidates<T> candidates = pool.candidates();
        if (picker == null || candidates == null) {
            return null;
        }
        for (int i = 0; i < REDRAWS; i++) {
            Member<T> other = picker.pick();
            if (!tried.contains(other) && other.tryBegin(perEndpoint)) {
                return other;
            }
        }
        int place = random.nextInt(candidates.size());
        for (int i = 0; i < candidates.size(); i++) {
            Member<T> next = candidates.member((place + i) % candidates.size());
            if (!tried.contains(next) && next.tryBegin(perEndpoint)) {
                return next;
            }
        }
        return null;
    }
}
