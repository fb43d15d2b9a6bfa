package dev.tenfold.benchmarks.durable;

import dev.tenfold.benchmarks.report.Machine;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The page with what durable confirms cost, and what had been hoped for. */
final class ConfirmsPage {

    /** How many confirms there should be in the time of one force of the disk alone, by the number of publishers. */
    private static final Map<Integer, Double> GOALS = Map.of(1, 0.85, 8, 3.5, 64, 15.0);

    /** And how many times as many as the journal of others. */
    private static final double TIMES = 10;

    /**
     * One row.
     *
     * @param perSecond confirms a second
     * @param forces forces a second of the disk alone, at the same time
     * @param cpuMicros CPU time of a confirm
     */
    record Row(String contender, int publishers, double perSecond, double forces, double cpuMicros) {

        double perForce() {
            return perSecond / forces;
        }
    }

    private final List<Row> rows = new ArrayList<>();

    void add(Row row) {
        rows.add(row);
    }

    String render(int messageBytes, int slices, String command) {
        StringBuilder page = new StringBuilder().append("""
                        # Durable confirms

                        %s. %s.

                        ```
                        %s
                        ```

                        Messages of %d bytes; every publisher waits for its confirm, which means that the message is on disk, before it \
                        publishes the next. *Per force* is how many confirms there are in the time in which the disk alone does one small \
                        write and one force, measured in turns: %d slices of 250 ms each, the first quarter to warm up.

                        | | publishers | confirms/s | forces/s of the disk alone | per force | CPU µs a confirm |
                        |---|--:|--:|--:|--:|--:|
                        """.formatted(
                        Machine.describe(), LocalDate.now(ZoneOffset.UTC), command, messageBytes, slices));
        rows.forEach(row -> page.append(String.format(
                Locale.ROOT,
                "| %s | %d | %,.0f | %,.0f | %.2f | %.1f |%n",
                row.contender(),
                row.publishers(),
                row.perSecond(),
                row.forces(),
                row.perForce(),
                row.cpuMicros())));
        goals(page);
        return page.toString();
    }

    private void goals(StringBuilder page) {
        page.append("\n## Goals\n\n| publishers | goal | measured | reached |\n|--:|---|--:|---|\n");
        for (Row row : rows) {
            Double goal = GOALS.get(row.publishers());
            if (goal != null && row.contender().startsWith("Tenfold")) {
                line(page, row.publishers(), "per force", goal, row.perForce());
                rows.stream()
                        .filter(other ->
                                !other.contender().startsWith("Tenfold") && other.publishers() == row.publishers())
                        .forEach(other -> line(
                                page,
                                row.publishers(),
                                "times " + other.contender(),
                                TIMES,
                                row.perForce() / other.perForce()));
            }
        }
    }

    private static void line(StringBuilder page, int publishers, String what, double goal, double measured) {
        page.append(String.format(
                Locale.ROOT,
                "| %d | at least %s %s | %.2f | %s |%n",
                publishers,
                goal == Math.rint(goal) ? String.format(Locale.ROOT, "%.0f", goal) : Double.toString(goal),
                what,
                measured,
                measured >= goal ? "yes" : "**no**"));
    }
}
