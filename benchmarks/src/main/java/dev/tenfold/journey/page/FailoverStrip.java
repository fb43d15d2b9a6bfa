package dev.tenfold.journey.page;

import dev.tenfold.journey.record.Recording;
import dev.tenfold.journey.record.Recording.Kind;
import dev.tenfold.journey.record.Recording.Mark;
import dev.tenfold.journey.record.Recording.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** What happened from the loss of a primary until writes were served again, and how long after the loss. */
final class FailoverStrip {

    private static final int HEIGHT = 74;
    private static final int EDGE = 10;
    private static final String PROMOTED = "failover.promoted";
    private static final Set<String> STEPS = Set.of(
            "primary.lost",
            "failover.started",
            "failover.frozen",
            PROMOTED,
            "primary.changed",
            "failover.repointed",
            "replica.reattached");

    /** Several servers see the same; beyond this a list says nothing more. */
    private static final int MOST = 12;

    private final Mark fault;
    private final List<Mark> steps;
    private final Span silence;

    private FailoverStrip(Mark fault, List<Mark> steps, Span silence) {
        this.fault = fault;
        this.steps = steps;
        this.silence = silence;
    }

    /** Finds the failover of a recording, if there was one after something had been broken. */
    static Optional<FailoverStrip> of(Recording recording) {
        Optional<Mark> promotion = recording.marks().stream()
                .filter(mark -> mark.topic().equals(PROMOTED))
                .findFirst();
        if (promotion.isEmpty()) {
            return Optional.empty();
        }
        double promoted = promotion.get().at();
        return recording.marks().stream()
                .filter(mark -> mark.kind() == Kind.FAULT && mark.at() <= promoted)
                .reduce((earlier, later) -> later)
                .map(fault -> new FailoverStrip(
                        fault,
                        recording.marks().stream()
                                .filter(mark -> mark.at() >= fault.at() && STEPS.contains(mark.topic()))
                                .limit(MOST)
                                .toList(),
                        recording.writeSilence()));
    }

    /** Whether the longest time without a write was this failover's. */
    private boolean isMeasured() {
        return silence.to() > fault.at() && silence.from() < fault.at() + 1;
    }

    String render() {
        List<Mark> moments = new ArrayList<>(steps);
        double last = moments.stream().mapToDouble(Mark::at).max().orElse(fault.at());
        double end = Math.max(last, isMeasured() ? silence.to() : last) + 0.05;
        Axis axis = Axis.linear(fault.at(), end, EDGE, Drawing.WIDTH - EDGE);
        Drawing drawing = new Drawing(HEIGHT, "From the loss of the primary to the next write");
        drawing.box("track", EDGE, 30, Drawing.WIDTH - 2 * EDGE, 12);
        if (isMeasured()) {
            drawing.box(
                    "silence",
                    axis.of(Math.max(fault.at(), silence.from())),
                    30,
                    axis.of(silence.to()) - axis.of(Math.max(fault.at(), silence.from())),
                    12,
                    "no write was served");
        }
        for (double tick : Axis.linear(0, end - fault.at(), 0, 1).ticks(5)) {
            double x = axis.of(fault.at() + tick);
            drawing.line("grid", x, 44, x, 50);
            drawing.text(
                    "tick",
                    "middle",
                    Math.min(Drawing.WIDTH - 20, Math.max(14, x)),
                    62,
                    String.format(Locale.ROOT, "%.0f ms", tick * 1000));
        }
        double taken = -100;
        int level = 0;
        for (int i = 0; i < moments.size(); i++) {
            double x = axis.of(moments.get(i).at());
            level = x - taken < 15 ? (level + 1) % 2 : 0;
            taken = x;
            double y = level == 0 ? 22 : 8;
            drawing.line("mark act", x, y + 7, x, 42);
            drawing.dot("knob act", x, y, 7);
            drawing.text("knob", "middle", x, y + 3.5, Integer.toString(i + 1));
        }
        return drawing.toSvg() + list(moments);
    }

    private String list(List<Mark> moments) {
        StringBuilder html = new StringBuilder("<p class=\"fault\">0 ms: ✖ ")
                .append(Markup.escape(fault.text()))
                .append("</p><ol class=\"events\">");
        for (Mark moment : moments) {
            html.append("<li><span class=\"n\">")
                    .append(after(moment.at()))
                    .append("</span> ")
                    .append(Markup.escape(moment.text()))
                    .append("</li>");
        }
        html.append("</ol>");
        if (isMeasured()) {
            html.append("<p class=\"act\">")
                    .append(after(silence.to()))
                    .append(String.format(
                            Locale.ROOT,
                            ": writes were served again, after %.0f ms without any.</p>",
                            1000 * silence.seconds()));
        }
        return html.toString();
    }

    private String after(double at) {
        return String.format(Locale.ROOT, "%.0f ms", 1000 * (at - fault.at()));
    }
}
