package dev.tenfold.observe.micrometer;

import dev.tenfold.observe.Event;
import dev.tenfold.observe.Measured;
import dev.tenfold.observe.Measurement;
import dev.tenfold.observe.Observer;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Counts events as {@code tenfold.events} (tags {@code source}, {@code kind}, {@code level}) and publishes measurements
 * as counters and gauges of their own names.
 *
 * <p>Thread-safe. An event costs one look-up in the registry; a measurement costs nothing until it is scraped.
 */
@SuppressWarnings("exports") // Micrometer is an automatic module: requiring it transitively would warn instead
public final class MicrometerObserver implements Observer {

    private final MeterRegistry registry;

    /**
     * Makes an observer.
     *
     * @param registry where the meters go
     */
    public MicrometerObserver(MeterRegistry registry) {
        this.registry = registry;
    }

    @Override
    public void on(Event event) {
        Counter.builder("tenfold.events")
                .description("changes of state in Tenfold components")
                .tag("source", event.source())
                .tag("kind", event.kind())
                .tag("level", event.level().name().toLowerCase(Locale.ROOT))
                .register(registry)
                .increment();
    }

    /**
     * Publishes a component's measurements. The registry keeps the component reachable for as long as it is itself.
     *
     * @param component what to measure
     */
    public void publish(Measured component) {
        for (Measurement measurement : component.measurements()) {
            List<Tag> tags = tags(measurement.tags());
            switch (measurement.kind()) {
                case COUNTER ->
                    // A function counter holds its object weakly, so the function itself holds the measurement.
                    FunctionCounter.builder(
                                    measurement.name(),
                                    registry,
                                    alive -> measurement.value().getAsDouble())
                            .description(measurement.description())
                            .baseUnit(baseUnit(measurement))
                            .tags(tags)
                            .register(registry);
                case GAUGE ->
                    Gauge.builder(
                                    measurement.name(),
                                    measurement,
                                    read -> read.value().getAsDouble())
                            .strongReference(true)
                            .description(measurement.description())
                            .baseUnit(baseUnit(measurement))
                            .tags(tags)
                            .register(registry);
            }
        }
    }

    /** Micrometer appends the unit to the name; plain counts have none. */
    private static @Nullable String baseUnit(Measurement measurement) {
        return measurement.unit().equals("1") ? null : measurement.unit();
    }

    private static List<Tag> tags(Map<String, String> tags) {
        return tags.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(tag -> Tag.of(tag.getKey(), tag.getValue()))
                .toList();
    }
}
