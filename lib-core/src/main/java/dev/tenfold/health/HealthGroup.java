package dev.tenfold.health;

import dev.tenfold.observe.Event;
import dev.tenfold.observe.EventRelay;
import dev.tenfold.time.TimeSource;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The health of the members of one pool: the endpoints of a balancer, the nodes of a replica set, the data centres of a
 * service. It keeps a {@link HealthCell} for each, holds ejections under the cap, and tells of every change.
 *
 * <p>It has no thread of its own: what only time changes (an ejection that ends, a slow start that goes on, an interval of the
 * {@link OutlierPolicy} that is over) takes effect in {@link #advance}, which its owner calls when {@link #isDue} says so.
 *
 * <p>Thread-safe. <b>Invariant:</b> when {@code changing} is released, at most {@code floor(maximumEjectedShare * members)}
 * are EJECTED, members being those not DRAINING, and unless {@code ejectsLast} someone takes calls as long as anyone is
 * EJECTED. <b>Writers:</b> changes of state, membership and the summary fields under {@code changing}. <b>Readers:</b> the
 * volatile summary and the cells, lock-free. <b>Order:</b> a change is written, then {@code onChange} runs, then the
 * observer is told, the last two outside the lock.
 */
public final class HealthGroup {

    private static final Due NEVER = new Due(false, 0);
    /** In how many steps the share grows during the slow start. */
    private static final int STEPS = 20;

    private final String source;
    private final HealthPolicy policy;
    private final TimeSource time;
    private final EventRelay relay;
    private final Runnable onChange;
    private final ReentrantLock changing = new ReentrantLock();

    private volatile Map<String, HealthCell> cells = Map.of();
    private volatile Due due = NEVER;
    private volatile boolean room;
    private int counted;
    private int ejected;
    private int taking;
    /** When outliers are looked for next; under the lock. */
    private long nextComparison;

    /**
     * Creates an empty group.
     *
     * @param source the source of its events, such as {@code "balancer/orders"}
     * @param policy the rules
     * @param time the clock
     * @param relay where events go
     * @param onChange run after a change of anyone's state or share, on the thread that caused it and outside every lock; it
     *     reads the group anew and must not throw
     */
    public HealthGroup(String source, HealthPolicy policy, TimeSource time, EventRelay relay, Runnable onChange) {
        this.source = source;
        this.policy = policy;
        this.time = time;
        this.relay = relay;
        this.onChange = onChange;
        this.nextComparison = time.nanoTime() + policy.outliers().interval().toNanos();
    }

    /**
     * Sets who belongs to the group. Who stays keeps its health; who joins an empty group starts as {@link
     * Health#starting}, who joins others as {@link Health#joining}. Costs O(members). The caller knows of this change: {@code
     * onChange} is not run, and events it caused (an ejection that a smaller group does not allow) wait for the relay.
     *
     * @param ids the members
     * @return the cell of each, in the order given; immutable
     */
    public Map<String, HealthCell> update(Collection<String> ids) {
        long now = time.nanoTime();
        Map<String, HealthCell> next = new LinkedHashMap<>(ids.size() * 2);
        changing.lock();
        try {
            boolean first = cells.isEmpty();
            for (String id : ids) {
                HealthCell kept = cells.get(id);
                Health fresh = first ? Health.starting(policy, now) : Health.joining(policy, now);
                next.put(id, kept != null ? kept : new HealthCell(this, id, fresh));
            }
            next = Collections.unmodifiableMap(next);
            cells = next;
            summarise(now);
        } finally {
            changing.unlock();
        }
        return next;
    }

    /**
     * Finds a member.
     *
     * @param id whose
     * @return its cell, or empty
     */
    public Optional<HealthCell> find(String id) {
        return Optional.ofNullable(cells.get(id));
    }

    /**
     * Returns the members.
     *
     * @return an immutable map in the order of the last update
     */
    public Map<String, HealthCell> cells() {
        return cells;
    }

    /**
     * Returns the rules.
     *
     * @return the policy given at the start
     */
    public HealthPolicy policy() {
        return policy;
    }

    /**
     * Says whether anyone's state or share will change by time alone. One volatile read.
     *
     * @return false where {@link #advance} would do nothing, now or later, unless something is reported
     */
    public boolean isWaiting() {
        return due.waits;
    }

    /**
     * Says whether {@link #advance} has something to do.
     *
     * @param now a reading of the group's clock
     * @return whether someone's time is up
     */
    public boolean isDue(long now) {
        Due next = due;
        return next.waits && now - next.at >= 0;
    }

    /** Lets time take effect. Costs O(members); call it when {@link #isDue}. */
    public void advance() {
        long now = time.nanoTime();
        changing.lock();
        try {
            if (!isDue(now)) {
                return;
            }
            for (HealthCell cell : cells.values()) {
                settle(cell, Health::at, now);
            }
            if (!policy.outliers().isEmpty() && now - nextComparison >= 0) {
                ejectOutliers(now);
            }
            summarise(now);
        } finally {
            changing.unlock();
        }
        tell();
    }

    /** Moves one cell: by compare-and-set while its state stays, else under the lock. */
    void apply(HealthCell cell, Transition input) {
        long now = time.nanoTime();
        while (true) {
            Health before = cell.current();
            Health after = input.apply(before, now);
            if (after == before || isHopeless(before, after)) {
                return;
            }
            boolean moves = after.state() != before.state() || after.until() != before.until();
            if (moves || after.waitsForTime() != before.waitsForTime()) {
                break;
            }
            if (cell.replace(before, after)) {
                return;
            }
        }
        changing.lock();
        try {
            if (cells.get(cell.id()) == cell) {
                settle(cell, input, now);
                summarise(now);
            } else {
                // Leaving: its owner may still pick it for a moment, so it obeys, but it counts no more.
                cell.replace(cell.current(), input.apply(cell.current(), now));
            }
        } finally {
            changing.unlock();
        }
        tell();
    }

    /** Keeps a storm of failures on a spared member away from the lock while the cap leaves no room. */
    private boolean isHopeless(Health before, Health after) {
        return before.state() == HealthState.SPARED && after.state() == HealthState.EJECTED && !room;
    }

    private void ejectOutliers(long now) {
        nextComparison = now + policy.outliers().interval().toNanos();
        List<HealthCell> compared = List.copyOf(cells.values());
        List<CallCounts> counts = new ArrayList<>(compared.size());
        for (HealthCell cell : compared) {
            counts.add(cell.sinceLast());
        }
        for (Outliers.Outlier outlier : Outliers.among(counts, policy.outliers())) {
            // One that was just ejected by another rule takes no calls and is left as it is.
            settle(compared.get(outlier.index()), (health, at) -> health.outlying(outlier.why(), at), now);
        }
    }

    private void settle(HealthCell cell, Transition input, long now) {
        Health before;
        Health after;
        do {
            before = cell.current();
            after = input.apply(before, now);
            if (after.state() == HealthState.EJECTED && before.state() != HealthState.EJECTED) {
                String refusal = refusal(before);
                after = refusal.isEmpty() ? after : before.spare(after, refusal);
            }
        } while (!cell.replace(before, after));
        if (after.state() != before.state()) {
            count(before.state(), -1);
            count(after.state(), 1);
            announce(cell.id(), before, after, now);
        }
    }

    /** Why an ejection is not allowed now, or empty. */
    private String refusal(Health before) {
        if (ejected + 1 > allowed()) {
            return ejected + " of " + counted + " are ejected (at most " + percent(policy.maximumEjectedShare()) + ")";
        }
        if (!policy.ejectsLast() && before.state().takesCalls() && taking == 1) {
            return "it is the last that takes calls";
        }
        return "";
    }

    /** How many may be ejected at once; the tiny addition makes 0.3 of 10 three in binary, too. */
    private int allowed() {
        return (int) (policy.maximumEjectedShare() * counted + 1e-9);
    }

    private static String percent(double share) {
        return Math.round(share * 100) + " %";
    }

    /** Counts anew, restores what a smaller group may no longer keep ejected, and sets the next time to look. */
    private void summarise(long now) {
        counted = 0;
        ejected = 0;
        taking = 0;
        for (HealthCell cell : cells.values()) {
            count(cell.current().state(), 1);
        }
        while (ejected > allowed() || (ejected > 0 && taking == 0 && !policy.ejectsLast())) {
            restoreOne(now);
        }
        room = ejected < allowed();
        boolean compares = !policy.outliers().isEmpty() && !cells.isEmpty();
        Due next = compares ? new Due(true, nextComparison) : NEVER;
        for (HealthCell cell : cells.values()) {
            Health health = cell.current();
            if (health.waitsForTime()) {
                long at = nextLook(health, now);
                next = next.waits && next.at - at <= 0 ? next : new Due(true, at);
            }
        }
        due = next;
    }

    private long nextLook(Health health, long now) {
        if (health.state() != HealthState.SLOW_START) {
            return health.until();
        }
        long step = now + Math.max(1, policy.slowStart().toNanos() / STEPS);
        return step - health.until() < 0 ? step : health.until();
    }

    private void restoreOne(long now) {
        HealthCell soonest = null;
        for (HealthCell cell : cells.values()) {
            Health health = cell.current();
            if (health.state() == HealthState.EJECTED
                    && (soonest == null || health.until() - soonest.current().until() < 0)) {
                soonest = cell;
            }
        }
        if (soonest != null) {
            settle(soonest, (health, at) -> health.forgive(at, "too many ejected of " + counted), now);
        }
    }

    private void count(HealthState state, int change) {
        counted += state == HealthState.DRAINING ? 0 : change;
        ejected += state == HealthState.EJECTED ? change : 0;
        taking += state.takesCalls() ? change : 0;
    }

    private void announce(String id, Health before, Health after, long now) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("endpoint", id);
        details.put("from", before.state());
        details.put("to", after.state());
        details.put("reason", after.reason());
        boolean bad = !after.state().isTrusted() && after.state() != HealthState.DRAINING;
        String length = after.isTimed() ? " for " + after.remaining(now) : "";
        length += after.waitsForChecks() ? " and until checks pass" : "";
        relay.add(new Event(
                time.now(),
                source,
                "endpoint." + after.state().name().toLowerCase(Locale.ROOT),
                bad ? Level.WARNING : Level.INFO,
                id + " is " + after.state() + length + ": " + after.reason(),
                details));
    }

    private void tell() {
        onChange.run();
        relay.deliver();
    }

    /** What happens to a health at a time. */
    interface Transition {
        Health apply(Health before, long now);
    }

    private record Due(boolean waits, long at) {}
}
