package dev.tenfold.journey.page;

import java.util.ArrayList;
import java.util.List;

/** Where values stand in a drawing. */
final class Axis {

    private final double from;
    private final double to;
    private final double start;
    private final double end;
    private final boolean logarithmic;

    private Axis(double from, double to, double start, double end, boolean logarithmic) {
        this.from = from;
        this.to = to;
        this.start = start;
        this.end = end;
        this.logarithmic = logarithmic;
    }

    static Axis linear(double from, double to, double start, double end) {
        return new Axis(from, to, start, end, false);
    }

    /** Both ends are above zero. */
    static Axis logarithmic(double from, double to, double start, double end) {
        return new Axis(from, to, start, end, true);
    }

    /** What lies outside stands at the end. */
    double of(double value) {
        double inside = Math.min(to, Math.max(from, value));
        double share = logarithmic
                ? (Math.log(inside) - Math.log(from)) / (Math.log(to) - Math.log(from))
                : (inside - from) / (to - from);
        return start + share * (end - start);
    }

    /** Round values, about so many: 1, 2 and 5 of each power of ten. */
    List<Double> ticks(int about) {
        List<Double> ticks = new ArrayList<>();
        if (logarithmic) {
            double decades = Math.log10(to / from);
            double[] steps = decades > 2.5 ? new double[] {1} : new double[] {1, 2, 5};
            for (double decade = Math.pow(10, Math.floor(Math.log10(from))); decade <= to; decade *= 10) {
                for (double step : steps) {
                    if (decade * step >= from && decade * step <= to) {
                        ticks.add(decade * step);
                    }
                }
            }
            return ticks;
        }
        double step = round((to - from) / about);
        for (int i = (int) Math.ceil(from / step); i * step <= to * (1 + 1e-9); i++) {
            ticks.add(i * step);
        }
        return ticks;
    }

    private static double round(double raw) {
        double decade = Math.pow(10, Math.floor(Math.log10(raw)));
        double first = raw / decade;
        return decade * (first <= 1 ? 1 : first <= 2 ? 2 : first <= 5 ? 5 : 10);
    }
}
