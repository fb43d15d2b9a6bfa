package dev.tenfold.locality;

import dev.tenfold.topology.Coordinates;

/**
 * Says how near a region is to a client. Asked for every region on every call, so it is quick, takes no lock and allocates nothing.
 *
 * <p>Implementations are thread-safe. {@link MeasuredLatency} is one that learns.
 */
@FunctionalInterface
public interface Proximity {

    /**
     * Returns how far a region is.
     *
     * @param region the region
     * @param client where the client is
     * @return at least 0, less being nearer; in any unit, the same for all regions
     */
    double distance(Region<?> region, Coordinates client);

    /**
     * Returns the distance on the globe, {@link Coordinates#distanceKm}.
     *
     * @return in kilometres
     */
    static Proximity greatCircle() {
        return (region, client) -> region.coordinates().distanceKm(client);
    }
}
