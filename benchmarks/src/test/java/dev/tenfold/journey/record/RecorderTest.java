package dev.tenfold.journey.record;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.journey.load.Tally;
import dev.tenfold.journey.record.Recording.Kind;
import dev.tenfold.testing.SimulatedTime;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class RecorderTest {

    private static final Cost NOTHING = new Cost(0, Map.of());

    private final SimulatedTime time = new SimulatedTime();
    private final Recorder recorder = new Recorder(time);

    private Recording recording() {
        return recorder.recording(new Tally(), NOTHING);
    }

    @Test
    void countsFromTheBeginningOfTheLoad() {
        recorder.mark(Kind.ACT, "", "while things are set up");
        time.advance(Duration.ofSeconds(7));
        recorder.begin();
        time.advance(Duration.ofMillis(1500));
        recorder.mark(Kind.FAULT, "", "killed");
        recorder.slice(10, 1, 2, 3);

        assertThat(recording().marks()).containsExactly(new Recording.Mark(1.5, Kind.FAULT, "", "killed"));
        assertThat(recording().slices()).containsExactly(new Recording.Slice(0, 1.5, 10, 1, 2, 3));
        assertThat(recording().silence()).isEqualTo(new Recording.Span(0, 0));
    }

    @Test
    void howeverLongItLastsItKeepsABoundedNumberOfTheNewest() {
        AtomicInteger value = new AtomicInteger();
        recorder.plot(Chart.QUEUE_DEPTH, "ready", value::incrementAndGet);
        recorder.begin();
        for (int i = 0; i < 3 * Recorder.SLICES; i++) {
            time.advance(Duration.ofMillis(500));
            recorder.slice(i, 0, 1, 2);
            recorder.sample();
            recorder.mark(Kind.REACTION, "endpoint.ejected", "mark " + i);
        }

        Recording kept = recording();
        assertThat(kept.slices()).hasSize(Recorder.SLICES);
        assertThat(kept.slices().get(Recorder.SLICES - 1).answered()).isEqualTo(3 * Recorder.SLICES - 1);
        assertThat(kept.curves().get(0).points()).hasSize(Recorder.SLICES);
        assertThat(kept.marks()).hasSize(Recorder.MARKS);
        assertThat(recorder.news(1).get(0).text()).isEqualTo("mark " + (3 * Recorder.SLICES - 1));
        assertThat(recorder.history(3)).hasSize(3);
    }

    @Test
    void whatHasNoNumberNowIsLeftOut() {
        recorder.plot(Chart.QUEUE_DEPTH, "outbox", () -> Double.NaN);
        recorder.begin();
        recorder.sample();

        assertThat(recording().curves().get(0).points()).isEmpty();
    }
}
