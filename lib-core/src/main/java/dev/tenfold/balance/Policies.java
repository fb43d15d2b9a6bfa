package dev.tenfold.balance;

import dev.tenfold.error.Validation;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.topology.Endpoint;
import java.time.Duration;
import java.util.function.ToIntFunction;

/**
 * The ready policies. All honour weights and the growing share of endpoints that warm up, take no lock, and allocate nothing for a
 * pick. {@link KeyedPolicies} place by key; {@link Prequal} asks the servers.
 *
 * <p><b>Which one?</b> {@link #peakEwma()} unless there is a reason: it sees slow and failing endpoints that turns and chance do not, at
 * the price of reporting latencies. {@link #leastLoaded()} where latencies are not reported. {@link #roundRobin()} where all calls cost
 * the same and evenness is what counts. {@link Prequal} where many clients share many servers and each has less than about three
 * calls a second with each: its own calls then teach a client too little; or {@link #subset}, which raises that number.
 *
 * <p>Policies over policies ({@link #priority}, {@link #subset}, {@link #aperture}, {@link TrafficSplit}) compose: each narrows the
 * candidates of the next.
 */
public final class Policies {

    private Policies() {}

    /**
     * Draws by weight. Two clients never fall into step, and nothing is remembered; but of {@code n} endpoints the unluckiest gets
     * {@code ln n / ln ln n} times its share at a time.
     *
     * @param <T> the kind of target
     * @return a policy without parameters; weights in constant time by the alias method (A. J. Walker 1977, M. D. Vose 1991)
     */
    public static <T> Policy<T> random() {
        return (candidates, random, previous) -> new RandomPick<>(candidates, random);
    }

    /**
     * Takes turns, from a random start, without a counter that all threads share.
     *
     * <p>A single thread sees strict turns: over any {@code n} picks of {@code n} endpoints of equal weight each is picked once.
     * Threads take turns on their own (there is a rotation per processor, at most 64), so that over all threads two
     * endpoints differ by at most one pick for each rotation. Weights are honoured by static stride, as in gRPC.
     *
     * <p>Prefer {@link #peakEwma()} unless all calls cost the same: turns send as much to a slow endpoint as to a fast one.
     *
     * @param <T> the kind of target
     * @return a policy without parameters
     */
    public static <T> Policy<T> roundRobin() {
        return RoundRobin<T>::new;
    }

    /**
     * Takes turns by weight in nginx's order, which never picks the heaviest several times in a row where it can be helped: {5, 1, 1} is
     * a a b a c a a. Otherwise as {@link #roundRobin()}, whose order is less smooth and whose memory less: this one keeps a whole
     * cycle, as long as the sum of the weights reduced to whole numbers, and at most 4 million divided by the endpoints.
     *
     * @param <T> the kind of target
     * @return a policy without parameters
     */
    public static <T> Policy<T> smoothRoundRobin() {
        return SmoothRoundRobin::over;
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
        return leastLoaded(2);
    }

    /**
     * As {@link #leastLoaded()}, with more choices. Each makes a call a little dearer and the load a little more even; but two already
     * have most of what all have, and more make many clients choose the same endpoint.
     *
     * @param <T> the kind of target
     * @param choices how many different endpoints are drawn, 2 to 16
     * @return a policy
     */
    public static <T> Policy<T> leastLoaded(int choices) {
        Validation check = Validation.of("leastLoaded");
        check.between("choices", choices, 2, 16);
        check.throwIfInvalid();
        return (candidates, random, previous) -> LeastLoaded.over(candidates, random, choices);
    }

    /**
     * Looks at all endpoints and takes the one with the fewest calls in flight for its weight; of several such, one by chance. The most
     * even for a single client, such as an entrance that all calls pass.
     *
     * <p>Costs about a nanosecond for each endpoint. With many clients prefer {@link #leastLoaded()}.
     *
     * @param <T> the kind of target
     * @return a policy without parameters
     */
    public static <T> Policy<T> leastOfAll() {
        return (candidates, random, previous) -> new LeastOfAll<>(candidates, random);
    }

    /**
     * As {@link #peakEwma(Duration)}, with a decay of 10 seconds.
     *
     * @param <T> the kind of target
     * @return a policy without parameters
     */
    public static <T> Policy<T> peakEwma() {
        return (candidates, random, previous) -> new PeakEwma<>(candidates, random, Decay.STANDARD);
    }

    /**
     * Draws two different endpoints by chance and takes the one that promises the shorter wait: its latency times the calls in flight
     * and the next one. The latency is a moving average that rises to a peak at once and falls slowly (Finagle's peak-EWMA), so
     * that an endpoint which becomes slow is avoided from its first slow answer on.
     *
     * <p>What fails makes its endpoint dearer by the number of attempts that a success takes now; a quick failure is no quick answer.
     * An endpoint that nobody has called for long, or yet, is tried for four fifths of the latency of the one that it is compared with,
     * and a call in flight on it outweighs that: it does not attract every call.
     *
     * <p>Learns from latencies, which {@link LoadBalancer#call} and {@link LoadBalancer#select} report by themselves; with {@link
     * LoadBalancer#pick()} report them by {@link Member#report(dev.tenfold.topology.Outcome, long, long)}. Without any it
     * is {@link #leastLoaded()} that shuns failing endpoints.
     *
     * @param <T> the kind of target
     * @param decay after what time a latency counts for 1/e; 10 milliseconds to 1 hour
     * @return a policy
     */
    public static <T> Policy<T> peakEwma(Duration decay) {
        Validation check = Validation.of("peakEwma");
        check.require(
                decay.compareTo(Duration.ofMillis(10)) >= 0 && decay.compareTo(Duration.ofHours(1)) <= 0,
                "decay",
                decay,
                "10 milliseconds to 1 hour");
        check.throwIfInvalid();
        Decay forgetting = new Decay(decay);
        return (candidates, random, previous) -> new PeakEwma<>(candidates, random, forgetting);
    }

    /**
     * As {@link #weightedByLoad(Duration, Duration, Duration, double)}, with gRPC's values: 10 seconds, 3 minutes, 1 second, 1.
     *
     * @param <T> the kind of target
     * @return a policy
     */
    public static <T> Policy<T> weightedByLoad() {
        return weightedByLoad(Duration.ofSeconds(10), Duration.ofMinutes(3), Duration.ofSeconds(1), 1);
    }

    /**
     * Takes turns by what servers report of themselves with {@link Member#reportLoad}: calls per second divided by utilization, as
     * in gRPC's proposal A58, so that all servers come to be utilized alike. For calls of which each costs the server about the same.
     *
     * <p>A server without a report that counts gets the mean. While fewer than two have one, this is {@link #roundRobin()}.
     *
     * @param <T> the kind of target
     * @param blackout how long a server must have reported before its reports count, lest a cold one's do; >= 0
     * @param expiration after what time without a report the last one counts no more; above zero
     * @param period how often the weights are worked out, by the pick that finds it due; above zero
     * @param errorPenalty how much utilization a call that fails stands for; finite and >= 0, 0 for none
     * @return a policy
     */
    public static <T> Policy<T> weightedByLoad(
            Duration blackout, Duration expiration, Duration period, double errorPenalty) {
        Validation check = Validation.of("weightedByLoad");
        check.notNegative("blackout", blackout);
        check.positive("expiration", expiration);
        check.positive("period", period);
        check.require(
                errorPenalty >= 0 && errorPenalty < Double.POSITIVE_INFINITY,
                "errorPenalty",
                errorPenalty,
                "finite and >= 0");
        check.throwIfInvalid();
        LoadWeighted.Rules rules = new LoadWeighted.Rules(blackout, expiration, period, errorPenalty);
        return (candidates, random, previous) -> new LoadWeighted<>(candidates, random, previous, rules);
    }

    /**
     * Goes back to the endpoint that the caller remembers, as a cookie does for a session. Pass {@link #stickyKey} of the remembered
     * {@link Endpoint#id()} as the key; remember the id of whatever is picked. While that endpoint takes calls it is picked; else, and
     * for calls without a key, another policy picks.
     *
     * <pre>{@code
     * Member<URI> server = cookie == null ? balancer.pick() : balancer.pick(Policies.stickyKey(cookie));
     * setCookie(server.endpoint().id());
     * }</pre>
     *
     * @param <T> the kind of target
     * @param others picks for whoever has nothing to go back to
     * @return a policy
     */
    public static <T> Policy<T> sticky(Policy<T> others) {
        return (candidates, random, previous) -> new Sticky<>(
                candidates,
                others.over(candidates, random, previous instanceof Sticky<T> before ? before.others() : null));
    }

    /**
     * Returns the key that leads back to an endpoint under {@link #sticky}.
     *
     * @param endpointId the id that was remembered; any text, even if there is no such endpoint
     * @return for {@link LoadBalancer#pick(long)}
     */
    public static long stickyKey(String endpointId) {
        return KeyHash.xxh3().hash(endpointId);
    }

    /**
     * As {@link #priority(ToIntFunction, Policy, double, double)}, with Envoy's values: 1.4 and 0.5. For the own zone first, and the
     * others as far as it is short:
     *
     * <pre>{@code
     * String own = "eu-1a";
     * policy(Policies.priority(server -> server.locality().zone().equals(own) ? 0 : 1, Policies.peakEwma()))
     * }</pre>
     *
     * @param <T> the kind of target
     * @param level an endpoint's level, the lowest first; quick, and must not throw
     * @param within picks within a level
     * @return a policy
     */
    public static <T> Policy<T> priority(ToIntFunction<? super Endpoint<T>> level, Policy<T> within) {
        return priority(level, within, 1.4, 0.5);
    }

    /**
     * Keeps to the first level of endpoints while enough of it is healthy, and spills over to the next as far as it is not: Envoy's
     * priority levels. A level's health is {@code min(100 %, overprovisioning x available / all)}; it takes its health of the calls, the
     * next level what is left, as far as its own health goes. At 1.4 a level begins to spill when more than 28.6 % of it is missing.
     *
     * <p>Each level must be able to take all calls. Endpoints that warm up count for their share, so calls come back to a level
     * gradually where there is slow start.
     *
     * <p>If the levels together have not enough health for all calls, a level with less than {@code panicThreshold} of it
     * available is picked from as a whole, ejected endpoints included; the balancer's own {@link
     * LoadBalancerBuilder#panicThreshold} has no say in that.
     *
     * @param <T> the kind of target
     * @param level an endpoint's level, the lowest first; quick, and must not throw
     * @param within picks within a level
     * @param overprovisioning how many times its usual calls a level can take, at least 1 and finite
     * @param panicThreshold 0 (never) to 1
     * @return a policy
     */
    public static <T> Policy<T> priority(
            ToIntFunction<? super Endpoint<T>> level,
            Policy<T> within,
            double overprovisioning,
            double panicThreshold) {
        Validation check = Validation.of("priority");
        check.require(
                overprovisioning >= 1 && overprovisioning < Double.POSITIVE_INFINITY,
                "overprovisioning",
                overprovisioning,
                "finite and >= 1");
        check.between("panicThreshold", panicThreshold, 0, 1);
        check.throwIfInvalid();
        return new Priorities<>(level, within, overprovisioning, panicThreshold);
    }

    /**
     * Narrows a large pool to a few endpoints of this client's own: the first of an order that rendezvous hashing gives each client
     * (gRPC proposal A68). All clients together load the endpoints evenly if {@code clients x size} is many times the number of
     * endpoints; {@link #aperture} does so exactly. One endpoint that comes, goes or is ejected changes one of the few.
     *
     * @param <T> the kind of target
     * @param size how many endpoints, at least 1; gRPC's default is 20
     * @param client tells this client from others; any text that stays the same, such as a host's name
     * @param within picks among the few
     * @return a policy
     */
    public static <T> Policy<T> subset(int size, String client, Policy<T> within) {
        Validation check = Validation.of("subset");
        check.atLeast("size", size, 1);
        check.throwIfInvalid();
        return new Subset<>(new Subset.Rendezvous(size, KeyHash.xxh3().hash(client)), within);
    }

    /**
     * Narrows a large pool to an arc of the ring on which clients and endpoints stand (Finagle's deterministic aperture), so that
     * every endpoint has the same load and nearly the same number of clients. Needs to know how many clients there are; where they
     * disagree for a while, the load is uneven for that while.
     *
     * @param <T> the kind of target
     * @param client this client's number, 0 to {@code clients - 1}
     * @param clients how many clients there are, at least 1
     * @param minimum the fewest endpoints in the arc, at least 1; Finagle's default is 12
     * @param within picks in the arc
     * @return a policy
     */
    public static <T> Policy<T> aperture(int client, int clients, int minimum, Policy<T> within) {
        Validation check = Validation.of("aperture");
        check.atLeast("clients", clients, 1);
        check.between("client", client, 0, Math.max(0, clients - 1));
        check.atLeast("minimum", minimum, 1);
        check.throwIfInvalid();
        return new Subset<>(new Subset.Aperture(client, clients, minimum), within);
    }
}
