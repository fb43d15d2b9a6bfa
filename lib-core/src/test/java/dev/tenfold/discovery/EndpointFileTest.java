package dev.tenfold.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.time.Chance;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Locality;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EndpointFileTest {

    private static final String TWO =
            """
            # id  uri
            a   http://10.0.0.1:8080   weight=2.5 region=eu zone=eu-1a coordinates=50.11,8.68 role=canary

            b\thttp://10.0.0.2:8080
            """;

    @TempDir
    Path folder;

    private final SimulatedTime time = new SimulatedTime();
    private final Told<URI> told = new Told<>();
    private Path file;
    private Discovery.Watch watch;

    @BeforeEach
    void write() throws IOException {
        file = folder.resolve("endpoints");
        Files.writeString(file, TWO);
        watch = Discoveries.file(file).watch(told, new DiscoveryContext(time, Runnable::run, Chance.seeded(1)));
    }

    @AfterEach
    void close() {
        watch.close();
    }

    @Test
    void everythingOfALineIsRead() {
        assertThat(told.found)
                .containsExactly(
                        new Endpoint<>(
                                "a",
                                URI.create("http://10.0.0.1:8080"),
                                2.5,
                                Locality.of("eu", "eu-1a").at(50.11, 8.68),
                                Map.of("role", "canary")),
                        Endpoint.of("b", URI.create("http://10.0.0.2:8080")));
    }

    @Test
    void aChangeIsTakenOnceTwoReadingsFoundTheSame() throws IOException {
        Files.writeString(file, "c http://10.0.0.3\n");
        polls(1);
        assertThat(told.ids()).containsExactly("a", "b");
        Files.writeString(file, "c http://10.0.0.3\nd http://10.0.0.4\n");
        polls(1);
        assertThat(told.ids()).as("still being written").containsExactly("a", "b");
        polls(1);
        assertThat(told.ids()).containsExactly("c", "d");
        polls(5);
        assertThat(told.times).isEqualTo(2);
        assertThat(told.failures).isEmpty();
    }

    @Test
    void aFileThatBreaksARuleKeepsTheOldSet() throws IOException {
        Map<String, String> wrong = Map.of(
                "a http://10.0.0.1", "no line feed",
                "", "no line feed",
                "# nobody\n", "names no endpoint",
                "a\n", "line 1: a (expected: an id and a URI)",
                "a http://x\na http://y\n", "line 2: id: a twice",
                "a http://x weight=0\n", "weight of endpoint 'a': 0.0",
                "a http://x weight=heavy\n", "heavy",
                "a http://x canary\n", "canary (expected: name=value)",
                "a http://x coordinates=91,0\n", "latitude: 91.0",
                "a http://[\n", "line 1");
        for (Map.Entry<String, String> each : wrong.entrySet()) {
            told.failures.clear();
            Files.writeString(file, each.getKey());
            time.advance(Duration.ofMinutes(1));
            assertThat(told.failures).as(each.getKey()).isNotEmpty();
            assertThat(told.failures.get(0)).hasMessageContaining(each.getValue());
            assertThat(told.ids()).containsExactly("a", "b");
        }
        Files.delete(file);
        told.failures.clear();
        time.advance(Duration.ofMinutes(1));
        assertThat(told.failures).isNotEmpty();
        Files.writeString(file, "z http://10.0.0.9\n");
        time.advance(Duration.ofMinutes(1));
        assertThat(told.ids()).containsExactly("z");
    }

    /** Cut anywhere, a file is either refused or, for one reading, not believed. */
    @Test
    void noPrefixOfAFileIsEverTaken() throws IOException {
        String whole = "c http://10.0.0.30:8080 weight=25\nd http://10.0.0.4:8080\n";
        for (int length = 0; length < whole.length(); length++) {
            Files.writeString(file, whole.substring(0, length));
            polls(1);
            assertThat(told.ids()).containsExactly("a", "b");
        }
        Files.writeString(file, whole);
        time.advance(Duration.ofMinutes(1));
        assertThat(told.ids()).containsExactly("c", "d");
    }

    private void polls(int count) {
        for (int i = 0; i < count; i++) {
            time.runNext();
        }
    }
}
