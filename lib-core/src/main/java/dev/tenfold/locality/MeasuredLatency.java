package dev.tenfold.locality;

import dev.tenfold.error.Validation;
import dev.tenfold.topology.Coordinates;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Nearness as clients measured it: the nearest region by the map is not always the one that answers first.
 *
 * <p>The globe is divided into cells of 5 by 5 degrees. For each cell and region an exponentially weighted mean of the round
 * trips reported is kept; where there is none, the great-circle distance at 100 km a millisecond stands in (there and back at the speed of light
 * in fibre). So a measurement for one region of a cell competes with estimates for the others that are too good rather than too bad,
 * and each region is tried before it is ruled out.
 *
 * <p>Thread-safe and lock-free. Takes 21 kB for each region that was ever reported; reading costs a hash lookup and one memory
 * read, or {@link Coordinates#distanceKm}.
 */
public final class MeasuredLatency implements Proximity {

    /** How much a measurement counts against those before it unless set otherwise. */
    public static final double DEFAULT_WEIGHT = 0.1;

    private static final int DEGREES = 5;
    private static final int COLUMNS = 360 / DEGREES;
    private static final int ROWS = 180 / DEGREES;
    private static final double KILOMETRES_PER_MILLISECOND = 100;

    /** By region, for each cell the bits of a mean in milliseconds; 0 where nothing was reported. */
    private final ConcurrentMap<String, AtomicLongArray> means = new ConcurrentHashMap<>();

    private final double weight;

    private MeasuredLatency(double weight) {
        Validation check = Validation.of("measured latency");
        check.require(weight > 0 && weight <= 1, "weight", weight, "above 0, at most 1");
        check.throwIfInvalid();
        this.weight = weight;
    }

    /**
     * Starts without measurements.
     *
     * @return with {@value #DEFAULT_WEIGHT} as the weight of a measurement
     */
    public static MeasuredLatency empty() {
        return weighing(DEFAULT_WEIGHT);
    }

    /**
     * Starts without measurements.
     *
     * @param weight how much a measurement counts against those before it, above 0, at most 1: at 0.1 the last ten make up two thirds
     * @return with that weight
     * @throws dev.tenfold.error.InvalidConfigurationException if the weight is out of range
     */
    public static MeasuredLatency weighing(double weight) {
        return new MeasuredLatency(weight);
    }

    /**
     * Takes note of a measurement.
     *
     * @param client where the client is
     * @param region the region's name; each name that is ever used here takes memory, so never pass on what a client calls it
     * @param roundTrip how long it took, above zero; anything else is ignored
     */
    public void record(Coordinates client, String region, Duration roundTrip) {
        double millis = roundTrip.toNanos() / 1e6;
        if (millis <= 0) {
            return;
        }
        AtomicLongArray cells = means.get(region);
        if (cells == null) {
            cells = means.computeIfAbsent(region, name -> new AtomicLongArray(ROWS * COLUMNS));
        }
        int cell = cell(client);
        long before;
        long after;
        do {
            before = cells.get(cell);
            double mean = Double.longBitsToDouble(before);
            after = Double.doubleToLongBits(before == 0 ? millis : mean + weight * (millis - mean));
        } while (!cells.compareAndSet(cell, before, after));
    }

    /**
     * Returns the round trip to expect.
     *
     * @param region the region
     * @param client where the client is
     * @return in milliseconds
     */
    @Override
    public double distance(Region<?> region, Coordinates client) {
        AtomicLongArray cells = means.get(region.name());
        long mean = cells == null ? 0 : cells.get(cell(client));
        return mean != 0
                ? Double.longBitsToDouble(mean)
                : region.coordinates().distanceKm(client) / KILOMETRES_PER_MILLISECOND;
    }

    private static int cell(Coordinates at) {
        int row = Math.min(ROWS - 1, (int) ((at.latitude() + 90) / DEGREES));
        int column = Math.min(COLUMNS - 1, (int) ((at.longitude() + 180) / DEGREES));
        return row * COLUMNS + column;
    }
}
