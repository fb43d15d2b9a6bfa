package dev.tenfold.observe;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** Commits each event to the JDK Flight Recorder; kept apart so that {@code jdk.jfr} is needed only where it is used. */
final class FlightRecorderObserver implements Observer {

    FlightRecorderObserver() {
        // Fails here, not at the first event, where the module is missing.
        new StateChange().isEnabled();
    }

    @Override
    public void on(Event event) {
        StateChange change = new StateChange();
        if (change.isEnabled()) {
            change.source = event.source();
            change.kind = event.kind();
            change.level = event.level().getName();
            change.message = event.message();
            change.details = event.details().toString();
            change.commit();
        }
    }

    @Name("dev.tenfold.StateChange")
    @Label("State change")
    @Category("Tenfold")
    @Description("A change of state in a Tenfold component")
    @StackTrace(false)
    @SuppressWarnings("NullAway.Init") // JFR reads the fields; all are set before commit
    static final class StateChange extends jdk.jfr.Event {
        @Label("Source")
        String source;

        @Label("Kind")
        String kind;

        @Label("Level")
        String level;

        @Label("Message")
        String message;

        @Label("Details")
        String details;
    }
}
