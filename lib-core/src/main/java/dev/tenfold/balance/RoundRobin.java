package dev.tenfold.balance;

import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Turns without a shared counter: as many rotations as processors, each thread on one of them.
 *
 * <p>Weights are honoured by gRPC's static stride (proposal A58): in round {@code g} the candidate {@code i} is passed over unless
 * {@code floor((w*g + offset) / MAX)} grows in it, so that it takes part in {@code w} of {@code MAX} rounds, evenly spread,
 * and the rounds need no memory but their number. With equal weights nobody is passed over.
 *
 * <p>When candidates change, each rotation goes on with the candidate whose turn it was, or the next that stayed.
 *
 * <p><b>Invariant:</b> the {@link Turns} are shared by all pickers of one balancer; a picker adds its own {@code shift} to a turn to
 * find the position, modulo 2^63. Nothing else changes.
 */
final class RoundRobin<T> implements Picker<T> {

    private static final int FULL = 0xFFFF;

    private final Candidates<T> candidates;
    private final boolean even;
    private final int[] strides;
    private final Turns turns;
    private final long[] shifts;

    RoundRobin(Candidates<T> candidates, RandomGenerator random, @Nullable Picker<T> previous) {
        this(candidates, previous instanceof RoundRobin<T> before ? before : null, random, new Turns());
    }

    RoundRobin(Candidates<T> candidates, @Nullable RoundRobin<T> before, RandomGenerator random, Turns fresh) {
        this.candidates = candidates;
        this.even = candidates.isEven();
        this.strides = strides(candidates);
        this.turns = before == null ? fresh : before.turns;
        this.shifts = new long[turns.stripes()];
        IdentityHashMap<Member<T>, Integer> places = new IdentityHashMap<>();
        for (int i = 0; i < candidates.size(); i++) {
            places.put(candidates.member(i), i);
        }
        for (int stripe = 0; stripe < shifts.length; stripe++) {
            shifts[stripe] = before == null ? random.nextInt(candidates.size()) : before.shiftFor(places, stripe);
        }
    }

    private static int[] strides(Candidates<?> candidates) {
        double heaviest = candidates.heaviest();
        int[] strides = new int[candidates.size()];
        for (int i = 0; i < strides.length; i++) {
            strides[i] = Math.max(1, (int) Math.round(candidates.weight(i) / heaviest * FULL));
        }
        return strides;
    }

    @Override
    public Member<T> pick() {
        int stripe = turns.stripe();
        int size = strides.length;
        while (true) {
            long turn = (turns.next(stripe) + shifts[stripe]) & Long.MAX_VALUE;
            int index = (int) (turn % size);
            if (even || takesPart(index, turn / size)) {
                return candidates.member(index);
            }
        }
    }

    /** The heaviest takes part in every round, so a round never passes without a pick. */
    private boolean takesPart(int index, long round) {
        int stride = strides[index];
        // Half a step apart for neighbours, so that light candidates do not all come up in the same round.
        long offset = (long) (FULL / 2) * index;
        return stride == FULL || Math.floorMod(stride * (round % FULL) + offset, FULL) >= FULL - stride;
    }

    /** What to add to a rotation's counter so that its next turn, under other candidates, is the same member's. */
    private long shiftFor(IdentityHashMap<Member<T>, Integer> next, int stripe) {
        long turn = (turns.peek(stripe) + shifts[stripe]) & Long.MAX_VALUE;
        int size = candidates.size();
        int target = 0;
        for (int i = 0; i < size; i++) {
            Integer place = next.get(candidates.member((int) ((turn % size + i) % size)));
            if (place != null) {
                target = place;
                break;
            }
        }
        // Of the round only the remainder matters, see takesPart.
        long round = (turn / size) % FULL;
        long same = round * next.size() + target;
        return shifts[stripe] + (same - turn);
    }

    /** For tests: the rotations. */
    Turns turns() {
        return turns;
    }

    @Override
    public String toString() {
        return "RoundRobin" + Arrays.toString(strides);
    }
}
