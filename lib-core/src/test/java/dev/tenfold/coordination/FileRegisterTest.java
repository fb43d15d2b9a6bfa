package dev.tenfold.coordination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tenfold.Codec;
import dev.tenfold.coordination.VersionedRegister.Versioned;
import dev.tenfold.error.CorruptDataException;
import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.testing.VersionedRegisterContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileRegisterTest extends VersionedRegisterContract {

    @TempDir
    private Path folder;

    private final SimulatedTime time = new SimulatedTime();

    @Override
    protected VersionedRegister<String> open() {
        return open(folder.resolve("register"));
    }

    private VersionedRegister<String> open(Path path) {
        return Registers.file(path, Codec.utf8()).scheduler(time).time(time).build();
    }

    @Override
    protected void settle() {
        time.advance(RegisterBuilder.DEFAULT_POLL_INTERVAL);
    }

    @Override
    protected int writesPerThread() {
        return 50;
    }

    @Test
    void opensAndStartsNothingWhenBuilt() throws IOException {
        open();

        assertThat(folder).isEmptyDirectory();
        assertThat(time.pending()).isZero();
    }

    @Test
    void readsCreateNoFile() {
        assertThat(open().read()).isEmpty();
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void pollsOnlyWhileSomeoneWatches() {
        VersionedRegister<String> register = open();
        register.compareAndSet(0, "a");
        assertThat(time.pending()).isZero();

        var one = register.watch(news -> {});
        var other = register.watch(news -> {});
        assertThat(time.pending()).isOne();
        one.close();
        settle();
        assertThat(time.pending()).isOne();
        other.close();
        assertThat(time.pending()).isZero();
        register.watch(news -> {});
        register.close();
        assertThat(time.pending()).isZero();
    }

    @Test
    void stillStandsAfterItWasClosedAndOpenedAgain() {
        VersionedRegister<String> before = open();
        before.compareAndSet(0, "kept");
        before.close();

        assertThat(open().read()).contains(new Versioned<>(1, "kept"));
    }

    @Test
    void survivesWhatAWriterKilledInTheMiddleLeavesBehind() throws IOException {
        VersionedRegister<String> register = open();
        register.compareAndSet(0, "a");
        Files.write(folder.resolve("register.tmp"), new byte[] {1, 2, 3});

        assertThat(register.read()).contains(new Versioned<>(1, "a"));
        assertThat(register.compareAndSet(1, "b")).contains(new Versioned<>(2, "b"));
        assertThat(open().read()).contains(new Versioned<>(2, "b"));
    }

    @Test
    void reportsAFileTruncatedAtAnyByteAndLeavesItAlone() throws IOException {
        byte[] whole = written("some value");
        Path file = folder.resolve("torn");

        for (int length = 0; length < whole.length; length++) {
            byte[] torn = Arrays.copyOf(whole, length);
            Files.write(file, torn);
            CorruptDataException failure = corruption(file);
            assertThat(failure.source()).isEqualTo(file.toString());
            assertThat(failure.offset()).as("cut at %s", length).isEqualTo(length);
            assertThat(failure).hasMessageContaining(file.toString()).hasMessageContaining("byte " + length);
            assertThat(Files.readAllBytes(file)).isEqualTo(torn);
        }
    }

    @Test
    void reportsAFileWithAnyByteAlteredAndLeavesItAlone() throws IOException {
        byte[] whole = written("some value");
        Path file = folder.resolve("altered");

        for (int at = 0; at < whole.length; at++) {
            byte[] altered = whole.clone();
            altered[at] ^= 0x10;
            Files.write(file, altered);
            assertThat(corruption(file).offset()).as("altered at %s", at).isBetween(0L, (long) whole.length);
            assertThat(Files.readAllBytes(file)).isEqualTo(altered);
        }
    }

    @Test
    void reportsBytesAfterTheEnd() throws IOException {
        byte[] whole = written("some value");
        Path file = folder.resolve("longer");
        Files.write(file, Arrays.copyOf(whole, whole.length + 1));

        assertThat(corruption(file).offset()).isEqualTo(whole.length);
    }

    /** Both operations must report it, each through a handle that has seen nothing yet. */
    private CorruptDataException corruption(Path file) {
        assertThatExceptionOfType(CorruptDataException.class)
                .isThrownBy(() -> open(file).compareAndSet(0, "x"));
        assertThatExceptionOfType(CorruptDataException.class)
                .isThrownBy(() -> open(file).compareAndSet(1, "x"));
        return catchThrowableOfType(CorruptDataException.class, () -> open(file).read());
    }

    private byte[] written(String value) throws IOException {
        open().compareAndSet(0, value);
        return Files.readAllBytes(folder.resolve("register"));
    }

    @Test
    void reportsAFileThatWasRemovedOrReplacedByAnOlderOne() throws IOException {
        VersionedRegister<String> register = open();
        register.compareAndSet(0, "a");
        byte[] older = Files.readAllBytes(folder.resolve("register"));
        register.compareAndSet(1, "b");

        Files.write(folder.resolve("register"), older);
        assertThatExceptionOfType(CorruptDataException.class)
                .isThrownBy(register::read)
                .withMessageContaining("version 1 (expected: >= 2, seen before)");
        Files.delete(folder.resolve("register"));
        assertThatExceptionOfType(CorruptDataException.class)
                .isThrownBy(register::read)
                .withMessageContaining("version 0 (expected: >= 2, seen before)");
    }

    @Test
    void reportsAValueTheCodecCannotRead() {
        open().compareAndSet(0, "not a lease");
        VersionedRegister<LeaseState> leases =
                Registers.file(folder.resolve("register"), LeaseState.codec()).build();

        assertThatExceptionOfType(CorruptDataException.class)
                .isThrownBy(leases::read)
                .withMessageContaining("'not a lease' (expected: lease-1");
    }

    @Test
    void takesAMissingFolderForUnreachableNotForEmpty() {
        VersionedRegister<String> register = open(folder.resolve("missing").resolve("register"));

        assertThatExceptionOfType(UnavailableException.class).isThrownBy(register::read);
        assertThatExceptionOfType(UnavailableException.class).isThrownBy(() -> register.compareAndSet(0, "a"));
        assertThatExceptionOfType(UnavailableException.class).isThrownBy(() -> register.watch(news -> {}));
        assertThat(time.pending()).as("a failed watch polls").isZero();
    }

    @Test
    void isTheSameFileUnderEveryName() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("register"));
        open().compareAndSet(0, "a");

        assertThat(open(link).compareAndSet(1, "b")).isPresent();
        assertThat(open().read()).contains(new Versioned<>(2, "b"));
        assertThat(Files.isSymbolicLink(link)).isTrue();
    }

    @Test
    void changesNothingForAnInterruptedWriter() {
        VersionedRegister<String> register = open();
        register.compareAndSet(0, "a");

        Thread.currentThread().interrupt();
        try {
            assertThatExceptionOfType(UnavailableException.class).isThrownBy(() -> register.compareAndSet(1, "b"));
        } finally {
            assertThat(Thread.interrupted()).as("still interrupted").isTrue();
        }
        assertThat(register.read()).contains(new Versioned<>(1, "a"));
    }

    @Test
    void namesEveryProblemOfAConfiguration() {
        var builder = Registers.file(Path.of("/"), Codec.utf8()).pollInterval(java.time.Duration.ZERO);

        assertThatExceptionOfType(InvalidConfigurationException.class)
                .isThrownBy(builder::build)
                .satisfies(failure -> assertThat(failure.problems())
                        .containsExactly(
                                "path: / (expected: a file in a folder that exists)",
                                "pollInterval: PT0S (expected: at least 1 ms)"));
    }
}
