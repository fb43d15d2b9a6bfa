package dev.tenfold.journey.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

final class NarratorTest {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final Narrator narrator = new Narrator(new PrintStream(bytes, true, StandardCharsets.UTF_8));

    private List<String> lines() {
        return bytes.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void notesStandBelowTheNextFiguresFewAtATime() {
        for (int i = 1; i <= 6; i++) {
            narrator.note("n" + i);
        }
        narrator.tick("1 s");
        narrator.tick("2 s");
        narrator.tick("3 s");

        assertThat(lines())
                .containsExactly(
                        "1 s",
                        "          n1",
                        "          n2",
                        "          n3",
                        "          n4",
                        "          n5",
                        "2 s",
                        "          n6",
                        "3 s");
    }

    @Test
    void aStormOfNotesIsBoundedAndRepetitionsAreDropped() {
        for (int i = 0; i < 1000; i++) {
            narrator.note("again");
            narrator.note("n" + i);
        }
        narrator.flush();

        assertThat(lines()).hasSizeLessThan(100).first().asString().endsWith("again");
        assertThat(lines().stream().filter(line -> line.endsWith("again"))).hasSize(1);
    }
}
