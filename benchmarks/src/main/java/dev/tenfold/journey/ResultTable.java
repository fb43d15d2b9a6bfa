package dev.tenfold.journey;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.ColumnData;
import com.github.freva.asciitable.HorizontalAlign;
import com.github.freva.asciitable.OverflowBehaviour;
import dev.tenfold.journey.stage.StageResult;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The stages side by side. */
final class ResultTable {

    private static final int WIDEST_TEXT = 34;

    private static final String LEGEND = """

            p50, p99: from when a request was due, in an open loop; p99 sent: from when it was sent. gap: the longest
            time in which nobody was served. unknown: writes whose outcome was left open. queries: statements of the
            application, without what a killed server sent in its last second. Distance (stages 2, 6, 7) is injected delay.
            """;

    private ResultTable() {}

    static String of(List<StageResult> results) {
        String table = AsciiTable.getTable(
                AsciiTable.BASIC_ASCII_NO_DATA_SEPARATORS,
                results,
                List.of(
                        text("stage", r -> r.stage().number() + " " + r.stage().title()),
                        number("users", r -> Integer.toString(r.pace().people())),
                        number("requests", r -> Long.toString(r.requests())),
                        number("failed", r -> Long.toString(r.failed())),
                        number("unknown", r -> Long.toString(r.audit().unknown())),
                        number("p50 ms", r -> millis(r.latencies().p50())),
                        number("p99 ms", r -> millis(r.latencies().p99())),
                        number("p99 sent", r -> millis(r.latencies().p99FromSent())),
                        number("gap ms", r -> millis(r.longestGapMillis())),
                        number("queries", r -> Long.toString(r.queries())),
                        number("per req.", r -> perRequest(r)),
                        text("broken", r -> r.broken().isEmpty() ? "nothing" : String.join("; ", r.broken())),
                        text("lost", r -> lost(r))));
        return table + LEGEND;
    }

    private static String lost(StageResult result) {
        int lost = result.audit().lost().size();
        return lost == 0 ? "0 of " + result.audit().acknowledged() + " writes" : lost + " WRITES";
    }

    private static String perRequest(StageResult result) {
        return String.format(Locale.ROOT, "%.2f", (double) result.queries() / Math.max(1, result.requests()));
    }

    private static String millis(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }

    private static ColumnData<StageResult> text(String header, Function<StageResult, @Nullable String> cell) {
        return new Column()
                .header(header)
                .headerAlign(HorizontalAlign.LEFT)
                .dataAlign(HorizontalAlign.LEFT)
                .maxWidth(WIDEST_TEXT, OverflowBehaviour.NEWLINE)
                .with(cell);
    }

    private static ColumnData<StageResult> number(String header, Function<StageResult, @Nullable String> cell) {
        return new Column()
                .header(header)
                .headerAlign(HorizontalAlign.RIGHT)
                .dataAlign(HorizontalAlign.RIGHT)
                .with(cell);
    }
}
