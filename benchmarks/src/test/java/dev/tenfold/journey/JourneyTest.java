package dev.tenfold.journey;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The harness with everything real: PostgreSQL, Redis, server processes, kill -9. */
final class JourneyTest {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    private int journey(String... arguments) {
        return Journey.execute(new PrintStream(bytes, true, StandardCharsets.UTF_8), arguments);
    }

    private String said() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void keepsItsPromisesWithOneServerAndWithSeveral() {
        int code = journey("--stage", "1,3", "--seconds", "1", "--rate", "60", "--people", "100");

        assertThat(code).as(said()).isZero();
        assertThat(said())
                .contains("Stage 1: One server", "✖ killed: the only server")
                .contains("Stage 3: A balancer", "✖ killed: app-2", "✔ 0 failed requests")
                .contains("p99 sent", "All 9 promises were kept.")
                .doesNotContain("Stage 2");
    }

    @Test
    void explainsItself() {
        assertThat(journey("--help")).isZero();
        assertThat(said()).contains("--stage", "--seconds", "--rate", "--people", "--seed");
    }

    @Test
    void refusesWhatItCannotPlay() {
        assertThat(journey("--stage", "10")).isEqualTo(2);
        assertThat(said()).contains("--stage: 10 (expected: 1 to 9)");
    }
}
