package dev.tenfold.benchmarks.simulation;

import dev.tenfold.benchmarks.report.LineChart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Compares the policies in the simulation and writes a page of tables and a chart.
 *
 * <pre>mvn -q -Pbench verify -Dbench.main=dev.tenfold.benchmarks.simulation.SimulationRun</pre>
 */
@Command(
        name = "simulation",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Compares balancing policies in a simulation and renders the result.")
public final class SimulationRun implements Callable<Integer> {

    @Option(names = "--out", paramLabel = "DIR", description = "Where to write (default: ${DEFAULT-VALUE}).")
    private Path directory = Path.of("benchmarks", "results");

    @Option(names = "--seeds", description = "Runs of each kind, with seeds 1, 2, ... (default: ${DEFAULT-VALUE}).")
    private int seeds = 3;

    @Option(names = "--seconds", description = "Virtual seconds of each run (default: ${DEFAULT-VALUE}).")
    private int seconds = 40;

    @Option(
            names = "--threads",
            description = "How many runs go on at a time, which changes no result (default: one for each processor).")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Option(names = "--loads", split = ",", description = "Loads as shares of what is allocated.")
    private double[] loads = {0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7};

    /** Runs with the arguments of the command line. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new SimulationRun()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        Files.createDirectories(directory);
        try (Runs runs = new Runs(seeds, threads)) {
            Page page = new Page(runs, seconds, loads);
            page.begin();
            String text = page.render("--seeds " + seeds + " --seconds " + seconds);
            Map<String, double[]> curves = new LinkedHashMap<>();
            page.curves().forEach((rule, curve) -> curves.put(rule.name(), curve));
            String chart = LineChart.render(
                    "99th percentile of latency (ms) by load as a share of the allocation", loads, curves);
            Files.writeString(directory.resolve("balancing-simulation.svg"), chart);
            Files.writeString(directory.resolve("balancing-simulation.md"), text);
            System.out.println(text);
        }
        return 0;
    }
}
