package dev.tenfold.benchmarks.simulation;

import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.balance.Member;
import dev.tenfold.observe.Observer;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The experiment of "Beyond Round Robin: Load Balancing for Latency" (Linkerd, 2016): one client sends 1,000 queries a second to
 * 11 servers for a minute, and one of the servers takes two seconds for each from second 15 to second 45. Published: 95 % within a
 * second by round robin, 99 % by least loaded, 99.9 % by peak EWMA. A query is no dearer for those beside it.
 *
 * <p>The usual latencies are drawn from those that Finagle's simulator replays, 86,333 of them, known here by their quantiles.
 */
final class SlowServer {

    private static final int SERVERS = 11;
    private static final int QUERIES_PER_SECOND = 1_000;
    private static final long SECOND = 1_000_000_000L;
    private static final long SLOW_FROM = 15 * SECOND;
    private static final long SLOW_UNTIL = 45 * SECOND;
    private static final long END = 60 * SECOND;
    private static final long SLOW = 2 * SECOND;

    /** As many as there are never queries, so that none waits for another. */
    private static final int PROCESSORS = 1_000;

    private static final double[] SHARES = {0, 0.01, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99, 0.995, 0.999, 1};
    private static final double[] MILLIS = {
        164.1, 164.9, 165.4, 165.8, 166.4, 167.5, 170.3, 176.7, 181.7, 192.3, 196.2, 198.8, 200.0
    };

    private final VirtualTime time = new VirtualTime();
    private final Latencies latencies = new Latencies();
    private final SplittableRandom chance;
    private final LoadBalancer<Replica> balancer;

    private final boolean listens;

    private SlowServer(Rule rule, long seed) {
        listens = rule.listens();
        chance = new SplittableRandom(seed);
        List<Endpoint<Replica>> servers = new ArrayList<>();
        for (int i = 0; i < SERVERS; i++) {
            servers.add(Endpoint.of("server " + i, new Replica(i, time, PROCESSORS, 1)));
        }
        balancer = LoadBalancer.<Replica>builder("client")
                .endpoints(servers)
                .policy(rule.policy().apply(new Client(0, 1)))
                .health(Testbed.TRUSTING)
                .observer(Observer.none())
                .time(time)
                .random(chance.split())
                .build();
    }

    static Latencies run(Rule rule, long seed) {
        SlowServer experiment = new SlowServer(rule, seed);
        experiment.query();
        experiment.time.runUntil(END + SLOW);
        return experiment.latencies;
    }

    private void query() {
        long began = time.nanoTime();
        if (began >= END) {
            return;
        }
        Member<Replica> member = balancer.pick();
        Replica server = member.target();
        boolean slow = server.number() == 0 && began >= SLOW_FROM && began < SLOW_UNTIL;
        long latency = slow ? SLOW : usual();
        server.begin(latency / 1e9, () -> {
            member.report(Outcome.SUCCESS, began, time.nanoTime());
            latencies.answered(time.nanoTime() - began);
            if (listens) {
                member.reportLoad(server.load());
            }
        });
        time.after(SECOND / QUERIES_PER_SECOND, this::query);
    }

    /** Draws a latency by interpolating between the known quantiles. */
    private long usual() {
        double share = chance.nextDouble();
        int at = 1;
        while (SHARES[at] < share) {
            at++;
        }
        double within = (share - SHARES[at - 1]) / (SHARES[at] - SHARES[at - 1]);
        return (long) ((MILLIS[at - 1] + within * (MILLIS[at] - MILLIS[at - 1])) * 1e6);
    }
}
