package dev.tenfold.cache.edge;

import dev.tenfold.health.HealthGroup;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Coordinates;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where the edges stand, who is nearest, and whose neighbours they are. Thread-safe. */
final class EdgeMap<K, V> {

    private final List<EdgeSite<K, V>> sites;
    private final Map<EdgeSite<K, V>, List<EdgeSite<K, V>>> others;
    private final @Nullable EdgeSite<K, V> shield;
    private final List<EdgeSite<K, V>> shieldFirst;
    private final HealthGroup health;
    private final TimeSource time;

    EdgeMap(List<EdgeSite<K, V>> sites, @Nullable String shield, HealthGroup health, TimeSource time) {
        this.sites = List.copyOf(sites);
        this.health = health;
        this.time = time;
        this.shield = sites.stream()
                .filter(site -> site.name().equals(shield))
                .findFirst()
                .orElse(null);
        shieldFirst = sites.stream()
                .sorted(Comparator.comparing(site -> site != this.shield))
                .toList();
        Map<EdgeSite<K, V>, List<EdgeSite<K, V>>> byDistance = new HashMap<>();
        for (EdgeSite<K, V> site : sites) {
            byDistance.put(
                    site,
                    sites.stream()
                            .filter(other -> other != site)
                            .sorted(Comparator.comparingDouble(
                                    other -> other.coordinates().distanceKm(site.coordinates())))
                            .toList());
        }
        others = Map.copyOf(byDistance);
    }

    List<EdgeSite<K, V>> sites() {
        return sites;
    }

    /** Returns the other edges, nearest first. */
    List<EdgeSite<K, V>> others(EdgeSite<K, V> site) {
        return others.getOrDefault(site, List.of());
    }

    /** Returns the edge before the origin, or null where there is none or it is down. */
    @Nullable
    EdgeSite<K, V> shield() {
        return shield != null && shield.isUp() ? shield : null;
    }

    /** Returns all edges in the order in which a purge must reach them. */
    List<EdgeSite<K, V>> shieldFirst() {
        return shieldFirst;
    }

    EdgeSite<K, V> named(String name) {
        for (EdgeSite<K, V> site : sites) {
            if (site.name().equals(name)) {
                return site;
            }
        }
        throw new IllegalArgumentException("edge: '" + name + "' (expected: one of "
                + sites.stream().map(EdgeSite::name).toList() + ")");
    }

    @Nullable
    EdgeSite<K, V> nearestUp(Coordinates client) {
        if (health.isWaiting() && health.isDue(time.nanoTime())) {
            health.advance();
        }
        EdgeSite<K, V> best = null;
        double bestDistance = Double.POSITIVE_INFINITY;
        for (EdgeSite<K, V> site : sites) {
            if (site.isUp()) {
                double distance = site.coordinates().distanceKm(client);
                if (distance < bestDistance) {
                    best = site;
                    bestDistance = distance;
                }
            }
        }
        return best;
    }
}
