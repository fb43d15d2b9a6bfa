package dev.tenfold.benchmarks.durable;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/**
 * How many durable confirms a log gives in the time of one force that the disk does alone. Publishers wait for each of
 * their confirms. What the disk does varies from second to second, so each contender runs in many short slices, each beside
 * one of the disk alone, on the same disk.
 *
 * <pre>mvn -q -Ppeers,bench verify -Dbench.main=dev.tenfold.benchmarks.peers.ArtemisJournalConfirms
 * -Dbench.args="20 /tmp benchmarks/results/queue-durable.md"</pre>
 *
 * <p>Without {@code -Ppeers} Artemis' journal is left out.
 */
public final class DurableConfirms {

    private static final int[] PUBLISHERS = {1, 8, 64};
    private static final int MESSAGE_BYTES = 100;
    private static final long SLICE_NANOS = 250_000_000;

    private final int slices;
    private final Path folder;
    private final OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    private DurableConfirms(int slices, Path folder) {
        this.slices = slices;
        this.folder = folder;
    }

    /** Opens a contender in a folder of its own. */
    @FunctionalInterface
    public interface Contender {

        /** Opens it. */
        ConfirmingLog open(Path folder) throws Exception;
    }

    /** Arguments: how many slices for each number of publishers (20), where to write (the temporary folder), and a file for the page. */
    public static void main(String[] arguments) throws Exception {
        run(arguments, List.of());
    }

    /** Measures Tenfold and others. */
    public static void run(String[] arguments, List<Contender> others) throws Exception {
        int slices = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 20;
        Path parent = arguments.length > 1 ? Path.of(arguments[1]) : Path.of(System.getProperty("java.io.tmpdir"));
        Files.createDirectories(parent);
        Path folder = Files.createTempDirectory(parent, "durable-confirms");
        try {
            List<Contender> all = new ArrayList<>();
            all.add(TenfoldConfirms::new);
            all.addAll(others);
            String page = new DurableConfirms(slices, folder)
                    .measure(all)
                    .render(MESSAGE_BYTES, slices, command(slices, parent, !others.isEmpty()));
            System.out.print(page);
            if (arguments.length > 2) {
                Files.writeString(Path.of(arguments[2]), page);
            }
        } finally {
            delete(folder);
        }
        System.exit(0);
    }

    private static String command(int slices, Path folder, boolean peers) {
        return "mvn -q " + (peers ? "-Ppeers,bench" : "-Pbench") + " verify -Dbench.main="
                + (peers ? "dev.tenfold.benchmarks.peers.ArtemisJournalConfirms" : DurableConfirms.class.getName())
                + " -Dbench.args=\"" + slices + " " + folder
                + " benchmarks/results/queue-durable.md\"";
    }

    private ConfirmsPage measure(List<Contender> contenders) throws Exception {
        ConfirmsPage page = new ConfirmsPage();
        try (RawDisk disk = new RawDisk(folder.resolve("raw"))) {
            int number = 0;
            for (Contender contender : contenders) {
                Path own = Files.createDirectories(folder.resolve("log" + number++));
                try (ConfirmingLog log = contender.open(own)) {
                    for (int publishers : PUBLISHERS) {
                        page.add(compare(disk, log, publishers));
                    }
                }
            }
        }
        return page;
    }

    private ConfirmsPage.Row compare(RawDisk disk, ConfirmingLog log, int publishers) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(publishers);
        try {
            Slice alone = new Slice();
            Slice with = new Slice();
            for (int i = 0; i < slices; i++) {
                Slice rawSlice = slice(threads, 1, disk);
                Slice logSlice = slice(threads, publishers, log);
                if (i >= slices / 4) {
                    alone.add(rawSlice);
                    with.add(logSlice);
                }
            }
            return new ConfirmsPage.Row(
                    log.name(), publishers, with.rate(), alone.rate(), with.cpuNanos / 1_000.0 / with.messages);
        } finally {
            threads.shutdownNow();
        }
    }

    private static final class Slice {
        private long messages;
        private long nanos;
        private long cpuNanos;

        void add(Slice other) {
            messages += other.messages;
            nanos += other.nanos;
            cpuNanos += other.cpuNanos;
        }

        double rate() {
            return messages * 1e9 / nanos;
        }
    }

    private Slice slice(ExecutorService threads, int publishers, ConfirmingLog log) throws Exception {
        long cpu = system.getProcessCpuTime();
        long start = System.nanoTime();
        List<Future<Long>> running = new ArrayList<>();
        for (int i = 0; i < publishers; i++) {
            running.add(threads.submit(() -> {
                byte[] message = "m".repeat(MESSAGE_BYTES).getBytes(StandardCharsets.US_ASCII);
                long count = 0;
                while (System.nanoTime() - start < SLICE_NANOS) {
                    log.write(message);
                    count++;
                }
                return count;
            }));
        }
        Slice slice = new Slice();
        for (Future<Long> publisher : running) {
            slice.messages += publisher.get();
        }
        slice.nanos = System.nanoTime() - start;
        slice.cpuNanos = system.getProcessCpuTime() - cpu;
        return slice;
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
