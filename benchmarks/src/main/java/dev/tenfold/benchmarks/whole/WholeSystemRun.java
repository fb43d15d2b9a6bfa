package dev.tenfold.benchmarks.whole;

import dev.tenfold.benchmarks.report.Machine;
import dev.tenfold.benchmarks.whole.WholeSystem.Guard;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Runs the simulation of the whole composition over many seeds, and without each guard until its absence shows.
 *
 * <pre>mvn -q -Pbench verify -Dbench.main=dev.tenfold.benchmarks.whole.WholeSystemRun</pre>
 */
@Command(
        name = "whole-system",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Simulates the whole composition under faults and checks its promises.")
public final class WholeSystemRun implements Callable<Integer> {

    private static final int SHOWN = 5;
    /** How many seeds are tried without a guard at most. */
    private static final int TRIED = 1_000;

    @Option(names = "--out", paramLabel = "FILE", description = "Where to write (default: ${DEFAULT-VALUE}).")
    private Path file = Path.of("benchmarks", "results", "whole-system-simulation.txt");

    @Option(names = "--first", description = "The first seed (default: ${DEFAULT-VALUE}).")
    private long first;

    @Option(names = "--seeds", description = "How many (default: ${DEFAULT-VALUE}).")
    private long seeds = 10_000;

    @Option(
            names = "--without",
            description = "Looks only for what happens without this guard: ${COMPLETION-CANDIDATES}.")
    private @Nullable Guard guard;

    @Option(
            names = "--no-guards",
            negatable = true,
            description = "Whether to look for what happens without each guard (default: yes).")
    private boolean guards = true;

    @Option(
            names = "--threads",
            description = "How many runs go on at a time, which changes no result (default: one for each processor).")
    private int threads = Runtime.getRuntime().availableProcessors();

    /** Runs with the arguments of the command line. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new WholeSystemRun()).execute(arguments));
    }

    /** What came of some seeds. */
    private record Result(Tally tally, List<String> violations) {}

    @Override
    public Integer call() throws IOException, InterruptedException, ExecutionException {
        long began = System.nanoTime();
        Set<Guard> without = guard == null ? Set.of() : EnumSet.of(guard);
        Result result = run(without);
        StringBuilder text = new StringBuilder("The whole composition, simulated, " + Instant.now() + "\nmachine: "
                + Machine.describe() + "\ncommand: mvn -q -Pbench verify -Dbench.main=" + WholeSystemRun.class.getName()
                + " -Dbench.args=\"--first " + first
                + " --seeds " + seeds + (guard == null ? "" : " --without " + guard) + "\"\n\n");
        text.append(result.tally.describe());
        text.append("\nfaults\n");
        result.tally.faults.forEach(
                (kind, times) -> text.append(String.format(Locale.ROOT, "  %-42s %d%n", kind, times)));
        text.append("\npromises, and how often each was checked in runs without a violation\n");
        for (Promise promise : Promise.values()) {
            text.append(String.format(
                    Locale.ROOT, "  %-5s %-90s %d%n", promise, promise.words, result.tally.checks[promise.number]));
        }
        text.append('\n');
        text.append(String.format(
                Locale.ROOT, "violations                                 %d%n", result.violations.size()));
        result.violations.stream()
                .limit(SHOWN)
                .forEach(
                        each -> text.append(each.lines().findFirst().orElse("")).append('\n'));
        if (guard == null && guards) {
            text.append("\nwithout a guard, the first seed at which its absence shows\n");
            text.append(withoutEach());
        }
        text.append(String.format(
                Locale.ROOT,
                "%nduration %d s%n",
                Duration.ofNanos(System.nanoTime() - began).toSeconds()));
        System.out.println(text);
        result.violations.stream().limit(SHOWN).forEach(System.out::println);
        Files.writeString(file, text);
        return result.violations.isEmpty() == (guard == null) ? 0 : 1;
    }

    private Result run(Set<Guard> without) throws InterruptedException, ExecutionException {
        AtomicLong next = new AtomicLong(first);
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            List<Future<Result>> parts = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                parts.add(executor.submit(() -> some(next, without)));
            }
            Tally all = new Tally();
            List<String> violations = new ArrayList<>();
            for (Future<Result> part : parts) {
                all.add(part.get().tally);
                violations.addAll(part.get().violations);
            }
            return new Result(all, violations);
        } finally {
            executor.shutdownNow();
        }
    }

    private Result some(AtomicLong next, Set<Guard> without) {
        Tally tally = new Tally();
        List<String> violations = new ArrayList<>();
        for (long seed = next.getAndIncrement(); seed < first + seeds; seed = next.getAndIncrement()) {
            try (WholeSystem system = new WholeSystem(seed, without)) {
                system.run();
                tally.add(system.tally);
            } catch (AssertionError violation) {
                String message = String.valueOf(violation.getMessage());
                violations.add(message);
                System.err.println(message.lines().findFirst().orElse(message));
            }
        }
        return new Result(tally, violations);
    }

    private String withoutEach() throws InterruptedException, ExecutionException {
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            Map<Guard, Future<String>> found = new EnumMap<>(Guard.class);
            for (Guard each : Guard.values()) {
                found.put(each, executor.submit(() -> firstWithout(each)));
            }
            StringBuilder text = new StringBuilder();
            for (Map.Entry<Guard, Future<String>> each : found.entrySet()) {
                text.append(String.format(
                        Locale.ROOT,
                        "  %-14s %s%n",
                        each.getKey(),
                        each.getValue().get()));
            }
            return text.toString();
        } finally {
            executor.shutdownNow();
        }
    }

    private String firstWithout(Guard each) {
        String found = "none of " + TRIED + " seeds shows it";
        for (long seed = first; seed < first + TRIED; seed++) {
            try (WholeSystem system = new WholeSystem(seed, EnumSet.of(each))) {
                system.run();
            } catch (AssertionError violation) {
                String message = String.valueOf(violation.getMessage());
                found = message.lines().findFirst().orElse(message);
                break;
            }
        }
        System.err.println("without " + each + ": " + found);
        return found;
    }
}
