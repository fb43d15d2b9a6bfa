package dev.tenfold.balance;

import dev.tenfold.health.Health;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Lays a pool out for a person to read. */
final class Description {

    private Description() {}

    static String of(Pool<?> pool, CallRules rules, long abandoned) {
        long now = rules.time().nanoTime();
        StringBuilder text = new StringBuilder();
        text.append("load balancer '").append(rules.name()).append("': ");
        text.append(pool.eligible())
                .append(" of ")
                .append(pool.members().size())
                .append(" endpoints take calls");
        text.append(pool.panic() ? " (panic: picking among all)\n" : "\n");
        text.append(row(
                "  %d retries (%d left), %d hedges of which %d won (%d left), %d beyond budget,"
                        + " %d deadlines exceeded, %d selections abandoned%n",
                rules.retried(),
                rules.retriesLeft(),
                rules.hedged(),
                rules.hedgesWon(),
                rules.hedgesLeft(),
                rules.refused(),
                rules.exceeded(),
                abandoned));
        int width = 8;
        for (Member<?> member : pool.members()) {
            width = Math.max(width, member.endpoint().id().length());
        }
        String row = "  %-" + width + "s  %-10s  %6s  %9s  %12s  %9s  %9s  %s%n";
        text.append(row(row, "endpoint", "state", "weight", "in flight", "picks", "failures", "mean ms", "why"));
        for (Member<?> member : pool.members()) {
            Health health = member.health();
            String weight = String.format(
                    Locale.ROOT, "%.2f", health.share(now) * member.endpoint().weight());
            String mean = String.format(Locale.ROOT, "%.2f", member.meanNanos() / 1e6);
            text.append(row(
                    row,
                    member.endpoint().id(),
                    health.state(),
                    weight,
                    member.inFlight(),
                    member.picks(),
                    member.failures(),
                    mean,
                    why(health, now, rules.time())));
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

    private static String why(Health health, long now, TimeSource time) {
        Duration left = health.remaining(now);
        String until = left.isZero()
                ? ""
                : row(
                        ", until %s (%.1f s)",
                        time.now().plus(left).truncatedTo(ChronoUnit.SECONDS), left.toNanos() / 1e9);
        String often = health.ejections() == 0 ? "" : row(", ejected %d times", health.ejections());
        return health.reason() + until + often;
    }
}
