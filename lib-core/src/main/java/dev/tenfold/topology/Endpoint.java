package dev.tenfold.topology;

import java.util.Map;

/**
 * An identified target of any type: a {@code URI}, a {@code DataSource}, a channel. Immutable.
 *
 * <p>The identity is the {@code id}: an endpoint that keeps its id across topology changes keeps its load, latency and
 * health, even if its weight or target object changed.
 *
 * @param <T> what a call is made on
 * @param id unique within its topology
 * @param target what a call is made on
 * @param weight its share of the traffic relative to the others, finite and > 0; default 1
 * @param locality where it stands
 * @param tags free names and values, such as {@code role=analytics}
 */
public record Endpoint<T>(String id, T target, double weight, Locality locality, Map<String, String> tags) {

    /**
     * Checks the weight and copies the tags.
     *
     * @throws IllegalArgumentException if the id is empty or the weight is not finite and above 0
     */
    public Endpoint {
        if (id.isEmpty()) {
            throw new IllegalArgumentException("id: '' (expected: a non-empty name)");
        }
        if (!(weight > 0 && weight < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "weight of endpoint '" + id + "': " + weight + " (expected: finite and > 0)");
        }
        tags = Map.copyOf(tags);
    }

    /**
     * Makes an endpoint named by its target's text.
     *
     * @param <T> what a call is made on
     * @param target what a call is made on; its {@code toString()} must tell it from the others
     * @return an endpoint of weight 1 at an unknown locality
     */
    public static <T> Endpoint<T> of(T target) {
        return of(String.valueOf(target), target);
    }

    /**
     * Makes an endpoint.
     *
     * @param <T> what a call is made on
     * @param id unique within its topology
     * @param target what a call is made on
     * @return an endpoint of weight 1 at an unknown locality
     */
    public static <T> Endpoint<T> of(String id, T target) {
        return new Endpoint<>(id, target, 1, Locality.unknown(), Map.of());
    }

    /**
     * Changes the weight.
     *
     * @param weight finite and > 0
     * @return a copy
     */
    public Endpoint<T> withWeight(double weight) {
        return new Endpoint<>(id, target, weight, locality, tags);
    }

    /**
     * Changes the locality.
     *
     * @param locality where it stands
     * @return a copy
     */
    public Endpoint<T> withLocality(Locality locality) {
        return new Endpoint<>(id, target, weight, locality, tags);
    }

    /**
     * Changes the tags.
     *
     * @param tags the new tags, replacing the old
     * @return a copy
     */
    public Endpoint<T> withTags(Map<String, String> tags) {
        return new Endpoint<>(id, target, weight, locality, tags);
    }
}
