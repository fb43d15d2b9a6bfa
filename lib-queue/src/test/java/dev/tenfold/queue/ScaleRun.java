package dev.tenfold.queue;

import dev.tenfold.queue.QueueOptions.Overflow;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * What a broker bears: many messages through a bounded queue, in a small heap, and many queues and bindings, with the memory of
 * each. {@link ScaleTest} does the same in small.
 *
 * <pre>java -Xmx256m -cp ... dev.tenfold.queue.ScaleRun messages 10000000
 * java -Xmx2g -cp ... dev.tenfold.queue.ScaleRun topology 100000 1000000</pre>
 */
final class ScaleRun {

    private static final int LIMIT = 10_000;
    private static final int PRODUCERS = 2;

    private ScaleRun() {}

    public static void main(String[] arguments) throws Exception {
        if (arguments.length == 2 && arguments[0].equals("messages")) {
            System.out.println(messages(Integer.parseInt(arguments[1])));
        } else if (arguments.length == 3 && arguments[0].equals("topology")) {
            System.out.println(topology(Integer.parseInt(arguments[1]), Integer.parseInt(arguments[2])));
        } else {
            System.err.println("expected: messages COUNT, or topology QUEUES BINDINGS");
            System.exit(2);
        }
    }

    /** What came of sending messages. */
    record Flow(long sent, long handled, int longest, Duration took) {}

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
    record Memory(int queues, long bytesPerQueue, int bindings, long bytesPerBinding, int routed) {}

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
