package dev.tenfold.balance;

import java.util.List;

/**
 * The members a policy may pick from, and which part of the traffic each is to get. Immutable; a new one is made when the
 * membership or anyone's health changes, never for a pick.
 *
 * @param <T> the kind of target
 */
public final class Candidates<T> {

    private final Member<T>[] members;
    private final double[] weights;
    private final boolean equal;
    private final List<Member<T>> everyone;

    Candidates(List<Member<T>> members, double[] weights) {
        this(members, weights, members);
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    Candidates(List<Member<T>> members, double[] weights, List<Member<T>> everyone) {
        this.members = members.toArray(new Member[0]);
        this.weights = weights;
        this.everyone = everyone;
        boolean same = true;
        for (double weight : weights) {
            same &= weight == weights[0];
        }
        this.equal = same;
    }

    /**
     * Returns how many there are.
     *
     * @return at least 1 where a policy sees it
     */
    public int size() {
        return members.length;
    }

    /**
     * Returns one of them.
     *
     * @param index 0 to {@code size() - 1}
     * @return the member
     */
    public Member<T> member(int index) {
        return members[index];
    }

    /**
     * Returns what one of them weighs now: the endpoint's weight times its health's share, so that a warming endpoint weighs
     * less.
     *
     * @param index 0 to {@code size() - 1}
     * @return finite and above 0
     */
    public double weight(int index) {
        return weights[index];
    }

    /**
     * Says whether all weigh the same.
     *
     * @return true where weights need no regard
     */
    public boolean isEven() {
        return equal;
    }

    /** Everybody in the pool, whether to be picked or not, for policies over policies. */
    List<Member<T>> everyone() {
        return everyone;
    }

    /** The same candidates with other weights. */
    Candidates<T> weighing(double[] others) {
        return new Candidates<>(List.of(members), others, everyone);
    }

    /** The weights, for whoever leaves them as they are. */
    double[] weights() {
        return weights;
    }

    double heaviest() {
        double heaviest = 0;
        for (double weight : weights) {
            heaviest = Math.max(heaviest, weight);
        }
        return heaviest;
    }

    double meanWeight() {
        // Relative to the heaviest, since a sum of huge weights may be infinite.
        double heaviest = heaviest();
        double sum = 0;
        for (double weight : weights) {
            sum += weight / heaviest;
        }
        return sum / weights.length * heaviest;
    }
}
