package dev.tenfold.journey.page;

import dev.tenfold.journey.record.Recording.Kind;
import dev.tenfold.journey.record.Recording.Mark;
import dev.tenfold.journey.record.Recording.Point;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Curves over the time of a load, with the moments in which something was broken or mended. */
final class TimeChart {

    private static final int HEIGHT = 214;
    private static final int LEFT = 44;
    private static final int RIGHT = 10;
    private static final int TOP = 30;
    private static final int BOTTOM = 46;
    private static final int LEGEND_STEP = 10;
    private static final double LEGEND_LETTER = 6.1;

    private final String label;
    private final boolean logarithmic;
    private final List<Line> lines = new ArrayList<>();
    private final List<Mark> marks;
    private final List<Point> failures = new ArrayList<>();

    TimeChart(String label, boolean logarithmic, List<Mark> marks) {
        this.label = label;
        this.logarithmic = logarithmic;
        this.marks = marks.stream().filter(mark -> mark.kind() != Kind.REACTION).toList();
    }

    private record Line(String name, List<Point> points) {}

    TimeChart line(String name, List<Point> points) {
        lines.add(new Line(name, points));
        return this;
    }

    /** Moments with failed requests stand out on the axis. */
    TimeChart failures(List<Point> counts) {
        counts.stream().filter(point -> point.value() > 0).forEach(failures::add);
        return this;
    }

    String toSvg() {
        double last = lines.stream()
                .flatMap(line -> line.points().stream())
                .mapToDouble(Point::at)
                .max()
                .orElse(1);
        Axis time = Axis.linear(0, Math.max(last, 0.1), LEFT, Drawing.WIDTH - RIGHT);
        Axis value = value();
        Drawing drawing = new Drawing(HEIGHT, label);
        for (double tick : value.ticks(5)) {
            double y = value.of(tick);
            drawing.line("grid", LEFT, y, Drawing.WIDTH - RIGHT, y);
            drawing.text("tick", "end", LEFT - 5, y + 3.5, shortly(tick));
        }
        for (double tick : time.ticks(6)) {
            drawing.text(
                    "tick",
                    "middle",
                    time.of(tick),
                    HEIGHT - BOTTOM + 15,
                    String.format(Locale.ROOT, "%s s", shortly(tick)));
        }
        marks(drawing, time);
        for (Point failure : failures) {
            drawing.box("failed", time.of(failure.at()) - 2, HEIGHT - BOTTOM - 4, 4, 4);
        }
        curves(drawing, time, value);
        return drawing.toSvg();
    }

    private Axis value() {
        double[] values = lines.stream()
                .flatMap(line -> line.points().stream())
                .mapToDouble(Point::value)
                .toArray();
        double high = Double.MIN_VALUE;
        double low = Double.MAX_VALUE;
        for (double each : values) {
            high = Math.max(high, each);
            low = each > 0 ? Math.min(low, each) : low;
        }
        return logarithmic && low < high
                ? Axis.logarithmic(low * 0.8, high * 1.3, HEIGHT - BOTTOM, TOP)
                : Axis.linear(0, high <= 0 ? 1 : high * 1.1, HEIGHT - BOTTOM, TOP);
    }

    /** Numbered as in the list below the chart; where two are close, the later number stands lower. */
    private void marks(Drawing drawing, Axis time) {
        double taken = -100;
        boolean low = false;
        for (int i = 0; i < marks.size(); i++) {
            Mark mark = marks.get(i);
            double x = Math.min(time.of(mark.at()), Drawing.WIDTH - RIGHT);
            String style = mark.kind() == Kind.FAULT ? "fault" : "act";
            low = x - taken < 15 && !low;
            taken = x;
            double y = low ? TOP + 4 : TOP - 12;
            drawing.line("mark " + style, x, y + 7, x, HEIGHT - BOTTOM);
            drawing.dot("knob " + style, x, y, 7);
            drawing.text("knob", "middle", x, y + 3.5, Integer.toString(i + 1));
        }
    }

    private void curves(Drawing drawing, Axis time, Axis value) {
        double legend = 2;
        for (int i = 0; i < lines.size(); i++) {
            Line line = lines.get(i);
            String style = "curve c" + (i % 6);
            // A gap in a logarithmic curve is a time without answers.
            StringBuilder points = new StringBuilder();
            int drawn = 0;
            for (Point point : line.points()) {
                if (logarithmic && point.value() <= 0) {
                    flush(drawing, style, points, drawn);
                    drawn = 0;
                    continue;
                }
                points.append(String.format(Locale.ROOT, "%.1f,%.1f ", time.of(point.at()), value.of(point.value())));
                drawn++;
            }
            flush(drawing, style, points, drawn);
            drawing.line(style, legend, HEIGHT - 10, legend + 16, HEIGHT - 10);
            drawing.text("legend", "start", legend + 20, HEIGHT - 6.5, line.name());
            legend += 20 + LEGEND_STEP + LEGEND_LETTER * line.name().length();
        }
    }

    private static void flush(Drawing drawing, String style, StringBuilder points, int drawn) {
        if (drawn == 1) {
            String[] point = points.toString().strip().split(",", -1);
            drawing.dot(style + " lone", Double.parseDouble(point[0]), Double.parseDouble(point[1]), 2);
        } else if (drawn > 1) {
            drawing.path(style, points.toString());
        }
        points.setLength(0);
    }

    /** As few characters as say it. */
    static String shortly(double value) {
        if (value >= 1_000_000) {
            return trim(value / 1_000_000) + "M";
        }
        return value >= 10_000 ? trim(value / 1000) + "k" : trim(value);
    }

    private static String trim(double value) {
        String text = String.format(Locale.ROOT, Math.abs(value) < 1 ? "%.2f" : "%.1f", value);
        return text.contains(".") ? text.replaceAll("0+$", "").replaceAll("\\.$", "") : text;
    }
}
