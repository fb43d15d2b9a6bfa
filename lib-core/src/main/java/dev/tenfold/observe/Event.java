package dev.tenfold.observe;

import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One change of state that a person would want to see: an endpoint ejected, a replica promoted, a slot moved, a message
 * dead-lettered. Immutable.
 *
 * @param at when it happened, by the component's own time source
 * @param source the instance it happened in, as {@code component/name}, such as {@code "balancer/orders"}
 * @param kind what happened, as a dotted constant of the component, such as {@code "endpoint.ejected"}; suitable as a
 *     metric tag because there are few of them
 * @param level how much it matters: {@code INFO} expected, {@code WARNING} degraded, {@code ERROR} a promise at risk
 * @param message one sentence for a person, with the values in it
 * @param details the same values by name, in a stable order
 */
public record Event(Instant at, String source, String kind, Level level, String message, Map<String, Object> details) {

    /** Copies {@code details}, keeping their order. */
    public Event {
        details = Collections.unmodifiableMap(new LinkedHashMap<>(details));
    }
}
