package dev.tenfold.locality;

import java.util.Map;

/**
 * What a person ordered, beyond what distance and health say. Immutable, replaced as a whole.
 *
 * @param switchedTo the region that gets everybody, or {@code ""}
 * @param split the share of each region, adding up to 1; empty where distance decides
 */
record Steering(String switchedTo, Map<String, Double> split) {

    static final Steering NONE = new Steering("", Map.of());

    Steering {
        split = Map.copyOf(split);
    }
}
