package dev.tenfold.benchmarks.balance;

import dev.tenfold.balance.Caller;
import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.balance.LoadBalancerBuilder;
import dev.tenfold.balance.Policies;
import dev.tenfold.benchmarks.report.Machine;
import dev.tenfold.health.HealthPolicy;
import dev.tenfold.journey.load.Latencies;
import dev.tenfold.journey.load.OpenLoop;
import dev.tenfold.observe.Observer;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Outcomes;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Real HTTP servers in processes of their own, one of which fails in each of the usual ways while calls fall due at a steady
 * rate. Prints, as a Markdown table, how many calls failed and how long they took from when they were due.
 *
 * <p>The fault begins after a quarter of the time and ends after half of it. Attempts are given 250 ms and calls two seconds; an
 * ejection lasts a second, so that each run sees the return, too.
 *
 * <pre>mvn -q -Pbench verify -Dbench.main=dev.tenfold.benchmarks.balance.HttpFaults -Dbench.args="[seconds per run, default 8] [file]"</pre>
 */
public final class HttpFaults implements AutoCloseable {

    private static final int SERVERS = 4;
    private static final int WORKERS = 64;
    private static final Load FULL = new Load(150, Duration.ofMillis(250), Duration.ofSeconds(2));

    private final List<ServerChild> servers = new ArrayList<>();
    private final ExecutorService attempts = Executors.newCachedThreadPool();
    private final ScheduledExecutorService timeline = Executors.newSingleThreadScheduledExecutor();

    private final Load load;

    HttpFaults(Load load) throws Exception {
        this.load = load;
        for (int i = 0; i < SERVERS; i++) {
            servers.add(new ServerChild());
        }
        for (Way way : Way.values()) {
            run(Fault.NONE, way, Duration.ofMillis(500));
        }
    }

    /**
     * What is asked of the servers.
     *
     * @param rate calls a second
     * @param attempt how long an attempt may take
     * @param call how long a call may take
     */
    record Load(double rate, Duration attempt, Duration call) {}

    /**
     * Runs every way of calling through every fault.
     *
     * @param arguments how many seconds each run takes, and the file to write the page to
     * @throws Exception if a server cannot be started
     */
    public static void main(String[] arguments) throws Exception {
        Duration length = Duration.ofSeconds(arguments.length > 0 ? Long.parseLong(arguments[0]) : 8);
        String table = table(length);
        System.out.println(table);
        if (arguments.length > 1) {
            Path page = Path.of(arguments[1]);
            Files.writeString(page, page(table, length));
            System.out.println("Written: " + page);
        }
    }

    private static String table(Duration length) throws Exception {
        StringBuilder table = new StringBuilder("""
                | one server | calls | failed | p50 | p99 | maximum | attempts a call |
                |---|---|--:|--:|--:|--:|--:|
                """);
        try (HttpFaults faults = new HttpFaults(FULL)) {
            for (Fault fault : Fault.values()) {
                for (Way way : Way.values()) {
                    table.append(faults.run(fault, way, length).row()).append('\n');
                }
            }
        }
        return table.toString();
    }

    private static String page(String table, Duration length) {
        return """
                # One of four HTTP servers fails

                Real servers in processes of their own on loopback, %d of %d ms each; %.0f calls a second fall due whatever became of
                those before (open loop), %d s a run. The fault begins after a quarter of the time and ends after half of it.
                Attempts are given %d ms, calls %d ms. The last columns are milliseconds from when a call was due, and attempts.

                %s. %s.

                ```
                mvn -q -Pbench verify -Dbench.main=%s -Dbench.args="%d benchmarks/results/http-faults.md"
                ```

                %s""".formatted(
                        SERVERS,
                        FaultyServer.SERVICE.toMillis(),
                        FULL.rate,
                        length.toSeconds(),
                        FULL.attempt.toMillis(),
                        FULL.call.toMillis(),
                        Machine.describe(),
                        LocalDate.now(ZoneOffset.UTC),
                        HttpFaults.class.getName(),
                        length.toSeconds(),
                        table);
    }

    /** How calls are made. */
    enum Way {
        /** What is often written by hand. */
        BARE("round robin, one attempt"),
        /** The same retries and ejections as Tenfold's default policy has. */
        TURNS("round robin, retries"),
        /** The default policy. */
        RETRIES("**default, retries**"),
        /** The default policy, hedged after the 95th percentile. */
        HEDGES("**default, retries, hedges**");

        final String words;

        Way(String words) {
            this.words = words;
        }

        private Caller<URI> caller(LoadBalancer<URI> balancer, Duration budget) {
            return switch (this) {
                case BARE -> balancer.within(budget);
                case TURNS, RETRIES -> balancer.idempotent().within(budget);
                case HEDGES -> balancer.idempotent().hedged().within(budget);
            };
        }
    }

    /** What one run saw. */
    record Result(Fault fault, Way way, long calls, List<String> failures, long attempts, Latencies.Summary latencies) {

        String row() {
            return String.format(
                    Locale.ROOT,
                    "| %s | %s | %d | %.1f | %.1f | %.1f | %.3f |",
                    fault.words,
                    way.words,
                    failures.size(),
                    latencies.p50(),
                    latencies.p99(),
                    latencies.maximum(),
                    (double) attempts / calls);
        }
    }

    /** Makes calls for so long while the last server fails; it is well again afterwards. */
    Result run(Fault fault, Way way, Duration length) throws Exception {
        ServerChild victim = servers.get(SERVERS - 1);
        victim.reset();
        LoadBalancer<URI> balancer = balancer(way);
        Caller<URI> caller = way.caller(balancer, load.call);
        Latencies latencies = new Latencies();
        AtomicLong calls = new AtomicLong();
        Queue<String> failures = new ConcurrentLinkedQueue<>();
        TimeSource time = TimeSource.system();
        OpenLoop users = new OpenLoop(load.rate, length, length, () -> true, time, LockSupport::parkNanos);
        Future<?> begun = at(length.dividedBy(4), fault.begin, victim);
        Future<?> ended = at(length.dividedBy(2), fault.end, victim);
        users.run(WORKERS, (index, due) -> {
            long sent = time.nanoTime();
            calls.incrementAndGet();
            String failure = call(caller);
            if (failure != null) {
                failures.add(failure);
            }
            latencies.record(due, sent, time.nanoTime());
        });
        begun.get();
        ended.get();
        balancer.close();
        victim.reset();
        return new Result(fault, way, calls.get(), List.copyOf(failures), picks(balancer), latencies.total());
    }

    private Future<?> at(Duration delay, Fault.Step step, ServerChild server) {
        return timeline.schedule(
                () -> {
                    step.on(server);
                    return null;
                },
                delay.toNanos(),
                TimeUnit.NANOSECONDS);
    }

    private LoadBalancer<URI> balancer(Way way) {
        LoadBalancerBuilder<URI> builder = LoadBalancer.<URI>builder("faults")
                .endpoints(servers.stream().map(ServerChild::uri).toArray(URI[]::new))
                .attemptTimeout(load.attempt)
                .hedgeExecutor(attempts)
                .observer(Observer.none());
        HealthPolicy.Builder health = HealthPolicy.builder().ejectionTime(Duration.ofSeconds(1), Duration.ofSeconds(4));
        if (way == Way.BARE) {
            health.consecutiveFailures(0);
        }
        if (way == Way.BARE || way == Way.TURNS) {
            builder.policy(Policies.roundRobin());
        }
        return builder.health(health.build()).build();
    }

    /** Makes a call; returns what went wrong, or null. */
    private static @Nullable String call(Caller<URI> caller) {
        try {
            int status = caller.call(HttpFaults::get, Outcomes::ofHttpStatus);
            return status == 200 ? null : "status " + status;
        } catch (IOException | RuntimeException failure) {
            return failure.toString();
        }
    }

    private static int get(URI server, Deadline deadline) throws IOException {
        int timeout = (int) Math.max(1, deadline.remaining().toMillis());
        HttpURLConnection connection = (HttpURLConnection) server.toURL().openConnection();
        connection.setConnectTimeout(timeout);
        connection.setReadTimeout(timeout);
        int status = connection.getResponseCode();
        try (InputStream body = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            body.readAllBytes();
        }
        return status;
    }

    private static long picks(LoadBalancer<?> balancer) {
        return balancer.measurements().stream()
                .filter(measurement -> measurement.name().equals("tenfold.balancer.picks"))
                .mapToLong(measurement -> (long) measurement.value().getAsDouble())
                .sum();
    }

    @Override
    public void close() {
        timeline.shutdownNow();
        attempts.shutdownNow();
        servers.forEach(ServerChild::close);
    }
}
