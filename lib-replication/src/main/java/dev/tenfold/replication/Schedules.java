package dev.tenfold.replication;

import dev.tenfold.time.Scheduler;
import dev.tenfold.time.StartedScheduler;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What runs the set's own work. Unless the user gave a scheduler, each node's probes and the failover have a thread of
 * their own, so that none is delayed by a node that hangs; the timeouts of waiting callers only wake somebody, and share
 * the timer of the process.
 */
final class Schedules implements AutoCloseable {

    private final String name;
    private final @Nullable Scheduler given;
    private final List<StartedScheduler> started = new ArrayList<>();
    private final Scheduler waits;
    private final Scheduler control;

    Schedules(String name, @Nullable Scheduler given) {
        this.name = name;
        this.given = given;
        this.waits = given != null ? given : Scheduler.shared(Runnable::run);
        this.control = of("control");
    }

    Scheduler waits() {
        return waits;
    }

    Scheduler control() {
        return control;
    }

    /** Called by the constructing thread only. */
    Scheduler of(String purpose) {
        if (given != null) {
            return given;
        }
        StartedScheduler own = Scheduler.start("tenfold-" + name + "-" + purpose);
        started.add(own);
        return own;
    }

    @Override
    public void close() {
        started.forEach(StartedScheduler::close);
    }
}
