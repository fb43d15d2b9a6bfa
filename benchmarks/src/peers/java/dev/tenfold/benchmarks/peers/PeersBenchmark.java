package dev.tenfold.benchmarks.peers;

import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.balance.Member;
import dev.tenfold.balance.Policies;
import dev.tenfold.balance.Policy;
import dev.tenfold.benchmarks.Ejections;
import dev.tenfold.observe.Observer;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Selection;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * <b>What does a balancer cost a call, pick and completion together, beside those of other libraries?</b> Each thread keeps 16 calls in
 * flight: an operation begins one and ends the oldest.
 *
 * <p>Not like for like: ServiceTalk's figure includes the reuse of a connection, Finagle's the opening and closing of a
 * service, Spring's a reactive pipeline; Armeria's, Spring's and gRPC's round robin take no report at all. Where a library
 * can be told of completions, it is.
 *
 * <pre>mvn -q -Ppeers,bench verify -Dbench.args="--name balancing --include .*[.]PeersBenchmark.* --threads 1,2"</pre>
 */
@SuppressWarnings("NullAway.Init") // Only the contender that is measured is prepared.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PeersBenchmark {

    /** Counters this many {@code int}s apart share no cache line, nor the pair that is fetched at once. */
    private static final int SPREAD = 32;

    @Param({"10", "1000"})
    private int endpoints;

    /** Percentage of endpoints that Tenfold has ejected; the others know of no health here. */
    @Param("0")
    private int ejected;

    private LoadBalancer<String> tenfold;
    private long[] ewma;
    private Peer peer;
    private AtomicIntegerArray inFlight;

    /** A thread's calls in flight. */
    @State(Scope.Thread)
    public static class Calls {

        private static final int WINDOW = 16;

        private final @Nullable Object[] begun = new Object[WINDOW];
        private final int[] numbers = new int[WINDOW];
        private int next;

        /** Adds a call and returns the one to end for it; none at first. */
        @Nullable
        Object exchange(Object call) {
            int at = next++ & (WINDOW - 1);
            Object oldest = begun[at];
            begun[at] = call;
            return oldest;
        }

        /** The same for calls known by a number; -1 at first. */
        int exchange(int call) {
            int at = next++ & (WINDOW - 1);
            int oldest = numbers[at] - 1;
            numbers[at] = call + 1;
            return oldest;
        }
    }

    /** A thread's calls in flight and when each began. */
    @State(Scope.Thread)
    public static class TimedCalls {

        private final @Nullable Member<?>[] begun = new Member<?>[Calls.WINDOW];
        private final int[] numbers = new int[Calls.WINDOW];
        private final long[] starts = new long[Calls.WINDOW];
        private int next;

        private int turn() {
            return next++ & (Calls.WINDOW - 1);
        }
    }

    /** Prepares the contender that is measured, and no other. */
    @Setup
    public void prepare(BenchmarkParams run) throws Exception {
        String method = run.getBenchmark().substring(run.getBenchmark().lastIndexOf('.') + 1);
        switch (method) {
            case "tenfoldLeastLoaded", "tenfoldSelect" -> tenfold = balancer(Policies.leastLoaded());
            case "tenfoldPeakEwma" -> tenfold = balancer(Policies.peakEwma());
            case "powerOfTwoByHand", "peakEwmaByHand" -> {
                inFlight = new AtomicIntegerArray((endpoints + 1) * SPREAD);
                ewma = new long[(endpoints + 1) * SPREAD / 2];
            }
            default -> peer = peer(method);
        }
    }

    private Peer peer(String method) throws Exception {
        return switch (method) {
            case "armeriaWeightedRoundRobin" -> new ArmeriaPeer(endpoints);
            case "dubboLeastActive" -> new DubboPeer(endpoints);
            case "finagleLeastLoaded" -> FinaglePeer.leastLoaded(endpoints);
            case "finaglePeakEwma" -> FinaglePeer.peakEwma(endpoints);
            case "grpcLeastRequest" -> new GrpcPeer("least_request_experimental", endpoints);
            case "grpcRoundRobin" -> new GrpcPeer("round_robin", endpoints);
            case "serviceTalkPowerOfTwo" -> new ServiceTalkPeer(endpoints);
            case "springRoundRobin" -> new SpringPeer(endpoints);
            case "storkPowerOfTwo" -> new StorkPeer(endpoints);
            case "vertxPowerOfTwo" -> new VertxPeer(endpoints);
            default -> throw new IllegalStateException("no contender " + method);
        };
    }

    private LoadBalancer<String> balancer(Policy<String> policy) {
        List<Endpoint<String>> members = new ArrayList<>();
        for (int i = 0; i < endpoints; i++) {
            members.add(Endpoint.of("server-" + i));
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

    /** Tenfold, power of two choices by calls in flight. */
    @Benchmark
    public String tenfoldLeastLoaded(Calls calls) {
        Member<String> picked = tenfold.pick();
        if (calls.exchange(picked) instanceof Member<?> oldest) {
            oldest.report(Outcome.SUCCESS);
        }
        return picked.target();
    }

    /** Tenfold, power of two choices by calls in flight, as a lease that measures the latency. */
    @Benchmark
    public String tenfoldSelect(Calls calls) {
        Selection<String> selected = tenfold.select();
        if (calls.exchange(selected) instanceof Selection<?> oldest) {
            oldest.report(Outcome.SUCCESS);
        }
        return selected.target();
    }

    /** Tenfold, power of two choices by peak EWMA; the caller reads the clock twice a call, as Finagle does. */
    @Benchmark
    public String tenfoldPeakEwma(TimedCalls calls) {
        int at = calls.turn();
        Member<?> oldest = calls.begun[at];
        long start = calls.starts[at];
        calls.starts[at] = System.nanoTime();
        Member<String> picked = tenfold.pick();
        calls.begun[at] = picked;
        if (oldest != null) {
            oldest.report(Outcome.SUCCESS, start, System.nanoTime());
        }
        return picked.target();
    }

    /**
     * As little as will do by latency: two readings of the clock, two random indices into padded pairs of a latency and its time, their
     * decay by {@link Math#exp}; without a lock, so that updates may be lost.
     */
    @Benchmark
    public int peakEwmaByHand(TimedCalls calls) {
        int at = calls.turn();
        int oldest = calls.numbers[at];
        long start = calls.starts[at];
        long now = System.nanoTime();
        calls.starts[at] = now;
        ThreadLocalRandom random = ThreadLocalRandom.current();
        int one = random.nextInt(endpoints);
        int two = random.nextInt(endpoints);
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
        return picked;
    }

    private double cost(int endpoint, long now) {
        int place = (endpoint + 1) * SPREAD / 2;
        double decayed = Double.longBitsToDouble(ewma[place]) * Math.exp((ewma[place + 1] - now) / 10e9);
        return decayed * (inFlight.getOpaque((endpoint + 1) * SPREAD) + 1);
    }

    /** As little as will do: two random indices into padded counters, and nothing else. */
    @Benchmark
    public int powerOfTwoByHand(Calls calls) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        int one = random.nextInt(endpoints);
        int two = random.nextInt(endpoints);
        int picked = inFlight.getOpaque((two + 1) * SPREAD) < inFlight.getOpaque((one + 1) * SPREAD) ? two : one;
        inFlight.getAndIncrement((picked + 1) * SPREAD);
        int oldest = calls.exchange(picked);
        if (oldest >= 0) {
            inFlight.getAndDecrement((oldest + 1) * SPREAD);
        }
        return picked;
    }

    /** Armeria, without reports. */
    @Benchmark
    public Object armeriaWeightedRoundRobin(Calls calls) {
        return pass(calls);
    }

    /** Dubbo, with its counts. */
    @Benchmark
    public Object dubboLeastActive(Calls calls) {
        return pass(calls);
    }

    /** Finagle, power of two choices by calls in flight. */
    @Benchmark
    public Object finagleLeastLoaded(Calls calls) {
        return pass(calls);
    }

    /** Finagle, power of two choices by peak EWMA. */
    @Benchmark
    public Object finaglePeakEwma(Calls calls) {
        return pass(calls);
    }

    /** gRPC-java, with its tracer. */
    @Benchmark
    public Object grpcLeastRequest(Calls calls) {
        return pass(calls);
    }

    /** gRPC-java, without reports. */
    @Benchmark
    public Object grpcRoundRobin(Calls calls) {
        return pass(calls);
    }

    /** ServiceTalk, with the reuse of a connection. */
    @Benchmark
    public Object serviceTalkPowerOfTwo(Calls calls) {
        return pass(calls);
    }

    /** Spring Cloud, without reports. */
    @Benchmark
    public Object springRoundRobin(Calls calls) {
        return pass(calls);
    }

    /** SmallRye Stork, with its records. */
    @Benchmark
    public Object storkPowerOfTwo(Calls calls) {
        return pass(calls);
    }

    /** Vert.x, with its metrics. */
    @Benchmark
    public Object vertxPowerOfTwo(Calls calls) {
        return pass(calls);
    }

    private Object pass(Calls calls) {
        Object begun = peer.begin();
        Object oldest = calls.exchange(begun);
        if (oldest != null) {
            peer.end(oldest);
        }
        return begun;
    }
}
