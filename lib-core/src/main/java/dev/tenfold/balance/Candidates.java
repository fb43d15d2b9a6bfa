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

    @SuppressWarnings({"unchecked", "rawtypes"})
    Candidates(List<Member<T>> members, double[] weights) {
        this.members = members.toArray(new Member[0]);
        this.weights = weights;
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
}
