package dev.tenfold.balance;

import dev.tenfold.health.CallCounts;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The counters of one member, on cache lines that it shares with no other.
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
 * <p>The {@linkplain Estimates estimates} share the line: a policy that weighs them reads the calls in flight, too, and they are
 * written far less often. So does what a report needs to know of the endpoint's health, and what a pick hands out.
 *
 * <p><b>Invariant:</b> the low 24 bits are the calls begun and not ended, exactly, as long as fewer than 16,777,216 are in flight
 * on one endpoint. Calls ended are counted modulo 2^40 (the carry out of the top bit is lost and disturbs nothing).
 * <b>Writers:</b> any thread by atomic addition. <b>Readers:</b> any thread.
 */
abstract class Accounts extends Estimates {

    private static final int ENDED = 24;
    private static final long IN_FLIGHT = (1L << ENDED) - 1;
    private static final VarHandle CALLS;
    private static final VarHandle FAILED;
    private static final VarHandle CANCELLED;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            CALLS = lookup.findVarHandle(AccountsFields.class, "calls", long.class);
            FAILED = lookup.findVarHandle(AccountsPadding.class, "failed", long.class);
            CANCELLED = lookup.findVarHandle(AccountsPadding.class, "cancelled", long.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    Accounts(Ticks ticks) {
        super(ticks);
    }

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
        long latency = latencyWord();
        return new CallCounts((calls >>> ENDED) - cancelled, failed, latency == 0 ? 0 : estimate(latency));
    }
}
