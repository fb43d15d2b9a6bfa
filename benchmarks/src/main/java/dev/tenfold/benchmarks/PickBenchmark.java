package dev.tenfold.benchmarks;

import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.balance.Member;
import dev.tenfold.balance.Policies;
import dev.tenfold.balance.Policy;
import dev.tenfold.observe.Observer;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Selection;
import io.vertx.core.net.endpoint.ServerInteraction;
import io.vertx.core.net.endpoint.ServerSelector;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * <b>What does balancing add to a call: picking an endpoint and, later, reporting how the call went?</b> Each thread keeps
 * 16 calls in flight: an operation begins one and ends the oldest, so that there is a load to compare and no pick can be
 * optimised away together with its report.
 *
 * <ul>
 *   <li>{@code tenfoldPick}: {@link LoadBalancer#pick()} and {@link Member#report(Outcome)}, power of two choices by calls
 *       in flight.
 *   <li>{@code tenfoldPeakEwma}: {@link LoadBalancer#pick()} and {@link Member#report(Outcome, long, long)} with {@link
 *       Policies#peakEwma()}, the default; the caller reads the clock at the pick and at the report.
 *   <li>{@code tenfoldPeakEwmaOneReading}: the same for a caller that ends one call and begins another at one moment, such as an
 *       event loop, and reads the clock once for both.
 *   <li>{@code tenfoldSelect}: {@link LoadBalancer#select()}, the same choice as a lease that measures the latency.
 *   <li>{@code tenfoldRoundRobin}: the pick, with {@link Policies#roundRobin()}.
 *   <li>{@code vertxPowerOfTwo}: Vert.x 5.0.4, {@link io.vertx.core.net.endpoint.LoadBalancer#POWER_OF_TWO_CHOICES}, with
 *       the three reports that its own metrics need to be right (request initiated, begun, response ended).
 *   <li>{@code powerOfTwoByHand}: two random indices into padded counters of calls in flight, and nothing else.
 *   <li>{@code powerOfTwoOfObjects}: the same where each endpoint is an object, a padded counter and a target; what a large pool costs
 *       in cache misses however little is done with it.
 *   <li>{@code peakEwmaByHand}: the same two reads of the clock, two random indices into padded pairs of a latency and its time, and
 *       their decay by {@link Math#exp}, besides the calls in flight; without a lock, so that updates may be lost.
 *   <li>{@code randomByHand}: one random index, no load, no report; what remains when nothing is balanced.
 * </ul>
 *
 * <p>Not like for like: Tenfold also counts calls and failures by endpoint, and checks health at each pick and report.
 * {@code tenfoldSelect} reads the clock twice at nanosecond precision; Vert.x twice at milliseconds, and its
 * client more often. The form by hand forgets everything but the load, may compare an endpoint with itself, and cannot change its
 * endpoints. With {@code ejected}, that percentage of Tenfold's endpoints was ejected before; the others know of no health, and pick
 * among all.
 *
 * <pre>mvn -q -Pbench verify -Dbench.args="--name pick --include .*PickBenchmark.* --threads 1,2"</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PickBenchmark {

    /** Counters this many {@code int}s apart share no cache line, nor the pair that is fetched at once. */
    private static final int SPREAD = 32;

    @Param({"10", "1000", "10000"})
    private int endpoints;

    @Param({"0", "20"})
    private int ejected;

    private LoadBalancer<String> leastLoaded;
    private LoadBalancer<String> roundRobin;
    private LoadBalancer<String> peakEwma;
    private long[] ewma;
    private List<VertxEndpoint> servers;
    private ServerSelector vertx;
    private String[] targets;
    private AtomicIntegerArray inFlight;
    private Counted[] objects;

    /** Keeps the counter of an object off the cache lines of the one before. */
    static class Padding {
        @SuppressWarnings("unused")
        private long p0, p1, p2, p3, p4, p5, p6;
    }

    /** An endpoint by hand: 128 bytes, as large as a member of Tenfold's. */
    static final class Counted extends Padding {
        private static final AtomicIntegerFieldUpdater<Counted> CALLS =
                AtomicIntegerFieldUpdater.newUpdater(Counted.class, "calls");

        private volatile int calls;
        private final String target;

        @SuppressWarnings("unused")
        private long q0, q1, q2, q3, q4, q5;

        Counted(String target) {
            this.target = target;
        }
    }

    /** A thread's calls in flight on members. */
    @State(Scope.Thread)
    public static class Members {

        private final Member<?>[] begun = new Member<?>[Calls.WINDOW];
        private int next;

        /** Adds a call and returns the one to end for it; none at first. */
        @Nullable
        Member<?> exchange(Member<?> call) {
            int at = next++ & (Calls.WINDOW - 1);
            Member<?> oldest = begun[at];
            begun[at] = call;
            return oldest;
        }
    }

    /** A thread's calls in flight on objects. */
    @State(Scope.Thread)
    public static class CountedCalls {

        private final Counted[] begun = new Counted[Calls.WINDOW];
        private int next;

        @Nullable
        Counted exchange(Counted call) {
            int at = next++ & (Calls.WINDOW - 1);
            Counted oldest = begun[at];
            begun[at] = call;
            return oldest;
        }
    }

    /** A thread's calls in flight. */
    @State(Scope.Thread)
    public static class Calls {

        private static final int WINDOW = 16;

        private final Object[] begun = new Object[WINDOW];
        private int next;

        /** Adds a call and returns the one to end for it; none at first. */
        @Nullable
        Object exchange(Object call) {
            int at = next++ & (WINDOW - 1);
            Object oldest = begun[at];
            begun[at] = call;
            return oldest;
        }
    }

    /** A thread's calls in flight and when each began. */
    @State(Scope.Thread)
    public static class TimedCalls {

        private final Member<?>[] begun = new Member<?>[Calls.WINDOW];
        private final int[] numbers = new int[Calls.WINDOW];
        private final long[] starts = new long[Calls.WINDOW];
        private int next;

        private int turn() {
            return next++ & (Calls.WINDOW - 1);
        }
    }

    /** Calls in flight that are known by their endpoint's number. */
    @State(Scope.Thread)
    public static class NumberedCalls {

        private final int[] begun = new int[Calls.WINDOW];
        private int next;

        /** Returns the endpoint whose call is to end; its number plus one, 0 at first. */
        int exchange(int endpoint) {
            int at = next++ & (Calls.WINDOW - 1);
            int oldest = begun[at];
            begun[at] = endpoint + 1;
            return oldest;
        }
    }

    /** Prepares the same endpoints for everyone. */
    @Setup
    public void prepare() {
        targets = new String[endpoints];
        objects = new Counted[endpoints];
        servers = new ArrayList<>();
        for (int i = 0; i < endpoints; i++) {
            targets[i] = "10.0." + i / 250 + "." + i % 250;
            objects[i] = new Counted(targets[i]);
            servers.add(new VertxEndpoint(targets[i]));
        }
        leastLoaded = balancer(Policies.leastLoaded());
        roundRobin = balancer(Policies.roundRobin());
        peakEwma = balancer(Policies.peakEwma());
        ewma = new long[(endpoints + 1) * SPREAD / 2];
        vertx = io.vertx.core.net.endpoint.LoadBalancer.POWER_OF_TWO_CHOICES.selector(servers);
        inFlight = new AtomicIntegerArray((endpoints + 1) * SPREAD);
    }

    private LoadBalancer<String> balancer(Policy<String> policy) {
        List<Endpoint<String>> members = new ArrayList<>();
        for (String target : targets) {
            members.add(Endpoint.of(target));
        }
        LoadBalancer<String> balancer = LoadBalancer.<String>builder("picks")
                .endpoints(members)
                .policy(policy)
                .health(Ejections.POLICY)
                .observer(Observer.none())
                .build();
        Ejections.eject(balancer, ejected);
        return balancer;
    }

    /** Tenfold without allocation. */
    @Benchmark
    public String tenfoldPick(Members calls) {
        return pick(leastLoaded, calls);
    }

    /** Tenfold without allocation, by latency. */
    @Benchmark
    public String tenfoldPeakEwma(TimedCalls calls) {
        int at = calls.turn();
        Member<?> oldest = calls.begun[at];
        long start = calls.starts[at];
        calls.starts[at] = System.nanoTime();
        Member<String> picked = peakEwma.pick();
        calls.begun[at] = picked;
        if (oldest != null) {
            oldest.report(Outcome.SUCCESS, start, System.nanoTime());
        }
        return picked.target();
    }

    /** Tenfold without allocation, by latency, for a caller that reads the clock once. */
    @Benchmark
    public String tenfoldPeakEwmaOneReading(TimedCalls calls) {
        int at = calls.turn();
        Member<?> oldest = calls.begun[at];
        long start = calls.starts[at];
        long now = System.nanoTime();
        calls.starts[at] = now;
        if (oldest != null) {
            oldest.report(Outcome.SUCCESS, start, now);
        }
        Member<String> picked = peakEwma.pick();
        calls.begun[at] = picked;
        return picked.target();
    }

    /** Tenfold, taking turns. */
    @Benchmark
    public String tenfoldRoundRobin(Members calls) {
        return pick(roundRobin, calls);
    }

    private static String pick(LoadBalancer<String> balancer, Members calls) {
        Member<String> picked = balancer.pick();
        Member<?> oldest = calls.exchange(picked);
        if (oldest != null) {
            oldest.report(Outcome.SUCCESS);
        }
        return picked.target();
    }

    /** Tenfold with a lease. */
    @Benchmark
    public String tenfoldSelect(Calls calls) {
        Selection<String> selected = leastLoaded.select();
        if (calls.exchange(selected) instanceof Selection<?> oldest) {
            oldest.report(Outcome.SUCCESS);
        }
        return selected.target();
    }

    /** Vert.x. */
    @Benchmark
    public String vertxPowerOfTwo(Calls calls) {
        VertxEndpoint selected = servers.get(vertx.select());
        ServerInteraction begun = selected.newInteraction();
        begun.reportRequestBegin();
        if (calls.exchange(begun) instanceof ServerInteraction oldest) {
            oldest.reportResponseEnd();
        }
        return selected.key();
    }

    /** As little as will do. */
    @Benchmark
    public String powerOfTwoByHand(NumberedCalls calls) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        int one = random.nextInt(targets.length);
        int two = random.nextInt(targets.length);
        int picked = load(two) < load(one) ? two : one;
        inFlight.getAndIncrement((picked + 1) * SPREAD);
        int oldest = calls.exchange(picked);
        if (oldest > 0) {
            inFlight.getAndDecrement(oldest * SPREAD);
        }
        return targets[picked];
    }

    /** As little as will do for endpoints that are objects. */
    @Benchmark
    public String powerOfTwoOfObjects(CountedCalls calls) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        Counted one = objects[random.nextInt(objects.length)];
        Counted two = objects[random.nextInt(objects.length)];
        Counted picked = two.calls < one.calls ? two : one;
        Counted.CALLS.getAndIncrement(picked);
        Counted oldest = calls.exchange(picked);
        if (oldest != null) {
            Counted.CALLS.getAndDecrement(oldest);
        }
        return picked.target;
    }

    /** As little as will do by latency. */
    @Benchmark
    public String peakEwmaByHand(TimedCalls calls) {
        int at = calls.turn();
        int oldest = calls.numbers[at];
        long start = calls.starts[at];
        long now = System.nanoTime();
        calls.starts[at] = now;
        ThreadLocalRandom random = ThreadLocalRandom.current();
        int one = random.nextInt(targets.length);
        int two = random.nextInt(targets.length);
        int picked = cost(two, now) < cost(one, now) ? two : one;
        inFlight.getAndIncrement((picked + 1) * SPREAD);
        calls.numbers[at] = picked + 1;
        if (oldest > 0) {
            inFlight.getAndDecrement(oldest * SPREAD);
            long end = System.nanoTime();
            int place = oldest * SPREAD / 2;
            double sample = end - start;
            double before = Double.longBitsToDouble(ewma[place]);
            double kept = Math.exp((ewma[place + 1] - end) / 10e9);
            double after = sample > before ? sample : before * kept + sample * (1 - kept);
            ewma[place] = Double.doubleToRawLongBits(after);
            ewma[place + 1] = end;
        }
        return targets[picked];
    }

    private double cost(int endpoint, long now) {
        int place = (endpoint + 1) * SPREAD / 2;
        double decayed = Double.longBitsToDouble(ewma[place]) * Math.exp((ewma[place + 1] - now) / 10e9);
        return decayed * (load(endpoint) + 1);
    }

    private int load(int endpoint) {
        return inFlight.getOpaque((endpoint + 1) * SPREAD);
    }

    /** No balancing. */
    @Benchmark
    public String randomByHand() {
        return targets[ThreadLocalRandom.current().nextInt(targets.length)];
    }
}
