package dev.tenfold.queue;

import dev.tenfold.observe.Event;
import dev.tenfold.observe.Observer;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/** What a broker was given from outside; shared by all its parts. The observer is guarded. */
record Surroundings(
        TimeSource time, Scheduler scheduler, RandomGenerator random, Observer observer, Executor executor) {

    /** Never called with a lock held. */
    void tell(Level level, String source, String kind, String message, Map<String, Object> details) {
        observer.on(new Event(time.now(), source, kind, level, message, details));
    }
}
