package dev.tenfold.locality;

import dev.tenfold.Locator;
import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.error.Validation;
import dev.tenfold.health.HealthCell;
import dev.tenfold.health.HealthGroup;
import dev.tenfold.health.HealthPolicy;
import dev.tenfold.health.HealthState;
import dev.tenfold.observe.Event;
import dev.tenfold.observe.EventRelay;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Coordinates;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Routes clients to data centres, as geo DNS or a global load balancer does: a balancer of balancers.
 *
 * <pre>{@code
 * DataCentres<URI> world = DataCentres.<URI>builder()
 *         .region("eu", Coordinates.of(50.11, 8.68), euBalancer)
 *         .region("us", Coordinates.of(39.04, -77.49), usBalancer)
 *         .gradualReturn(Duration.ofSeconds(30))
 *         .build();
 * LoadBalancer<URI> apps = world.locate(Coordinates.of(48.86, 2.35));      // Paris: eu
 * world.split(Map.of("eu", 90.0, "us", 10.0));                             // whatever the distance
 * }</pre>
 *
 * <p><b>Who gets a client.</b> Each region has a capacity from 0 to 1: the {@linkplain LoadBalancer#healthyShare() healthy share} of
 * its balancer times the overprovisioning factor, 0 while that share is below the minimum or a person has {@linkplain #drain
 * drained} it, and growing from a tenth to the whole while it comes back. A client goes to the nearest region with the
 * probability of that region's capacity, else to the next nearest, and so on; so a region whose capacity is short keeps as many of its own as it can
 * serve, and the rest spills over (the rule of Envoy's priority levels, with distance as the priority). Where all capacities
 * together are below 1, they share what there is. Where none has any, the nearest that still has a healthy endpoint is better than none,
 * and where nobody is healthy, the nearest with an endpoint that takes calls all the same: only a call can find out that it is well again.
 *
 * <p>Thread-safe; {@link #locate} takes no lock, allocates nothing while no region changes, and costs about 0.1 µs a
 * region. It starts nothing: a change of a region is noticed by the next call. The balancers remain their owner's, to close.
 *
 * <p><b>Invariant:</b> {@code steering} is replaced as a whole by whoever steers; readers take one look. What regions are worth is read
 * anew on each call, from their balancers and cells, each of which is consistent in itself.
 *
 * @param <T> the kind of target
 */
public final class DataCentres<T> implements Locator<Coordinates, LoadBalancer<T>> {

    private final String name;
    private final double minimumHealthyShare;
    private final Proximity proximity;
    private final GeoResolver resolver;
    private final Coordinates elsewhere;
    private final TimeSource time;
    private final RandomGenerator random;
    private final EventRelay relay;
    private final HealthGroup health;
    private final Sites<T> sites;
    private volatile Steering steering = Steering.NONE;

    DataCentres(DataCentresBuilder<T> from) {
        name = from.name;
        minimumHealthyShare = from.minimumHealthyShare;
        proximity = from.proximity;
        resolver = from.resolver;
        elsewhere =
                from.elsewhere != null ? from.elsewhere : from.regions.get(0).coordinates();
        time = from.time;
        random = from.random;
        relay = new EventRelay(from.observer);
        // A balancer's healthy share is evidence enough: one look decides, and calls say nothing about a region.
        HealthPolicy byShare = HealthPolicy.builder()
                .checks(1, 1)
                .consecutiveFailures(0)
                .slowStart(from.gradualReturn)
                .build();
        health = new HealthGroup("data-centres/" + name, byShare, time, relay, () -> {});
        sites = new Sites<>(from, health);
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
     * Returns the balancer of the region that gets this call of a client; see the class comment. Chance decides where a
     * region gets only some of its clients, so calls of one client may go to two regions; {@link #locate(Coordinates, long)} keeps them together.
     *
     * @param client where the client is
     * @return its balancer
     * @throws UnavailableException if no region that is not drained has an endpoint that takes calls, with the reason for each
     */
    @Override
    public LoadBalancer<T> locate(Coordinates client) {
        return region(client).balancer();
    }

    /**
     * Returns the balancer of the region that gets a client: the same for the same client while regions stay as they are, and when a
     * region's share grows or shrinks, only as many clients move as must.
     *
     * @param client where the client is
     * @param clientHash 64 well-mixed bits of who it is, such as {@code KeyHash.xxh3().hash(userId)}
     * @return its balancer
     * @throws UnavailableException as {@link #locate(Coordinates)} does
     */
    public LoadBalancer<T> locate(Coordinates client, long clientHash) {
        return region(client, unit(clientHash)).balancer();
    }

    /**
     * Returns the balancer of the region that gets this call of a client, whose place the {@linkplain DataCentresBuilder#resolver
     * resolver} finds out.
     *
     * @param client its address; where nothing is known of it, it counts as {@linkplain DataCentresBuilder#elsewhere elsewhere}
     * @return its balancer
     * @throws UnavailableException as {@link #locate(Coordinates)} does
     */
    public LoadBalancer<T> locate(InetAddress client) {
        return locate(resolver.resolve(client).orElse(elsewhere));
    }

    /**
     * Returns the region that gets this call of a client, as {@link #locate(Coordinates)} does.
     *
     * @param client where the client is
     * @return the region
     * @throws UnavailableException as {@link #locate(Coordinates)} does
     */
    public Region<T> region(Coordinates client) {
        return region(client, unit(random.nextLong()));
    }

    private static double unit(long bits) {
        return (bits >>> 11) * 0x1.0p-53;
    }

    /** Finds the region at a place between 0 and 1 on the line on which the regions' shares follow one another. */
    private Region<T> region(Coordinates client, double place) {
        Steering orders = steering;
        if (!orders.switchedTo().isEmpty()) {
            return sites.of(orders.switchedTo()).region();
        }
        if (health.isDue(time.nanoTime())) {
            health.advance();
        }
        Region<T> found = orders.split().isEmpty() ? null : sites.bySplit(orders.split(), place);
        if (found == null) {
            found = sites.byDistance(client, place);
        }
        if (found == null) {
            found = sites.lastResort(client);
        }
        if (found == null) {
            throw new UnavailableException(
                    "data centres '" + name + "': no region can take the client", sites.reasons(), null);
        }
        return found;
    }

    /**
     * Returns the regions that are up, nearest first: where to go on when the first fails.
     *
     * @param client where the client is
     * @return a list, empty where none is up
     */
    public List<Region<T>> ranked(Coordinates client) {
        List<Region<T>> up = new ArrayList<>(sites.all().size());
        for (Sites.Site<T> site : sites.all()) {
            if (sites.look(site).takesCalls()) {
                up.add(site.region());
            }
        }
        up.sort(Comparator.comparingDouble(region -> proximity.distance(region, client)));
        return up;
    }

    /**
     * Takes a region out, until {@link #resume}: no client is sent there, whatever its health.
     *
     * @param region its name
     * @throws IllegalArgumentException if there is no such region
     */
    public void drain(String region) {
        sites.of(region).cell().drain();
    }

    /**
     * Takes a drained region back; its share grows as after an outage.
     *
     * @param region its name
     * @throws IllegalArgumentException if there is no such region
     */
    public void resume(String region) {
        sites.of(region).cell().resume();
    }

    /**
     * Splits all clients among regions by shares, whatever the distance: to shift traffic step by step, or to try a region with a few. Regions
     * that are not named get nobody. Each share counts as far as its region has capacity, the others in proportion; only where none of those named
     * is up does distance decide among the rest. Replaces an earlier split, and takes effect with the next call.
     *
     * @param shares by region, at least 0, relative to each other: percentages, or any other numbers
     * @throws dev.tenfold.error.InvalidConfigurationException if a region is unknown or a share is negative, or all are 0; nothing changed
     */
    public void split(Map<String, Double> shares) {
        Validation check = Validation.of("split of data centres '" + name + "'");
        double whole = 0;
        for (Map.Entry<String, Double> share : shares.entrySet()) {
            check.require(sites.names().contains(share.getKey()), "region", share.getKey(), "one of " + sites.names());
            check.require(
                    share.getValue() >= 0 && share.getValue() < Double.POSITIVE_INFINITY,
                    "share of " + share.getKey(),
                    share.getValue(),
                    ">= 0");
            whole += share.getValue();
        }
        check.require(whole > 0, "shares", shares, "at least one above 0");
        check.throwIfInvalid();
        Map<String, Double> normal = new HashMap<>();
        for (Map.Entry<String, Double> share : shares.entrySet()) {
            normal.put(share.getKey(), share.getValue() / whole);
        }
        steer(new Steering(steering.switchedTo(), normal), "clients are split " + shares);
    }

    /** Ends a {@link #split}: distance decides again. Does nothing where there is none. */
    public void unsplit() {
        steer(new Steering(steering.switchedTo(), Map.of()), "clients go to the nearest region");
    }

    /**
     * The switch for a disaster: sends everybody to one region, whatever distance, health, drains and splits say, until {@link #switchBack}.
     *
     * @param region its name
     * @throws IllegalArgumentException if there is no such region
     */
    public void switchTo(String region) {
        sites.of(region);
        steer(new Steering(region, steering.split()), "all clients go to " + region);
    }

    /** Ends {@link #switchTo}: the other regions come back as after an outage. Does nothing where nothing was switched. */
    public void switchBack() {
        String switched = steering.switchedTo();
        if (switched.isEmpty()) {
            return;
        }
        for (Sites.Site<T> site : sites.all()) {
            HealthCell cell = site.cell();
            if (!cell.id().equals(switched) && cell.current().state() != HealthState.DRAINING) {
                cell.drain();
                cell.resume();
            }
        }
        steer(new Steering("", steering.split()), "clients go back from " + switched);
    }

    private void steer(Steering next, String what) {
        if (!next.equals(steering)) {
            steering = next;
            relay.add(new Event(
                    time.now(),
                    "data-centres/" + name,
                    "traffic.steered",
                    Level.WARNING,
                    what,
                    Map.of("switchedTo", next.switchedTo(), "split", next.split())));
            relay.deliver();
        }
    }

    /**
     * Returns the regions.
     *
     * @return all of them, up or not, in the order given to the builder
     */
    public List<Region<T>> regions() {
        return sites.all().stream().map(Sites.Site::region).toList();
    }

    /**
     * Returns which part of the clients for whom it is the nearest a region takes now.
     *
     * @param region its name
     * @return 0 to 1
     * @throws IllegalArgumentException if there is no such region
     */
    public double capacity(String region) {
        return sites.capacity(sites.of(region));
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
     * Prints the regions for a person: one line each with its state, capacity, healthy share, place and reason, after what a person
     * has ordered.
     *
     * @return several lines
     */
    public String describe() {
        List<Atlas.Line> lines = new ArrayList<>();
        for (Sites.Site<T> site : sites.all()) {
            HealthState state = sites.look(site);
            lines.add(new Atlas.Line(
                    site.region(),
                    state,
                    sites.capacity(site),
                    site.cell().current().reason()));
        }
        return Atlas.of(name, steering, lines);
    }

    @Override
    public String toString() {
        return "DataCentres[" + name + ", " + sites.names() + "]";
    }
}
