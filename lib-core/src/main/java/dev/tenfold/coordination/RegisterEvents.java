package dev.tenfold.coordination;

import dev.tenfold.observe.Event;
import dev.tenfold.observe.Observer;
import dev.tenfold.time.TimeSource;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/** What a register tells its observer. Thread-safe. */
final class RegisterEvents {

    private final String source;
    private final Observer observer;
    private final TimeSource time;
    private final AtomicBoolean watchFailing = new AtomicBoolean();

    RegisterEvents(String name, Observer observer, TimeSource time) {
        this.source = "register/" + name;
        this.observer = observer.guarded();
        this.time = time;
    }

    void listenerFailed(RuntimeException failure) {
        tell("listener.failed", Level.ERROR, "a watcher failed: " + failure, Map.of("failure", failure));
    }

    /** Told once until the watching has recovered, however often it fails in between. */
    void watchFailed(RuntimeException failure) {
        if (watchFailing.compareAndSet(false, true)) {
            String message = "watchers get no news until the storage answers: " + failure;
            tell("watch.failing", Level.WARNING, message, Map.of("failure", failure));
        }
    }

    void watchWorked() {
        if (watchFailing.compareAndSet(true, false)) {
            tell("watch.recovered", Level.INFO, "the storage answers again", Map.of());
        }
    }

    private void tell(String kind, Level level, String message, Map<String, Object> details) {
        observer.on(new Event(time.now(), source, kind, level, message, details));
    }
}
