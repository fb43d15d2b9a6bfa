package dev.tenfold.benchmarks.report;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Writes results as Markdown: one table per benchmark and condition, quickest first, relative to Tenfold's quickest or,
 * where all are Tenfold's own, to the first.
 */
public final class MarkdownTable {

    private MarkdownTable() {}

    /** Renders the tables, without a heading of their own. */
    public static String render(Results results) {
        StringBuilder out = new StringBuilder();
        for (Map.Entry<String, Map<String, List<Measured>>> benchmark :
                results.comparable().entrySet()) {
            out.append("\n## ").append(benchmark.getKey()).append('\n');
            benchmark.getValue().forEach((conditions, lines) -> table(out, conditions, lines));
        }
        return out.toString();
    }

    private static void table(StringBuilder out, String conditions, List<Measured> lines) {
        Measured reference = lines.stream()
                .filter(Measured::isTenfold)
                .min(Comparator.comparingDouble(Measured::score))
                .orElse(lines.get(0));
        String unit = lines.get(0).unit();
        out.append("\n**").append(conditions).append("**\n\n");
        out.append("| | ").append(unit).append(" | ± | B/op | × ");
        out.append(reference.isTenfold() ? "Tenfold" : reference.contender()).append(" |\n|---|--:|--:|--:|--:|\n");
        lines.stream().sorted(Comparator.comparingDouble(Measured::score)).forEach(line -> {
            String name = line.isTenfold() ? "**" + line.contender() + "**" : line.contender();
            out.append(String.format(
                    Locale.ROOT,
                    "| %s | %s | %s | %s | %.2f |%n",
                    name,
                    number(line.score()),
                    Double.isNaN(line.error()) ? "" : number(line.error()),
                    line.bytesPerOperation().isPresent()
                            ? String.format(
                                    Locale.ROOT,
                                    "%.0f",
                                    line.bytesPerOperation().getAsDouble())
                            : "",
                    line.score() / reference.score()));
        });
    }

    static String number(double value) {
        int digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
        return String.format(Locale.ROOT, "%,." + digits + "f", value);
    }
}
