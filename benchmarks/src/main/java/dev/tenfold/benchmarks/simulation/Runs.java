package dev.tenfold.benchmarks.simulation;

import dev.tenfold.health.HealthPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongFunction;

/**
 * Runs experiments on several threads, each once for each seed. What comes out does not depend on the threads: a run knows nothing of
 * others, and results are added up in the order of their seeds.
 */
final class Runs implements AutoCloseable {

    private final int seeds;
    private final ExecutorService threads;
    private final Map<Object, List<Future<Latencies>>> running = new ConcurrentHashMap<>();

    Runs(int seeds, int threads) {
        this.seeds = seeds;
        this.threads = Executors.newFixedThreadPool(threads, SameThread::new);
    }

    /** Turns are taken per thread, by its number: on threads that all have the same one, a run is the same on each. */
    private static final class SameThread extends Thread {

        SameThread(Runnable work) {
            super(work, "simulation");
            setDaemon(true);
        }

        @Override
        public long getId() {
            return 0;
        }
    }

    /** What became of the queries of all seeds together; begins the runs if {@link #begin} has not. */
    Latencies of(Testbed testbed, Rule rule, HealthPolicy health) {
        return sum(start(testbed, rule, health));
    }

    /** Begins runs whose results will be wanted. */
    void begin(Testbed testbed, Rule rule, HealthPolicy health) {
        start(testbed, rule, health);
    }

    private List<Future<Latencies>> start(Testbed testbed, Rule rule, HealthPolicy health) {
        return start(List.of(testbed, rule, health), seed -> testbed.run(rule, health, seed));
    }

    /** The experiment with one slow server, all seeds together. */
    Latencies ofSlowServer(Rule rule) {
        return sum(start(List.of(SlowServer.class, rule), seed -> SlowServer.run(rule, seed)));
    }

    private List<Future<Latencies>> start(Object key, LongFunction<Latencies> run) {
        return running.computeIfAbsent(key, absent -> {
            List<Future<Latencies>> started = new ArrayList<>();
            for (long seed = 1; seed <= seeds; seed++) {
                long own = seed;
                started.add(threads.submit(() -> run.apply(own)));
            }
            return started;
        });
    }

    private static Latencies sum(List<Future<Latencies>> parts) {
        Latencies sum = new Latencies();
        for (Future<Latencies> part : parts) {
            try {
                sum.add(part.get());
            } catch (ExecutionException broken) {
                throw new IllegalStateException("a run failed", broken.getCause());
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted before all runs ended", interrupted);
            }
        }
        return sum;
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
