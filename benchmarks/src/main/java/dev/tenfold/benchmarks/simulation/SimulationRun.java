package dev.tenfold.benchmarks.simulation;

import dev.tenfold.benchmarks.report.LineChart;
import dev.tenfold.benchmarks.report.Machine;
import dev.tenfold.health.HealthPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Compares the policies in the simulation and writes a page of tables and a chart.
 *
 * <pre>mvn -q -Psimulation verify</pre>
 */
@Command(
        name = "simulation",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Compares balancing policies in a simulation and renders the result.")
public final class SimulationRun implements Callable<Integer> {

    private static final long SECOND = 1_000_000_000L;

    @Option(names = "--out", paramLabel = "DIR", description = "Where to write (default: ${DEFAULT-VALUE}).")
    private Path directory = Path.of("benchmarks", "results");

    @Option(names = "--seeds", description = "Runs of each kind, with seeds 1, 2, ... (default: ${DEFAULT-VALUE}).")
    private int seeds = 3;

    @Option(names = "--seconds", description = "Virtual seconds of each run (default: ${DEFAULT-VALUE}).")
    private int seconds = 40;

    @Option(names = "--loads", split = ",", description = "Loads as shares of what is allocated.")
    private double[] loads = {0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7};

    /** Runs with the arguments of the command line. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new SimulationRun()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        Files.createDirectories(directory);
        StringBuilder page = new StringBuilder("# Balancing policies in simulation\n\n");
        page.append(
                        "Every client balances with a `LoadBalancer` of its own in virtual time; only the servers are simulated. ")
                .append("The numbers depend on the seeds alone, not on the machine (")
                .append(Machine.describe())
                .append(").\n\n```\nmvn -q -Psimulation verify -Dsimulation.args=\"--seeds ")
                .append(seeds)
                .append(" --seconds ")
                .append(seconds)
                .append("\"\n```\n");
        slowServer(page);
        Map<Rule, double[]> curves = loads(page);
        informed(page);
        faults(page);
        Files.writeString(
                directory.resolve("balancing-simulation.svg"),
                LineChart.render(
                        "99th percentile of latency (ms) by load as a share of the allocation",
                        loads,
                        curves.entrySet().stream()
                                .collect(Collectors.toMap(
                                        entry -> entry.getKey().name(),
                                        Map.Entry::getValue,
                                        (a, b) -> a,
                                        LinkedHashMap::new))));
        Files.writeString(directory.resolve("balancing-simulation.md"), page);
        System.out.println(page);
        return 0;
    }

    private void slowServer(StringBuilder page) {
        page.append("\n## One server of 11 slow for half a minute\n\n")
                .append(
                        "1,000 queries a second for a minute; one server takes 2 s a query from second 15 to 45. Published by ")
                .append(
                        "Linkerd in 2016: 95 % within a second by round robin, 99 % by least loaded, 99.9 % by peak EWMA.\n\n")
                .append("| policy | within 1 s | p50 ms | p99 ms |\n|---|--:|--:|--:|\n");
        for (Rule rule : Rule.all()) {
            Latencies sum = new Latencies();
            IntStream.rangeClosed(1, seeds).forEach(seed -> sum.add(SlowServer.run(rule, seed)));
            page.append(String.format(
                    Locale.ROOT,
                    "| %s | %.2f %% | %.0f | %.0f |%n",
                    rule,
                    100 * sum.shareWithin(SECOND),
                    sum.millisAt(50),
                    sum.millisAt(99)));
        }
    }

    private Map<Rule, double[]> loads(StringBuilder page) {
        page.append("\n## 100 clients, 100 servers, neighbours that come and go\n\n")
                .append(
                        "p99 in ms, all seeds together; a query times out after 5 s. In the paper (NSDI 2024, table of rules): ")
                .append("Prequal 281 at 0.7 and 286 at 0.9, least loaded 1,804 and 2,654, round robin timed out.\n\n")
                .append("![chart](balancing-simulation.svg)\n\n| policy |");
        DoubleStream.of(loads).forEach(load -> page.append(String.format(Locale.ROOT, " %.1f |", load)));
        page.append(" failed at ")
                .append(String.format(Locale.ROOT, "%.1f", loads[loads.length - 1]))
                .append(" |\n|---|");
        page.append("--:|".repeat(loads.length + 1)).append('\n');
        Map<Rule, double[]> curves = new LinkedHashMap<>();
        for (Rule rule : Rule.all()) {
            double[] curve = new double[loads.length];
            double failed = 0;
            page.append("| ").append(rule).append(" |");
            for (int i = 0; i < loads.length; i++) {
                Latencies sum = testbed(rule, 100, loads[i]);
                curve[i] = sum.millisAt(99);
                failed = sum.failedShare();
                page.append(' ').append(millis(curve[i])).append(" |");
            }
            page.append(String.format(Locale.ROOT, " %.2f %% |%n", 100 * failed));
            curves.put(rule, curve);
        }
        return curves;
    }

    private void informed(StringBuilder page) {
        int[] clients = {1, 10, 100};
        page.append("\n## How much a client sees matters more than its rule\n\n")
                .append(
                        "p99 in ms at 0.7 / 0.9 of the allocation with the same servers and queries, sent by fewer clients.\n\n")
                .append("| policy | 1 client | 10 clients | 100 clients |\n|---|--:|--:|--:|\n");
        for (Rule rule : Rule.all()) {
            List<String> cells = new ArrayList<>();
            for (int count : clients) {
                cells.add(String.format(
                        Locale.ROOT,
                        "%s / %s",
                        millis(testbed(rule, count, 0.7).millisAt(99)),
                        millis(testbed(rule, count, 0.9).millisAt(99))));
            }
            page.append("| ")
                    .append(rule)
                    .append(" | ")
                    .append(String.join(" | ", cells))
                    .append(" |\n");
        }
    }

    private void faults(StringBuilder page) {
        List<Testbed.Kind> kinds = List.of(Testbed.Kind.MIXED, Testbed.Kind.SINKHOLE, Testbed.Kind.HANGING);
        page.append("\n## Unequal and failing servers\n\n")
                .append(
                        "Load 0.7, no retries, 10 clients: p99 in ms and failed queries, without ejection / with the default ejection.\n\n")
                .append("| policy |");
        kinds.forEach(kind -> page.append(' ').append(kind).append(": p99 |").append(" failed |"));
        page.append("\n|---|").append("--:|--:|".repeat(kinds.size())).append('\n');
        for (Rule rule : Rule.all()) {
            page.append("| ").append(rule).append(" |");
            for (Testbed.Kind kind : kinds) {
                Testbed testbed = new Testbed(kind, 10, 100, 0.7, seconds);
                Latencies trusting = sum(testbed, rule, Testbed.TRUSTING);
                Latencies ejecting = sum(testbed, rule, HealthPolicy.defaults());
                page.append(String.format(
                        Locale.ROOT,
                        " %s / %s | %.2f / %.2f %% |",
                        millis(trusting.millisAt(99)),
                        millis(ejecting.millisAt(99)),
                        100 * trusting.failedShare(),
                        100 * ejecting.failedShare()));
            }
            page.append('\n');
        }
    }

    private Latencies testbed(Rule rule, int clients, double load) {
        return sum(new Testbed(Testbed.Kind.NEIGHBOURS, clients, 100, load, seconds), rule, Testbed.TRUSTING);
    }

    private Latencies sum(Testbed testbed, Rule rule, HealthPolicy health) {
        Latencies sum = new Latencies();
        IntStream.rangeClosed(1, seeds).forEach(seed -> sum.add(testbed.run(rule, health, seed)));
        return sum;
    }

    private static String millis(double latency) {
        return latency >= 5_000 ? "timed out" : String.format(Locale.ROOT, "%,.0f", latency);
    }
}
