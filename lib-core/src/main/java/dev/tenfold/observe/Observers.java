package dev.tenfold.observe;

import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/** The observers behind the factory methods of {@link Observer}. */
final class Observers {

    static final Observer NONE = event -> {};
    static final Observer SLF4J = Observers::log;

    private Observers() {}

    static Observer flightRecorder() {
        try {
            return new FlightRecorderObserver();
        } catch (NoClassDefFoundError missing) {
            throw new IllegalStateException(
                    "the flight-recorder observer needs the module jdk.jfr; add it to the run-time image "
                            + "(jlink --add-modules jdk.jfr)",
                    missing);
        }
    }

    private static void log(Event event) {
        int slash = event.source().indexOf('/');
        String component = slash < 0 ? event.source() : event.source().substring(0, slash);
        Logger logger = LoggerFactory.getLogger("dev.tenfold." + component);
        LoggingEventBuilder line = logger.atLevel(level(event.level()));
        for (Map.Entry<String, Object> detail : event.details().entrySet()) {
            line = line.addKeyValue(detail.getKey(), detail.getValue());
        }
        line.log("{} {}: {}", event.source(), event.kind(), event.message());
    }

    private static org.slf4j.event.Level level(Level level) {
        return switch (level) {
            case ALL, TRACE -> org.slf4j.event.Level.TRACE;
            case DEBUG -> org.slf4j.event.Level.DEBUG;
            case INFO -> org.slf4j.event.Level.INFO;
            case WARNING -> org.slf4j.event.Level.WARN;
            case ERROR, OFF -> org.slf4j.event.Level.ERROR;
        };
    }

    /** Tells several observers; each is guarded, so that one cannot silence the rest. */
    record All(List<Observer> observers) implements Observer {
        All(List<Observer> observers) {
            this.observers = observers.stream().map(Observer::guarded).toList();
        }

        @Override
        public void on(Event event) {
            for (Observer observer : observers) {
                observer.on(event);
            }
        }
    }

    /** Keeps an observer's failure away from the call that caused the event. */
    record Guarded(Observer observer) implements Observer {
        @Override
        public void on(Event event) {
            try {
                observer.on(event);
            } catch (VirtualMachineError fatal) {
                throw fatal;
            } catch (Throwable failure) {
                LoggerFactory.getLogger(Observer.class).error("observer failed on {}", event, failure);
            }
        }
    }
}
