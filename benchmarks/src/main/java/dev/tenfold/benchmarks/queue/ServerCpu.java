package dev.tenfold.benchmarks.queue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/** What processes of one name have taken of the CPU, as Linux tells in {@code /proc} (see proc_pid_stat(5)). */
final class ServerCpu implements LongSupplier {

    private static final Path PROC = Path.of("/proc");

    /** The kernel tells in hundredths of a second, on all architectures Java runs on. */
    private static final long TICK_NANOS = 10_000_000;

    /** Of the fields after the name in parentheses, counted from zero: utime and stime. */
    private static final int USER = 11;

    private static final int SYSTEM = 12;

    private final List<Path> stats;

    private ServerCpu(List<Path> stats) {
        this.stats = stats;
    }

    /** Finds the processes that run now. */
    static ServerCpu of(String name) throws IOException {
        try (Stream<Path> processes = Files.list(PROC)) {
            List<Path> found = processes
                    .filter(process -> process.getFileName().toString().matches("[0-9]+"))
                    .filter(process -> name.equals(read(process.resolve("comm")).strip()))
                    .map(process -> process.resolve("stat"))
                    .toList();
            if (found.isEmpty()) {
                throw new IllegalStateException("no process " + name
                        + " on this machine (expected: the server runs here, so that its CPU can be counted)");
            }
            return new ServerCpu(found);
        }
    }

    @Override
    public long getAsLong() {
        return stats.stream().mapToLong(stat -> nanos(read(stat))).sum();
    }

    static long nanos(String stat) {
        if (stat.isEmpty()) {
            return 0;
        }
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return (Long.parseLong(fields[USER]) + Long.parseLong(fields[SYSTEM])) * TICK_NANOS;
    }

    /** Empty if the process has ended meanwhile. */
    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (NoSuchFileException ended) {
            return "";
        } catch (IOException failure) {
            if (!Files.exists(file)) {
                return "";
            }
            throw new UncheckedIOException(failure);
        }
    }
}
