package dev.tenfold.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ObserverTest {

    private final List<Event> seen = new ArrayList<>();

    @BeforeAll
    static void logTheTestsComponentAtInfo() {
        System.setProperty("org.slf4j.simpleLogger.log.dev.tenfold.observertest", "info");
    }

    private static Event event(Level level) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("endpoint", "b");
        details.put("failures", 5);
        return new Event(Instant.EPOCH, "observertest/orders", "endpoint.ejected", level, "b is out for 30 s", details);
    }

    @Test
    void logsAtTheEventsLevelUnderTheComponentsName() {
        assertThat(logged(() -> Observer.slf4j().on(event(Level.WARNING))))
                .contains("WARN dev.tenfold.observertest")
                .contains("observertest/orders endpoint.ejected: b is out for 30 s")
                .containsSubsequence("endpoint=b", "failures=5");
        assertThat(logged(() -> Observer.slf4j().on(event(Level.INFO)))).contains("INFO dev.tenfold.observertest");
        assertThat(logged(() -> Observer.slf4j().on(event(Level.ERROR)))).contains("ERROR dev.tenfold.observertest");
        assertThat(logged(() -> Observer.slf4j().on(event(Level.DEBUG)))).isEmpty();
    }

    @Test
    void logsASourceWithoutAName() {
        Event event = new Event(Instant.EPOCH, "observertest", "k", Level.INFO, "m", Map.of());

        assertThat(logged(() -> Observer.slf4j().on(event))).contains("dev.tenfold.observertest - observertest k: m");
    }

    @Test
    void keepsWhatAnObserverThrowsFromTheCaller() {
        for (Throwable thrown : List.of(new IllegalStateException("deliberate"), new NoClassDefFoundError("gone"))) {
            Observer guarded = throwing(thrown).guarded();
            assertThat(guarded.guarded()).isSameAs(guarded);
            assertThat(logged(() -> guarded.on(event(Level.INFO))))
                    .contains("observer failed on Event[")
                    .contains(thrown.getMessage());
        }
    }

    @Test
    void letsAFailureOfTheVirtualMachineThrough() {
        Observer guarded = throwing(new OutOfMemoryError("deliberate")).guarded();

        assertThatExceptionOfType(OutOfMemoryError.class).isThrownBy(() -> guarded.on(event(Level.INFO)));
    }

    @Test
    void tellsTheOtherObserversThoughOneFails() {
        Observer all = Observer.all(seen::add, throwing(new IllegalStateException("deliberate")), seen::add);

        logged(() -> all.on(event(Level.INFO)));
        assertThat(seen).hasSize(2);
    }

    @Test
    void passesOnWhatIsImportantEnough() {
        Observer filtered = ((Observer) seen::add).atLeast(Level.WARNING);

        for (Level level : List.of(Level.DEBUG, Level.INFO, Level.WARNING, Level.ERROR)) {
            filtered.on(event(level));
        }
        assertThat(seen).extracting(Event::level).containsExactly(Level.WARNING, Level.ERROR);
    }

    @Test
    void ignoresEverythingIfThereIsNone() {
        assertThat(logged(() -> Observer.none().on(event(Level.ERROR)))).isEmpty();
    }

    @Test
    void copiesTheDetailsInTheirOrder() {
        Map<String, Object> details = new LinkedHashMap<>(Map.of("z", 1));
        details.put("a", 2);
        Event event = new Event(Instant.EPOCH, "s", "k", Level.INFO, "m", details);

        details.clear();
        assertThat(event.details()).containsExactly(Map.entry("z", 1), Map.entry("a", 2));
    }

    @Test
    void commitsOneFlightRecorderEventPerEvent(@TempDir Path folder) throws IOException {
        Observer observer = Observer.flightRecorder();
        observer.on(event(Level.ERROR));
        Path file = folder.resolve("recording.jfr");
        try (Recording recording = new Recording()) {
            recording.enable("dev.tenfold.StateChange");
            recording.start();
            observer.on(event(Level.WARNING));
            recording.stop();
            recording.dump(file);
        }

        List<RecordedEvent> events = RecordingFile.readAllEvents(file).stream()
                .filter(event -> event.getEventType().getName().equals("dev.tenfold.StateChange"))
                .toList();
        assertThat(events).hasSize(1);
        RecordedEvent event = events.get(0);
        assertThat(event.getString("source")).isEqualTo("observertest/orders");
        assertThat(event.getString("kind")).isEqualTo("endpoint.ejected");
        assertThat(event.getString("level")).isEqualTo("WARNING");
        assertThat(event.getString("message")).isEqualTo("b is out for 30 s");
        assertThat(event.getString("details")).isEqualTo("{endpoint=b, failures=5}");
    }

    private static Observer throwing(Throwable thrown) {
        return event -> ObserverTest.<RuntimeException>sneak(thrown);
    }

    @SuppressWarnings("unchecked")
    private static <X extends Throwable> void sneak(Throwable thrown) throws X {
        throw (X) thrown;
    }

    /** SLF4J's simple logger writes to whatever {@link System#err} is at the time. */
    private static String logged(Runnable work) {
        PrintStream before = System.err;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            work.run();
        } finally {
            System.setErr(before);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
