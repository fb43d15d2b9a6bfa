package dev.tenfold.benchmarks.queue;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a contender was measured to take.
 *
 * @param perSecond messages a second, at most
 * @param cpuNanos CPU time of a message, of the whole virtual machine and of a server, if there is one
 * @param bytes allocated a message, the message itself not counted
 * @param latencies at fixed rates, those left out which it does not bear
 */
record Cost(double perSecond, double cpuNanos, double bytes, List<Latency> latencies) {

    private static final String MARK = "cost ";

    /**
     * How long messages took, from when they were due to be sent until they were handled.
     *
     * @param rate messages a second
     * @param p50 nanoseconds, of half of them at most
     * @param p99 the same of 99 %
     * @param p999 the same of 99.9 %
     */
    record Latency(long rate, double p50, double p99, double p999) {}

    /** One line, for {@link #parse}. */
    String line() {
        StringBuilder line =
                new StringBuilder(String.format(Locale.ROOT, "%s%.1f %.1f %.1f", MARK, perSecond, cpuNanos, bytes));
        latencies.forEach(each -> line.append(
                String.format(Locale.ROOT, " %d %.1f %.1f %.1f", each.rate(), each.p50(), each.p99(), each.p999())));
        return line.toString();
    }

    static boolean isLine(String line) {
        return line.startsWith(MARK);
    }

    static Cost parse(String line) {
        String[] values = line.substring(MARK.length()).split(" ", -1);
        List<Latency> latencies = new ArrayList<>();
        for (int i = 3; i + 3 < values.length; i += 4) {
            latencies.add(new Latency(
                    Long.parseLong(values[i]),
                    Double.parseDouble(values[i + 1]),
                    Double.parseDouble(values[i + 2]),
                    Double.parseDouble(values[i + 3])));
        }
        return new Cost(
                Double.parseDouble(values[0]),
                Double.parseDouble(values[1]),
                Double.parseDouble(values[2]),
                List.copyOf(latencies));
    }
}
