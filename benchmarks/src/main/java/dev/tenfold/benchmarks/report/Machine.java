package dev.tenfold.benchmarks.report;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Says on what something was measured. */
public final class Machine {

    private Machine() {}

    /** Describes processor, cores, operating system and virtual machine in one line. */
    public static String describe() {
        return String.format(
                Locale.ROOT,
                "%s, %d cores, %s %s, %s %s",
                processor(),
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                System.getProperty("java.vm.name"),
                System.getProperty("java.vm.version"));
    }

    /** Names the processor as the operating system does, or by its architecture where that is not known. */
    public static String processor() {
        Path info = Path.of("/proc/cpuinfo");
        try {
            if (Files.isReadable(info)) {
                for (String line : Files.readAllLines(info)) {
                    if (line.startsWith("model name")) {
                        return line.substring(line.indexOf(':') + 1).strip();
                    }
                }
            }
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
        return System.getProperty("os.arch") + " processor";
    }
}
