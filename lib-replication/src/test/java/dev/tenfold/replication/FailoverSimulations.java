package dev.tenfold.replication;

import dev.tenfold.replication.FailoverSimulation.Guard;
import dev.tenfold.replication.FailoverSimulation.Scenario;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Many seeds of the {@link FailoverSimulation} on all processors, and its negative controls, summed up in a file.
 *
 * <pre>{@code
 * mvn -q -Pfailover-simulation -pl lib-replication -am process-test-classes
 *     # -Dsimulation.args="seeds-of-each-scenario first threads seeds-of-each-control file"
 * }</pre>
 */
final class FailoverSimulations {

    private final int threads;
    private final @Nullable Path file;
    private final StringBuilder report = new StringBuilder();

    private FailoverSimulations(int threads, @Nullable Path file) {
        this.threads = threads;
        this.file = file;
    }

    /** What was done in many runs, and which of them broke a promise. */
    private static final class Tally {
        private final Map<String, Long> counts = new TreeMap<>();
        private final Map<Long, String> violations = new TreeMap<>();
        private long writes;
        private long reads;
        private long promotions;
        private long simulated;

        synchronized void add(FailoverSimulation run) {
            writes += run.promises().writes;
            reads += run.promises().reads;
            promotions += run.promises().promotions;
            simulated += run.elapsed();
            run.counts().forEach((what, times) -> counts.merge(what, (long) times, Long::sum));
        }

        synchronized void violated(long seed, String violation) {
            violations.put(seed, violation);
        }
    }

    private void say(String format, Object... values) {
        String line = String.format(Locale.ROOT, format, values);
        report.append(line).append('\n');
        System.out.println(line);
    }

    /** After each part, since all of them take long. */
    private void save() throws IOException {
        if (file != null) {
            Files.writeString(file, report.toString());
        }
    }

    /** Runs them; each seed by one thread, which one makes no difference. */
    private Tally run(Scenario scenario, long first, long seeds, Set<Guard> without) throws InterruptedException {
        Tally tally = new Tally();
        AtomicLong next = new AtomicLong(first);
        List<Thread> workers = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            Thread worker = new Thread(() -> {
                long seed = next.getAndIncrement();
                while (seed < first + seeds) {
                    try (FailoverSimulation run = new FailoverSimulation(seed, scenario, without)) {
                        try {
                            run.run();
                        } catch (AssertionError violation) {
                            tally.violated(seed, String.valueOf(violation.getMessage()));
                        }
                        tally.add(run);
                    }
                    seed = next.getAndIncrement();
                }
            });
            workers.add(worker);
            worker.start();
        }
        for (Thread worker : workers) {
            worker.join();
        }
        return tally;
    }

    private boolean promises(Scenario scenario, long first, long seeds) throws InterruptedException {
        long began = System.nanoTime();
        Tally tally = run(scenario, first, seeds, EnumSet.noneOf(Guard.class));
        double seconds = (System.nanoTime() - began) / 1e9;
        say("%n%s, seeds %d to %d, all guards in place", scenario, first, first + seeds - 1);
        say("  promises broken (violations)                              %d", tally.violations.size());
        say("  writes acknowledged                                       %d", tally.writes);
        say("  reads answered                                            %d", tally.reads);
        say("  promotions                                                %d", tally.promotions);
        tally.counts.forEach((what, times) -> say("  %-57s %d", what, times));
        say("  simulated time                                            %.1f h", tally.simulated / 3.6e12);
        say("  real time, seeds in a second                              %.0f s, %.1f", seconds, seeds / seconds);
        tally.violations.forEach((seed, message) -> say("  %s", seeds == 1 ? message : head(message)));
        return tally.violations.isEmpty();
    }

    private boolean control(Guard guard, long first, long seeds) throws InterruptedException {
        Tally tally = run(guard.scenario(), first, seeds, EnumSet.of(guard));
        // One that only gets stuck is not what the guards are against.
        tally.violations.values().removeIf(message -> message.contains("(4)"));
        List<Long> found = List.copyOf(tally.violations.keySet());
        say(
                "  %-11s %5d of %d seeds break a promise; %s",
                guard, found.size(), seeds, found.isEmpty() ? "NONE FOUND" : head(tally.violations.get(found.get(0))));
        return !found.isEmpty() || guard == Guard.LEASE;
    }

    private static String head(@Nullable String message) {
        String text = String.valueOf(message);
        String line = text.lines().findFirst().orElse("");
        return line.length() > 160 ? line.substring(0, 160) + "..." : line;
    }

    /** Arguments: seeds of each scenario (4000), the first (0), threads (one a processor), seeds of each control (500), and a file (none). */
    public static void main(String[] arguments) throws Exception {
        long[] given = {4_000, 0, Runtime.getRuntime().availableProcessors(), 500};
        for (int i = 0; i < given.length && i < arguments.length; i++) {
            given[i] = Long.parseLong(arguments[i]);
        }
        FailoverSimulations all =
                new FailoverSimulations((int) given[2], arguments.length > 4 ? Path.of(arguments[4]) : null);
        Instant began = Instant.now();
        all.say("Simulation of failover, %s", began);
        all.say(
                "machine: %s %s, %d processors, JDK %s, %d threads; load average at the start %.1f",
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("java.version"),
                given[2],
                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
        all.say(
                "three to seven servers, quorums of one to five, one to three processes that drive, four people who read and write");
        all.say(
                "command: mvn -q -Pfailover-simulation -pl lib-replication -am process-test-classes -Dsimulation.args=\"%s\"",
                String.join(" ", arguments));
        boolean kept = true;
        String only = System.getProperty("tenfold.replication.scenario");
        for (Scenario scenario : only == null ? Scenario.values() : new Scenario[] {Scenario.valueOf(only)}) {
            kept &= all.promises(scenario, given[1], given[0]);
            all.save();
        }
        if (given[3] > 0) {
            all.say("%nControls: the same checks with one guard taken out");
            String guards = System.getProperty("tenfold.replication.guards");
            for (Guard guard : guards == null ? Guard.values() : new Guard[] {Guard.valueOf(guards)}) {
                kept &= all.control(guard, given[1], given[3]);
                all.save();
            }
        }
        all.say("%nduration %d s", Duration.between(began, Instant.now()).toSeconds());
        all.save();
        if (!kept) {
            throw new IOException("a promise was broken, or a control found nothing: see above");
        }
        System.exit(0);
    }
}
