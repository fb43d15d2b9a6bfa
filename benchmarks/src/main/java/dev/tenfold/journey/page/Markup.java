package dev.tenfold.journey.page;

import java.util.List;
import java.util.Locale;

/** Pieces of HTML that are well-formed XML too. Whatever comes from outside goes through {@link #escape}. */
final class Markup {

    private Markup() {}

    /** Makes any text safe between tags and in quoted attributes; what XML cannot hold is replaced. */
    static String escape(String text) {
        StringBuilder safe = new StringBuilder(text.length());
        text.codePoints().forEach(point -> {
            switch (point) {
                case '&' -> safe.append("&amp;");
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '"' -> safe.append("&quot;");
                case '\'' -> safe.append("&#39;");
                default -> safe.appendCodePoint(isXml(point) ? point : 0xFFFD);
            }
        });
        return safe.toString();
    }

    private static boolean isXml(int point) {
        return point == '\t'
                || point == '\n'
                || (point >= 0x20 && point < 0xD800)
                || (point > 0xDFFF && point < 0xFFFE)
                || point > 0xFFFF;
    }

    /** A section with a heading; the content is markup. */
    static String section(String id, String title, String lead, String content) {
        return "<section id=\"" + id + "\"><h2>" + escape(title) + "</h2>"
                + (lead.isEmpty() ? "" : "<p class=\"lead\">" + escape(lead) + "</p>") + content + "</section>\n";
    }

    /** A card with a heading; the content is markup. */
    static String card(String title, String content) {
        return "<article class=\"card\"><h3>" + escape(title) + "</h3>" + content + "</article>\n";
    }

    /** A cell of a table. */
    record Cell(String text, boolean number, String mark) {

        static Cell text(String text) {
            return new Cell(text, false, "");
        }

        static Cell number(String text) {
            return new Cell(text, true, "");
        }

        static Cell marked(String text, String mark) {
            return new Cell(text, false, mark);
        }

        private String tag(String name, String attributes) {
            String style = (number ? "n " : "") + mark;
            return "<" + name + attributes + (style.isBlank() ? "" : " class=\"" + style.strip() + "\"") + ">"
                    + escape(text) + "</" + name + ">";
        }
    }

    /** A table in a box of its own, which scrolls by itself. The first cell of a row is its heading. */
    static String table(String caption, List<Cell> head, List<List<Cell>> rows) {
        StringBuilder html = new StringBuilder("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\""
                + escape(caption) + "\"><table><thead><tr>");
        head.forEach(cell -> html.append(cell.tag("th", " scope=\"col\"")));
        html.append("</tr></thead><tbody>");
        for (List<Cell> row : rows) {
            html.append("<tr>");
            for (int i = 0; i < row.size(); i++) {
                html.append(
                        i == 0
                                ? row.get(i).tag("th", " scope=\"row\"")
                                : row.get(i).tag("td", ""));
            }
            html.append("</tr>");
        }
        return html.append("</tbody></table></div>\n").toString();
    }

    /** Milliseconds as a person reads them. */
    static String millis(double value) {
        return String.format(Locale.ROOT, value < 9.95 ? "%.1f" : "%,.0f", value);
    }

    /** A number as a person reads it, with as many digits as say something. */
    static String number(double value) {
        double size = Math.abs(value);
        return String.format(
                Locale.ROOT, size >= 100 || value == Math.rint(value) ? "%,.0f" : size >= 1 ? "%.1f" : "%.2f", value);
    }

    /** A count. */
    static String count(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }
}
