package dev.tenfold.locality;

import dev.tenfold.Locator;
import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.health.HealthCell;
import dev.tenfold.health.HealthGroup;
import dev.tenfold.health.HealthPolicy;
import dev.tenfold.health.HealthState;
import dev.tenfold.observe.EventRelay;
import dev.tenfold.topology.Coordinates;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * Routes clients between data centres: to the nearest region that is up by great-circle distance, to the next nearest while
 * that one is down, and back when it has recovered.
 *
 * <pre>{@code
 * DataCentres<URI> world = DataCentres.<URI>builder("shop")
 *         .region("eu", Coordinates.of(50.1, 8.7), frankfurt)
 *         .region("us", Coordinates.of(39.0, -77.5), virginia)
 *         .build();
 * String page = world.locate(client).idempotent().call(server -> get(server));
 * }</pre>
 *
 * <p>A region is down while {@linkplain LoadBalancer#healthyShare() the healthy share} of its balancer is below the minimum, and
 * out while a person has {@linkplain #drain drained} it. Where no region is up, the nearest that still has a healthy endpoint
 * is better than none.
 *
 * <p>Thread-safe; {@link #locate} takes no lock, allocates nothing while no region changes, and costs about 0.1 µs a
 * region. It starts nothing: a change of a region is noticed by the next call. The balancers remain their owner's, to close.
 *
 * @param <T> the kind of target
 */
public final class DataCentres<T> implements Locator<Coordinates, LoadBalancer<T>> {

    /** A balancer's healthy share is evidence enough: one look decides, and calls say nothing about a region. */
    private static final HealthPolicy BY_SHARE =
            HealthPolicy.builder().checks(1, 1).consecutiveFailures(0).build();

    private final String name;
    private final double minimumHealthyShare;
    private final EventRelay relay;
    private final HealthGroup health;
    private final List<Site<T>> sites;

    DataCentres(DataCentresBuilder<T> from) {
        name = from.name;
        minimumHealthyShare = from.minimumHealthyShare;
        relay = new EventRelay(from.observer);
        health = new HealthGroup("data-centres/" + name, BY_SHARE, from.time, relay, () -> {});
        var cells = health.update(from.regions.stream().map(Region::name).toList());
        sites = from.regions.stream()
                .map(region -> new Site<>(region, Objects.requireNonNull(cells.get(region.name()))))
                .toList();
    }

    /**
     * Starts a routing named {@code default}.
     *
     * @param <T> the kind of target
     * @return a builder
     */
    public static <T> DataCentresBuilder<T> builder() {
        return builder("default");
    }

    /**
     * Starts a routing.
     *
     * @param <T> the kind of target
     * @param name names it in events and errors
     * @return a builder
     */
    public static <T> DataCentresBuilder<T> builder(String name) {
        return new DataCentresBuilder<>(name);
    }

    /**
     * Returns the balancer of the nearest region that is up.
     *
     * @param client where the client is
     * @return its balancer; where none is up, that of the nearest region that is not drained and has a healthy endpoint
     * @throws UnavailableException if there is none of these either, with the reason for each region
     */
    @Override
    public LoadBalancer<T> locate(Coordinates client) {
        return nearest(client).balancer();
    }

    /**
     * Returns the nearest region that is up, as {@link #locate} does.
     *
     * @param client where the client is
     * @return the region
     * @throws UnavailableException as {@link #locate} does
     */
    public Region<T> nearest(Coordinates client) {
        Region<T> best = null;
        double bestDistance = Double.POSITIVE_INFINITY;
        boolean bestUp = false;
        for (Site<T> site : sites) {
            HealthState state = look(site);
            boolean up = state.takesCalls();
            if (state == HealthState.DRAINING
                    || (!up && (bestUp || site.region.balancer().healthyShare() == 0))) {
                continue;
            }
            double distance = site.region.coordinates().distanceKm(client);
            if ((up && !bestUp) || distance < bestDistance) {
                best = site.region;
                bestDistance = distance;
                bestUp = up;
            }
        }
        if (best == null) {
            throw unavailable();
        }
        return best;
    }

    /**
     * Returns the regions that are up, nearest first.
     *
     * @param client where the client is
     * @return a list, empty where none is up
     */
    public List<Region<T>> ranked(Coordinates client) {
        List<Region<T>> up = new ArrayList<>(sites.size());
        for (Site<T> site : sites) {
            if (look(site).takesCalls()) {
                up.add(site.region);
            }
        }
        up.sort(Comparator.comparingDouble(region -> region.coordinates().distanceKm(client)));
        return up;
    }

    /**
     * Takes a region out, until {@link #resume}: no client is sent there, whatever its health.
     *
     * @param region its name
     * @throws IllegalArgumentException if there is no such region
     */
    public void drain(String region) {
        site(region).cell.drain();
    }

    /**
     * Takes a drained region back.
     *
     * @param region its name
     * @throws IllegalArgumentException if there is no such region
     */
    public void resume(String region) {
        site(region).cell.resume();
    }

    /**
     * Returns the regions.
     *
     * @return all of them, up or not, in the order given to the builder
     */
    public List<Region<T>> regions() {
        return sites.stream().map(Site::region).toList();
    }

    /**
     * Returns the share of healthy endpoints that a region needs.
     *
     * @return 0 to 1
     */
    public double minimumHealthyShare() {
        return minimumHealthyShare;
    }

    /**
     * Prints the regions for a person: one line each with its state, healthy share, place and reason.
     *
     * @return several lines
     */
    public String describe() {
        StringBuilder text = new StringBuilder("data centres '" + name + "'\n");
        for (Site<T> site : sites) {
            HealthState state = look(site);
            text.append(String.format(
                    Locale.ROOT,
                    "  %-12s  %-8s  %3.0f %% healthy  at %.2f, %.2f  %s%n",
                    site.region.name(),
                    word(state),
                    site.region.balancer().healthyShare() * 100,
                    site.region.coordinates().latitude(),
                    site.region.coordinates().longitude(),
                    site.cell.current().reason()));
        }
        return text.toString();
    }

    private static String word(HealthState state) {
        return state == HealthState.DRAINING ? "drained" : state.takesCalls() ? "up" : "down";
    }

    /** Compares what the region's balancer says now with what was known, and moves the region if they differ. */
    private HealthState look(Site<T> site) {
        HealthState known = site.cell.current().state();
        if (known == HealthState.DRAINING) {
            return known;
        }
        boolean up = site.region.balancer().healthyShare() >= minimumHealthyShare;
        if (up != known.takesCalls()) {
            site.cell.checked(up);
            return site.cell.current().state();
        }
        return known;
    }

    private Site<T> site(String region) {
        for (Site<T> site : sites) {
            if (site.region.name().equals(region)) {
                return site;
            }
        }
        throw new IllegalArgumentException("region: " + region + " (expected: one of "
                + sites.stream().map(site -> site.region.name()).toList() + ")");
    }

    private UnavailableException unavailable() {
        List<String> reasons = new ArrayList<>();
        for (Site<T> site : sites) {
            reasons.add(site.region.name() + ": " + word(site.cell.current().state()) + ", "
                    + Math.round(site.region.balancer().healthyShare() * 100) + " % healthy");
        }
        return new UnavailableException("data centres '" + name + "': no region can take the client", reasons, null);
    }

    @Override
    public String toString() {
        return "DataCentres[" + name + ", "
                + regions().stream().map(Region::name).toList() + "]";
    }

    private record Site<T>(Region<T> region, HealthCell cell) {}
}
