package dev.tenfold.locality;

import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.health.HealthCell;
import dev.tenfold.health.HealthGroup;
import dev.tenfold.health.HealthState;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Coordinates;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The regions, what each is worth now, and who gets a client. Thread-safe. */
final class Sites<T> {

    /** A region and its health. */
    record Site<T>(Region<T> region, HealthCell cell) {}

    private final List<Site<T>> all;
    private final double minimumHealthyShare;
    private final double overprovisioning;
    private final Proximity proximity;
    private final TimeSource time;

    Sites(DataCentresBuilder<T> from, HealthGroup health) {
        minimumHealthyShare = from.minimumHealthyShare;
        overprovisioning = from.overprovisioning;
        proximity = from.proximity;
        time = from.time;
        Map<String, HealthCell> cells =
                health.update(from.regions.stream().map(Region::name).toList());
        all = from.regions.stream()
                .map(region -> new Site<>(region, Objects.requireNonNull(cells.get(region.name()))))
                .toList();
    }

    List<Site<T>> all() {
        return all;
    }

    List<String> names() {
        return all.stream().map(site -> site.region().name()).toList();
    }

    Site<T> of(String region) {
        for (Site<T> site : all) {
            if (site.region().name().equals(region)) {
                return site;
            }
        }
        throw new IllegalArgumentException("region: " + region + " (expected: one of " + names() + ")");
    }

    /** Finds the region at a place between 0 and 1, in a line where each of those named is as long as its share and capacity. */
    @Nullable
    Region<T> bySplit(Map<String, Double> split, double place) {
        double whole = 0;
        for (Site<T> site : all) {
            whole += split.getOrDefault(site.region().name(), 0.0) * capacity(site);
        }
        double left = place * whole;
        Region<T> last = null;
        for (Site<T> site : all) {
            double share = split.getOrDefault(site.region().name(), 0.0) * capacity(site);
            if (share > 0) {
                last = site.region();
                if (left < share) {
                    return last;
                }
                left -= share;
            }
        }
        return last;
    }

    /** Finds the region at a place between 0 and 1, in a line where each, nearest first, is as long as its capacity. */
    @Nullable
    Region<T> byDistance(Coordinates client, double place) {
        double left = place;
        double passed = -1;
        int passedAt = -1;
        Region<T> last = null;
        for (int round = 0; round < all.size(); round++) {
            int nearest = -1;
            double distance = Double.POSITIVE_INFINITY;
            double whole = 0;
            for (int i = 0; i < all.size(); i++) {
                Site<T> site = all.get(i);
                double capacity = capacity(site);
                whole += capacity;
                if (capacity > 0) {
                    double far = proximity.distance(site.region(), client);
                    boolean ahead = far > passed || (far == passed && i > passedAt);
                    if (ahead && far < distance) {
                        nearest = i;
                        distance = far;
                    }
                }
            }
            if (nearest < 0) {
                break;
            }
            if (round == 0 && whole < 1) {
                left *= whole;
            }
            last = all.get(nearest).region();
            double capacity = capacity(all.get(nearest));
            if (left < capacity) {
                return last;
            }
            left -= capacity;
            passed = distance;
            passedAt = nearest;
        }
        return last;
    }

    /** Which part of its clients a region takes now. */
    double capacity(Site<T> site) {
        if (!look(site).takesCalls()) {
            return 0;
        }
        double able = Math.min(1, overprovisioning * site.region().balancer().healthyShare());
        return able * site.cell().current().share(time.nanoTime());
    }

    /** Finds the nearest that is not drained and has anybody healthy at all, else anybody who takes calls all the same. */
    @Nullable
    Region<T> lastResort(Coordinates client) {
        Region<T> healthy = nearest(client, balancer -> balancer.healthyShare() > 0);
        return healthy != null ? healthy : nearest(client, Sites::takesCalls);
    }

    private @Nullable Region<T> nearest(Coordinates client, Predicate<LoadBalancer<T>> wanted) {
        Region<T> best = null;
        double bestDistance = Double.POSITIVE_INFINITY;
        for (Site<T> site : all) {
            boolean drained = site.cell().current().state() == HealthState.DRAINING;
            if (!drained && wanted.test(site.region().balancer())) {
                double distance = proximity.distance(site.region(), client);
                if (distance < bestDistance) {
                    best = site.region();
                    bestDistance = distance;
                }
            }
        }
        return best;
    }

    private static boolean takesCalls(LoadBalancer<?> balancer) {
        return balancer.topology().endpoints().stream()
                .anyMatch(endpoint -> balancer.health(endpoint.id())
                        .map(cell -> cell.current().state().takesCalls())
                        .orElse(false));
    }

    /** Compares what the region's balancer says now with what was known, and moves the region if they differ. */
    HealthState look(Site<T> site) {
        HealthState known = site.cell().current().state();
        if (known == HealthState.DRAINING) {
            return known;
        }
        boolean up = site.region().balancer().healthyShare() >= minimumHealthyShare;
        if (up != known.takesCalls()) {
            site.cell().checked(up);
            return site.cell().current().state();
        }
        return known;
    }

    List<String> reasons() {
        List<String> reasons = new ArrayList<>();
        for (Site<T> site : all) {
            reasons.add(site.region().name() + ": "
                    + Atlas.word(site.cell().current().state()) + ", "
                    + Math.round(site.region().balancer().healthyShare() * 100) + " % healthy");
        }
        return reasons;
    }
}
