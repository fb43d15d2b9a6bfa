package dev.tenfold.balance;

import dev.tenfold.health.Health;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Lays a pool out for a person to read. */
final class Description {

    private Description() {}

    static String of(String name, Pool<?> pool, long now) {
        StringBuilder text = new StringBuilder();
        text.append("load balancer '").append(name).append("': ");
        text.append(pool.eligible())
                .append(" of ")
                .append(pool.members().size())
                .append(" endpoints take calls");
        text.append(pool.panic() ? " (panic: picking among all)\n" : "\n");
        int width = 8;
        for (Member<?> member : pool.members()) {
            width = Math.max(width, member.endpoint().id().length());
        }
        String row = "  %-" + width + "s  %-10s  %6s  %9s  %12s  %9s  %9s  %s%n";
        text.append(row(row, "endpoint", "state", "weight", "in flight", "picks", "failures", "ewma ms", "why"));
        for (Member<?> member : pool.members()) {
            Health health = member.health();
            String weight = String.format(
                    Locale.ROOT, "%.2f", health.share(now) * member.endpoint().weight());
            String latency = String.format(Locale.ROOT, "%.2f", member.latency().toNanos() / 1e6);
            text.append(row(
                    row,
                    member.endpoint().id(),
                    health.state(),
                    weight,
                    member.inFlight(),
                    member.picks(),
                    member.failures(),
                    latency,
                    why(health, now)));
        }
        return text.toString();
    }

    /** Why nobody takes calls, one line for each member. */
    static List<String> reasons(List<? extends Member<?>> members, long now) {
        List<String> reasons = new ArrayList<>(members.size());
        for (Member<?> member : members) {
            Health health = member.health();
            String left = health.remaining(now).isZero() ? "" : " for " + health.remaining(now);
            reasons.add(member.endpoint().id() + ": " + health.state() + left + " (" + health.reason() + ")");
        }
        return reasons;
    }

    private static String row(String format, Object... cells) {
        return String.format(Locale.ROOT, format, cells);
    }

    private static String why(Health health, long now) {
        String left = health.remaining(now).isZero() ? "" : ", " + health.remaining(now) + " left";
        String often = health.ejections() == 0 ? "" : ", ejected " + health.ejections() + " times";
        return health.reason() + left + often;
    }
}
