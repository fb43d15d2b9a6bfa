package dev.tenfold.topology;

import org.jspecify.annotations.Nullable;

/**
 * Where an endpoint stands: a region (data centre), a zone inside it, and optionally a place on the map.
 *
 * @param region the region, or {@code ""} where unknown
 * @param zone the zone inside the region, or {@code ""} where unknown
 * @param coordinates the place on the map, or null where unknown
 */
public record Locality(String region, String zone, @Nullable Coordinates coordinates) {

    private static final Locality UNKNOWN = new Locality("", "", null);

    /**
     * Returns the locality of an endpoint nobody placed.
     *
     * @return no region, no zone, no coordinates
     */
    public static Locality unknown() {
        return UNKNOWN;
    }

    /**
     * Makes a locality without coordinates.
     *
     * @param region the region
     * @param zone the zone inside it
     * @return the locality
     */
    public static Locality of(String region, String zone) {
        return new Locality(region, zone, null);
    }

    /**
     * Places this locality on the map.
     *
     * @param latitude degrees north, -90 to 90
     * @param longitude degrees east, -180 to 180
     * @return a copy with coordinates
     */
    public Locality at(double latitude, double longitude) {
        return new Locality(region, zone, new Coordinates(latitude, longitude));
    }
}
