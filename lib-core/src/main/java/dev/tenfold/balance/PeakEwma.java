package dev.tenfold.balance;

import java.util.random.RandomGenerator;

/**
 * Power of two choices by expected wait: of two distinct draws, whose latency times calls ahead is less.
 *
 * <p>The cost of a call on a member is {@code latency x (in flight / weight + 1) x faults}, see {@link Estimates}. A latency that
 * was measured long ago says little, so the two compared are drawn towards each other by their age: what is left of an estimate
 * after {@link Decay} counts, and the rest is a guess, four fifths of what is known of the two. So a member that was slow is tried
 * again after a while, one that nobody has called yet is as good as any other, and neither attracts every call, because calls
 * in flight on it count from the first. (Finagle lets estimates fall to zero, where calls in flight count for nothing.)
 */
final class PeakEwma<T> implements Picker<T> {

    /**
     * The guess for what was not measured, relative to what was: below 1, so that it is tried even where nothing is in flight. The nearer to
     * 1, the less it attracts many clients that each see little.
     */
    private static final double OPTIMISM = 0.8;

    private final Candidates<T> candidates;
    private final Draw draw;
    private final Ticks ticks;
    private final Decay decay;
    private final double mean;

    PeakEwma(Candidates<T> candidates, RandomGenerator random, Decay decay) {
        this.candidates = candidates;
        this.draw = new Draw(candidates, random);
        this.ticks = candidates.member(0).ticks();
        this.decay = decay;
        this.mean = candidates.meanWeight();
        for (int i = 0; i < candidates.size(); i++) {
            candidates.member(i).decay(decay);
        }
    }

    @Override
    public Member<T> pick() {
        if (candidates.size() == 1) {
            return candidates.member(0);
        }
        long pair = draw.pair();
        int one = Draw.first(pair);
        int two = Draw.second(pair);
        return isDearer(one, two) ? candidates.member(two) : candidates.member(one);
    }

    private boolean isDearer(int one, int two) {
        Member<T> first = candidates.member(one);
        Member<T> second = candidates.member(two);
        int now = ticks.last();
        long a = first.latencyWord();
        long b = second.latencyWord();
        if (a == 0 && b == 0) {
            return load(two) * second.faultFactor(now) < load(one) * first.faultFactor(now);
        }
        double keptA = a == 0 ? Decay.NOTHING : decay.after(now - Estimates.tick(a));
        double keptB = b == 0 ? Decay.NOTHING : decay.after(now - Estimates.tick(b));
        double latencyA = Estimates.estimate(a);
        double latencyB = Estimates.estimate(b);
        // All costs are multiplied by the sum of what is kept, which saves dividing by it.
        double kept = keptA + keptB;
        double guess = OPTIMISM * (latencyA * keptA + latencyB * keptB);
        double costA = (latencyA * keptA * kept + guess * (1 - keptA)) * load(one) * first.faultFactor(now);
        double costB = (latencyB * keptB * kept + guess * (1 - keptB)) * load(two) * second.faultFactor(now);
        return costB < costA;
    }

    /** Calls ahead of the next one and itself. An idle pool is shared by weight, since draws follow the weights. */
    private double load(int index) {
        int inFlight = candidates.member(index).inFlight();
        return candidates.isEven() ? inFlight + 1.0 : inFlight * mean / candidates.weight(index) + 1;
    }
}
