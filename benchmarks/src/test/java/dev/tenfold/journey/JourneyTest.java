package dev.tenfold.journey;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The harness with everything real: PostgreSQL, Redis, server processes, kill -9. */
final class JourneyTest {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @TempDir
    private Path folder;

    private int journey(String... arguments) {
        return Journey.execute(new PrintStream(bytes, true, StandardCharsets.UTF_8), arguments);
    }

    private String said() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void keepsItsPromisesWithOneServerAndWithSeveral() {
        Path report = folder.resolve("journey.html");
        int code = journey(
                "--stage", "1,3", "--seconds", "1", "--rate", "60", "--people", "100", "--report", report.toString());

        assertThat(code).as(said()).isZero();
        assertThat(said())
                .contains("Stage 1: One server", "✖ killed: the only server")
                .contains("Stage 3: A balancer", "✖ killed: app-2", "✔ 0 failed requests")
                .contains("✖ app-3 hangs", "✖ app-1 is slow")
                .contains("p99 sent", "A million users, on paper", "All 11 promises were kept.")
                .doesNotContain("Stage 2");
        assertThat(report).content().contains("killed: app-2", "Requests by server, stage 3", "CPU ms per request");
    }

    @Test
    void showsAStageUntilTheVisitIsOver() {
        assertThat(journey("--live", "--stage", "2", "--for", "2")).as(said()).isZero();
        assertThat(said())
                .contains("The live view is at http://127.0.0.1:", "The visit is over")
                .doesNotContain("killed");
    }

    @Test
    void explainsItself() {
        assertThat(journey("--help")).isZero();
        assertThat(said())
                .contains("--stage", "--seconds", "--rate", "--people", "--seed", "--report", "--live", "--for");
    }

    @Test
    void refusesWhatItCannotPlay() {
        assertThat(journey("--stage", "10")).isEqualTo(2);
        assertThat(said()).contains("--stage: 10 (expected: 1 to 9)");
        assertThat(journey("--live", "--stage", "1,2")).isEqualTo(2);
        assertThat(journey("--live", "70000")).isEqualTo(2);
        assertThat(said()).contains("one stage with --live", "--live: 70000 (expected: 0 to 65535)");
    }
}
