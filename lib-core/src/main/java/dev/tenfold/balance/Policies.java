package dev.tenfold.balance;

/** The ready policies. All honour weights and the growing share of endpoints that warm up. */
public final class Policies {

    private Policies() {}

    /**
     * Takes turns, from a random start, without a counter that all threads share.
     *
     * <p>A single thread sees strict turns: over any {@code n} picks of {@code n} endpoints of equal weight each is picked once.
     * Threads take turns on their own (there is a rotation per processor, at most 64), so that over all threads two
     * endpoints differ by at most one pick for each rotation. Weights are honoured by static stride, as in gRPC.
     *
     * <p>Prefer {@link #leastLoaded()} unless all calls cost the same: turns send as much to a slow endpoint as to a
     * fast one.
     *
     * @param <T> the kind of target
     * @return a policy without parameters
     */
    public static <T> Policy<T> roundRobin() {
        return RoundRobin<T>::new;
    }

    /**
     * Draws two different endpoints by chance and takes the one with fewer calls in flight for its weight (power of two
     * choices: M. Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001). Costs the same for any number of
     * endpoints.
     *
     * <p>Of two that are equally loaded the first drawn is taken, and draws follow the weights; so an idle pool is shared by
     * weight, too, and an endpoint that has just joined does not attract every call.
     *
     * @param <T> the kind of target
     * @return a policy without parameters
     */
    public static <T> Policy<T> leastLoaded() {
        return (candidates, random, previous) -> LeastLoaded.over(candidates, random);
    }
}
