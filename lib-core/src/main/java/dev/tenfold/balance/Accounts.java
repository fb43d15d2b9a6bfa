package dev.tenfold.balance;

import dev.tenfold.health.CallCounts;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The counters of one member, on cache lines of their own.
 *
 * <p>A pick and its report write one word, so that together they cost two atomic additions and nothing else:
 *
 * <pre>
 *   calls:  63              24 23            0
 *          +------------------+---------------+
 *          | ended            | in flight     |      pick: + 1      report: + (1 << 24) - 1
 *          +------------------+---------------+
 * </pre>
 *
 * <p><b>Invariant:</b> the low 24 bits are the calls begun and not ended, exactly, as long as fewer than 16,777,216 are in flight
 * on one endpoint. Calls ended are counted modulo 2^40 (the carry out of the top bit is lost and disturbs nothing).
 * <b>Writers:</b> any thread by atomic addition. <b>Readers:</b> any thread.
 */
abstract class Accounts extends AccountsPadding.Counters {

    private static final int ENDED = 24;
    private static final long IN_FLIGHT = (1L << ENDED) - 1;
    private static final VarHandle CALLS;
    private static final VarHandle FAILED;
    private static final VarHandle CANCELLED;
    private static final VarHandle NANOS;
    private static final VarHandle TIMED;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            CALLS = lookup.findVarHandle(AccountsPadding.Counters.class, "calls", long.class);
            FAILED = lookup.findVarHandle(AccountsPadding.Counters.class, "failed", long.class);
            CANCELLED = lookup.findVarHandle(AccountsPadding.Counters.class, "cancelled", long.class);
            NANOS = lookup.findVarHandle(AccountsPadding.Counters.class, "nanos", long.class);
            TIMED = lookup.findVarHandle(AccountsPadding.Counters.class, "timed", long.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    // Keeps whatever follows in the subclass off the line of the counters.
    @SuppressWarnings("unused")
    private long q0, q1, q2, q3, q4, q5, q6, q7, q8, q9, qa, qb, qc, qd, qe;

    /** Begins a call; returns how many were begun before it, modulo 2^40. */
    final long begin() {
        long before = (long) CALLS.getAndAdd(this, 1L);
        return (before >>> ENDED) + (before & IN_FLIGHT);
    }

    /** Begins a call if fewer than {@code limit} are in flight. */
    final boolean tryBegin(int limit) {
        long before = calls;
        while ((before & IN_FLIGHT) < limit) {
            long seen = (long) CALLS.compareAndExchange(this, before, before + 1);
            if (seen == before) {
                return true;
            }
            before = seen;
        }
        return false;
    }

    /** Ends a call. */
    final void end(boolean failure) {
        CALLS.getAndAdd(this, (1L << ENDED) - 1);
        if (failure) {
            FAILED.getAndAdd(this, 1L);
        }
    }

    /** Notes that a call that has ended says nothing of the endpoint. */
    final void cancelled() {
        CANCELLED.getAndAdd(this, 1L);
    }

    /** Notes how long an answered call took. */
    final void took(long latencyNanos) {
        NANOS.getAndAdd(this, latencyNanos);
        TIMED.getAndAdd(this, 1L);
    }

    /**
     * Returns how many calls were picked for this member and not yet reported. Exact; one memory read.
     *
     * @return 0 to 16,777,215
     */
    public final int inFlight() {
        return (int) ((long) CALLS.getOpaque(this) & IN_FLIGHT);
    }

    final long picks() {
        long now = calls;
        return (now >>> ENDED) + (now & IN_FLIGHT);
    }

    final long failures() {
        return failed;
    }

    /** Returns what was counted so far; read one by one, so that a call that ends meanwhile may be in some of them only. */
    final CallCounts counts() {
        return new CallCounts((calls >>> ENDED) - cancelled, failed, meanNanos());
    }

    final long meanNanos() {
        long count = timed;
        return count == 0 ? 0 : nanos / count;
    }
}

/** Fields laid out by superclass, so that the counters share no line with anything else. */
final class AccountsPadding {

    private AccountsPadding() {}

    abstract static class Before {
        @SuppressWarnings("unused")
        private long p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, pa, pb, pc, pd, pe;
    }

    abstract static class Counters extends Before {
        volatile long calls;
        volatile long failed;
        volatile long cancelled;
        volatile long nanos;
        volatile long timed;
    }
}
