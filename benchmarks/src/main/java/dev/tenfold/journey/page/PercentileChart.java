package dev.tenfold.journey.page;

import dev.tenfold.journey.load.Latencies.Summary;
import dev.tenfold.journey.stage.StageResult;
import java.util.List;

/** A row for each stage: from the median to the slowest on a logarithmic scale, with the percentiles on the way. */
final class PercentileChart {

    private static final int ROW = 38;
    private static final int TOP = 18;
    private static final int BOTTOM = 20;
    private static final int EDGE = 8;

    private PercentileChart() {}

    static String render(List<StageResult> results) {
        double low = Double.MAX_VALUE;
        double high = 0;
        for (StageResult result : results) {
            low = Math.min(low, Math.max(0.1, result.latencies().p50()));
            high = Math.max(high, result.latencies().maximum());
        }
        Axis axis = Axis.logarithmic(low * 0.7, Math.max(low * 2, high * 1.2), EDGE, Drawing.WIDTH - EDGE);
        int height = TOP + results.size() * ROW + BOTTOM;
        Drawing drawing = new Drawing(height, "Percentiles of latency by stage, in milliseconds");
        for (double tick : axis.ticks(6)) {
            drawing.line("grid", axis.of(tick), TOP, axis.of(tick), height - BOTTOM);
            double x = Math.min(Drawing.WIDTH - 18, Math.max(18, axis.of(tick)));
            drawing.text("tick", "middle", x, height - 6, TimeChart.shortly(tick) + " ms");
        }
        legend(drawing);
        for (int i = 0; i < results.size(); i++) {
            Summary summary = results.get(i).latencies();
            double y = TOP + i * ROW + 27;
            drawing.text(
                    "row",
                    "start",
                    0,
                    y - 11,
                    results.get(i).stage().number() + " "
                            + results.get(i).stage().title());
            drawing.line("range", axis.of(summary.p50()), y, axis.of(summary.maximum()), y);
            drawing.dot("dot b0", axis.of(summary.p50()), y, 5);
            drawing.dot("dot b1", axis.of(summary.p90()), y, 4);
            drawing.dot("dot b2", axis.of(summary.p99()), y, 4);
            drawing.line("range end", axis.of(summary.maximum()), y - 5, axis.of(summary.maximum()), y + 5);
        }
        return drawing.toSvg();
    }

    private static void legend(Drawing drawing) {
        String[] names = {"p50", "p90", "p99"};
        for (int i = 0; i < names.length; i++) {
            drawing.dot("dot b" + i, 6 + i * 52, 7, 4);
            drawing.text("legend", "start", 14 + i * 52, 11, names[i]);
        }
        drawing.line("range end", 166, 2, 166, 12);
        drawing.text("legend", "start", 172, 11, "slowest");
    }
}
