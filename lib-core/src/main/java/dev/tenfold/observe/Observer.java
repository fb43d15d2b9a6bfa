package dev.tenfold.observe;

import java.lang.System.Logger.Level;
import java.util.List;

/**
 * Receives every {@link Event} of the components it was given to.
 *
 * <p>Called on the thread that caused the change, outside every lock, in the order the changes of one instance took
 * effect; so it must be thread-safe and return quickly. A component that calls an observer guards itself with {@link
 * #guarded()}: what an observer throws is logged and never reaches the call that caused the event.
 */
@FunctionalInterface
public interface Observer {

    /**
     * Takes note of an event.
     *
     * @param event what happened
     */
    void on(Event event);

    /**
     * Returns the observer that ignores everything.
     *
     * @return a shared no-op
     */
    static Observer none() {
        return Observers.NONE;
    }

    /**
     * Returns the default observer, which logs to SLF4J under {@code dev.tenfold.<component>}.
     *
     * @return a shared logging observer
     */
    static Observer slf4j() {
        return Observers.SLF4J;
    }

    /**
     * Returns an observer that commits one JDK Flight Recorder event ({@code dev.tenfold.StateChange}) per event, at no
     * cost while no recording is running.
     *
     * @return a flight-recorder observer
     * @throws IllegalStateException if the run-time image has no {@code jdk.jfr} module
     */
    static Observer flightRecorder() {
        return Observers.flightRecorder();
    }

    /**
     * Returns an observer that tells several others in turn.
     *
     * @param observers whom to tell, in order
     * @return the combination; one that throws does not keep the rest from being told
     */
    static Observer all(Observer... observers) {
        return new Observers.All(List.of(observers));
    }

    /**
     * Returns this observer with what it throws logged instead of thrown, as components use it.
     *
     * @return an observer that throws nothing but {@link VirtualMachineError}s
     */
    default Observer guarded() {
        return this instanceof Observers.Guarded ? this : new Observers.Guarded(this);
    }

    /**
     * Returns this observer for events of at least some level only.
     *
     * @param least the lowest level to pass on
     * @return the filtered observer
     */
    default Observer atLeast(Level least) {
        return event -> {
            if (event.level().getSeverity() >= least.getSeverity()) {
                on(event);
            }
        };
    }
}
