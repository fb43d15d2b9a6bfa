package dev.tenfold.benchmarks.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Draws results as one SVG of horizontal bars, shorter is better: a block per benchmark and condition, each on a scale of
 * its own. Plain shapes and text, so that any Markdown page can show it; readable on light and dark ground.
 */
public final class BarChart {

    private static final int WIDTH = 820;
    private static final int LABEL = 250;
    private static final int FIGURES = 150;
    private static final int ROW = 22;
    private static final int HEADING = 34;

    private BarChart() {}

    /** Renders the chart as a complete SVG document. */
    public static String render(Results results) {
        List<String> shapes = new ArrayList<>();
        int y = 8;
        for (Map.Entry<String, Map<String, List<Measured>>> benchmark :
                results.comparable().entrySet()) {
            for (Map.Entry<String, List<Measured>> group : benchmark.getValue().entrySet()) {
                y = block(shapes, y, benchmark.getKey() + ": " + group.getKey(), group.getValue());
            }
        }
        return String.format(Locale.ROOT, """
                <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" viewBox="0 0 %1$d %2$d" \
                font-family="system-ui, sans-serif" font-size="13">
                <style>text { fill: #57606a } .own { fill: #0969da } .other { fill: #8c959f } .title { font-weight: 600 }\
                 @media (prefers-color-scheme: dark) { text { fill: #adbac7 } .own { fill: #539bf5 } }</style>
                %3$s
                </svg>
                """, WIDTH, y + 8, String.join("\n", shapes));
    }

    private static int block(List<String> shapes, int top, String title, List<Measured> lines) {
        double longest = lines.stream().mapToDouble(Measured::score).max().orElse(1);
        shapes.add(
                text(4, top + 20, "title", "start", title + " (" + lines.get(0).unit() + ", shorter is better)"));
        int y = top + HEADING;
        for (Measured line : lines.stream()
                .sorted(Comparator.comparingDouble(Measured::score))
                .toList()) {
            double bar = Math.max(1, line.score() / longest * (WIDTH - LABEL - FIGURES));
            shapes.add(text(LABEL - 8, y + 14, "", "end", line.contender()));
            shapes.add(String.format(
                    Locale.ROOT,
                    "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\"/>",
                    line.isTenfold() ? "own" : "other",
                    LABEL,
                    y + 2,
                    bar,
                    ROW - 6));
            String figure = MarkdownTable.number(line.score())
                    + (Double.isNaN(line.error()) ? "" : " ± " + MarkdownTable.number(line.error()));
            shapes.add(text((int) (LABEL + bar + 6), y + 14, "", "start", figure));
            y += ROW;
        }
        return y + 6;
    }

    private static String text(int x, int y, String style, String anchor, String content) {
        return String.format(
                Locale.ROOT,
                "<text class=\"%s\" x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>",
                style,
                x,
                y,
                anchor,
                content.replace("&", "&amp;").replace("<", "&lt;"));
    }
}
