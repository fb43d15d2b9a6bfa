package dev.tenfold.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.Codec;
import dev.tenfold.error.CorruptDataException;
import dev.tenfold.observe.Observer;
import dev.tenfold.testing.SimulatedTime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cache that starts with what another one held. */
final class SnapshotTest {

    private static final Codec<String> TEXT = Codec.utf8();

    @TempDir
    private Path folder;

    private final SimulatedTime time = new SimulatedTime();

    private CacheBuilder<String, String> builder() {
        return Cache.<String, String>builder("warm")
                .expireAfterWrite(Duration.ofMinutes(10))
                .tags(value -> List.of("tag:" + value))
                .time(time)
                .scheduler(time)
                .observer(Observer.none());
    }

    @Test
    void startsWithWhatIsFreshStill() throws IOException {
        Path file = folder.resolve("cache");
        Cache<String, String> first = builder().build();
        first.put("old", "1");
        time.advance(Duration.ofMinutes(8));
        first.put("young", "2");
        assertThat(first.save(file, TEXT, TEXT)).isEqualTo(2);
        time.advance(Duration.ofMinutes(3));

        Cache<String, String> second = builder().build();
        second.put("mine", "3");
        assertThat(second.restore(file, TEXT, TEXT)).isEqualTo(1);
        assertThat(second.getIfPresent("old")).isNull();
        assertThat(second.getIfPresent("young")).isEqualTo("2");
        assertThat(second.getIfPresent("mine")).isEqualTo("3");
        second.invalidateTag("tag:2");
        assertThat(second.getIfPresent("young")).isNull();

        Cache<String, String> third = builder().build();
        third.restore(file, TEXT, TEXT);
        time.advance(Duration.ofMinutes(7));
        assertThat(third.getIfPresent("young")).as("its age goes on").isNull();
    }

    @Test
    void replacesNothing() throws IOException {
        Path file = folder.resolve("cache");
        Cache<String, String> first = Cache.<String, String>builder("plain").build();
        first.put("k", "old");
        first.put("l", "other");
        first.save(file, TEXT, TEXT);
        Cache<String, String> second = Cache.<String, String>builder("plain").build();
        second.put("k", "new");
        assertThat(second.restore(file, TEXT, TEXT)).isEqualTo(1);
        assertThat(second.getIfPresent("k")).isEqualTo("new");
        assertThat(second.getIfPresent("l")).isEqualTo("other");
        assertThat(Files.list(folder)).containsExactly(file);
    }

    @Test
    void refusesEveryDamage() throws IOException {
        Path file = folder.resolve("cache");
        Cache<String, String> first = builder().build();
        first.put("key", "value");
        first.save(file, TEXT, TEXT);
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertRefused(file);
        }
        for (int at = 0; at < whole.length; at++) {
            byte[] flipped = whole.clone();
            flipped[at] ^= 0x10;
            Files.write(file, flipped);
            assertRefused(file);
        }
        assertThatThrownBy(() -> builder().build().restore(folder.resolve("none"), TEXT, TEXT))
                .isInstanceOf(NoSuchFileException.class);
    }

    private void assertRefused(Path file) {
        Cache<String, String> cache = builder().build();
        assertThatThrownBy(() -> cache.restore(file, TEXT, TEXT)).isInstanceOf(CorruptDataException.class);
        assertThat(cache.getIfPresent("key")).isNull();
    }
}
