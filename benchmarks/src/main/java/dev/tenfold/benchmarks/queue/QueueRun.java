package dev.tenfold.benchmarks.queue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * What a message of 100 bytes costs, published, routed, consumed and acknowledged, beside others, in one run: CPU time, bytes
 * allocated, messages a second, and latencies at fixed rates. Each contender runs in a virtual machine of its own, for each
 * number of producers and consumers.
 *
 * <pre>TENFOLD_RABBITMQ=amqp://guest:guest@127.0.0.1:5672 mvn -q -Ppeers,bench verify
 * -Dbench.main=dev.tenfold.benchmarks.peers.QueuePeersRun -Dbench.args="..."</pre>
 *
 * <p>Without {@code -Ppeers} the brokers of others in many jars are left out, without {@code TENFOLD_RABBITMQ} RabbitMQ is.
 */
@Command(
        name = "queue",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Measures what a message costs in Tenfold's broker and in others.")
public final class QueueRun implements Callable<Integer> {

    private static final String PEERS_RUN = "dev.tenfold.benchmarks.peers.QueuePeersRun";

    /** Those that need nothing but their jar. */
    static final List<Class<? extends Contender>> CONTENDERS = List.of(
            TenfoldBroker.class,
            TenfoldBroker.ByTopic.class,
            TenfoldBroker.Manual.class,
            BareQueue.Transfer.class,
            BareQueue.Linked.class,
            BareQueue.Array.class,
            JctoolsQueue.class,
            DisruptorRing.class,
            DisruptorRing.Yielding.class,
            GuavaBus.Caller.class,
            GuavaBus.class,
            Straight.class);

    @Option(names = "--include", paramLabel = "REGEX", description = "Whose class to measure (default: all).")
    private Pattern include = Pattern.compile(".*");

    @Option(names = "--shapes", split = ",", description = "Producers x consumers (default: 1x1,2x2,8x8).")
    private List<String> shapes = List.of("1x1", "2x2", "8x8");

    @Option(
            names = "--rounds",
            description = "How often; the median of each figure counts (default: ${DEFAULT-VALUE}).")
    private int rounds = 1;

    @Option(names = "--warmup", description = "Warm-up in ms (default: ${DEFAULT-VALUE}).")
    private long warmup = 4000;

    @Option(names = "--flood", description = "Measured at full load, in ms (default: ${DEFAULT-VALUE}).")
    private long flood = 3000;

    @Option(
            names = "--rates",
            split = ",",
            description = "Messages a second at which latencies are measured (default: 10000,30000,100000).")
    private List<Long> rates = List.of(10_000L, 30_000L, 100_000L);

    @Option(names = "--paced", description = "Measured at each rate, in ms (default: ${DEFAULT-VALUE}).")
    private long paced = 4000;

    @Option(names = "--out", paramLabel = "FILE", description = "Where to write (default: ${DEFAULT-VALUE}).")
    private Path out = Path.of("benchmarks", "results", "queue.md");

    private final List<Class<? extends Contender>> others;

    private QueueRun(List<Class<? extends Contender>> others) {
        this.others = others;
    }

    /** Runs with the arguments of the command line. */
    public static void main(String[] arguments) {
        run(arguments, List.of());
    }

    /** Measures Tenfold and the usual ones, and others. */
    public static void run(String[] arguments, List<Class<? extends Contender>> others) {
        System.exit(new CommandLine(new QueueRun(others)).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        List<Class<? extends Contender>> chosen = chosen();
        QueuePage page = new QueuePage(chosen.stream()
                .map(ContenderProcess::make)
                .map(contender -> Map.entry(contender.name(), contender.path()))
                .toList());
        for (String text : shapes) {
            Shape shape = Shape.of(text);
            Map<String, List<Cost>> costs = new LinkedHashMap<>();
            for (int round = 0; round < rounds; round++) {
                for (Class<? extends Contender> type : chosen) {
                    Cost cost = ContenderProcess.measure(
                            type,
                            shape,
                            Duration.ofMillis(warmup),
                            Duration.ofMillis(flood),
                            rates,
                            Duration.ofMillis(paced));
                    String name = ContenderProcess.make(type).name();
                    costs.computeIfAbsent(name, first -> new ArrayList<>()).add(cost);
                    System.out.println(shape + " " + name + ": " + cost);
                }
            }
            page.add(shape, costs);
        }
        Path folder = out.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        Files.writeString(out, page.render(command()));
        System.out.println("Written: " + out);
        return 0;
    }

    private List<Class<? extends Contender>> chosen() {
        List<Class<? extends Contender>> all = new ArrayList<>(CONTENDERS);
        all.addAll(others);
        if (System.getenv(RabbitServer.URI) == null) {
            System.out.println("RabbitMQ is left out: " + RabbitServer.URI + " is not set");
        } else {
            all.add(RabbitServer.class);
        }
        all.removeIf(type -> !include.matcher(type.getName()).matches());
        return all;
    }

    private String command() {
        return RabbitServer.URI + "=... mvn -q " + (others.isEmpty() ? "-Pbench" : "-Ppeers,bench")
                + " verify -Dbench.main=" + (others.isEmpty() ? QueueRun.class.getName() : PEERS_RUN)
                + " -Dbench.args=\"--include " + include + " --shapes " + String.join(",", shapes) + " --rounds "
                + rounds + " --warmup " + warmup + " --flood " + flood + " --rates "
                + rates.stream().map(String::valueOf).collect(Collectors.joining(",")) + " --paced " + paced + "\"";
    }
}
