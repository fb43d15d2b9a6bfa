package dev.tenfold.balance;

import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A rule by which a balancer picks. {@link Policies} makes the ready ones; an own one is a function.
 *
 * <p>A policy itself is immutable and may serve many balancers; what it remembers lives in the pickers it makes.
 *
 * @param <T> the kind of target
 */
@FunctionalInterface
public interface Policy<T> {

    /**
     * Makes the picker for one set of candidates. Called on every change of membership, health or share, possibly more than
     * once and by several threads for one change, so it must not change {@code previous} other than atomically, must be
     * quick (O(candidates)) and must not throw.
     *
     * @param candidates whom to pick from, at least one
     * @param random draws what chance decides; safe for any thread
     * @param previous the picker that this one replaces, still in use until then, or null at the start and after a time
     *     without candidates; what it remembers of the members that stay is carried over
     * @return the picker
     */
    Picker<T> over(Candidates<T> candidates, RandomGenerator random, @Nullable Picker<T> previous);
}
