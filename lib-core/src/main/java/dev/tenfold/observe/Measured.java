package dev.tenfold.observe;

import java.util.List;

/** A component that can be asked for its numbers. Every long-lived Tenfold object is one. */
@FunctionalInterface
public interface Measured {

    /**
     * Lists what can be read from this instance; the list is fixed once it is built, the values are read when asked.
     *
     * @return the measurements, in a stable order
     */
    List<Measurement> measurements();
}
