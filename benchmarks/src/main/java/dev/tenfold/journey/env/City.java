package dev.tenfold.journey.env;

import dev.tenfold.topology.Coordinates;
import java.time.Duration;

/** Where users, edges and data centres are. Their distance cannot be real on one machine: it is injected delay. */
public enum City {
    /** Frankfurt am Main. */
    FRANKFURT(50.11, 8.68),
    /** Paris. */
    PARIS(48.86, 2.35),
    /** Ashburn in Virginia. */
    ASHBURN(39.04, -77.49),
    /** Chicago. */
    CHICAGO(41.88, -87.63),
    /** Tokyo. */
    TOKYO(35.68, 139.69),
    /** Sydney. */
    SYDNEY(-33.87, 151.21);

    /** Light in fibre goes 200 km in a millisecond, and cables are half as long again as the great circle. */
    private static final double ROUND_TRIP_NANOS_PER_KM = 2 * 1.5 * 1e6 / 200;

    private final double latitude;
    private final double longitude;

    City(double latitude, double longitude) {
        this.latitude = latitude;
        this.longitude = longitude;
    }

    /**
     * Returns where it is.
     *
     * @return the city's centre
     */
    public Coordinates place() {
        return Coordinates.of(latitude, longitude);
    }

    /**
     * Returns the city somebody lives in.
     *
     * @param person a user's number
     * @return users are spread evenly
     */
    public static City of(long person) {
        return values()[(int) (person % values().length)];
    }

    /**
     * Estimates how long a message and its answer are on the way.
     *
     * @param from one end
     * @param to the other
     * @return the time in cables, without any routers
     */
    public static Duration roundTrip(Coordinates from, Coordinates to) {
        return Duration.ofNanos((long) (from.distanceKm(to) * ROUND_TRIP_NANOS_PER_KM));
    }
}
