package dev.tenfold.balance;

import dev.tenfold.topology.Outcome;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;

/**
 * What one member's calls have taught: how long an answer takes, and how many calls fail.
 *
 * <p><b>Latency</b> is Finagle's peak-EWMA (M. Kinkaid and others, {@code PeakEwma}, 2013): a sample above the estimate replaces it
 * at once; one below it pulls it down by {@code 1 - exp(-age / decay)}, where the age is that of the estimate. Within one tick
 * (about a millisecond) only peaks count, so that a busy member's estimate is read by every call and written by few.
 *
 * <p><b>Faults</b> are the share of failures among the last calls, each of which weighs an eighth. They are kept apart from the
 * latency because a quick failure is no quick answer: it leaves the latency as it was and makes every call dearer by the
 * number of attempts that one success takes, {@code 1 / (1 - share)}, until the last failure lies back by half the decay time.
 *
 * <pre>
 *   latency, faults:  63            32 31           0
 *                    +----------------+--------------+
 *                    | float          | tick         |      0: nothing known
 *                    +----------------+--------------+
 * </pre>
 *
 * <p><b>Invariant:</b> each word is one estimate and its own time, replaced as a whole. <b>Writers:</b> any thread by
 * compare-and-set; of two that meet, a peak or a failure tries again and anything else is given up, as if it had come within the
 * same tick. <b>Readers:</b> any thread; the two words are read one after the other and need not belong together.
 */
abstract class Estimates extends AccountsFields {

    /** The most a share of failures can be, so that a member that fails always costs 1,024 times as much, not infinitely. */
    private static final float MOST_FAULTS = 1 - 1f / 1024;

    private static final float FAULT_STEP = 1f / 8;
    private static final float FEWEST_FAULTS = 1f / 64;
    private static final VarHandle LATENCY;
    private static final VarHandle FAULTS;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            LATENCY = lookup.findVarHandle(AccountsFields.class, "latency", long.class);
            FAULTS = lookup.findVarHandle(AccountsFields.class, "faults", long.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final Ticks ticks;
    private volatile Decay decay = Decay.STANDARD;

    Estimates(Ticks ticks) {
        this.ticks = ticks;
    }

    /** Sets how fast the latency is forgotten; for the policy that reads it. */
    final void decay(Decay next) {
        decay = next;
    }

    final Decay decay() {
        return decay;
    }

    /** The balancer's coarse clock. */
    final Ticks ticks() {
        return ticks;
    }

    /** Learns from a call's outcome and from how long it took. */
    final void learn(Outcome outcome, long latencyNanos, int tick) {
        long before = (long) LATENCY.getOpaque(this);
        boolean answered = outcome == Outcome.SUCCESS || outcome == Outcome.REJECTED;
        // A refused connection is quick and a cancelled call is short: neither says how fast the endpoint answers,
        // only how slow it is at least.
        if (answered || (before == 0 ? outcome == Outcome.TIMED_OUT : latencyNanos > estimate(before))) {
            sample(before, (float) Math.max(1, latencyNanos), tick);
        }
        learn(outcome, tick);
    }

    /** Whether there is anything to learn from an outcome alone: a failure, or a success after one. */
    final boolean teaches(Outcome outcome) {
        return outcome.countsAgainstEndpoint() || (long) FAULTS.getOpaque(this) != 0;
    }

    /** Learns from a call's outcome. */
    final void learn(Outcome outcome, int tick) {
        long before = (long) FAULTS.getOpaque(this);
        if (outcome.countsAgainstEndpoint()) {
            long after;
            while (true) {
                float share = estimate(before);
                after = word(Math.min(MOST_FAULTS, share + (1 - share) * FAULT_STEP), tick);
                if (FAULTS.compareAndSet(this, before, after)) {
                    return;
                }
                before = faults;
            }
        }
        if (before != 0 && outcome != Outcome.CANCELLED) {
            float share = estimate(before) * (1 - FAULT_STEP);
            boolean over = share < FEWEST_FAULTS || isForgiven(before, tick);
            FAULTS.compareAndSet(this, before, over ? 0 : word(share, tick(before)));
        }
    }

    /** Makes it as if no call had ever been made. */
    final void forget() {
        LATENCY.setVolatile(this, 0L);
        FAULTS.setVolatile(this, 0L);
    }

    private void sample(long before, float sample, int tick) {
        long now = before;
        while (now == 0 || sample > estimate(now)) {
            if (LATENCY.compareAndSet(this, now, word(sample, tick))) {
                return;
            }
            now = latency;
        }
        int age = tick - tick(now);
        if (age > 0) {
            float kept = (float) decay.after(age);
            LATENCY.compareAndSet(this, now, word(estimate(now) * kept + sample * (1 - kept), tick));
        }
    }

    /**
     * Returns how long this endpoint's answers take: a peak-sensitive moving average that rises at once and falls over about 10
     * seconds, or what {@link Policies#peakEwma(Duration)} was given.
     *
     * @return zero while nothing is known
     */
    public final Duration latency() {
        long now = latency;
        return now == 0 ? Duration.ZERO : Duration.ofNanos((long) estimate(now));
    }

    /** The estimate and its tick in one word, or 0 where nothing is known. */
    final long latencyWord() {
        return (long) LATENCY.getOpaque(this);
    }

    /**
     * How much dearer failures make a call: at least 1, and 1 again once the last of them lies back by half the decay time, since
     * somebody must find out whether it still fails.
     */
    final double faultFactor(int now) {
        long word = (long) FAULTS.getOpaque(this);
        return word == 0 || isForgiven(word, now) ? 1 : 1 / (1 - estimate(word));
    }

    private boolean isForgiven(long faults, int now) {
        return now - tick(faults) > decay.ticks() / 2;
    }

    static float estimate(long word) {
        return Float.intBitsToFloat((int) (word >>> 32));
    }

    static int tick(long word) {
        return (int) word;
    }

    private static long word(float estimate, int tick) {
        return ((long) Float.floatToRawIntBits(estimate) << 32) | (tick & 0xFFFF_FFFFL);
    }
}
