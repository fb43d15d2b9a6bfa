package dev.tenfold.observe.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.observe.Event;
import dev.tenfold.observe.Measured;
import dev.tenfold.observe.Measurement;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.System.Logger.Level;
import java.lang.ref.WeakReference;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class MicrometerObserverTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final MicrometerObserver observer = new MicrometerObserver(registry);

    @Test
    void countsEventsBySourceKindAndLevel() {
        for (Level level : List.of(Level.INFO, Level.WARNING, Level.WARNING)) {
            observer.on(new Event(Instant.EPOCH, "balancer/orders", "endpoint.ejected", level, "m", Map.of()));
        }

        assertThat(registry.get("tenfold.events")
                        .tags("source", "balancer/orders", "kind", "endpoint.ejected", "level", "warning")
                        .counter()
                        .count())
                .isEqualTo(2);
        assertThat(registry.get("tenfold.events").tag("level", "info").counter().count())
                .isEqualTo(1);
    }

    @Test
    void publishesMeasurementsThatAreReadWhenAsked() {
        AtomicLong picks = new AtomicLong();
        observer.publish(component(picks));

        picks.set(7);
        assertThat(registry.get("tenfold.test.picks")
                        .tag("pool", "orders")
                        .functionCounter()
                        .count())
                .isEqualTo(7);
        assertThat(registry.get("tenfold.test.load")
                        .tag("pool", "orders")
                        .gauge()
                        .value())
                .isEqualTo(70);
        Meter.Id counter = registry.get("tenfold.test.picks").meter().getId();
        assertThat(counter.getBaseUnit()).as("a plain count has no unit").isNull();
        assertThat(counter.getDescription()).isEqualTo("picks made");
        assertThat(registry.get("tenfold.test.load").meter().getId().getBaseUnit())
                .isEqualTo("ms");
    }

    @Test
    void goesOnReadingAfterTheListOfMeasurementsWasCollected() {
        AtomicLong picks = new AtomicLong(1);
        WeakReference<Object> canary = publishAndDrop(picks);
        while (canary.get() != null) {
            System.gc();
        }
        System.gc();

        picks.set(42);
        assertThat(registry.get("tenfold.test.picks").functionCounter().count()).isEqualTo(42);
        assertThat(registry.get("tenfold.test.load").gauge().value()).isEqualTo(420);
    }

    private WeakReference<Object> publishAndDrop(AtomicLong picks) {
        Object canary = new Object();
        observer.publish(component(picks));
        return new WeakReference<>(canary);
    }

    private static Measured component(AtomicLong picks) {
        Map<String, String> tags = Map.of("pool", "orders");
        return () -> List.of(
                Measurement.counter("tenfold.test.picks", "picks made", tags, picks::get),
                Measurement.gauge("tenfold.test.load", "ms", "load", tags, () -> picks.get() * 10));
    }
}
