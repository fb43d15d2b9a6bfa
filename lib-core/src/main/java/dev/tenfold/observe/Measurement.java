package dev.tenfold.observe;

import java.util.Map;
import java.util.function.DoubleSupplier;

/**
 * One number a component can be asked for at any time, read from the counters its hot path writes.
 *
 * @param name a dotted name with the component first, such as {@code "tenfold.balancer.picks"}
 * @param kind whether the value only grows
 * @param unit what it counts, in UCUM or plain words: {@code "1"}, {@code "ms"}, {@code "bytes"}
 * @param description one sentence for a dashboard
 * @param tags what tells this one from others of the same name
 * @param value reads it; thread-safe, cheap, never blocks
 */
public record Measurement(
        String name, Kind kind, String unit, String description, Map<String, String> tags, DoubleSupplier value) {

    /** Copies {@code tags}. */
    public Measurement {
        tags = Map.copyOf(tags);
    }

    /** How a value moves. */
    public enum Kind {
        /** Only grows; a rate is taken from it. */
        COUNTER,
        /** Goes up and down. */
        GAUGE
    }

    /**
     * Makes a counter.
     *
     * @param name the dotted name
     * @param description one sentence for a dashboard
     * @param tags what tells this one from others of the same name
     * @param value reads it
     * @return a measurement in unit {@code "1"}
     */
    public static Measurement counter(String name, String description, Map<String, String> tags, DoubleSupplier value) {
        return new Measurement(name, Kind.COUNTER, "1", description, tags, value);
    }

    /**
     * Makes a gauge.
     *
     * @param name the dotted name
     * @param unit what it counts
     * @param description one sentence for a dashboard
     * @param tags what tells this one from others of the same name
     * @param value reads it
     * @return a measurement
     */
    public static Measurement gauge(
            String name, String unit, String description, Map<String, String> tags, DoubleSupplier value) {
        return new Measurement(name, Kind.GAUGE, unit, description, tags, value);
    }
}
