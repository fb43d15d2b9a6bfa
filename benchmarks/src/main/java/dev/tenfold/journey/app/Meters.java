package dev.tenfold.journey.app;

import dev.tenfold.observe.Measured;
import dev.tenfold.observe.Measurement;
import dev.tenfold.observe.Observer;
import dev.tenfold.observe.micrometer.MicrometerObserver;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/** The server's metrics, Tenfold's and its own, in one Micrometer registry. Thread-safe. */
final class Meters {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final MicrometerObserver micrometer = new MicrometerObserver(registry);

    /** Counts events by kind. */
    Observer observer() {
        return micrometer;
    }

    void publish(Measured component) {
        micrometer.publish(component);
    }

    void count(String name, String description, LongSupplier value) {
        micrometer.publish(() -> List.of(Measurement.counter(name, description, Map.of(), value::getAsLong)));
    }

    /** A line per number: {@code name{tag=value,...} number}. */
    String toText() {
        StringBuilder text = new StringBuilder();
        for (Meter meter : registry.getMeters()) {
            Meter.Id id = meter.getId();
            String tags = id.getTags().stream()
                    .map(tag -> tag.getKey() + "=" + tag.getValue())
                    .collect(Collectors.joining(",", "{", "}"));
            meter.measure()
                    .forEach(value -> text.append(id.getName())
                            .append(tags)
                            .append(' ')
                            .append(value.getValue())
                            .append('\n'));
        }
        return text.toString();
    }
}
