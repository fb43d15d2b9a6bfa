package dev.tenfold.queue;

import dev.tenfold.queue.QueueOptions.Overflow;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;

/**
 * What a broker bears: many messages through a bounded queue, in a small heap, and many queues and bindings, with the memory of
 * each. Each part runs in a virtual machine of its own. {@link ScaleTest} does the same in small.
 *
 * <pre>mvn -q -Pscale -pl lib-queue -am process-test-classes -Dscale.args="10000000 100000 1000000 file"</pre>
 */
final class ScaleRun {

    private static final int LIMIT = 10_000;
    private static final int PRODUCERS = 2;
    private static final String MESSAGES = "messages";
    private static final String TOPOLOGY = "topology";

    private ScaleRun() {}

    /** Arguments: how many messages, queues and bindings, and a file for the result. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length == 2 && arguments[0].equals(MESSAGES)) {
            System.out.println(messages(Integer.parseInt(arguments[1])));
        } else if (arguments.length == 3 && arguments[0].equals(TOPOLOGY)) {
            System.out.println(topology(Integer.parseInt(arguments[1]), Integer.parseInt(arguments[2])));
        } else if (arguments.length == 4) {
            Path file = Path.of(arguments[3]);
            String page = """
                    What a broker in memory bears, %s
                    machine: %s %s, %d processors, JDK %s
                    command: mvn -q -Pscale -pl lib-queue -am process-test-classes -Dscale.args="%s"

                    messages of 100 bytes, 2 producers that block, a queue of at most %d, a heap of 256 MiB
                    %s
                    queues of one name each, topic bindings of keys that all differ, spread over them
                    %s""".formatted(
                            Instant.now(),
                            System.getProperty("os.name"),
                            System.getProperty("os.arch"),
                            Runtime.getRuntime().availableProcessors(),
                            System.getProperty("java.version"),
                            String.join(" ", arguments),
                            LIMIT,
                            measure("-Xmx256m", MESSAGES, arguments[0]),
                            measure("-Xmx3g", TOPOLOGY, arguments[1], arguments[2]));
            System.out.print(page);
            Files.writeString(file, page);
        } else {
            System.err.println("expected: MESSAGES QUEUES BINDINGS FILE");
            System.exit(2);
        }
    }

    /** Runs one part in another process and returns what it said. */
    private static String measure(String heap, String... part) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                heap,
                "-XX:+ExitOnOutOfMemoryError",
                "-cp",
                System.getProperty("java.class.path"),
                ScaleRun.class.getName()));
        command.addAll(List.of(part));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String said;
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            said = output.lines().map(line -> "  " + line).collect(Collectors.joining("\n", "", "\n"));
        }
        int status = process.waitFor();
        if (status != 0) {
            throw new IllegalStateException(String.join(" ", part) + " ended with " + status + " (expected: 0)");
        }
        return said;
    }

    /** What came of sending messages. */
    record Flow(long sent, long handled, int longest, Duration took) {

        @Override
        public String toString() {
            return String.format(Locale.ROOT, """
                      sent                          %d
                      handled                       %d
                      longest queue that was seen   %d
                      duration                      %.1f s""", sent, handled, longest, took.toMillis() / 1e3);
        }
    }

    /** Two producers that block, one consumer, 100 bytes each. */
    static Flow messages(int count) throws InterruptedException {
        ExecutorService threads = Executors.newCachedThreadPool();
        LongAdder handled = new LongAdder();
        LongAdder sent = new LongAdder();
        int[] longest = new int[1];
        long start = System.nanoTime();
        try (Broker broker =
                Broker.builder().executor(threads).observer(event -> {}).inMemory()) {
            Queue<byte[]> queue = broker.queue(
                    "q",
                    byte[].class,
                    q -> q.maxLength(LIMIT).overflow(Overflow.BLOCK).blockTimeout(Duration.ofMinutes(5)));
            Exchange<byte[]> exchange = broker.defaultExchange(byte[].class);
            queue.consume(64, delivery -> {
                handled.increment();
                if (delivery.body()[0] == 0) {
                    longest[0] = Math.max(longest[0], queue.inspect().ready());
                }
            });
            List<java.util.concurrent.Future<?>> producers = new ArrayList<>();
            for (int producer = 0; producer < PRODUCERS; producer++) {
                producers.add(threads.submit(() -> {
                    for (int i = 0; i < count / PRODUCERS; i++) {
                        byte[] body = new byte[100];
                        body[0] = (byte) (i % 127);
                        exchange.publish("q", body).toCompletableFuture().join();
                        sent.increment();
                    }
                }));
            }
            for (java.util.concurrent.Future<?> producer : producers) {
                try {
                    producer.get();
                } catch (java.util.concurrent.ExecutionException failed) {
                    throw new IllegalStateException(failed.getCause());
                }
            }
            broker.close(Duration.ofMinutes(1));
        } finally {
            threads.shutdown();
            threads.awaitTermination(1, TimeUnit.MINUTES);
        }
        return new Flow(sent.sum(), handled.sum(), longest[0], Duration.ofNanos(System.nanoTime() - start));
    }

    /** What queues and bindings take. */
    record Memory(int queues, long bytesPerQueue, int bindings, long bytesPerBinding, int routed) {

        @Override
        public String toString() {
            return String.format(Locale.ROOT, """
                      queues                        %d
                      bytes a queue                 %d
                      bindings                      %d
                      bytes a binding               %d
                      messages that found their way %d, one for each of as many bindings""", queues, bytesPerQueue, bindings, bytesPerBinding, routed);
        }
    }

    /** Queues with one name each, and topic bindings of keys that all differ, spread over them. */
    static Memory topology(int queueCount, int bindingCount) {
        Broker broker = Broker.builder().observer(event -> {}).inMemory();
        List<Queue<String>> queues = new ArrayList<>(queueCount);
        long empty = used();
        for (int i = 0; i < queueCount; i++) {
            queues.add(broker.queue("queue-" + i, String.class));
        }
        long declared = used();
        Exchange<String> topic = broker.topicExchange("topic", String.class);
        for (int i = 0; i < bindingCount; i++) {
            topic.bind(queues.get(i % queueCount), "region" + i % 1_000 + ".customer" + i + ".*");
        }
        long bound = used();
        int routed = 0;
        for (int i = 0; i < bindingCount; i += 1 + bindingCount / 1_000) {
            topic.publish("region" + i % 1_000 + ".customer" + i + ".order", "m");
            routed += queues.get(i % queueCount).purge();
        }
        return new Memory(
                queueCount, (declared - empty) / queueCount, bindingCount, (bound - declared) / bindingCount, routed);
    }

    private static long used() {
        Runtime runtime = Runtime.getRuntime();
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
