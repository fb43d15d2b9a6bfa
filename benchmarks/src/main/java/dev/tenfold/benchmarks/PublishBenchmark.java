package dev.tenfold.benchmarks;

import com.google.common.eventbus.AsyncEventBus;
import com.google.common.eventbus.EventBus;
import dev.tenfold.queue.Broker;
import dev.tenfold.queue.Exchange;
import dev.tenfold.queue.Queue;
import dev.tenfold.queue.QueueOptions.Overflow;
import java.util.AbstractQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.TimeUnit;
import org.jctools.queues.MpmcArrayQueue;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * <b>What does a message cost inside one process: published, routed to one of ten subscribers, handled, acknowledged?</b>
 * The figure is per message. A publisher sends a batch of {@value #BATCH} and waits until the last of it was handled, either
 * by itself ({@code consumer=caller}: an executor that runs tasks at once) or on one other thread ({@code
 * consumer=thread}). The messages exist beforehand and are passed by reference.
 *
 * <ul>
 *   <li>{@code tenfoldDirect}: a {@link Broker} in memory, a direct exchange with 10 bindings to 10 queues, a consumer on
 *       each that acknowledges by returning, prefetch 64.
 *   <li>{@code tenfoldTopic}: the same with a topic exchange, 10 binding keys of the form {@code order.region3.*} and 1,000
 *       routing keys, which Zipf's law picks from.
 *   <li>{@code guavaEventBus}: Guava 33.8.0's {@link EventBus} with 10 classes of events; it calls its subscribers itself,
 *       who pass the event to the executor.
 *   <li>{@code guavaAsyncEventBus}: Guava 33.8.0's {@link AsyncEventBus}, which calls its subscribers on the executor.
 *   <li>{@code jctoolsMpmc}: JCTools 4.0.7, {@link MpmcArrayQueue}, without routing. Its consumer polls and yields.
 *   <li>{@code linkedTransferQueue}: the JDK's queue without a bound, without routing. Its consumer blocks.
 *   <li>{@code executor}: gives the message to the executor and no more; what remains when nothing is routed or queued in
 *       between. With {@code consumer=caller} that is a method call, else the JDK's usual hand-off.
 * </ul>
 *
 * <p>Not like for like: only Tenfold bounds its queues one by one, confirms to the publisher, keeps what is not
 * acknowledged, and would try again what fails; the event buses log a failure and forget the event, and their queues have
 * no bound. The queues alone show what a hand-off costs, not what a broker does.
 *
 * <pre>mvn -q -Pbench verify -Dbench.args="--name publish --include .*PublishBenchmark.* --threads 1,2"</pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PublishBenchmark {

    private static final int BATCH = 4_096;
    private static final int CAPACITY = 1 << 14;
    private static final int PREFETCH = 64;
    private static final int TOPICS = 1_000;

    /** Where handlers run. */
    @State(Scope.Benchmark)
    public static class Consuming {

        @Param({"caller", "thread"})
        private String consumer;

        private @Nullable ExecutorService thread;
        private Executor executor;

        /** Starts the consuming thread, if there is to be one. */
        @Setup
        public void start() {
            if (consumer.equals("thread")) {
                thread = Executors.newSingleThreadExecutor(PublishBenchmark::daemon);
                executor = thread;
            } else {
                executor = Runnable::run;
            }
        }

        /** Ends it. */
        @TearDown
        public void stop() {
            if (thread != null) {
                thread.shutdownNow();
            }
        }

        /** Says whether handlers run on a thread of their own. */
        boolean isThread() {
            return thread != null;
        }
    }

    /** A publisher's messages and what became of them. */
    @State(Scope.Thread)
    public static class Publishing {

        private final Arrivals arrivals = new Arrivals();
        private final Order[] orders = new Order[TOPICS];
        private final String[] regions = new String[TOPICS];
        private final String[] topics = new String[TOPICS];
        private final int[] requests = Requests.zipf(TOPICS);

        /** Prepares the messages. */
        @Setup
        public void prepare() {
            for (int i = 0; i < TOPICS; i++) {
                int region = i % Order.REGIONS;
                orders[i] = Order.of(region, arrivals);
                regions[i] = region(region);
                topics[i] = region(region) + ".customer" + i;
            }
        }

        int next(Requests at) {
            return requests[at.next()];
        }
    }

    /** Tenfold's broker. */
    @State(Scope.Benchmark)
    public static class Tenfold {

        private Broker broker;
        private Exchange<Order> direct;
        private Exchange<Order> topic;

        /** Declares, binds and consumes. */
        @Setup
        public void declare(Consuming consuming) {
            broker = Broker.builder().executor(consuming.executor).inMemory();
            direct = broker.directExchange("direct", Order.class);
            topic = broker.topicExchange("topic", Order.class);
            for (int i = 0; i < Order.REGIONS; i++) {
                Queue<Order> queue = broker.queue(
                        "orders" + i, Order.class, q -> q.maxLength(CAPACITY).overflow(Overflow.BLOCK));
                direct.bind(queue, region(i));
                topic.bind(queue, region(i) + ".*");
                queue.consume(PREFETCH, delivery -> delivery.body().run());
            }
        }

        /** Closes the broker. */
        @TearDown
        public void close() {
            broker.close();
        }
    }

    /** Guava's buses. */
    @State(Scope.Benchmark)
    public static class Guava {

        private EventBus bus;
        private AsyncEventBus asyncBus;

        /** Registers the subscribers. */
        @Setup
        public void register(Consuming consuming) {
            bus = new EventBus();
            bus.register(new Order.Subscribers(consuming.executor));
            asyncBus = new AsyncEventBus(consuming.executor);
            asyncBus.register(new Order.Subscribers(Runnable::run));
        }
    }

    /** A queue of the JDK. */
    @State(Scope.Benchmark)
    public static class Transfer {

        private final LinkedTransferQueue<Order> queue = new LinkedTransferQueue<>();
        private boolean own;

        /** Starts the consumer. */
        @Setup
        public void start(Consuming consuming) {
            own = !consuming.isThread();
            if (!own) {
                consuming.executor.execute(this::consume);
            }
        }

        private void consume() {
            try {
                while (true) {
                    queue.take().run();
                }
            } catch (InterruptedException end) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** A queue of JCTools. */
    @State(Scope.Benchmark)
    public static class Mpmc {

        private final MpmcArrayQueue<Order> queue = new MpmcArrayQueue<>(CAPACITY);
        private boolean own;

        /** Starts the consumer. */
        @Setup
        public void start(Consuming consuming) {
            own = !consuming.isThread();
            if (!own) {
                consuming.executor.execute(this::consume);
            }
        }

        // One that only spins would keep publishers off a processor where there are few.
        @SuppressWarnings("ThreadPriorityCheck")
        private void consume() {
            while (!Thread.currentThread().isInterrupted()) {
                Order order = queue.poll();
                if (order != null) {
                    order.run();
                } else {
                    Thread.yield();
                }
            }
        }
    }

    /** Tenfold, routing by equality. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public long tenfoldDirect(Requests requests, Publishing mine, Tenfold tenfold) {
        mine.arrivals.expect(BATCH);
        for (int i = 0; i < BATCH; i++) {
            int next = mine.next(requests);
            tenfold.direct.publish(mine.regions[next], mine.orders[next]);
        }
        return mine.arrivals.await();
    }

    /** Tenfold, routing by pattern. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public long tenfoldTopic(Requests requests, Publishing mine, Tenfold tenfold) {
        mine.arrivals.expect(BATCH);
        for (int i = 0; i < BATCH; i++) {
            int next = mine.next(requests);
            tenfold.topic.publish(mine.topics[next], mine.orders[next]);
        }
        return mine.arrivals.await();
    }

    /** Guava's synchronous bus. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public long guavaEventBus(Requests requests, Publishing mine, Guava guava) {
        return post(guava.bus, requests, mine);
    }

    /** Guava's asynchronous bus. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public long guavaAsyncEventBus(Requests requests, Publishing mine, Guava guava) {
        return post(guava.asyncBus, requests, mine);
    }

    private static long post(EventBus bus, Requests requests, Publishing mine) {
        mine.arrivals.expect(BATCH);
        for (int i = 0; i < BATCH; i++) {
            bus.post(mine.orders[mine.next(requests)]);
        }
        return mine.arrivals.await();
    }

    /** JCTools' queue. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public long jctoolsMpmc(Requests requests, Publishing mine, Mpmc mpmc) {
        mine.arrivals.expect(BATCH);
        for (int i = 0; i < BATCH; i++) {
            Order order = mine.orders[mine.next(requests)];
            while (!mpmc.queue.offer(order)) {
                Thread.onSpinWait();
            }
            if (mpmc.own) {
                takeOne(mpmc.queue).run();
            }
        }
        return mine.arrivals.await();
    }

    /** The JDK's queue. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public long linkedTransferQueue(Requests requests, Publishing mine, Transfer transfer) {
        mine.arrivals.expect(BATCH);
        for (int i = 0; i < BATCH; i++) {
            transfer.queue.add(mine.orders[mine.next(requests)]);
            if (transfer.own) {
                takeOne(transfer.queue).run();
            }
        }
        return mine.arrivals.await();
    }

    /** Nothing but the executor. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public long executor(Requests requests, Publishing mine, Consuming consuming) {
        mine.arrivals.expect(BATCH);
        for (int i = 0; i < BATCH; i++) {
            consuming.executor.execute(mine.orders[mine.next(requests)]);
        }
        return mine.arrivals.await();
    }

    /**
     * Takes one message for the one just added: with every publisher taking as often as it adds, there always is one. Yet
     * under contention the transfer queue of newer JDKs may say for a moment that it is empty.
     */
    private static Order takeOne(AbstractQueue<Order> queue) {
        Order taken = queue.poll();
        while (taken == null) {
            Thread.onSpinWait();
            taken = queue.poll();
        }
        return taken;
    }

    private static String region(int number) {
        return "order.region" + number;
    }

    private static Thread daemon(Runnable work) {
        Thread thread = new Thread(work, "benchmark-consumer");
        thread.setDaemon(true);
        return thread;
    }
}
