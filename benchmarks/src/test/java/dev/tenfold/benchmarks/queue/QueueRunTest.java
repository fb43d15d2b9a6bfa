package dev.tenfold.benchmarks.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Each contender for an instant, so that none of them rots. What is measured here means nothing. */
class QueueRunTest {

    private static final Duration INSTANT = Duration.ofMillis(50);

    @Test
    void everyContenderLosesNothing() throws Exception {
        for (Class<? extends Contender> type : QueueRun.CONTENDERS) {
            Contender contender = ContenderProcess.make(type);
            Cost cost = new Load(contender, new Shape(2, 2)).run(INSTANT, INSTANT, INSTANT);
            assertThat(cost.perSecond()).as(contender.name()).isPositive();
            assertThat(cost.cpuNanos()).as(contender.name()).isNotNegative();
        }
    }

    @Test
    void aCostSurvivesTheWayBetweenProcesses() {
        Cost cost = new Cost(1_234_567.5, 88.5, 96, 1_000, 2_000.5, 3_000);
        assertThat(Cost.isLine(cost.line())).isTrue();
        assertThat(Cost.parse(cost.line())).isEqualTo(cost);
    }

    @Test
    void cpuOfAProcessIsReadFromItsLine() {
        String stat = "2939 (beam (a) smp) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 27 0 1 2 3";
        assertThat(ServerCpu.nanos(stat)).isEqualTo(3_000_000_000L);
    }

    @Test
    void thePageSaysWhichGoalsWereReached() {
        QueuePage page = new QueuePage(List.of(Map.entry("Tenfold", "everything"), Map.entry("RabbitMQ", "a socket")));
        page.add(
                new Shape(1, 1),
                Map.of(
                        "Tenfold", List.of(cost(100), cost(130), cost(90)),
                        "RabbitMQ", List.of(cost(65_000)),
                        "Artemis in-VM", List.of(cost(1_000))));
        assertThat(page.render("run"))
                .contains("| 1x1 | RabbitMQ | 1/100 | 1/650 | yes |")
                .contains("| 1x1 | Artemis in-VM | 1/30 | 1/10 | **no** |");
    }

    private static Cost cost(double cpuNanos) {
        return new Cost(1_000_000, cpuNanos, 96, 1_000, 2_000, 3_000);
    }
}
