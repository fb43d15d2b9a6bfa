package dev.tenfold.benchmarks.queue;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What a contender was measured to take.
 *
 * @param perSecond messages a second, at most
 * @param cpuNanos CPU time of a message, of the whole virtual machine and of a server, if there is one
 * @param bytes allocated a message, the message itself not counted
 * @param p50 nanoseconds from when a message was due to be sent until it was handled, at half of the load, of half of them
 * @param p99 the same of 99 %
 * @param p999 the same of 99.9 %
 */
record Cost(double perSecond, double cpuNanos, double bytes, double p50, double p99, double p999) {

    private static final String MARK = "cost ";

    /** One line, for {@link #parse}. */
    String line() {
        return MARK
                + Arrays.stream(new double[] {perSecond, cpuNanos, bytes, p50, p99, p999})
                        .mapToObj(value -> String.format(Locale.ROOT, "%.1f", value))
                        .collect(Collectors.joining(" "));
    }

    static boolean isLine(String line) {
        return line.startsWith(MARK);
    }

    static Cost parse(String line) {
        double[] values = Arrays.stream(line.substring(MARK.length()).split(" ", -1))
                .mapToDouble(Double::parseDouble)
                .toArray();
        return new Cost(values[0], values[1], values[2], values[3], values[4], values[5]);
    }
}
