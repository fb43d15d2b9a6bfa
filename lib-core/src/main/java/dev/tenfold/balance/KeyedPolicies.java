package dev.tenfold.balance;

import dev.tenfold.error.Validation;
import dev.tenfold.hash.ConsistentHash;
import dev.tenfold.hash.HashRing;
import dev.tenfold.hash.Node;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * Policies that place by key: calls for the same key go to the same endpoint, so that what it has cached is of use, and few keys move
 * when endpoints come and go. Calls are made with {@link LoadBalancer#pick(long)}; those without a key are spread by chance.
 *
 * <p>Each comes with a bound, 1.25 unless set: no endpoint begins a call that would give it more than {@code ceil(1.25 x mean)} in flight,
 * so one hot key cannot overrun the endpoint it belongs to (V. Mirrokni, M. Thorup, M. Zadimoghaddam, "Consistent Hashing with Bounded
 * Loads", 2018). What is above flows over to endpoints drawn by the key's hash, the same again and again (J. Chen, B. Coleman, A.
 * Shrivastava, 2019). A bound of infinity is none.
 *
 * <p>Keys move when the membership or a weight changes. While an endpoint is ejected or drained its keys flow over in the same way, and
 * come back; the others stay where they are.
 */
public final class KeyedPolicies {

    /** How far above the mean an endpoint's calls in flight may be, unless set. */
    public static final double DEFAULT_BOUND = 1.25;

    /** Points of an endpoint of weight 1 on a ring, unless set; as in ketama. */
    private static final int POINTS = 160;

    /** What weights are rounded to, relative to the largest power of two not above the lightest. */
    private static final int RESOLUTION = 16;

    /** The most that all weights may be together, after rounding. */
    private static final int MOST = 1 << 20;

    private KeyedPolicies() {}

    /**
     * As {@link #ring(int, double)}, with 160 points and {@link #DEFAULT_BOUND}.
     *
     * @param <T> the kind of target
     * @return a policy
     */
    public static <T> Policy<T> ring() {
        return ring(POINTS, DEFAULT_BOUND);
    }

    /**
     * Places keys on a ring (D. Karger et al., 1997): one endpoint that comes or goes moves only what it takes or had. With 160 points the
     * fullest of 10 endpoints owns about 1.1 times the mean, of 1,000 about 1.4 times.
     *
     * <p>A pick costs the same for any number of endpoints; a change of membership sorts all points, 160,000 of 1,000 endpoints in about
     * 30 ms.
     *
     * @param <T> the kind of target
     * @param points for the lightest endpoint, 16 to 4,096
     * @param bound at least 1; infinity for none
     * @return a policy
     */
    public static <T> Policy<T> ring(int points, double bound) {
        Validation check = Validation.of("ring");
        check.between("points", points, RESOLUTION, 4_096);
        require(check, bound);
        return Keyed.policy(
                (ids, weights) -> {
                    List<Node> nodes = nodes(ids, weights);
                    int sum = nodes.stream().mapToInt(Node::weight).sum();
                    boolean even = sum == nodes.size();
                    int perWeight = even ? points : Math.max(1, points / RESOLUTION);
                    return HashRing.of(nodes, Math.max(1, Math.min(perWeight, MOST / sum)))::owner;
                },
                bound);
    }

    /**
     * As {@link #maglev(double)}, with {@link #DEFAULT_BOUND}.
     *
     * @param <T> the kind of target
     * @return a policy
     */
    public static <T> Policy<T> maglev() {
        return maglev(DEFAULT_BOUND);
    }

    /**
     * Places keys by a Maglev table (D. Eisenbud et al., 2016), the same as Envoy's for the same names: the most even and the quickest to
     * look up, and one endpoint that comes or goes moves about twice what it must.
     *
     * <p>The table has 65,537 entries up to 655 endpoints, 655,373 up to 6,553 and 5,000,011 above; when their number crosses one of these
     * borders nearly all keys move.
     *
     * @param <T> the kind of target
     * @param bound at least 1; infinity for none
     * @return a policy
     * @see ConsistentHash#maglev
     */
    public static <T> Policy<T> maglev(double bound) {
        require(Validation.of("maglev"), bound);
        return maglev(ids -> tableSize(ids.size()), bound);
    }

    /** With a table of any size, which is to be a prime. */
    static <T> Policy<T> maglev(ToIntFunction<List<String>> size, double bound) {
        return Keyed.policy(
                (ids, weights) -> ConsistentHash.maglev(nodes(ids, weights), size.applyAsInt(ids))::owner, bound);
    }

    /** At least 100 entries for each endpoint. All are primes. */
    private static int tableSize(int endpoints) {
        return endpoints <= 655 ? 65_537 : endpoints <= 6_553 ? 655_373 : 5_000_011;
    }

    /**
     * As {@link #rendezvous(double)}, with {@link #DEFAULT_BOUND}.
     *
     * @param <T> the kind of target
     * @return a policy
     */
    public static <T> Policy<T> rendezvous() {
        return rendezvous(DEFAULT_BOUND);
    }

    /**
     * Places keys by rendezvous hashing (D. Thaler, C. Ravishankar, 1998): as even as chance allows, any change moves only what it must, and
     * nothing is precomputed. But a pick asks every endpoint, about 1 ns each with equal weights and 20 with others: for up to some
     * hundred.
     *
     * @param <T> the kind of target
     * @param bound at least 1; infinity for none
     * @return a policy
     * @see ConsistentHash#rendezvous
     */
    public static <T> Policy<T> rendezvous(double bound) {
        require(Validation.of("rendezvous"), bound);
        return Keyed.policy((ids, weights) -> ConsistentHash.rendezvous(nodes(ids, weights))::owner, bound);
    }

    private static void require(Validation check, double bound) {
        check.require(bound >= 1, "bound", bound, ">= 1, or infinity for none");
        check.throwIfInvalid();
    }

    /** Endpoints as nodes of whole weights, 1 each where all are equal. */
    private static List<Node> nodes(List<String> ids, double[] weights) {
        double lightest = Arrays.stream(weights).min().orElse(1);
        double heaviest = Arrays.stream(weights).max().orElse(1);
        // A power of two, so that what it is stays the same while the lightest changes a little.
        double unit = Math.scalb(1.0, Math.getExponent(lightest)) / RESOLUTION;
        while (heaviest / unit > Node.MAX_WEIGHT || heaviest / unit * ids.size() > MOST) {
            unit *= 2;
        }
        List<Node> nodes = new ArrayList<>(ids.size());
        for (int i = 0; i < weights.length; i++) {
            int weight = lightest == heaviest ? 1 : (int) Math.max(1, Math.rint(weights[i] / unit));
            nodes.add(new Node(ids.get(i), weight));
        }
        return nodes;
    }
}
