package dev.tenfold.journey.page;

import java.util.Locale;

/** One SVG that is being drawn: shapes get their colours from the page's style, by class. */
final class Drawing {

    /** As wide as a phone, so that text has its own size there. */
    static final int WIDTH = 360;

    private final StringBuilder shapes = new StringBuilder();
    private final int height;
    private final String label;

    /** The label says to those who do not see it what is drawn. */
    Drawing(int height, String label) {
        this.height = height;
        this.label = label;
    }

    Drawing line(String style, double x1, double y1, double x2, double y2) {
        shapes.append(String.format(
                Locale.ROOT,
                "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>",
                style,
                x1,
                y1,
                x2,
                y2));
        return this;
    }

    Drawing box(String style, double x, double y, double width, double height) {
        return box(style, x, y, width, height, "");
    }

    /** A box that says more when it is pointed at. */
    Drawing box(String style, double x, double y, double width, double height, String hint) {
        shapes.append(String.format(
                Locale.ROOT,
                "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">%s</rect>",
                style,
                x,
                y,
                Math.max(0, width),
                Math.max(0, height),
                hint.isEmpty() ? "" : "<title>" + Markup.escape(hint) + "</title>"));
        return this;
    }

    Drawing dot(String style, double x, double y, double radius) {
        shapes.append(String.format(
                Locale.ROOT, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>", style, x, y, radius));
        return this;
    }

    /** A curve through points given as x1,y1 x2,y2 ... */
    Drawing path(String style, String points) {
        shapes.append("<polyline class=\"")
                .append(style)
                .append("\" points=\"")
                .append(points.strip())
                .append("\"/>");
        return this;
    }

    Drawing text(String style, String anchor, double x, double y, String text) {
        shapes.append(String.format(
                        Locale.ROOT,
                        "<text class=\"%s\" text-anchor=\"%s\" x=\"%.1f\" y=\"%.1f\">",
                        style,
                        anchor,
                        x,
                        y))
                .append(Markup.escape(text))
                .append("</text>");
        return this;
    }

    String toSvg() {
        return String.format(Locale.ROOT, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH, height)
                + Markup.escape(label) + "\">" + shapes + "</svg>";
    }
}
