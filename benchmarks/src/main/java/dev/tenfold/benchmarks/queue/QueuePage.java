package dev.tenfold.benchmarks.queue;

import dev.tenfold.benchmarks.queue.Cost.Latency;
import dev.tenfold.benchmarks.report.Machine;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** The page with what was measured, and what had been hoped for. */
final class QueuePage {

    private static final String OURS = "Tenfold";

    /** What a message may cost at most, in multiples of what it costs another one; where nothing is said, in every shape. */
    private record Goal(String other, double most, @Nullable String shape) {

        boolean concerns(Shape measured) {
            return shape == null || shape.equals(measured.toString());
        }
    }

    private static final List<Goal> GOALS = List.of(
            new Goal("Artemis in-VM", 1.0 / 30, null),
            new Goal("RabbitMQ", 1.0 / 100, null),
            new Goal("Guava AsyncEventBus", 1, null),
            new Goal("LinkedTransferQueue", 10, "1x1"),
            new Goal("LinkedTransferQueue", 3, "2x2"));

    private final List<Map.Entry<String, String>> paths;
    private final Map<Shape, Map<String, Cost>> measured = new LinkedHashMap<>();

    /** Takes the contenders' names, each with what a message goes through. */
    QueuePage(List<Map.Entry<String, String>> paths) {
        this.paths = paths;
    }

    /** Adds what was measured of one shape. */
    void add(Shape shape, Map<String, List<Cost>> rounds) {
        Map<String, Cost> medians = new LinkedHashMap<>();
        rounds.forEach((name, costs) -> medians.put(name, median(costs)));
        measured.put(shape, medians);
    }

    private static Cost median(List<Cost> costs) {
        return new Cost(
                median(costs, Cost::perSecond),
                median(costs, Cost::cpuNanos),
                median(costs, Cost::bytes),
                latencies(costs));
    }

    /** At the rates that were held in every round. */
    private static List<Latency> latencies(List<Cost> costs) {
        Map<Long, List<Latency>> byRate = new TreeMap<>();
        costs.forEach(cost -> cost.latencies()
                .forEach(each -> byRate.computeIfAbsent(each.rate(), first -> new ArrayList<>())
                        .add(each)));
        byRate.values().removeIf(rounds -> rounds.size() < costs.size());
        return byRate.entrySet().stream()
                .map(entry -> new Latency(
                        entry.getKey(),
                        median(entry.getValue(), Latency::p50),
                        median(entry.getValue(), Latency::p99),
                        median(entry.getValue(), Latency::p999)))
                .toList();
    }

    private static <T> double median(List<T> rounds, ToDoubleFunction<T> figure) {
        return Load.median(rounds.stream().mapToDouble(figure).toArray());
    }

    String render(String command) {
        StringBuilder page = new StringBuilder();
        page.append("# What a message costs, from publish to acknowledgement\n\n")
                .append(Machine.describe())
                .append(". ")
                .append(LocalDate.now(ZoneOffset.UTC))
                .append(
                        ".\nCompare within a table only: the machine is shared and its speed drifts between runs.\n\n```\n")
                .append(command)
                .append("\n```\n\n")
                .append("""
                        Messages of %d bytes, in process passed by reference. *CPU* is all a process takes for a message, collections included, \
                        and a server's with it; the figures are medians of slices of half a second in which producers send as fast as they \
                        may. *B* is what is allocated for a message, itself not counted. Latencies are from when a message was due (open \
                        loop, so what had to wait to be sent counts) until it was handled, at rates that are the same for all; one thread \
                        sends in the name of all producers in turn. A rate that a contender did not hold, or that is hardly below what it \
                        takes at most, has none. Those without a limit of their own are held back at \
                        %,d messages on their way, which is the others' limit. Each runs in a virtual machine of its own.

                        | contender | what a message goes through |
                        |---|---|
                        """.formatted(Receipts.MESSAGE_BYTES, Load.WINDOW));
        paths.forEach(path -> page.append("| ")
                .append(path.getKey())
                .append(" | ")
                .append(path.getValue())
                .append(" |\n"));
        measured.forEach((shape, costs) -> table(page, shape, costs));
        goals(page);
        return page.toString();
    }

    private static void table(StringBuilder page, Shape shape, Map<String, Cost> costs) {
        page.append("\n## ")
                .append(shape.producers())
                .append(shape.producers() == 1 ? " producer, " : " producers, ")
                .append(shape.consumers())
                .append(shape.consumers() == 1 ? " consumer" : " consumers")
                .append("\n\n| | CPU ns | × Tenfold | B | messages/s |\n|---|--:|--:|--:|--:|\n");
        Cost ours = costs.get(OURS);
        costs.entrySet().stream()
                .sorted(Comparator.comparingDouble(entry -> entry.getValue().cpuNanos()))
                .forEach(entry -> page.append(row(entry.getKey(), entry.getValue(), ours)));
        latencies(page, costs);
    }

    private static void latencies(StringBuilder page, Map<String, Cost> costs) {
        Set<Long> rates = new TreeSet<>();
        costs.values().forEach(cost -> cost.latencies().forEach(each -> rates.add(each.rate())));
        if (rates.isEmpty()) {
            return;
        }
        Map.Entry<String, Cost> slowest = costs.entrySet().stream()
                .min(Comparator.comparingDouble(entry -> entry.getValue().perSecond()))
                .orElseThrow();
        page.append(String.format(
                Locale.ROOT,
                "%nLatencies in µs: p50 / p99 / p99.9. Half of what the slowest, %s, takes is %,.0f messages a second.%n%n|",
                slowest.getKey(),
                slowest.getValue().perSecond() / 2));
        rates.forEach(rate -> page.append(String.format(Locale.ROOT, " | %,d/s", rate)));
        page.append(" |\n|---").append("|--:".repeat(rates.size())).append("|\n");
        long least = rates.iterator().next();
        costs.entrySet().stream()
                .sorted(Comparator.comparingDouble(
                        entry -> at(entry.getValue(), least).map(Latency::p99).orElse(Double.MAX_VALUE)))
                .forEach(entry -> {
                    String bold = entry.getKey().startsWith(OURS) ? "**" : "";
                    page.append("| ").append(bold).append(entry.getKey()).append(bold);
                    for (long rate : rates) {
                        page.append(" | ")
                                .append(at(entry.getValue(), rate)
                                        .map(found -> micros(found.p50()) + " / " + micros(found.p99()) + " / "
                                                + micros(found.p999()))
                                        .orElse("–"));
                    }
                    page.append(" |\n");
                });
    }

    private static Optional<Latency> at(Cost cost, long rate) {
        return cost.latencies().stream().filter(each -> each.rate() == rate).findAny();
    }

    private static String row(String name, Cost cost, @Nullable Cost ours) {
        String bold = name.startsWith(OURS) ? "**" : "";
        return String.format(
                Locale.ROOT,
                "| %s%s%s | %,.0f | %s | %,.0f | %,.0f |%n",
                bold,
                name,
                bold,
                cost.cpuNanos(),
                ours == null ? "" : String.format(Locale.ROOT, "%,.2f", cost.cpuNanos() / ours.cpuNanos()),
                Math.max(0, cost.bytes()),
                cost.perSecond());
    }

    private static String micros(double nanos) {
        return String.format(Locale.ROOT, nanos < 100_000 ? "%,.1f" : "%,.0f", nanos / 1_000);
    }

    private void goals(StringBuilder page) {
        List<String> rows = new ArrayList<>();
        measured.forEach((shape, costs) -> {
            Cost ours = costs.get(OURS);
            for (Goal goal : GOALS) {
                Cost other = costs.get(goal.other());
                if (ours != null && other != null && goal.concerns(shape)) {
                    double times = ours.cpuNanos() / other.cpuNanos();
                    rows.add(String.format(
                            Locale.ROOT,
                            "| %s | %s | %s | %s | %s |%n",
                            shape,
                            goal.other(),
                            share(goal.most()),
                            share(times),
                            times <= goal.most() ? "yes" : "**no**"));
                }
            }
        });
        if (!rows.isEmpty()) {
            page.append("\n## Goals\n\nCPU of Tenfold, acknowledging by outcome, in multiples of the other's.\n\n")
                    .append("| shape | beside | at most | measured | reached |\n|---|---|--:|--:|---|\n");
            rows.forEach(page::append);
        }
    }

    private static String share(double times) {
        return times < 0.5
                ? String.format(Locale.ROOT, "1/%.0f", 1 / times)
                : String.format(Locale.ROOT, times == Math.rint(times) ? "%.0f" : "%.2f", times);
    }
}
