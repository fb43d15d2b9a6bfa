package dev.tenfold.balance;

import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * nginx's smooth weighted round robin, whose turns of {5, 1, 1} are a a b a c a a (I. Sysoev and others, nginx 1.3.1,
 * {@code ngx_http_upstream_round_robin}, 2012).
 *
 * <p>The algorithm is serial: each pick adds every weight to its candidate's account and charges the winner the sum of all. But
 * from accounts of zero it comes back to zero after as many picks as the weights sum up to, so its whole cycle is worked out
 * beforehand, here and once, and picking is walking along it. Each thread walks on one of as many cursors as there are processors
 * ({@link Turns}): every cursor sees the exact sequence, and over all of them a candidate is off its share by less than one pick
 * for each cursor. Cursors start at random places, so that many clients do not begin with the same endpoint.
 *
 * <p><b>Bounds:</b> weights are reduced to the smallest whole numbers in their proportion. Where working the cycle out would take
 * more than {@value #MOST_STEPS} steps (its length times the candidates), weights are rounded to the nearest in a cycle that does
 * not, and where not even that leaves each candidate a turn, {@link RoundRobin} takes its place.
 *
 * <p>When candidates change, each cursor goes on with the candidate whose turn it was, or the next that stayed, as far into the new
 * cycle as it was in the old.
 */
final class SmoothRoundRobin<T> implements Picker<T> {

    /** About 10 ms. */
    static final int MOST_STEPS = 1 << 22;

    /** The largest factor tried to make weights whole. */
    private static final int FINEST = 1_000;

    private static final double ROUNDING = 1e-9;

    private final Candidates<T> candidates;
    private final int[] cycle;
    private final Turns turns;
    private final long[] shifts;

    private SmoothRoundRobin(
            Candidates<T> candidates,
            int[] weights,
            @Nullable SmoothRoundRobin<T> before,
            RandomGenerator random,
            Turns fresh) {
        this.candidates = candidates;
        this.cycle = cycle(weights);
        this.turns = before == null ? fresh : before.turns;
        this.shifts = new long[turns.stripes()];
        IdentityHashMap<Member<T>, Integer> places = new IdentityHashMap<>();
        for (int i = 0; i < candidates.size(); i++) {
            places.put(candidates.member(i), i);
        }
        for (int stripe = 0; stripe < shifts.length; stripe++) {
            shifts[stripe] = before == null ? random.nextInt(cycle.length) : shiftAfter(before, places, stripe);
        }
    }

    static <T> Picker<T> over(Candidates<T> candidates, RandomGenerator random, @Nullable Picker<T> previous) {
        return over(candidates, random, previous, new Turns());
    }

    static <T> Picker<T> over(
            Candidates<T> candidates, RandomGenerator random, @Nullable Picker<T> previous, Turns fresh) {
        int[] weights = wholeWeights(candidates);
        if (weights.length == 0) {
            return new RoundRobin<>(candidates, random, previous);
        }
        SmoothRoundRobin<T> before = previous instanceof SmoothRoundRobin<T> same ? same : null;
        return new SmoothRoundRobin<>(candidates, weights, before, random, fresh);
    }

    @Override
    public Member<T> pick() {
        int stripe = turns.stripe();
        long turn = (turns.next(stripe) + shifts[stripe]) & Long.MAX_VALUE;
        return candidates.member(cycle[(int) (turn % cycle.length)]);
    }

    /** Whole weights in the proportion of the candidates', or none where there are too many candidates for any. */
    private static int[] wholeWeights(Candidates<?> candidates) {
        int size = candidates.size();
        double[] relative = new double[size];
        double heaviest = candidates.heaviest();
        double least = 1;
        for (int i = 0; i < size; i++) {
            relative[i] = candidates.weight(i) / heaviest;
            least = Math.min(least, relative[i]);
        }
        int longest = MOST_STEPS / size;
        // The factor that makes the lightest whole makes all whole, or it is not a factor.
        for (int factor = 1; factor <= FINEST; factor++) {
            int[] whole = rounded(relative, factor / least, ROUNDING);
            if (whole.length > 0) {
                return sum(whole) <= longest ? whole : scaled(relative, longest);
            }
        }
        return scaled(relative, longest);
    }

    /** All weights times the scale as whole numbers; none where one of them is further from whole than the tolerance. */
    private static int[] rounded(double[] relative, double scale, double tolerance) {
        int[] whole = new int[relative.length];
        for (int i = 0; i < whole.length; i++) {
            double exact = relative[i] * scale;
            double near = Math.rint(exact);
            if (near < 1 || near > MOST_STEPS || Math.abs(exact - near) > tolerance * near) {
                return new int[0];
            }
            whole[i] = (int) near;
        }
        return whole;
    }

    private static int[] scaled(double[] relative, int longest) {
        double scale = longest / Arrays.stream(relative).sum();
        int[] whole = rounded(relative, scale, 1);
        while (whole.length > 0 && sum(whole) > longest) {
            scale *= 0.99;
            whole = rounded(relative, scale, 1);
        }
        return whole;
    }

    private static long sum(int[] whole) {
        return Arrays.stream(whole).asLongStream().sum();
    }

    /** Works one cycle out, from accounts of zero to accounts of zero. */
    private static int[] cycle(int[] weights) {
        int sum = (int) sum(weights);
        int[] cycle = new int[sum];
        int[] accounts = new int[weights.length];
        for (int turn = 0; turn < sum; turn++) {
            int best = 0;
            for (int i = 0; i < weights.length; i++) {
                accounts[i] += weights[i];
                best = accounts[i] > accounts[best] ? i : best;
            }
            accounts[best] -= sum;
            cycle[turn] = best;
        }
        return cycle;
    }

    /** What to add to a cursor so that its next turn in this cycle is the same candidate's as in the one before. */
    private long shiftAfter(SmoothRoundRobin<T> before, IdentityHashMap<Member<T>, Integer> places, int stripe) {
        long turn = (turns.peek(stripe) + before.shifts[stripe]) & Long.MAX_VALUE;
        int old = before.cycle.length;
        int from = (int) (turn % old);
        int far = (int) ((long) from * cycle.length / old);
        int target = far;
        for (int i = 0; i < old; i++) {
            Integer next = places.get(before.candidates.member(before.cycle[(from + i) % old]));
            if (next != null) {
                target = nearest(next, far);
                break;
            }
        }
        return before.shifts[stripe] + (turn / old * cycle.length + target - turn);
    }

    /** The place nearest to {@code around} where it is the candidate's turn; everyone has one. */
    private int nearest(int candidate, int around) {
        int length = cycle.length;
        for (int away = 0; away < length; away++) {
            if (cycle[(around + away) % length] == candidate) {
                return (around + away) % length;
            }
            if (cycle[(around - away + length) % length] == candidate) {
                return (around - away + length) % length;
            }
        }
        return around;
    }

    /** For tests: the cursors. */
    Turns turns() {
        return turns;
    }

    @Override
    public String toString() {
        return "SmoothRoundRobin" + Arrays.toString(cycle);
    }
}
