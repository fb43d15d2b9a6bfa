package dev.tenfold.coordination;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.Codec;
import dev.tenfold.coordination.VersionedRegister.Versioned;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real processes on one file: killed with SIGKILL in the middle of writing, and racing each other. */
final class FileRegisterKillTest {

    @TempDir
    private Path folder;

    private final List<Process> children = new ArrayList<>();

    @AfterEach
    void endChildren() {
        children.forEach(Process::destroyForcibly);
    }

    @RepeatedTest(3)
    void keepsWhatWasAcknowledgedBeforeAKill() throws Exception {
        Process child = start(Integer.MAX_VALUE);
        long acknowledged = 0;
        try (BufferedReader lines = child.inputReader()) {
            for (int i = 0; i < 30; i++) {
                acknowledged = number(requireLine(lines));
            }
            child.toHandle().destroyForcibly(); // unlike the process itself, leaves its output readable
            for (String line = lines.readLine(); isWhole(line); line = lines.readLine()) {
                acknowledged = number(line);
            }
        }
        assertThat(child.waitFor()).as("ended by the signal").isEqualTo(128 + 9);

        Versioned<String> left = open(folder.resolve("register")).read().orElseThrow();
        assertThat(left.version()).isBetween(acknowledged, acknowledged + 1);
        assertThat(left.value()).isEqualTo(Long.toString(left.version()));
        assertThat(open(folder.resolve("register")).compareAndSet(left.version(), "next"))
                .as("nothing of the dead writer stands in the way")
                .isPresent();
    }

    @Test
    void losesNoUpdateAmongProcesses() throws Exception {
        int writes = 60;
        List<Process> racing = List.of(start(writes), start(writes));
        List<Long> won = new ArrayList<>();
        for (Process child : racing) {
            try (BufferedReader lines = child.inputReader()) {
                lines.lines().map(FileRegisterKillTest::number).forEach(won::add);
            }
            assertThat(child.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(child.exitValue()).isZero();
        }

        assertThat(won).hasSize(2 * writes).doesNotHaveDuplicates();
        assertThat(open(folder.resolve("register")).read()).contains(new Versioned<>(2 * writes, "" + 2 * writes));
    }

    /** Every line ends with a full stop: the last one may have been cut by the kill. */
    private static boolean isWhole(String line) {
        return line != null && line.endsWith(".");
    }

    private static long number(String line) {
        return Long.parseLong(line.substring(0, line.length() - 1));
    }

    private static String requireLine(BufferedReader lines) throws IOException {
        String line = lines.readLine();
        assertThat(line).as("the child's next acknowledgement").isNotNull();
        return line;
    }

    private Process start(int writes) throws IOException {
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-Xmx64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Writer.class.getName(),
                        folder.resolve("register").toString(),
                        Integer.toString(writes))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        children.add(child);
        return child;
    }

    private static VersionedRegister<String> open(Path path) {
        return Registers.file(path, Codec.utf8()).build();
    }

    /** The child: writes each version's own number into the register, and prints it once it was acknowledged. */
    static final class Writer {

        public static void main(String[] arguments) {
            VersionedRegister<String> register = open(Path.of(arguments[0]));
            int writes = Integer.parseInt(arguments[1]);
            for (int won = 0; won < writes; ) {
                long next = register.read().map(Versioned::version).orElse(0L) + 1;
                if (register.compareAndSet(next - 1, Long.toString(next)).isPresent()) {
                    System.out.println(next + ".");
                    System.out.flush();
                    won++;
                }
            }
        }
    }
}
