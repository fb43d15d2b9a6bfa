package dev.tenfold.journey.record;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What requests took of the processors, read from the operating system's books of each process. Starting a process is left
 * out, and so is what a killed one used after it was last looked at.
 *
 * @param requests how many good answers the time was spent on
 * @param seconds CPU time by tier: the parts of the system, and the load itself
 */
public record Cost(long requests, Map<String, Double> seconds) {

    /** The application servers. */
    public static final String APPLICATION = "app servers";

    /** The notifier. */
    public static final String NOTIFIER = "notifier";

    /** The databases, replicas included. */
    public static final String DATABASE = "PostgreSQL";

    /** The shared tier of logins. */
    public static final String REDIS = "Redis";

    /** The process of the journey: the users, and the balancers, edges and data centres between them and the servers. */
    public static final String LOAD = "users, balancers, edges";

    /** Copies the map, keeping its order. */
    public Cost {
        seconds = Collections.unmodifiableMap(new LinkedHashMap<>(seconds));
    }

    /**
     * Returns the time of one request in one tier.
     *
     * @param tier its name
     * @return milliseconds of one core; 0 if there is no such tier or nothing was answered
     */
    public double millisPerRequest(String tier) {
        return requests == 0 ? 0 : 1000 * seconds.getOrDefault(tier, 0.0) / requests;
    }
}
