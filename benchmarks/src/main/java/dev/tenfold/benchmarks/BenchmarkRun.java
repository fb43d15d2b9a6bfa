package dev.tenfold.benchmarks;

import dev.tenfold.benchmarks.report.BarChart;
import dev.tenfold.benchmarks.report.Machine;
import dev.tenfold.benchmarks.report.MarkdownTable;
import dev.tenfold.benchmarks.report.Results;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Runs the benchmarks and writes three files beside each other: JMH's raw JSON, a Markdown page with the machine, the
 * command and the tables, and an SVG chart.
 *
 * <pre>mvn -q -Pbench verify -Dbench.args="--name hot-paths"</pre>
 */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Runs the JMH benchmarks and renders the result as a table and a chart.")
public final class BenchmarkRun implements Callable<Integer> {

    @Option(names = "--include", paramLabel = "REGEX", description = "Which benchmarks to run (default: all).")
    private String include = "dev\\.tenfold\\.benchmarks\\..*";

    @Option(names = "--name", paramLabel = "NAME", description = "The files' name (default: ${DEFAULT-VALUE}).")
    private String name = "hot-paths";

    @Option(names = "--out", paramLabel = "DIR", description = "Where to write (default: ${DEFAULT-VALUE}).")
    private Path directory = Path.of("benchmarks", "results");

    @Option(names = "--forks", description = "Virtual machines per benchmark (default: ${DEFAULT-VALUE}).")
    private int forks = 2;

    @Option(names = "--warmup", description = "Warm-up iterations (default: ${DEFAULT-VALUE}).")
    private int warmup = 3;

    @Option(names = "--iterations", description = "Measured iterations (default: ${DEFAULT-VALUE}).")
    private int iterations = 5;

    @Option(names = "--millis", description = "Length of an iteration in ms (default: ${DEFAULT-VALUE}).")
    private int millis = 1000;

    @Option(names = "--threads", split = ",", description = "Thread counts to run with (default: 1).")
    private int[] threads = {1};

    @Option(
            names = "--param",
            paramLabel = "NAME=VALUE[:VALUE...]",
            description = "Values of a parameter instead of all its own; may be repeated.")
    private Map<String, String> params = new TreeMap<>();

    @Option(names = "--client", description = "Give the CPU time and allocation of the measuring threads only.")
    private boolean client;

    @Option(names = "--render-only", description = "Only render the tables and chart of an earlier run again.")
    private boolean renderOnly;

    /** Runs with the arguments of the command line; the exit code is 0 when everything was measured and written. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new BenchmarkRun()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, RunnerException {
        Files.createDirectories(directory);
        Path json = directory.resolve(name + ".json");
        Path page = directory.resolve(name + ".md");
        if (!renderOnly) {
            measure(json);
        }
        Results results = Results.read(json);
        String header = renderOnly ? oldHeader(page) : header(results);
        Files.writeString(directory.resolve(name + ".svg"), BarChart.render(results), StandardCharsets.UTF_8);
        Files.writeString(page, header + MarkdownTable.render(results), StandardCharsets.UTF_8);
        System.out.println(MarkdownTable.render(results));
        System.out.println("Written: " + page + ", " + name + ".json, " + name + ".svg");
        return 0;
    }

    /** JMH has one thread count per run, so several runs are joined in one file. */
    private void measure(Path json) throws IOException, RunnerException {
        StringBuilder joined = new StringBuilder();
        for (int count : threads) {
            Path part = Files.createTempFile("benchmark", ".json");
            try {
                ChainedOptionsBuilder options = new OptionsBuilder()
                        .include(include)
                        .threads(count)
                        .forks(forks)
                        .warmupIterations(warmup)
                        .warmupTime(TimeValue.milliseconds(millis))
                        .measurementIterations(iterations)
                        .measurementTime(TimeValue.milliseconds(millis))
                        .addProfiler(GCProfiler.class)
                        .shouldFailOnError(true)
                        .verbosity(VerboseMode.NORMAL)
                        .resultFormat(ResultFormatType.JSON)
                        .result(part.toString());
                if (client) {
                    options.addProfiler(ClientCostProfiler.class);
                }
                params.forEach((param, values) -> options.param(param, values.split(":")));
                new Runner(options.build()).run();
                String array = Files.readString(part).strip();
                joined.append(joined.isEmpty() ? "" : ",").append(array, 1, array.length() - 1);
            } finally {
                Files.deleteIfExists(part);
            }
        }
        Files.writeString(json, "[" + joined.toString().stripTrailing() + "\n]\n");
    }

    private String header(Results results) throws IOException {
        return String.format(
                Locale.ROOT,
                """
                # %s

                ![chart](%s.svg)

                %s, %d cores, %s %s. %s. Forks: %d, %s each, threads %s. %s.
                Compare within a table only: the machine is shared and its speed drifts between runs.

                ```
                mvn -q -Pbench verify -Dbench.args="--name %s --include %s --forks %d --warmup %d --iterations %d \
                --millis %d --threads %s%s%s"
                ```
                """,
                name,
                name,
                Machine.processor(),
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                results.jdk(),
                results.forks(),
                results.iterations(),
                join(threads),
                LocalDate.now(ZoneOffset.UTC),
                name,
                include,
                forks,
                warmup,
                iterations,
                millis,
                join(threads),
                client ? " --client" : "",
                params.entrySet().stream()
                        .map(param -> " --param " + param)
                        .collect(java.util.stream.Collectors.joining()));
    }

    /** The page of the run itself knows the machine and the date; rendering again must not change them. */
    private static String oldHeader(Path page) throws IOException {
        String text = Files.readString(page);
        int tables = text.indexOf("\n## ");
        return tables < 0 ? text : text.substring(0, tables);
    }

    private static String join(int[] numbers) {
        return java.util.Arrays.stream(numbers)
                .mapToObj(Integer::toString)
                .collect(java.util.stream.Collectors.joining(","));
    }
}
