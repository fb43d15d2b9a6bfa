package dev.tenfold.benchmarks.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.benchmarks.queue.Cost.Latency;
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
            Cost cost = new Load(contender, new Shape(2, 2)).run(INSTANT, INSTANT, List.of(1_000L), INSTANT);
            assertThat(cost.perSecond()).as(contender.name()).isPositive();
            assertThat(cost.cpuNanos()).as(contender.name()).isNotNegative();
        }
    }

    @Test
    void aCostSurvivesTheWayBetweenProcesses() {
        Cost cost = new Cost(
                1_234_567.5,
                88.5,
                96,
                List.of(new Latency(10_000, 1_000, 2_000.5, 3_000), new Latency(30_000, 2_000, 3_000, 4_000)));
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

    /** A rate that was not held in every round has no latency. */
    @Test
    void thePageHasLatenciesAtRatesThatWereHeld() {
        QueuePage page = new QueuePage(List.of());
        Cost.Latency slow = new Latency(10_000, 300_000, 400_000, 500_000);
        page.add(
                new Shape(2, 2),
                Map.of(
                        "Tenfold", List.of(cost(100), cost(130), cost(90)),
                        "RabbitMQ",
                                List.of(
                                        new Cost(60_000, 1, 1, List.of(slow, new Latency(30_000, 1, 1, 1))),
                                        new Cost(60_000, 1, 1, List.of(slow)))));
        assertThat(page.render("run"))
                .contains("Half of what the slowest, RabbitMQ, takes is 30,000 messages a second.")
                .contains("| **Tenfold** | 1.0 / 2.0 / 3.0 |")
                .contains("| RabbitMQ | 300 / 400 / 500 |")
                .doesNotContain("30,000/s");
    }

    private static Cost cost(double cpuNanos) {
        return new Cost(1_000_000, cpuNanos, 96, List.of(new Latency(10_000, 1_000, 2_000, 3_000)));
    }
}
