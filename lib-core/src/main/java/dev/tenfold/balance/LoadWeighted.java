package dev.tenfold.balance;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.IdentityHashMap;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Turns by what the servers report of their load: gRPC's weighted round robin (proposal A58, Y. Ping and others, 2023). A server's
 * weight is {@code calls / (utilization + errors / calls x penalty)}, that is the calls it would take at full utilization, kept
 * between a tenth and ten times the mean. One that reported nothing of late, or only just began to, counts for the mean; while fewer
 * than two are known, the endpoints' own weights decide.
 *
 * <p>There is no timer: the first pick of each period works the weights out anew, in O(candidates).
 *
 * <p><b>Invariant:</b> {@code turns} was made from {@code since}, which is never changed once it is published. <b>Writers:</b> whoever
 * turns {@code due} on. <b>Readers:</b> any thread, and the picker that comes after this one.
 */
final class LoadWeighted<T> implements Picker<T> {

    /** The lightest and the heaviest, relative to the mean; as gRPC's static stride scheduler has them. */
    private static final double LIGHTEST = 0.1;

    private static final double HEAVIEST = 10;
    private static final VarHandle DUE;

    static {
        try {
            DUE = MethodHandles.lookup().findVarHandle(LoadWeighted.class, "due", int.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final Candidates<T> candidates;
    private final RandomGenerator random;
    private final Rules rules;
    private final Ticks ticks;
    /** Since when each candidate has reported without a gap, by the real clock; who is not in it has not. */
    private volatile IdentityHashMap<Member<T>, Long> since;

    private volatile RoundRobin<T> turns;

    /** The tick from which weights are to be worked out anew. */
    private volatile int due;

    LoadWeighted(Candidates<T> candidates, RandomGenerator random, @Nullable Picker<T> previous, Rules rules) {
        this.candidates = candidates;
        this.random = random;
        this.rules = rules;
        this.ticks = candidates.member(0).ticks();
        LoadWeighted<T> before = previous instanceof LoadWeighted<T> same ? same : null;
        this.since = before == null ? new IdentityHashMap<>() : before.since;
        this.turns = weigh(ticks.nanoTime(), before == null ? null : before.turns);
        this.due = ticks.last() + rules.periodTicks();
    }

    @Override
    public Member<T> pick() {
        int now = ticks.last();
        int next = due;
        if (now - next >= 0 && DUE.compareAndSet(this, next, now + rules.periodTicks())) {
            turns = weigh(ticks.nanoTime(), turns);
        }
        return turns.pick();
    }

    private RoundRobin<T> weigh(long now, @Nullable RoundRobin<T> before) {
        double[] weights = new double[candidates.size()];
        IdentityHashMap<Member<T>, Long> reporting = new IdentityHashMap<>();
        double sum = 0;
        int rated = 0;
        for (int i = 0; i < weights.length; i++) {
            weights[i] = rate(candidates.member(i), now, reporting);
            sum += weights[i];
            rated += weights[i] > 0 ? 1 : 0;
        }
        since = reporting;
        if (rated < 2) {
            return new RoundRobin<>(candidates, random, before);
        }
        double mean = sum / rated;
        for (int i = 0; i < weights.length; i++) {
            double weight = weights[i] > 0 ? Math.max(LIGHTEST * mean, Math.min(HEAVIEST * mean, weights[i])) : mean;
            // What a server can take is measured; that it warms up is not.
            double share =
                    candidates.weight(i) / candidates.member(i).endpoint().weight();
            weights[i] = weight * share;
        }
        return new RoundRobin<>(candidates.weighing(weights), random, before);
    }

    /** A candidate's weight by its own report, or 0 where it has none that counts. */
    private double rate(Member<T> member, long now, IdentityHashMap<Member<T>, Long> reporting) {
        Member.Reported reported = member.reported();
        if (reported == null || now - reported.at() >= rules.expiration().toNanos()) {
            return 0;
        }
        Long before = since.get(member);
        long first = before == null ? reported.at() : before;
        reporting.put(member, first);
        return now - first < rules.blackout().toNanos() ? 0 : rules.weight(reported.load());
    }

    /**
     * The parameters.
     *
     * @param blackout how long a server must have reported before it counts
     * @param expiration after what time without a report it counts no more
     * @param period how often weights are worked out
     * @param penalty how much utilization a failed call stands for
     */
    record Rules(Duration blackout, Duration expiration, Duration period, double penalty) {

        int periodTicks() {
            return (int) Math.max(1, Math.min(1 << 30, Ticks.of(period.toNanos(), TimeUnit.NANOSECONDS)));
        }

        double weight(ServerLoad load) {
            return load.callsPerSecond()
                    / (load.utilization() + load.errorsPerSecond() / load.callsPerSecond() * penalty);
        }
    }
}
