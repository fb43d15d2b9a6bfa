package dev.tenfold.locality;

import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.topology.Coordinates;

/**
 * One data centre: a name, a place, and the balancer over its endpoints.
 *
 * @param <T> the kind of target
 * @param name unique among the regions
 * @param coordinates where it stands
 * @param balancer picks within it
 */
public record Region<T>(String name, Coordinates coordinates, LoadBalancer<T> balancer) {}
