package dev.tenfold.replication;

import dev.tenfold.observe.Event;
import dev.tenfold.observe.Observer;
import dev.tenfold.time.TimeSource;
import java.lang.System.Logger.Level;
import java.util.Map;

/** Tells the observer what happened to one set. */
final class Events {

    private final String source;
    private final Observer observer;
    private final TimeSource time;

    Events(String name, Observer observer, TimeSource time) {
        this.source = "replicas/" + name;
        this.observer = observer;
        this.time = time;
    }

    void tell(Level level, String kind, String message, Map<String, Object> details) {
        observer.on(new Event(time.now(), source, kind, level, message, details));
    }
}
