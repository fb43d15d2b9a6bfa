package dev.tenfold.benchmarks.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Draws curves over one axis as an SVG with a logarithmic scale, readable on light and dark ground. */
public final class LineChart {

    private static final int WIDTH = 820;
    private static final int HEIGHT = 440;
    private static final int LEFT = 60;
    private static final int RIGHT = 190;
    private static final int TOP = 40;
    private static final int BOTTOM = 30;
    private static final String[] COLOURS = {
        "#0969da", "#cf222e", "#1a7f37", "#9a6700", "#8250df", "#bf3989", "#6e7781", "#0a7ea4", "#bc4c00", "#4d2d00"
    };

    private LineChart() {}

    /**
     * Renders a chart as a complete SVG document.
     *
     * @param title above the chart
     * @param xs where each curve has its points, rising
     * @param curves by name, all above zero, each as long as {@code xs}
     */
    public static String render(String title, double[] xs, Map<String, double[]> curves) {
        double low = Double.MAX_VALUE;
        double high = 0;
        for (double[] curve : curves.values()) {
            for (double y : curve) {
                low = Math.min(low, y);
                high = Math.max(high, y);
            }
        }
        Scale x = new Scale(xs[0], xs[xs.length - 1], LEFT, WIDTH - RIGHT);
        Scale y = new Scale(Math.log(low * 0.9), Math.log(high * 1.1), HEIGHT - BOTTOM, TOP);
        List<String> shapes = new ArrayList<>();
        shapes.add(text(4, 20, "title", "start", title));
        for (double at : xs) {
            shapes.add(text(x.of(at), HEIGHT - 8, "", "middle", String.format(Locale.ROOT, "%.1f", at)));
        }
        for (double decade = 1; decade <= high * 1.1; decade *= 10) {
            for (double step : new double[] {1, 2, 5}) {
                double at = decade * step;
                if (at >= low * 0.9 && at <= high * 1.1) {
                    double line = y.of(Math.log(at));
                    shapes.add(String.format(
                            Locale.ROOT,
                            "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>",
                            LEFT,
                            WIDTH - RIGHT,
                            line,
                            line));
                    shapes.add(text(LEFT - 6, line + 4, "", "end", String.format(Locale.ROOT, "%,.0f", at)));
                }
            }
        }
        curves(shapes, xs, curves, x, y);
        return String.format(Locale.ROOT, """
                <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" viewBox="0 0 %1$d %2$d" \
                font-family="system-ui, sans-serif" font-size="13">
                <style>text { fill: #57606a } .title { font-weight: 600 } .grid { stroke: #8c959f; stroke-opacity: 0.3 }\
                 polyline { fill: none; stroke-width: 2 } @media (prefers-color-scheme: dark) { text { fill: #adbac7 } }</style>
                %3$s
                </svg>
                """, WIDTH, HEIGHT, String.join("\n", shapes));
    }

    private static void curves(List<String> shapes, double[] xs, Map<String, double[]> curves, Scale x, Scale y) {
        int number = 0;
        double legend = TOP + 6;
        for (Map.Entry<String, double[]> curve : curves.entrySet()) {
            String colour = COLOURS[number % COLOURS.length];
            String dashes = number < COLOURS.length ? "" : " stroke-dasharray=\"5 3\"";
            StringBuilder points = new StringBuilder();
            for (int i = 0; i < xs.length; i++) {
                points.append(
                        String.format(Locale.ROOT, "%.1f,%.1f ", x.of(xs[i]), y.of(Math.log(curve.getValue()[i]))));
            }
            shapes.add("<polyline stroke=\"" + colour + "\"" + dashes + " points=\""
                    + points.toString().strip() + "\"/>");
            shapes.add(String.format(
                    Locale.ROOT,
                    "<line stroke=\"%s\"%s stroke-width=\"2\" x1=\"%d\" x2=\"%d\" y1=\"%.0f\" y2=\"%.0f\"/>",
                    colour,
                    dashes,
                    WIDTH - RIGHT + 12,
                    WIDTH - RIGHT + 36,
                    legend,
                    legend));
            shapes.add(text(WIDTH - RIGHT + 42, legend + 4, "", "start", curve.getKey()));
            legend += 20;
            number++;
        }
    }

    private record Scale(double from, double to, double start, double end) {
        double of(double value) {
            return start + (value - from) / (to - from) * (end - start);
        }
    }

    private static String text(double x, double y, String style, String anchor, String content) {
        return String.format(
                Locale.ROOT,
                "<text class=\"%s\" x=\"%.0f\" y=\"%.0f\" text-anchor=\"%s\">%s</text>",
                style,
                x,
                y,
                anchor,
                content.replace("&", "&amp;").replace("<", "&lt;"));
    }
}
