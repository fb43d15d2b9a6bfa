package dev.tenfold.health;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;

/** Finds who does worse than the others in the calls of one interval. Pure. */
final class Outliers {

    private final OutlierPolicy policy;
    private final List<CallCounts> counts;
    private final List<Outlier> found = new ArrayList<>();

    private Outliers(OutlierPolicy policy, List<CallCounts> counts) {
        this.policy = policy;
        this.counts = counts;
    }

    /** Returns the outliers by their index in {@code counts}; those of one rule follow each other, the worst first. */
    static List<Outlier> among(List<CallCounts> counts, OutlierPolicy policy) {
        Outliers outliers = new Outliers(policy, counts);
        policy.successRate().ifPresent(outliers::bySuccessRate);
        policy.failurePercentage().ifPresent(outliers::byFailurePercentage);
        policy.latency().ifPresent(outliers::byLatency);
        return outliers.found;
    }

    private void bySuccessRate(OutlierPolicy.Rule rule) {
        List<Integer> compared = withVolume(rule, counted -> true);
        double sum = 0;
        for (int index : compared) {
            sum += rate(index);
        }
        double mean = sum / compared.size();
        double squares = 0;
        for (int index : compared) {
            squares += (rate(index) - mean) * (rate(index) - mean);
        }
        double least = mean - rule.limit() * Math.sqrt(squares / compared.size());
        List<Outlier> outliers = new ArrayList<>();
        for (int index : compared) {
            if (rate(index) < least) {
                String why = text(
                        "success rate %.1f %% is below %.1f %%, the mean less %s deviations",
                        100 * rate(index),
                        100 * least,
                        rule.limit());
                outliers.add(new Outlier(index, least - rate(index), why));
            }
        }
        add(outliers);
    }

    private void byFailurePercentage(OutlierPolicy.Rule rule) {
        List<Outlier> outliers = new ArrayList<>();
        for (int index : withVolume(rule, counted -> true)) {
            double failed = 100 * counts.get(index).failureShare();
            if (failed > rule.limit()) {
                String why = text("%.1f %% of its calls failed (at most %s %%)", failed, rule.limit());
                outliers.add(new Outlier(index, failed, why));
            }
        }
        add(outliers);
    }

    private void byLatency(OutlierPolicy.Rule rule) {
        List<Integer> compared = withVolume(rule, counted -> counted.latencyNanos() > 0);
        double[] latencies = compared.stream()
                .mapToDouble(index -> counts.get(index).latencyNanos())
                .sorted()
                .toArray();
        if (latencies.length == 0) {
            return;
        }
        double median = (latencies[(latencies.length - 1) / 2] + latencies[latencies.length / 2]) / 2;
        double most = Math.max(policy.latencyFloor().toNanos(), rule.limit() * median);
        List<Outlier> outliers = new ArrayList<>();
        for (int index : compared) {
            double latency = counts.get(index).latencyNanos();
            if (latency > most) {
                String why = text("latency %.3g ms is above %.3g ms", latency / 1e6, most / 1e6);
                outliers.add(new Outlier(index, latency, why));
            }
        }
        add(outliers);
    }

    /** Who can be compared; nobody where they are too few. */
    private List<Integer> withVolume(OutlierPolicy.Rule rule, Predicate<CallCounts> known) {
        List<Integer> compared = new ArrayList<>(counts.size());
        for (int i = 0; i < counts.size(); i++) {
            if (counts.get(i).calls() >= rule.minimumVolume() && known.test(counts.get(i))) {
                compared.add(i);
            }
        }
        return compared.size() >= rule.minimumEndpoints() ? compared : List.of();
    }

    private void add(List<Outlier> outliers) {
        outliers.sort(Comparator.comparingDouble(Outlier::by).reversed());
        found.addAll(outliers);
    }

    private double rate(int index) {
        return 1 - counts.get(index).failureShare();
    }

    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }

    /** Somebody, by how much, and why. */
    record Outlier(int index, double by, String why) {}
}
