package dev.tenfold.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.time.Scheduler.Task;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SimulatedTimeTest {

    private final SimulatedTime time = new SimulatedTime();
    private final List<String> ran = new ArrayList<>();

    private void schedule(String name, int seconds) {
        time.schedule(Duration.ofSeconds(seconds), () -> ran.add(name + " at " + time.nanoTime() / 1_000_000_000));
    }

    @Test
    void movesBothClocksTogether() {
        Instant start = time.now();
        time.advance(Duration.ofSeconds(90));

        assertThat(time.nanoTime()).isEqualTo(90_000_000_000L);
        assertThat(Duration.between(start, time.now())).isEqualTo(Duration.ofSeconds(90));
    }

    @Test
    void runsTasksAtTheirDueTimeInOrder() {
        schedule("c", 3);
        schedule("a", 1);
        schedule("b1", 2);
        schedule("b2", 2);
        schedule("d", 4);

        time.advance(Duration.ofSeconds(3));
        assertThat(ran).containsExactly("a at 1", "b1 at 2", "b2 at 2", "c at 3");
        assertThat(time.pending()).isOne();
    }

    @Test
    void runsWhatATaskSchedulesIfThatIsDueToo() {
        time.schedule(Duration.ofSeconds(1), () -> schedule("again", 1));

        time.advance(Duration.ofSeconds(2));
        assertThat(ran).containsExactly("again at 2");
    }

    @Test
    void runsNothingBeforeTheClockMovesOrAfterACancel() {
        schedule("now", 0);
        Task cancelled = time.schedule(Duration.ofSeconds(-1), () -> ran.add("cancelled"));
        cancelled.cancel();
        assertThat(ran).isEmpty();

        time.advance(Duration.ZERO);
        assertThat(ran).containsExactly("now at 0");
    }

    @Test
    void jumpsToTheNextTask() {
        schedule("later", 100);

        assertThat(time.runNext()).isTrue();
        assertThat(ran).containsExactly("later at 100");
        assertThat(time.runNext()).isFalse();
    }

    @Test
    void neverRunsATaskBeyondTheEndOfTheClock() {
        time.advance(Duration.ofSeconds(1));
        time.schedule(Duration.ofNanos(Long.MAX_VALUE), () -> ran.add("too late"));
        time.schedule(Duration.ofSeconds(Long.MAX_VALUE), () -> ran.add("too late"));

        time.advance(Duration.ofDays(10_000));
        assertThat(ran).isEmpty();
    }
}
