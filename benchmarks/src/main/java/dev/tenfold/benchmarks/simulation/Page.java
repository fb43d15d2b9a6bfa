package dev.tenfold.benchmarks.simulation;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;

/** Writes the results as Markdown, with what each column means. */
final class Page {

    private static final long SECOND = 1_000_000_000L;
    private static final int SERVERS = 100;
    private static final int MANY = 100;
    private static final int[] CLIENTS = {1, 10, MANY};
    private static final double[] USUAL = {0.7, 0.9};
    private static final int FAULTS_CLIENTS = 10;
    private static final double FAULTS_LOAD = 0.7;
    private static final List<Testbed.Kind> KINDS = List.of(
            Testbed.Kind.MIXED,
            Testbed.Kind.PAUSING,
            Testbed.Kind.JOINING,
            Testbed.Kind.SINKHOLE,
            Testbed.Kind.HANGING);

    /** A record with a function in it equals only itself, so these are made once. */
    private static final List<Rule> MEMORIES =
            List.of(Rule.peakEwma(2), Rule.peakEwma(5), Rule.peakEwma(10), Rule.peakEwma(30));

    private final Runs runs;
    private final int seconds;
    private final double[] loads;

    Page(Runs runs, int seconds, double[] loads) {
        this.runs = runs;
        this.seconds = seconds;
        this.loads = loads;
    }

    /** Begins every run, so that no thread waits while the page is written. */
    void begin() {
        for (Rule rule : Rule.all()) {
            for (double load : loads) {
                runs.begin(neighbours(MANY, load), rule, Testbed.TRUSTING);
            }
            beginByClients(rule);
            for (Testbed.Kind kind : KINDS) {
                runs.begin(faulty(kind), rule, Testbed.TRUSTING);
                runs.begin(faulty(kind), rule, kind.remedy());
            }
        }
        MEMORIES.forEach(this::beginByClients);
    }

    private void beginByClients(Rule rule) {
        for (int clients : CLIENTS) {
            for (double load : USUAL) {
                runs.begin(neighbours(clients, load), rule, Testbed.TRUSTING);
            }
        }
    }

    private Testbed neighbours(int clients, double load) {
        return new Testbed(Testbed.Kind.NEIGHBOURS, clients, SERVERS, load, seconds);
    }

    private Testbed faulty(Testbed.Kind kind) {
        return new Testbed(kind, FAULTS_CLIENTS, SERVERS, FAULTS_LOAD, seconds);
    }

    /** For each rule the 99th percentiles in milliseconds over the loads. */
    Map<Rule, double[]> curves() {
        Map<Rule, double[]> curves = new LinkedHashMap<>();
        for (Rule rule : Rule.all()) {
            curves.put(
                    rule,
                    DoubleStream.of(loads)
                            .map(load -> runs.of(neighbours(MANY, load), rule, Testbed.TRUSTING)
                                    .millisAt(99))
                            .toArray());
        }
        return curves;
    }

    String render(String arguments) {
        return HEAD.replace("ARGUMENTS", arguments) + slowServer() + byLoad() + byClients() + faults() + CHOICE;
    }

    private static final String HEAD = """
            # Balancing policies in simulation

            Every client balances with a `LoadBalancer` of its own, in virtual time; only servers and network are simulated. Queries come
            when they come, whatever became of those before (open loop). There are no retries and no hedges, so that policies are compared
            and nothing else. The numbers depend on the seeds alone, not on the machine.

            ```
            mvn -q -Pbench verify -Dbench.main=dev.tenfold.benchmarks.simulation.SimulationRun -Dbench.args="ARGUMENTS"
            ```

            | name in the tables | policy | learns from |
            |---|---|---|
            | random | `Policies.random()` | nothing |
            | round robin | `Policies.roundRobin()` | nothing |
            | weighted by load | `Policies.weightedByLoad()` (gRPC's A58) | queries per second and utilization, sent with each answer |
            | least of all | `Policies.leastOfAll()` | this client's calls in flight on all servers |
            | P2C in flight | `Policies.leastLoaded()` | this client's calls in flight on two servers drawn by chance |
            | peak-EWMA | `Policies.peakEwma()`, the default | the same two, and how long this client's calls took |
            | peak-EWMA, 12 each | the same in `Policies.aperture(...)`: each client uses 12 servers of its own | the same |
            | Prequal | `Prequal.probing(...)`, three probes a query of 0.5 ms | all clients' calls in flight and latency, asked of servers |
            | P2C, all known | no policy: a yardstick | all clients' calls in flight on two servers, at this instant |
            """;

    private static final String CHOICE = """

            ## Which one, then

            - **peak-EWMA** (the default) while each client has a few calls a second with each server.
            - **Many clients with less than that:** peak-EWMA in an aperture or a subset, which needs nothing from servers; or
              Prequal, which needs them to answer probes, and holds its tail at loads where nothing else does.
            - **In flight alone** (least of all, P2C) where latencies are not reported.
            - **Weighted by load** where servers differ in size and calls cost about the same; it reacts within seconds, not at once.
            - **Round robin and random** where servers are equal and alone on their machines. Nothing tells them otherwise.
            - **Ejection** whatever the policy: a server that fails at once, or hangs, is a matter of health. **Slow start** where servers begin
              cold and the policy does not see how slow they are.
            """;

    private String slowServer() {
        StringBuilder out = new StringBuilder("""

                ## One server of 11 slow for half a minute

                One client, 1,000 queries a second for a minute; answers take 164 to 200 ms, but one server takes 2 s from second 15 to 45.
                Published by Linkerd in 2016: 95 % within a second by round robin, 99 % by least loaded, 99.9 % by peak-EWMA. *Within 1 s* is
                the share of all queries; a server reports as its utilization how many of its 1,000 workers are busy.

                | policy | within 1 s | p50 ms | p99 ms |
                |---|--:|--:|--:|
                """);
        for (Rule rule : Rule.all()) {
            Latencies all = runs.ofSlowServer(rule);
            row(
                    out,
                    rule.name(),
                    String.format(Locale.ROOT, "%.2f %%", 100 * all.shareWithin(SECOND)),
                    millis(all.millisAt(50)),
                    millis(all.millisAt(99)));
        }
        return out.toString();
    }

    private String byLoad() {
        StringBuilder out = new StringBuilder("""

                ## 100 clients, 100 servers, neighbours that come and go

                The testbed of the Prequal paper (NSDI 2024). A server is allocated four processors; for 45 s on average its neighbours are
                idle and it gets eight, for 10 s on average it gets two. A query needs a processor for 65 ms on average, with a deviation as
                large. The columns are loads, as a share of what is allocated; the cells p99 in ms, all seeds together, the first quarter of the
                time not counted. A query times out after 5 s; *failed* is the share of those at the highest load. In the paper: Prequal
                281 at 0.7 and 286 at 0.9, least loaded 1,804 and 2,654, round robin timed out.

                ![chart](balancing-simulation.svg)

                """);
        List<String> heads = DoubleStream.of(loads).mapToObj(Page::load).collect(Collectors.toList());
        heads.add("failed at " + load(loads[loads.length - 1]));
        heads(out, heads);
        curves().forEach((rule, curve) -> {
            List<String> cells = DoubleStream.of(curve).mapToObj(Page::millis).collect(Collectors.toList());
            Latencies last = runs.of(neighbours(MANY, loads[loads.length - 1]), rule, Testbed.TRUSTING);
            cells.add(percent(last.failedShare()) + " %");
            row(out, rule.name(), cells.toArray(String[]::new));
        });
        return out.toString();
    }

    private String byClients() {
        StringBuilder out = new StringBuilder("""

                ## How much a client sees matters more than its rule

                The same servers and the same queries, sent by fewer clients: with 1 client each server has some 40 calls a second from it,
                with 10 four, with 100 fewer than one. The cells are p99 in ms at loads of 0.7 / 0.9.

                """);
        byClients(out, Rule.all());
        out.append("""

                The same for peak-EWMA that remembers for longer or less, `Policies.peakEwma(Duration)`; 10 s is the default.

                """);
        byClients(out, MEMORIES);
        return out.toString();
    }

    private void byClients(StringBuilder out, List<Rule> rules) {
        heads(out, List.of("1 client", "10 clients", "100 clients"));
        for (Rule rule : rules) {
            String[] cells = new String[CLIENTS.length];
            for (int i = 0; i < cells.length; i++) {
                int clients = CLIENTS[i];
                cells[i] = DoubleStream.of(USUAL)
                        .mapToObj(load -> millis(runs.of(neighbours(clients, load), rule, Testbed.TRUSTING)
                                .millisAt(99)))
                        .collect(Collectors.joining(" / "));
            }
            row(out, rule.name(), cells);
        }
    }

    private String faults() {
        StringBuilder out = new StringBuilder("""

                ## Unequal and failing servers

                10 clients, 100 servers of four processors, no neighbours, load 0.7. Each cell is without / with what the library has against it,
                which is ejection with its defaults, or slow start where servers join. *p99* is that of all queries in ms, those that failed
                included; *failed* their share.

                - **Every second server half as fast:** so that the load is 0.93 of what there is.
                - **Pauses of 300 ms:** each server stands still, every 10 s on average, as for a collection of garbage.
                - **Half join cold:** 50 servers join 50 that are at 0.7, at a fifth of their speed, and take 10 s to come to all of it. Counted
                  is what comes from then on; slow start lasts 10 s, too.
                - **1 of 20 fails at once:** after 1 ms, and answers probes as if nothing were wrong.
                - **1 of 20 hangs:** neither queries nor probes are ever answered.

                """);
        List<String> heads = KINDS.stream()
                .flatMap(kind ->
                        kind.fails() ? List.of(kind + ": p99", "failed").stream() : List.of(kind + ": p99").stream())
                .toList();
        heads(out, heads);
        for (Rule rule : Rule.all()) {
            List<String> cells = KINDS.stream()
                    .flatMap(kind -> faultCells(kind, rule).stream())
                    .toList();
            row(out, rule.name(), cells.toArray(String[]::new));
        }
        return out.toString();
    }

    private List<String> faultCells(Testbed.Kind kind, Rule rule) {
        Latencies without = runs.of(faulty(kind), rule, Testbed.TRUSTING);
        Latencies with = runs.of(faulty(kind), rule, kind.remedy());
        String slow = millis(without.millisAt(99)) + " / " + millis(with.millisAt(99));
        String failed = percent(without.failedShare()) + " / " + percent(with.failedShare()) + " %";
        return kind.fails() ? List.of(slow, failed) : List.of(slow);
    }

    private static void heads(StringBuilder out, List<String> names) {
        row(out, "policy", names.toArray(String[]::new));
        out.append("|---|").append("--:|".repeat(names.size())).append('\n');
    }

    private static void row(StringBuilder out, String name, String... cells) {
        out.append("| ")
                .append(name)
                .append(" | ")
                .append(String.join(" | ", cells))
                .append(" |\n");
    }

    private static String load(double load) {
        return String.format(Locale.ROOT, "%.1f", load);
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.2f", 100 * share);
    }

    private static String millis(double latency) {
        return latency >= 5_000 ? "timed out" : String.format(Locale.ROOT, "%,.0f", latency);
    }
}
