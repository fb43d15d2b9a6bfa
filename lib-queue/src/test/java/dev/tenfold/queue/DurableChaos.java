package dev.tenfold.queue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A durable broker under load is killed with SIGKILL again and again, at random points of its work and of its recovery. The
 * ledger of what it had confirmed is kept outside.
 *
 * <pre>{@code
 * mvn -q -Pchaos -pl lib-queue -am process-test-classes     # -Dchaos.args="kills seed file"
 * }</pre>
 *
 * @param kills how often it is killed
 * @param seed chooses when
 * @param folder of the journal
 * @param progress told now and then
 */
record DurableChaos(int kills, long seed, Path folder, Consumer<String> progress) {

    /** How long a life is at most, about. */
    private static final int MOST_MILLIS = 2_000;

    /** What came of it. */
    record Result(DeliveryLedger ledger, int kills, int duringRecovery, long files, Duration took) {

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "kills                                       %d%n  of them before the broker was open       %d%n"
                            + "messages confirmed                          %d%ndeliveries                                  %d%n"
                            + "acknowledgements confirmed                  %d%n"
                            + "files of the journal at the end             %d%nduration                                    %d s%n"
                            + "confirmed and lost, or acknowledged and redelivered, or in two places: %d%n"
                            + "errors a broker reported                    %d%n",
                    kills,
                    duringRecovery,
                    ledger.confirmed(),
                    ledger.deliveries(),
                    ledger.acknowledged(),
                    files,
                    took.toSeconds(),
                    ledger.violations().size(),
                    ledger.errors().size());
        }
    }

    Result run() throws Exception {
        Instant began = Instant.now();
        Random random = new Random(seed);
        DeliveryLedger ledger = new DeliveryLedger();
        int early = 0;
        for (int kill = 1; kill <= kills; kill++) {
            Child child = new Child(ledger, kill * 10_000_000L);
            if (random.nextInt(5) == 0) {
                Thread.sleep(150 + random.nextInt(600));
            } else {
                // As often after the first lines as after the first thousands; a slow machine says less in its time.
                child.awaitLines((int) Math.exp(random.nextDouble() * Math.log(5_000)));
            }
            child.kill();
            early += child.lines == 0 ? 1 : 0;
            if (kill % 10 == 0) {
                progress.accept(kill + " kills, " + ledger.confirmed() + " confirmed, "
                        + ledger.violations().size() + " violations");
            }
        }
        Child last = new Child(ledger, 0);
        last.awaitEnd();
        ledger.audit();
        try (Stream<Path> files = Files.list(folder)) {
            return new Result(ledger, kills, early, files.count(), Duration.between(began, Instant.now()));
        }
    }

    /** One life. */
    private final class Child {

        private final Process process;
        private final Thread reader;
        private volatile int lines;

        Child(DeliveryLedger ledger, long first) throws IOException {
            process = new ProcessBuilder(List.of(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:TieredStopAtLevel=1",
                            "-XX:+UseSerialGC",
                            "-Xshare:auto",
                            "-Xmx128m",
                            "-cp",
                            System.getProperty("java.class.path"),
                            DurableProcess.class.getName(),
                            folder.toString(),
                            Long.toString(first)))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            reader = new Thread(() -> read(ledger), "child-output");
            reader.start();
        }

        private void read(DeliveryLedger ledger) {
            int count = 0;
            try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
                for (String line = output.readLine(); line != null; line = output.readLine()) {
                    ledger.line(line);
                    lines = ++count;
                }
            } catch (IOException closed) {
                throw new UncheckedIOException(closed);
            }
        }

        void awaitLines(int count) throws InterruptedException {
            for (int i = 0; lines == 0 || lines < count && i < MOST_MILLIS; i++) {
                if (i > 60_000 || !process.isAlive()) {
                    kill();
                    throw new IllegalStateException("it ended, or said nothing for a minute");
                }
                Thread.sleep(1);
            }
        }

        void kill() throws InterruptedException {
            // By its handle: the process itself would close the pipe, with what was said last.
            process.toHandle().destroyForcibly();
            process.waitFor();
            reader.join();
        }

        void awaitEnd() throws InterruptedException {
            boolean ended = process.waitFor(120, TimeUnit.SECONDS);
            kill();
            if (!ended || process.exitValue() != 0) {
                throw new IllegalStateException(ended ? "it failed" : "what is left is not consumed within 2 minutes");
            }
        }
    }

    /** Arguments: how many kills (200), seed (1), and a file for the result (none). */
    public static void main(String[] arguments) throws Exception {
        int kills = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 200;
        long seed = arguments.length > 1 ? Long.parseLong(arguments[1]) : 1;
        Path folder = Files.createTempDirectory("tenfold-chaos");
        try {
            Result result = new DurableChaos(kills, seed, folder, System.out::println).run();
            String text = "A durable broker under kill -9, " + Instant.now() + "\n"
                    + "machine: " + System.getProperty("os.name") + " " + System.getProperty("os.arch") + ", "
                    + Runtime.getRuntime().availableProcessors() + " processors, JDK "
                    + System.getProperty("java.version") + "\n"
                    + "command: mvn -q -Pchaos -pl lib-queue -am process-test-classes -Dchaos.args=\""
                    + String.join(" ", arguments)
                    + "\"\n\n" + result;
            System.out.print(text);
            result.ledger().violations().stream().limit(20).forEach(System.out::println);
            result.ledger().errors().stream().limit(20).forEach(System.out::println);
            if (arguments.length > 2) {
                Files.writeString(Path.of(arguments[2]), text);
            }
            if (!result.ledger().violations().isEmpty()) {
                throw new IOException("promises were not kept");
            }
        } finally {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
        System.exit(0);
    }
}
