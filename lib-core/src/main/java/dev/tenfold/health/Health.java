package dev.tenfold.health;

import dev.tenfold.topology.Outcome;
import java.time.Duration;

/**
 * The health of one endpoint at one moment, and the one state machine that moves it. Immutable and pure: every method
 * takes the time and returns the health that follows, or {@code this} where nothing changes.
 *
 * <pre>{@code
 *  PROBING ----rise checks----> SLOW_START ----window over----> HEALTHY
 *  HEALTHY, SLOW_START ----failures in a row----> EJECTED, or SPARED where the cap forbids it
 *  EJECTED ----time over----> PROBATION ----successes in a row----> SLOW_START
 *  takes calls ----an outlier among its group----> EJECTED, or SPARED
 *  PROBATION ----one failure----> EJECTED, for longer
 *  SPARED ----a success, or time over----> HEALTHY
 *  any ----fall checks----> PROBING          any ----drain----> DRAINING ----resume----> SLOW_START
 * }</pre>
 *
 * <p>Where the policy has no slow start, HEALTHY takes its place. Where it {@linkplain HealthPolicy#returnsByChecks returns by
 * checks}, an ejection and a sparing are over only once as many checks as {@code rise} says have passed since they began, too.
 *
 * <p>Times are readings of {@link dev.tenfold.time.TimeSource#nanoTime()}. {@link HealthCell} keeps one under concurrent
 * reports and {@link HealthGroup} decides who may be ejected.
 */
public final class Health {

    private final HealthPolicy policy;
    private final HealthState state;
    private final long since;
    /** Until when an ejection, a sparing or a slow start lasts; meaningless in the other states. */
    private final long until;
    /** Outcomes in a row: successes in probation, failures elsewhere. */
    private final int streak;
    /** Checks in a row: passed ones above zero, failed ones below; no further than {@code rise} and {@code -fall}. */
    private final int checks;
    /** Ejections since the endpoint was last healthy for long; sets how long the next one lasts. */
    private final int ejections;

    private final String reason;

    private Health(
            HealthPolicy policy,
            HealthState state,
            long since,
            long until,
            int streak,
            int checks,
            int ejections,
            String reason) {
        this.policy = policy;
        this.state = state;
        this.since = since;
        this.until = until;
        this.streak = streak;
        this.checks = checks;
        this.ejections = ejections;
        this.reason = reason;
    }

    /**
     * Starts an endpoint that is as good as any other, as at the start of a pool.
     *
     * @param policy the rules it moves by
     * @param now the time
     * @return HEALTHY, or PROBING where the policy {@linkplain HealthPolicy#startsProbing says so}
     */
    public static Health starting(HealthPolicy policy, long now) {
        HealthState first = policy.startsProbing() ? HealthState.PROBING : HealthState.HEALTHY;
        return new Health(policy, first, now, now, 0, 0, 0, "new");
    }

    /**
     * Starts an endpoint that joins others that are warm.
     *
     * @param policy the rules it moves by
     * @param now the time
     * @return SLOW_START (HEALTHY where the policy has none), or PROBING where the policy says so
     */
    public static Health joining(HealthPolicy policy, long now) {
        Health cold = starting(policy, now);
        return policy.startsProbing() ? cold : cold.up(now, "new");
    }

    /**
     * Takes note that time has passed: an ejection, a sparing or a slow start may be over.
     *
     * @param now the time
     * @return the health at that time
     */
    public Health at(long now) {
        return switch (state) {
            case EJECTED -> isOver(now) ? move(HealthState.PROBATION, until, until, "ejection over") : this;
            case SPARED -> isOver(now) ? move(HealthState.HEALTHY, until, until, "given another chance") : this;
            case SLOW_START ->
                now - until >= 0
                        ? move(HealthState.HEALTHY, until, until, "warm").withStreak(streak)
                        : this;
            case PROBING, HEALTHY, PROBATION, DRAINING -> this;
        };
    }

    /**
     * Takes note of how a call went.
     *
     * @param outcome how it went; CANCELLED says nothing, REJECTED is as good as a success
     * @param now the time
     * @return the health that follows, which may be EJECTED: ask the group's cap before it takes effect
     */
    public Health after(Outcome outcome, long now) {
        Health current = at(now);
        if (outcome == Outcome.CANCELLED) {
            return current;
        }
        boolean failed = outcome.countsAgainstEndpoint();
        return switch (current.state) {
            case HEALTHY, SLOW_START -> failed ? current.failed(outcome, now) : current.withStreak(0);
            case SPARED ->
                failed ? current.failed(outcome, now) : current.move(HealthState.HEALTHY, now, now, "answered");
            case PROBATION -> failed ? current.eject(outcome + " in probation", now) : current.proved(now);
            case PROBING, EJECTED, DRAINING -> current;
        };
    }

    /**
     * Says whether an outcome changes nothing, whatever the time; if so {@link #after} need not be asked.
     *
     * @param outcome how a call went
     * @return true for what every call on a healthy endpoint reports. Where a SUCCESS is ignored, so is every outcome that does not
     *     {@linkplain Outcome#countsAgainstEndpoint() count against the endpoint}
     */
    public boolean ignores(Outcome outcome) {
        return switch (state) {
            case HEALTHY, SLOW_START -> streak == 0 && !outcome.countsAgainstEndpoint();
            case SPARED, PROBATION -> outcome == Outcome.CANCELLED;
            case PROBING, EJECTED, DRAINING -> true;
        };
    }

    /**
     * Takes note of an active check.
     *
     * @param passed whether the endpoint answered as it should
     * @param now the time
     * @return the health that follows
     */
    public Health checked(boolean passed, long now) {
        return checked(passed, "", now);
    }

    /**
     * Takes note of an active check and of why it failed.
     *
     * @param passed whether the endpoint answered as it should
     * @param why what was wrong, in a few words; empty where it is not known or nothing was
     * @param now the time
     * @return the health that follows
     */
    public Health checked(boolean passed, String why, long now) {
        Health current = at(now);
        if (current.state == HealthState.DRAINING) {
            return current;
        }
        int inARow = passed ? Math.max(current.checks, 0) + 1 : Math.min(current.checks, 0) - 1;
        if (current.state == HealthState.PROBING) {
            return inARow >= policy.rise() ? current.up(now, inARow + " checks passed") : current.withChecks(inARow);
        }
        String last = why.isEmpty() ? "" : ", the last: " + why;
        return -inARow >= policy.fall()
                ? current.move(HealthState.PROBING, now, now, -inARow + " checks failed" + last)
                : current.withChecks(inARow).at(now);
    }

    /**
     * Takes note that the endpoint does worse than the others of its group.
     *
     * @param why what it does worse, in a few words
     * @param now the time
     * @return EJECTED where it took calls (ask the group's cap before it takes effect), else the health as it is
     */
    public Health outlying(String why, long now) {
        Health current = at(now);
        return current.state.takesCalls() ? current.eject(why, now) : current;
    }

    /**
     * Takes the endpoint out on a person's behalf.
     *
     * @param now the time
     * @return DRAINING
     */
    public Health drain(long now) {
        return state == HealthState.DRAINING ? this : move(HealthState.DRAINING, now, now, "drained");
    }

    /**
     * Takes a drained endpoint back.
     *
     * @param now the time
     * @return PROBING or SLOW_START, as a joining one; an endpoint that was not drained is left as it is
     */
    public Health resume(long now) {
        if (state != HealthState.DRAINING) {
            return this;
        }
        return policy.startsProbing() ? move(HealthState.PROBING, now, now, "resumed") : up(now, "resumed");
    }

    /** Replaces an ejection that the cap forbids; called on the health before it. */
    Health spare(Health ejected, String because) {
        return state == HealthState.SPARED
                ? this
                : new Health(
                        policy,
                        HealthState.SPARED,
                        ejected.since,
                        ejected.until,
                        0,
                        Math.min(checks, 0),
                        ejections,
                        ejected.reason + "; " + because);
    }

    /** Ends an ejection before its time; what only checks may bring back is not trusted for that. */
    Health forgive(long now, String because) {
        return policy.returnsByChecks()
                ? move(HealthState.SPARED, now, until, because)
                : move(HealthState.PROBATION, now, now, because);
    }

    /**
     * Returns the state.
     *
     * @return where the endpoint stands
     */
    public HealthState state() {
        return state;
    }

    /**
     * Returns which part of its weight the endpoint is to get. In a slow start that is {@code max(minimumShare, (t /
     * window)^(1 / aggression))}, the formula of Envoy's slow start mode.
     *
     * @param now the time
     * @return 0 where it takes no calls, to 1
     */
    public double share(long now) {
        return switch (state) {
            case PROBING, EJECTED, DRAINING -> 0;
            case HEALTHY, SPARED -> 1;
            case PROBATION -> policy.minimumShare();
            case SLOW_START -> {
                double done = (double) (now - since) / (until - since);
                double grown = policy.aggression() == 1 ? done : Math.pow(Math.max(0, done), 1 / policy.aggression());
                yield Math.max(policy.minimumShare(), Math.min(1, grown));
            }
        };
    }

    /**
     * Returns how long the current ejection, sparing or slow start goes on; what only checks end may take longer.
     *
     * @param now the time
     * @return zero in a state that time does not end
     */
    public Duration remaining(long now) {
        return isTimed() ? Duration.ofNanos(Math.max(0, until - now)) : Duration.ZERO;
    }

    /**
     * Returns how long the endpoint has been in its state.
     *
     * @param now the time
     * @return at least zero
     */
    public Duration age(long now) {
        return Duration.ofNanos(Math.max(0, now - since));
    }

    /**
     * Returns how often the endpoint was ejected since it was last healthy for long.
     *
     * @return at least 0
     */
    public int ejections() {
        return ejections;
    }

    /**
     * Returns what led to the current state.
     *
     * @return a few words, such as {@code "5 failures in a row, the last CONNECT_FAILED"}
     */
    public String reason() {
        return reason;
    }

    boolean isTimed() {
        return state == HealthState.EJECTED || state == HealthState.SPARED || state == HealthState.SLOW_START;
    }

    /** Says whether {@link #at} will change this. */
    boolean waitsForTime() {
        return state == HealthState.SLOW_START || (isTimed() && !waitsForChecks());
    }

    /** Says whether this lasts until checks have passed, however late it is. */
    boolean waitsForChecks() {
        boolean out = state == HealthState.EJECTED || state == HealthState.SPARED;
        return out && policy.returnsByChecks() && checks < policy.rise();
    }

    long until() {
        return until;
    }

    private boolean isOver(long now) {
        return now - until >= 0 && !waitsForChecks();
    }

    private Health failed(Outcome outcome, long now) {
        int inARow = state == HealthState.SPARED ? policy.consecutiveFailures() : streak + 1;
        if (policy.consecutiveFailures() == 0) {
            return this;
        }
        return inARow >= policy.consecutiveFailures()
                ? eject(inARow + (inARow == 1 ? " failure" : " failures in a row, the last") + " " + outcome, now)
                : withStreak(inARow);
    }

    private Health eject(String because, long now) {
        boolean longHealthy = state == HealthState.HEALTHY
                && now - since >= policy.maximumEjectionTime().toNanos();
        int count = longHealthy ? 1 : ejections + 1;
        long first = policy.ejectionTime().toNanos();
        long longest = policy.maximumEjectionTime().toNanos();
        int doublings = count - 1;
        long length = doublings >= 63 || first > longest >> doublings ? longest : first << doublings;
        return new Health(policy, HealthState.EJECTED, now, now + length, 0, Math.min(checks, 0), count, because);
    }

    private Health proved(long now) {
        int inARow = streak + 1;
        return inARow >= policy.probationSuccesses() ? up(now, inARow + " successes in probation") : withStreak(inARow);
    }

    private Health up(long now, String because) {
        long window = policy.slowStart().toNanos();
        return window > 0
                ? move(HealthState.SLOW_START, now, now + window, because)
                : move(HealthState.HEALTHY, now, now, because);
    }

    private Health move(HealthState next, long since, long until, String because) {
        // What was counted on one side of PROBING says nothing on the other.
        boolean turns = state == HealthState.PROBING || next == HealthState.PROBING || next == HealthState.DRAINING;
        return new Health(policy, next, since, until, 0, turns ? 0 : checks, ejections, because);
    }

    private Health withStreak(int streak) {
        return streak == this.streak
                ? this
                : new Health(policy, state, since, until, streak, checks, ejections, reason);
    }

    private Health withChecks(int inARow) {
        int checks = Math.max(-policy.fall(), Math.min(policy.rise(), inARow));
        return checks == this.checks
                ? this
                : new Health(policy, state, since, until, streak, checks, ejections, reason);
    }

    @Override
    public String toString() {
        return state + " (" + reason + ")";
    }
}
