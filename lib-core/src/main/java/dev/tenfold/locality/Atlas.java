package dev.tenfold.locality;

import dev.tenfold.health.HealthState;
import java.util.List;
import java.util.Locale;

/** The regions as a person reads them. */
final class Atlas {

    private Atlas() {}

    /** One region. */
    record Line(Region<?> region, HealthState state, double capacity, String reason) {}

    static String of(String name, Steering steering, List<Line> lines) {
        StringBuilder text = new StringBuilder("data centres '" + name + "'");
        if (!steering.switchedTo().isEmpty()) {
            text.append(", all switched to ").append(steering.switchedTo());
        } else if (!steering.split().isEmpty()) {
            text.append(", split ").append(steering.split());
        }
        text.append('\n');
        for (Line line : lines) {
            text.append(String.format(
                    Locale.ROOT,
                    "  %-12s  %-9s  takes %3.0f %%  %3.0f %% healthy  at %.2f, %.2f  %s%n",
                    line.region().name(),
                    word(line.state()),
                    line.capacity() * 100,
                    line.region().balancer().healthyShare() * 100,
                    line.region().coordinates().latitude(),
                    line.region().coordinates().longitude(),
                    line.reason()));
        }
        return text.toString();
    }

    static String word(HealthState state) {
        return switch (state) {
            case DRAINING -> "drained";
            case SLOW_START -> "returning";
            case HEALTHY, SPARED, PROBATION -> "up";
            case PROBING, EJECTED -> "down";
        };
    }
}
