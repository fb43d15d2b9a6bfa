package dev.tenfold.journey.page;

import dev.tenfold.journey.record.Recording.Share;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Rows of boxes that show how something falls to several parts, with the numbers below. */
final class BarChart {

    private static final int ROW = 44;
    private static final int BAR = 14;
    private static final int LINE = 16;
    private static final double LETTER = 6.1;

    private BarChart() {}

    /** Each row is as long as its total, beside the longest; or all are as long, where what matters is the mix. */
    static String render(String label, List<Share> rows, boolean mix) {
        Set<String> parts = new LinkedHashSet<>();
        rows.forEach(row -> parts.addAll(row.parts().keySet()));
        List<String> names = new ArrayList<>(parts);
        double longest = rows.stream().mapToDouble(Share::total).max().orElse(1);
        int legendRows = legendRows(names);
        int top = legendRows * LINE + 6;
        Drawing drawing = new Drawing(top + rows.size() * ROW, label);
        legend(drawing, names);
        for (int i = 0; i < rows.size(); i++) {
            Share row = rows.get(i);
            double y = top + i * ROW;
            drawing.text("row", "start", 0, y + 11, row.name());
            drawing.text("tick", "end", Drawing.WIDTH, y + 11, numbers(row, mix));
            double scale = Drawing.WIDTH / Math.max(1e-9, mix ? row.total() : longest);
            double x = 0;
            for (Map.Entry<String, Double> part : row.parts().entrySet()) {
                double width = part.getValue() * scale;
                drawing.box(
                        "bar b" + names.indexOf(part.getKey()) % 6,
                        x,
                        y + 17,
                        width - (width > 2 ? 1 : 0),
                        BAR,
                        part.getKey() + ": " + Markup.number(part.getValue()));
                x += width;
            }
        }
        return drawing.toSvg();
    }

    private static String numbers(Share row, boolean mix) {
        List<String> texts = new ArrayList<>();
        double total = Math.max(1e-9, row.total());
        row.parts().forEach((part, value) -> {
            if (value > 0) {
                texts.add(mix ? String.format(Locale.ROOT, "%.0f %%", 100 * value / total) : Markup.number(value));
            }
        });
        return String.join(" · ", texts);
    }

    private static int legendRows(List<String> names) {
        int rows = 1;
        double x = 0;
        for (String name : names) {
            double width = 26 + LETTER * name.length();
            if (x > 0 && x + width > Drawing.WIDTH) {
                rows++;
                x = 0;
            }
            x += width;
        }
        return rows;
    }

    private static void legend(Drawing drawing, List<String> names) {
        double x = 0;
        double y = 0;
        for (int i = 0; i < names.size(); i++) {
            double width = 26 + LETTER * names.get(i).length();
            if (x > 0 && x + width > Drawing.WIDTH) {
                y += LINE;
                x = 0;
            }
            drawing.box("bar b" + i % 6, x, y + 2, 10, 10);
            drawing.text("legend", "start", x + 14, y + 11, names.get(i));
            x += width;
        }
    }
}
