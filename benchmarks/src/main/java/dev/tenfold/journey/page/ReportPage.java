package dev.tenfold.journey.page;

import static dev.tenfold.journey.page.Markup.card;
import static dev.tenfold.journey.page.Markup.count;
import static dev.tenfold.journey.page.Markup.escape;
import static dev.tenfold.journey.page.Markup.millis;
import static dev.tenfold.journey.page.Markup.number;
import static dev.tenfold.journey.page.Markup.section;
import static dev.tenfold.journey.page.Markup.table;

import dev.tenfold.journey.capacity.CapacityModel;
import dev.tenfold.journey.page.Markup.Cell;
import dev.tenfold.journey.record.Chart;
import dev.tenfold.journey.record.Chart.Section;
import dev.tenfold.journey.record.Recording;
import dev.tenfold.journey.record.Recording.Curve;
import dev.tenfold.journey.record.Recording.Kind;
import dev.tenfold.journey.record.Recording.Mark;
import dev.tenfold.journey.record.Recording.Point;
import dev.tenfold.journey.record.Recording.Share;
import dev.tenfold.journey.stage.Claim;
import dev.tenfold.journey.stage.StageResult;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The report of a journey: one HTML file with its style and its charts in it. It loads nothing, and what was not measured is
 * not drawn.
 */
public final class ReportPage {

    private static final String TEMPLATE = "report.html";

    private final List<StageResult> results;
    private final CapacityModel capacity;
    private final String machine;
    private final String played;

    /**
     * Makes the report.
     *
     * @param results what came of the stages
     * @param capacity what they cost
     * @param machine what they ran on
     * @param played when, and with which arguments
     */
    public ReportPage(List<StageResult> results, CapacityModel capacity, String machine, String played) {
        this.results = List.copyOf(results);
        this.capacity = capacity;
        this.machine = machine;
        this.played = played;
    }

    /**
     * Writes the report to a file, in place of what was there.
     *
     * @param file where; missing folders are made
     * @throws IOException if it cannot be written
     */
    public void write(Path file) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        Files.writeString(file, toHtml(), StandardCharsets.UTF_8);
    }

    /**
     * Renders the report.
     *
     * @return a complete page, which is well-formed XML too
     */
    public String toHtml() {
        StringBuilder body = new StringBuilder();
        body.append(header());
        if (!results.isEmpty()) {
            body.append(overview());
            body.append(latency());
            body.append(percentiles());
            body.append(failovers());
            body.append(topic(
                    Section.SERVERS, "servers", "Balance of the app servers", "Requests that each server answered."));
            body.append(topic(
                    Section.CACHES,
                    "hits",
                    "Hit ratios by tier and edge",
                    "How much a cache or an edge answered by itself, and who answered the rest."));
            body.append(topic(Section.SHARDS, "shards", "Balance of the shards", ""));
            body.append(topic(
                    Section.QUEUES,
                    "queues",
                    "Queue depth and redeliveries",
                    "What waits in the outbox and the queue, and what was delivered more than once."));
            body.append(promises());
            body.append(capacity());
        }
        return template().replace("{{body}}", body);
    }

    private static String template() {
        try (InputStream in = ReportPage.class.getResourceAsStream(TEMPLATE)) {
            if (in == null) {
                throw new IllegalStateException("no resource " + TEMPLATE + " beside " + ReportPage.class.getName());
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private String header() {
        long promises =
                results.stream().mapToLong(result -> result.claims().size()).sum();
        long broken = results.stream()
                .flatMap(result -> result.claims().stream())
                .filter(claim -> !claim.kept())
                .count();
        long requests = results.stream().mapToLong(StageResult::requests).sum();
        long faults =
                results.stream().mapToLong(result -> result.broken().size()).sum();
        String verdict = broken == 0
                ? "All " + promises + " promises were kept."
                : broken + " of " + promises + " promises were broken.";
        return "<header><p class=\"brand\">Tenfold</p><h1>The journey, measured</h1>"
                + "<p class=\"verdict " + (broken == 0 ? "kept" : "broken") + "\">" + escape(verdict) + "</p>"
                + "<dl class=\"facts\">"
                + fact(Integer.toString(results.size()), results.size() == 1 ? "stage" : "stages")
                + fact(count(requests), "requests")
                + fact(count(faults), "faults") + "</dl><p class=\"lead\">" + escape(played) + " on " + escape(machine)
                + ". Distance between cities and machines is injected delay; everything else is real processes.</p></header>\n";
    }

    private static String fact(String value, String name) {
        return "<div><dt>" + escape(name) + "</dt><dd>" + escape(value) + "</dd></div>";
    }

    private String overview() {
        List<Cell> head = List.of(
                Cell.text("stage"),
                Cell.number("users"),
                Cell.number("offered /s"),
                Cell.number("requests"),
                Cell.number("failed"),
                Cell.number("p50 ms"),
                Cell.number("p99 ms"),
                Cell.number("silence ms"),
                Cell.text("writes lost"),
                Cell.text("broken"));
        List<List<Cell>> rows = new ArrayList<>();
        for (StageResult result : results) {
            int lost = result.audit().lost().size();
            rows.add(List.of(
                    Cell.text(name(result)),
                    Cell.number(count(result.pace().people())),
                    Cell.number(number(result.pace().rate())),
                    Cell.number(count(result.requests())),
                    Cell.number(count(result.failed())),
                    Cell.number(millis(result.latencies().p50())),
                    Cell.number(millis(result.latencies().p99())),
                    Cell.number(millis(result.longestGapMillis())),
                    Cell.marked(lost + " of " + count(result.audit().acknowledged()), lost == 0 ? "kept" : "broken"),
                    Cell.text(result.broken().isEmpty() ? "nothing" : String.join("; ", result.broken()))));
        }
        List<Share> users = new ArrayList<>();
        List<Share> offered = new ArrayList<>();
        for (StageResult result : results) {
            users.add(new Share(Chart.PEOPLE_BY_SHARD, name(result), Map.of("users", (double)
                    result.pace().people())));
            offered.add(new Share(
                    Chart.REQUESTS_BY_SERVER,
                    name(result),
                    Map.of("requests/s offered", result.pace().rate())));
        }
        return section(
                "overview",
                "Stages of growth",
                "Users and load rise tenfold from stage to stage until two cores carry no more. Requests are sent when they are"
                        + " due, whether or not earlier ones were answered.",
                table("The stages", head, rows)
                        + "<div class=\"cards\">" + card("Users", BarChart.render("Users by stage", users, false))
                        + card("Offered load", BarChart.render("Offered load by stage", offered, false)) + "</div>");
    }

    private String latency() {
        StringBuilder cards = new StringBuilder("<div class=\"cards\">");
        for (StageResult result : results) {
            Recording recording = result.recording();
            if (recording.slices().isEmpty()) {
                continue;
            }
            List<Point> median = new ArrayList<>();
            List<Point> tail = new ArrayList<>();
            List<Point> failures = new ArrayList<>();
            for (Recording.Slice slice : recording.slices()) {
                double middle = (slice.from() + slice.to()) / 2;
                median.add(new Point(middle, slice.answered() == 0 ? 0 : slice.p50()));
                tail.add(new Point(middle, slice.answered() == 0 ? 0 : slice.p99()));
                failures.add(new Point(middle, slice.failed()));
            }
            String chart = new TimeChart(
                            "Latency of stage " + name(result) + " in milliseconds", true, recording.marks())
                    .line("p50 ms", median)
                    .line("p99 ms", tail)
                    .failures(failures)
                    .toSvg();
            cards.append(card(name(result), chart + events(recording.marks())));
        }
        return section(
                "latency",
                "Latency over time",
                "Milliseconds from when a request was due, on a logarithmic scale, in half seconds. The numbers are what was broken"
                        + " (red) and done (grey); small squares on the axis are requests that failed.",
                cards.append("</div>").toString());
    }

    private static String events(List<Mark> marks) {
        StringBuilder acts = new StringBuilder("<ol class=\"events\">");
        StringBuilder reactions = new StringBuilder();
        int done = 0;
        for (Mark mark : marks) {
            String at = String.format(Locale.ROOT, "%.1f s", mark.at());
            if (mark.kind() == Kind.REACTION) {
                done++;
                reactions.append(item(at, mark.text(), "reaction"));
            } else {
                acts.append(item(at, mark.text(), mark.kind() == Kind.FAULT ? "fault" : "act"));
            }
        }
        acts.append("</ol>");
        return done == 0
                ? acts.toString()
                : acts + "<details><summary>What Tenfold did (" + done + ")</summary><ul class=\"events\">" + reactions
                        + "</ul></details>";
    }

    private static String item(String at, String text, String style) {
        return "<li class=\"" + style + "\"><span class=\"n\">" + at + "</span> " + escape(text) + "</li>";
    }

    private String percentiles() {
        List<Cell> head = List.of(
                Cell.text("stage"),
                Cell.number("answers"),
                Cell.number("p50"),
                Cell.number("p90"),
                Cell.number("p99"),
                Cell.number("p99.9"),
                Cell.number("slowest"),
                Cell.number("p99 from sent"));
        List<List<Cell>> rows = new ArrayList<>();
        for (StageResult result : results) {
            var summary = result.latencies();
            rows.add(List.of(
                    Cell.text(name(result)),
                    Cell.number(count(summary.count())),
                    Cell.number(millis(summary.p50())),
                    Cell.number(millis(summary.p90())),
                    Cell.number(millis(summary.p99())),
                    Cell.number(millis(summary.p999())),
                    Cell.number(millis(summary.maximum())),
                    Cell.number(millis(summary.p99FromSent()))));
        }
        return section(
                "percentiles",
                "Percentiles by stage",
                "Milliseconds from when a request was due, faults included. From when it was sent, as a benchmark that waits for each"
                        + " answer counts, the last column would be the p99.",
                "<div class=\"wide\">" + table("Percentiles", head, rows)
                        + card("From the median to the slowest", PercentileChart.render(results)) + "</div>");
    }

    private String failovers() {
        StringBuilder cards = new StringBuilder();
        for (StageResult result : results) {
            FailoverStrip.of(result.recording()).ifPresent(strip -> cards.append(card(name(result), strip.render())));
        }
        String charts = charts(Section.REPLICAS);
        return cards.isEmpty() && charts.isEmpty()
                ? ""
                : section(
                        "failovers",
                        "Failovers and replicas",
                        "From the loss of a primary to the next acknowledged write; the red part is the time without any.",
                        "<div class=\"cards\">" + cards + charts + "</div>");
    }

    private String topic(Section section, String id, String title, String lead) {
        String charts = charts(section);
        return charts.isEmpty() ? "" : section(id, title, lead, "<div class=\"cards\">" + charts + "</div>");
    }

    private String charts(Section section) {
        StringBuilder cards = new StringBuilder();
        for (Chart chart : Chart.values()) {
            if (chart.section() == section) {
                shares(chart, cards);
                curves(chart, cards);
            }
        }
        return cards.toString();
    }

    private void shares(Chart chart, StringBuilder cards) {
        List<Share> rows = results.stream()
                .flatMap(result -> result.recording().shares().stream())
                .filter(share -> share.chart() == chart && share.total() > 0)
                .toList();
        if (!rows.isEmpty()) {
            cards.append(card(chart.title(), BarChart.render(chart.title(), rows, chart == Chart.PROFILE_SOURCES)));
        }
    }

    private void curves(Chart chart, StringBuilder cards) {
        for (StageResult result : results) {
            Map<String, Curve> lines = new LinkedHashMap<>();
            for (Curve curve : result.recording().curves()) {
                if (curve.chart() == chart && !curve.points().isEmpty()) {
                    lines.put(curve.name(), curve);
                }
            }
            if (!lines.isEmpty()) {
                TimeChart drawing = new TimeChart(
                        chart.title() + ", stage " + name(result),
                        false,
                        result.recording().marks());
                lines.forEach((name, curve) -> drawing.line(name, curve.points()));
                cards.append(card(
                        chart.title() + ", stage " + result.stage().number(),
                        "<p class=\"unit\">" + escape(chart.unit()) + "</p>" + drawing.toSvg()));
            }
        }
    }

    private String promises() {
        List<List<Cell>> rows = new ArrayList<>();
        for (StageResult result : results) {
            for (Claim claim : result.claims()) {
                rows.add(List.of(
                        Cell.text(Integer.toString(result.stage().number())),
                        Cell.text(claim.what()),
                        Cell.marked(claim.kept() ? "✔ kept" : "✖ broken", claim.kept() ? "kept" : "broken"),
                        Cell.text(claim.measured())));
            }
        }
        List<Cell> head = List.of(Cell.text("stage"), Cell.text("promised"), Cell.text(""), Cell.text("measured"));
        return section(
                "promises",
                "What was promised, and what was measured",
                "Writes are compared with what the databases hold at the end.",
                table("Promises", head, rows));
    }

    private String capacity() {
        List<List<Cell>> rows = new ArrayList<>();
        for (CapacityModel.Estimate estimate : capacity.estimates()) {
            estimate.needs()
                    .forEach((tier, need) -> rows.add(List.of(
                            Cell.text(estimate.stage() + " " + estimate.title()),
                            Cell.text(tier),
                            Cell.number(String.format(Locale.ROOT, "%.2f", need.millis())),
                            Cell.number(String.format(Locale.ROOT, "%,.0f", Math.ceil(need.cores()))),
                            Cell.number(count(need.machines())))));
        }
        if (rows.isEmpty()) {
            return "";
        }
        List<Cell> head = List.of(
                Cell.text("as in stage"),
                Cell.text("tier"),
                Cell.number("CPU ms per request"),
                Cell.number("cores at the peak"),
                Cell.number("machines of " + CapacityModel.CORES_OF_A_MACHINE + " cores"));
        StringBuilder assumptions = new StringBuilder("<h3>What it takes for granted</h3><ul>");
        capacity.assumptions()
                .forEach(assumption ->
                        assumptions.append("<li>").append(escape(assumption)).append("</li>"));
        return section(
                "capacity",
                "A million users, on paper",
                String.format(
                        Locale.ROOT,
                        "Not measured but extrapolated: %,.0f requests in a second, from what one request cost here.",
                        CapacityModel.peak()),
                table("Capacity model", head, rows) + assumptions + "</ul>");
    }

    private static String name(StageResult result) {
        return result.stage().number() + " " + result.stage().title();
    }
}
