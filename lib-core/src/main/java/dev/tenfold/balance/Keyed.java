package dev.tenfold.balance;

import dev.tenfold.topology.Endpoint;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * The endpoint that a key belongs to, unless it has more than its share of the load: consistent hashing with bounded loads (V.
 * Mirrokni, M. Thorup, M. Zadimoghaddam, 2016). Nobody begins a call that would give it more than {@code ceil(factor x mean)} in
 * flight, the mean counting that call and following the weights. A key whose endpoint is full goes where its hash jumps to next (J.
 * Chen, B. Coleman, A. Shrivastava, "Revisiting Consistent Hashing with Bounded Loads", 2019), so that what flows over from one is
 * shared by all and the same key flows to the same place.
 *
 * <p>Keys are placed on everybody, and those of an endpoint that takes no calls now flow over likewise; so keys move for a change of
 * membership or weight, and only those of one endpoint while it is ejected. One that warms up keeps as many of its keys as its share
 * says, always the same ones and more as it grows.
 *
 * <p>Calls without a key are spread by chance, under the same bound.
 *
 * <p>The sum of calls in flight is added up for each pick among up to {@value #EXACT} endpoints, where the bound is exact but for
 * calls that begin at one instant. Among more it is added up by one pick in {@code endpoints / 64}, by chance.
 *
 * <p><b>Invariant:</b> {@code total} is a sum that some thread has added up. <b>Writers:</b> any. <b>Readers:</b> any.
 */
final class Keyed<T> implements Picker<T> {

    private static final int EXACT = 64;
    private static final int JUMPS = 16;

    private final Candidates<T> candidates;
    private final RandomGenerator random;
    private final Placed placed;
    private final double factor;
    private final double mean;
    /** Of everybody: its index among the candidates, or -1. */
    private final int[] places;

    private volatile long total;

    private Keyed(Candidates<T> candidates, RandomGenerator random, Placed placed, double factor) {
        this.candidates = candidates;
        this.random = random;
        this.placed = placed;
        this.factor = factor;
        this.mean = candidates.meanWeight();
        IdentityHashMap<Member<T>, Integer> indices = new IdentityHashMap<>();
        for (int i = 0; i < candidates.size(); i++) {
            indices.put(candidates.member(i), i);
        }
        this.places = candidates.everyone().stream()
                .mapToInt(member -> indices.getOrDefault(member, -1))
                .toArray();
        this.total = sum();
    }

    /**
     * Makes a policy.
     *
     * @param placer places keys on endpoints; called only when these or their weights change
     * @param factor how far above the mean the load of one may be, at least 1; infinite for no bound
     */
    static <T> Policy<T> policy(Placer placer, double factor) {
        return (candidates, random, previous) -> {
            List<Endpoint<T>> endpoints =
                    candidates.everyone().stream().map(Member::endpoint).toList();
            Placed before = previous instanceof Keyed<T> same ? same.placed : null;
            Placed placed = before != null && before.fits(placer, endpoints) ? before : Placed.of(placer, endpoints);
            return new Keyed<>(candidates, random, placed, factor);
        };
    }

    /** Says which endpoint a key belongs to. */
    @FunctionalInterface
    interface Placement {

        /** Returns the index of a key's endpoint. */
        int owner(long keyHash);
    }

    /** Places keys on endpoints. */
    @FunctionalInterface
    interface Placer {

        /** Places keys on endpoints of distinct ids by weights that are finite and above 0, at least one. */
        Placement place(List<String> ids, double[] weights);
    }

    /** A placement and what it was made from. */
    private record Placed(Placer placer, List<String> ids, List<Double> weights, Placement placement) {

        static <T> Placed of(Placer placer, List<Endpoint<T>> endpoints) {
            List<String> ids = endpoints.stream().map(Endpoint::id).toList();
            List<Double> weights = endpoints.stream().map(Endpoint::weight).toList();
            double[] values = weights.stream().mapToDouble(weight -> weight).toArray();
            return new Placed(placer, ids, weights, placer.place(ids, values));
        }

        <T> boolean fits(Placer other, List<Endpoint<T>> endpoints) {
            boolean same = placer == other && ids.size() == endpoints.size();
            for (int i = 0; same && i < ids.size(); i++) {
                same = ids.get(i).equals(endpoints.get(i).id())
                        && weights.get(i) == endpoints.get(i).weight();
            }
            return same;
        }
    }

    @Override
    public Member<T> pick() {
        return pick(random.nextLong());
    }

    @Override
    public Member<T> pick(long keyHash) {
        int home = places[placed.placement.owner(keyHash)];
        if (home < 0 || !keeps(home, keyHash)) {
            return other(keyHash, home);
        }
        Member<T> owner = candidates.member(home);
        // With nothing in flight nobody is above the mean, whatever it is.
        return owner.inFlight() == 0 || hasRoom(home, total()) ? owner : other(keyHash, home);
    }

    /** Whether an endpoint has warmed up enough to take this key of its own. */
    private boolean keeps(int index, long keyHash) {
        double full = candidates.member(index).endpoint().weight();
        return candidates.weight(index) >= full
                || (Mix.of(~keyHash) >>> 11) * 0x1p-53 * full < candidates.weight(index);
    }

    private Member<T> other(long keyHash, int home) {
        long sum = total();
        long hash = keyHash;
        for (int i = 0; i < JUMPS; i++) {
            hash = Mix.of(hash);
            int next = places[placed.placement.owner(hash)];
            if (next >= 0 && next != home && keeps(next, hash) && hasRoom(next, sum)) {
                return candidates.member(next);
            }
        }
        // From there on whoever has room; the mean lies below the bound, so by an exact sum somebody has.
        long exact = sum();
        int size = candidates.size();
        int start = (int) (((hash >>> 32) * size) >>> 32);
        int least = start;
        for (int i = 0; i < size; i++) {
            int next = (start + i) % size;
            if (hasRoom(next, exact)) {
                return candidates.member(next);
            }
            least = LeastLoaded.load(candidates, next) < LeastLoaded.load(candidates, least) ? next : least;
        }
        return candidates.member(least);
    }

    private boolean hasRoom(int index, long sum) {
        if (factor == Double.POSITIVE_INFINITY) {
            return true;
        }
        double share = candidates.weight(index) / mean / candidates.size();
        // Less what rounding may have added, which must not count as a whole call.
        return candidates.member(index).inFlight() < Math.ceil(factor * (sum + 1) * share - 1e-9);
    }

    private long total() {
        int size = candidates.size();
        if (factor == Double.POSITIVE_INFINITY) {
            return 0;
        }
        if (size <= EXACT) {
            return sum();
        }
        if (random.nextInt(size) < EXACT) {
            total = sum();
        }
        return total;
    }

    private long sum() {
        long sum = 0;
        for (int i = 0; i < candidates.size(); i++) {
            sum += candidates.member(i).inFlight();
        }
        return sum;
    }
}
