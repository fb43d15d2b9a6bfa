package dev.tenfold.benchmarks.report;

import java.util.Map;
import java.util.OptionalDouble;

/**
 * One line of a result: what was measured, under which parameters, and what came out.
 *
 * @param benchmark the simple name of the benchmark class
 * @param contender the method or, where there is one, the value of the parameter {@code policy}: who was measured
 * @param threads how many threads measured at once
 * @param parameters the values of the other {@code @Param} fields, in order
 * @param score the mean
 * @param error half the 99.9 % confidence interval; NaN with too few samples
 * @param unit the unit of both
 * @param bytesPerOperation what was allocated, where the allocation profiler ran
 */
public record Measured(
        String benchmark,
        String contender,
        int threads,
        Map<String, String> parameters,
        double score,
        double error,
        String unit,
        OptionalDouble bytesPerOperation) {

    /** Names the conditions under which contenders may be compared. */
    String conditions() {
        StringBuilder text = new StringBuilder();
        parameters.forEach(
                (name, value) -> text.append(name).append('=').append(value).append(", "));
        return text.append(threads)
                .append(threads == 1 ? " thread" : " threads")
                .toString();
    }

    boolean isTenfold() {
        return contender.startsWith("tenfold");
    }
}
