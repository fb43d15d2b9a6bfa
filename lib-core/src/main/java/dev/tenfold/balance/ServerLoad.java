package dev.tenfold.balance;

import dev.tenfold.error.Validation;
import java.time.Duration;

/**
 * What a server says of its own load: with an answer, in a header of the user's choosing, or when it is asked. It knows the
 * calls of all its clients, where a balancer knows only its own.
 *
 * <p>Two policies use it, each its own part: {@link Prequal} the calls in flight and the latency, {@link
 * Policies#weightedByLoad()} the utilization, the calls and the errors per second. What is not known is 0.
 *
 * @param inFlight calls that the server has begun and not ended, >= 0
 * @param latency how long calls take when so many are in flight, as the server measured it recently
 * @param utilization the used share of what limits the server, usually its processors; finite and >= 0, and above 1 where it is
 *     overloaded
 * @param callsPerSecond how many calls it ends per second, finite and >= 0
 * @param errorsPerSecond how many of these fail, finite and >= 0
 */
public record ServerLoad(
        int inFlight, Duration latency, double utilization, double callsPerSecond, double errorsPerSecond) {

    /**
     * Checks the ranges.
     *
     * @throws dev.tenfold.error.InvalidConfigurationException with everything that is out of range
     */
    public ServerLoad {
        if (inFlight < 0
                || latency.isNegative()
                || !isAmount(utilization)
                || !isAmount(callsPerSecond)
                || !isAmount(errorsPerSecond)) {
            Validation check = Validation.of("server load");
            check.atLeast("inFlight", inFlight, 0);
            check.notNegative("latency", latency);
            check.require(isAmount(utilization), "utilization", utilization, "finite and >= 0");
            check.require(isAmount(callsPerSecond), "callsPerSecond", callsPerSecond, "finite and >= 0");
            check.require(isAmount(errorsPerSecond), "errorsPerSecond", errorsPerSecond, "finite and >= 0");
            check.throwIfInvalid();
        }
    }

    private static boolean isAmount(double value) {
        return value >= 0 && value < Double.POSITIVE_INFINITY;
    }

    /**
     * Makes what {@link Prequal} needs.
     *
     * @param inFlight calls begun and not ended, >= 0
     * @param latency how long calls take now
     * @return a load of unknown utilization
     */
    public static ServerLoad of(int inFlight, Duration latency) {
        return new ServerLoad(inFlight, latency, 0, 0, 0);
    }

    /**
     * Makes what {@link Policies#weightedByLoad()} needs.
     *
     * @param utilization the used share of what limits the server
     * @param callsPerSecond how many calls it ends per second
     * @param errorsPerSecond how many of these fail
     * @return a load of unknown calls in flight
     */
    public static ServerLoad ofUtilization(double utilization, double callsPerSecond, double errorsPerSecond) {
        return new ServerLoad(0, Duration.ZERO, utilization, callsPerSecond, errorsPerSecond);
    }
}
