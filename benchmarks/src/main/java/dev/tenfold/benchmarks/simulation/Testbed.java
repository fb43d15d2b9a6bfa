package dev.tenfold.benchmarks.simulation;

import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.balance.Member;
import dev.tenfold.health.HealthPolicy;
import dev.tenfold.observe.Observer;
import dev.tenfold.time.Scheduler.Task;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The testbed of the Prequal paper (B. Wydrowski et al., "Load is not what you should balance: Introducing Prequal", NSDI 2024):
 * clients send queries of very different cost, open loop, to servers whose spare capacity comes and goes with their neighbours.
 *
 * <p>A server is allocated four processors. Most of the time its machine is idle and it gets twice that; at times its neighbours
 * leave it half. A query needs one processor for a time drawn from a normal distribution whose deviation equals its mean.
 *
 * @param kind what is wrong with the servers
 * @param clients how many clients, each with a balancer of its own
 * @param servers how many servers
 * @param load queries' work as a share of all allocations, of those at the start
 * @param seconds how long queries come; the first quarter is not counted
 */
record Testbed(Kind kind, int clients, int servers, double load, int seconds) {

    /** What is wrong with the servers. */
    enum Kind {
        /** Neighbours come and go, as in the paper. */
        NEIGHBOURS("neighbours come and go"),
        /** Every second server has processors of half the speed; no neighbours. */
        MIXED("every second server half as fast"),
        /** One server in twenty fails every query at once; no neighbours. */
        SINKHOLE("1 of 20 fails at once"),
        /** One server in twenty never answers, nor any probe; no neighbours. */
        HANGING("1 of 20 hangs"),
        /** Each server stands still for 300 ms, 10 s after the last time on average; no neighbours. */
        PAUSING("pauses of 300 ms"),
        /**
         * Half of the servers join when half of the time is over, at a fifth of their speed, and take 10 s to come to all of it; no
         * neighbours. The load is that of the first half, and what is counted is what comes after.
         */
        JOINING("half join cold");

        private final String words;

        Kind(String words) {
            this.words = words;
        }

        /** What the library has against it. */
        HealthPolicy remedy() {
            return this == JOINING
                    ? TRUSTING.toBuilder().slowStart(Duration.ofSeconds(10)).build()
                    : HealthPolicy.defaults();
        }

        @Override
        public String toString() {
            return words;
        }

        /** Whether servers fail, and are not only slow. */
        boolean fails() {
            return this == SINKHOLE || this == HANGING;
        }

        boolean broken(int server) {
            return fails() && server % 20 == 0;
        }
    }

    private static final double ALLOCATED = 4;
    private static final double BURST = 2.0;
    private static final double SQUEEZED = 0.5;
    private static final double BURST_SECONDS = 45;
    private static final double SQUEEZED_SECONDS = 10;
    private static final double WORK_MEAN = 0.065;
    private static final double WORK_LEAST = 0.0005;
    /** The mean of max(0.0005, N(0.065, 0.065)). */
    private static final double WORK = 0.0704;

    private static final long TIMEOUT = 5_000_000_000L;
    private static final long FAILS_AFTER = 1_000_000;
    private static final long PAUSE = 300_000_000L;
    private static final double BETWEEN_PAUSES = 10;
    private static final double COLD = 0.2;
    private static final int WARM_UP_SECONDS = 10;

    /** Never ejects, so that policies are compared and nothing else. */
    static final HealthPolicy TRUSTING =
            HealthPolicy.builder().consecutiveFailures(0).build();

    /** Runs the testbed once; what comes out depends on the seed alone. */
    Latencies run(Rule rule, HealthPolicy health, long seed) {
        return new Run(rule, health, seed).latencies();
    }

    private final class Run {
        private final VirtualTime time = new VirtualTime();
        private final SplittableRandom chance;
        private final List<Replica> replicas = new ArrayList<>();
        private final List<LoadBalancer<Replica>> balancers = new ArrayList<>();
        private final Latencies latencies = new Latencies();
        private final boolean listens;
        private final int atFirst = kind == Kind.JOINING ? servers / 2 : servers;
        private final long counted = seconds * (kind == Kind.JOINING ? 500_000_000L : 250_000_000L);

        Run(Rule rule, HealthPolicy health, long seed) {
            chance = new SplittableRandom(seed);
            listens = rule.listens();
            for (int i = 0; i < servers; i++) {
                Replica replica = new Replica(i, time, ALLOCATED, kind == Kind.MIXED && i % 2 == 1 ? 0.5 : 1);
                replicas.add(replica);
                if (kind == Kind.NEIGHBOURS) {
                    alternate(replica, chance.nextDouble() < BURST_SECONDS / (BURST_SECONDS + SQUEEZED_SECONDS));
                } else if (kind == Kind.PAUSING) {
                    time.after(nanos(exponential(BETWEEN_PAUSES)), () -> pause(replica));
                } else if (kind == Kind.HANGING && kind.broken(i)) {
                    replica.hang();
                }
            }
            for (int i = 0; i < clients; i++) {
                balancers.add(LoadBalancer.<Replica>builder("client " + i)
                        .endpoints(endpoints(atFirst))
                        .policy(rule.policy().apply(new Client(i, clients)))
                        .health(health)
                        .observer(Observer.none())
                        .time(time)
                        .random(chance.split())
                        .build());
            }
            if (kind == Kind.JOINING) {
                time.after(seconds * 500_000_000L, this::join);
            }
        }

        private List<Endpoint<Replica>> endpoints(int count) {
            return replicas.subList(0, count).stream()
                    .map(replica -> Endpoint.of("server " + replica.number(), replica))
                    .toList();
        }

        Latencies latencies() {
            arrive();
            time.runUntil(seconds * 1_000_000_000L + TIMEOUT);
            return latencies;
        }

        private void alternate(Replica replica, boolean burst) {
            replica.processors(ALLOCATED * (burst ? BURST : SQUEEZED));
            double mean = burst ? BURST_SECONDS : SQUEEZED_SECONDS;
            time.after(nanos(exponential(mean)), () -> alternate(replica, !burst));
        }

        private void pause(Replica replica) {
            replica.processors(0);
            time.after(PAUSE, () -> replica.processors(ALLOCATED));
            time.after(PAUSE + nanos(exponential(BETWEEN_PAUSES)), () -> pause(replica));
        }

        private void join() {
            for (Replica replica : replicas.subList(atFirst, servers)) {
                for (int second = 0; second <= WARM_UP_SECONDS; second++) {
                    double speed = COLD + (1 - COLD) * second / WARM_UP_SECONDS;
                    time.after(second * 1_000_000_000L, () -> replica.speed(speed));
                }
            }
            balancers.forEach(balancer -> balancer.update(endpoints(servers)));
        }

        /** Open loop: the next query comes when it comes, whatever became of this one. */
        private void arrive() {
            double rate = load * atFirst * ALLOCATED / WORK;
            time.after(nanos(exponential(1 / rate)), () -> {
                if (time.nanoTime() < seconds * 1_000_000_000L) {
                    query(balancers.get(chance.nextInt(clients)));
                    arrive();
                }
            });
        }

        private void query(LoadBalancer<Replica> balancer) {
            long began = time.nanoTime();
            Member<Replica> member = balancer.pick();
            Replica replica = member.target();
            if (kind.broken(replica.number())) {
                fail(member, began);
                return;
            }
            double work = Math.max(WORK_LEAST, WORK_MEAN + WORK_MEAN * chance.nextGaussian());
            Task[] timeout = new Task[1];
            Replica.Running running = replica.begin(work, () -> {
                timeout[0].cancel();
                long latency = time.nanoTime() - began;
                member.report(Outcome.SUCCESS, latency);
                if (listens) {
                    member.reportLoad(replica.load());
                }
                if (began >= counted) {
                    latencies.answered(latency);
                }
            });
            timeout[0] = time.after(TIMEOUT, () -> {
                replica.cancel(running);
                member.report(Outcome.TIMED_OUT, TIMEOUT);
                if (began >= counted) {
                    latencies.failed(TIMEOUT);
                }
            });
        }

        private void fail(Member<Replica> member, long began) {
            boolean hangs = kind == Kind.HANGING;
            long latency = hangs ? TIMEOUT : FAILS_AFTER;
            time.after(latency, () -> {
                member.report(hangs ? Outcome.TIMED_OUT : Outcome.FAILED, latency);
                if (began >= counted) {
                    latencies.failed(latency);
                }
            });
        }

        private double exponential(double mean) {
            return -mean * Math.log(1 - chance.nextDouble());
        }

        private long nanos(double span) {
            return (long) (span * 1e9);
        }
    }
}
