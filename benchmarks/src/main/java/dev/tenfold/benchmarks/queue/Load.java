package dev.tenfold.benchmarks.queue;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/**
 * Sends messages through one contender: first as many as it takes, then at fixed rates.
 *
 * <p><b>As many as it takes.</b> Every producer sends one message after the other. What is counted in slices of half a second
 * is what consumers have handled, the CPU time of the virtual machine and of a server, and the bytes allocated by all threads;
 * the median slice counts. The messages exist beforehand.
 *
 * <p><b>Fixed rates</b>, the same for every contender. Each message is due at a time that does not depend on those before (open
 * loop), and its latency counts from then: where sending was held up, that is part of it. One thread sends in the name of all
 * producers in turn, because it must be on a processor when a message is due: several that wait for that would keep consumers
 * off theirs, and one that sleeps wakes some 60 µs late. A rate counts only if so many messages were handled meanwhile.
 */
final class Load {

    private static final Duration SLICE = Duration.ofMillis(500);

    /** A producer of an unbounded contender looks this often whether it is too far ahead. */
    private static final int LOOK_EVERY = 256;

    /** Messages on their way through an unbounded contender, at most; the bounded ones have this limit as well. */
    static final int WINDOW = 1 << 16;

    /** Until then one may sleep; the rest of the time it yields. */
    private static final long FAR_OFF_NANOS = 200_000;

    /** How long a producer sleeps that is too far ahead. */
    private static final long AHEAD_NANOS = 50_000;

    /** A contender that takes hardly more than a rate at its best is not measured at it. */
    private static final double HEADROOM = 1.1;

    /** So much of a rate must have been handled. */
    private static final double HELD = 0.98;

    private static final long PATIENCE_NANOS = 60_000_000_000L;

    /** Counters of two producers are this many longs apart, so that they share no cache line. */
    private static final int STRIDE = 16;

    private final Contender contender;
    private final Shape shape;
    private final Receipts receipts = new Receipts();
    private final AtomicLongArray sent;
    private final OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private volatile boolean stopped;

    Load(Contender contender, Shape shape) {
        this.contender = contender;
        this.shape = shape;
        this.sent = new AtomicLongArray(shape.producers() * STRIDE);
    }

    /**
     * Measures; each phase is a whole number of slices.
     *
     * @param rates messages a second at which latencies are measured
     * @param paced how long at each
     */
    Cost run(Duration warmup, Duration flood, List<Long> rates, Duration paced) throws Exception {
        ExecutorService producers = Executors.newFixedThreadPool(shape.producers());
        try (Contender.Session session = contender.open(shape, receipts)) {
            List<Contender.Sender> senders = senders(session);
            List<Future<?>> running = start(producers, senders, this::flood);
            Thread.sleep(warmup.toMillis());
            List<Slice> slices = new ArrayList<>();
            for (long i = 0; i < Math.max(1, flood.dividedBy(SLICE)); i++) {
                slices.add(slice(session));
            }
            finish(running);
            double perSecond =
                    median(slices.stream().mapToDouble(Slice::perSecond).toArray());
            List<Cost.Latency> latencies = new ArrayList<>();
            for (long rate : rates) {
                if (rate * HEADROOM <= perSecond) {
                    paced(producers, senders, rate, paced).ifPresent(latencies::add);
                }
            }
            return new Cost(
                    perSecond,
                    median(slices.stream().mapToDouble(Slice::cpuNanos).toArray()),
                    median(slices.stream().mapToDouble(Slice::bytes).toArray()),
                    latencies);
        } finally {
            producers.shutdownNow();
        }
    }

    private List<Contender.Sender> senders(Contender.Session session) throws Exception {
        List<Contender.Sender> senders = new ArrayList<>();
        for (int i = 0; i < shape.producers(); i++) {
            senders.add(session.sender());
        }
        return senders;
    }

    private interface Producer {
        void send(int number, Contender.Sender sender) throws Exception;
    }

    private List<Future<?>> start(ExecutorService producers, List<Contender.Sender> senders, Producer producer) {
        stopped = false;
        List<Future<?>> running = new ArrayList<>();
        for (int i = 0; i < senders.size(); i++) {
            int number = i;
            running.add(producers.submit(() -> {
                producer.send(number, senders.get(number));
                return null;
            }));
        }
        return running;
    }

    private void finish(List<Future<?>> running) throws InterruptedException {
        stopped = true;
        for (Future<?> producer : running) {
            try {
                producer.get();
            } catch (ExecutionException failed) {
                throw new IllegalStateException(contender.name() + ": a producer failed", failed.getCause());
            }
        }
        long start = System.nanoTime();
        while (receipts.count() < sentByAll()) {
            if (System.nanoTime() - start > PATIENCE_NANOS) {
                throw new IllegalStateException(contender.name() + ": " + (sentByAll() - receipts.count())
                        + " messages were lost (expected: none)");
            }
            Thread.sleep(1);
        }
    }

    private void flood(int number, Contender.Sender sender) throws Exception {
        byte[] message = Receipts.message(0);
        boolean held = !contender.isBounded();
        long count = sent.get(number * STRIDE);
        while (!stopped) {
            for (int i = 0; i < LOOK_EVERY; i++) {
                sender.send(message);
            }
            count += LOOK_EVERY;
            sent.setRelease(number * STRIDE, count);
            while (held && sentByAll() - receipts.count() > WINDOW && !stopped) {
                LockSupport.parkNanos(this, AHEAD_NANOS);
            }
        }
    }

    private long sentByAll() {
        long sum = 0;
        for (int i = 0; i < shape.producers(); i++) {
            sum += sent.getAcquire(i * STRIDE);
        }
        return sum;
    }

    /** Returns nothing if the rate was not held. */
    private Optional<Cost.Latency> paced(
            ExecutorService producers, List<Contender.Sender> senders, long rate, Duration duration)
            throws InterruptedException {
        stopped = false;
        Future<?> pace = producers.submit(() -> {
            pace(senders, 1e9 / rate);
            return null;
        });
        Thread.sleep(duration.toMillis() / 4);
        var unused = receipts.latencies();
        long start = System.nanoTime();
        long count = receipts.count();
        Thread.sleep(duration.toMillis() * 3 / 4);
        Histogram measured = receipts.latencies();
        double perSecond = (receipts.count() - count) * 1e9 / (System.nanoTime() - start);
        finish(List.of(pace));
        return perSecond < HELD * rate
                ? Optional.empty()
                : Optional.of(new Cost.Latency(
                        rate,
                        measured.getValueAtPercentile(50),
                        measured.getValueAtPercentile(99),
                        measured.getValueAtPercentile(99.9)));
    }

    // One that only spins would keep consumers off a processor where there are few.
    @SuppressWarnings("ThreadPriorityCheck")
    private void pace(List<Contender.Sender> senders, double interval) throws Exception {
        long start = System.nanoTime();
        for (long count = 0; !stopped; count++) {
            long due = start + (long) (count * interval);
            for (long left = due - System.nanoTime(); left > 0 && !stopped; left = due - System.nanoTime()) {
                if (left > FAR_OFF_NANOS) {
                    LockSupport.parkNanos(this, left - FAR_OFF_NANOS);
                } else {
                    Thread.yield();
                }
            }
            int number = (int) (count % senders.size());
            senders.get(number).send(Receipts.message(due));
            sent.setRelease(number * STRIDE, sent.getPlain(number * STRIDE) + 1);
        }
    }

    private record Slice(double perSecond, double cpuNanos, double bytes) {}

    private Slice slice(Contender.Session session) throws InterruptedException {
        long start = System.nanoTime();
        long cpu = system.getProcessCpuTime() + session.serverCpuNanos();
        long bytes = allocated();
        long count = receipts.count();
        Thread.sleep(SLICE.toMillis());
        double more = Math.max(1, receipts.count() - count);
        return new Slice(
                more * 1e9 / (System.nanoTime() - start),
                (system.getProcessCpuTime() + session.serverCpuNanos() - cpu) / more,
                (allocated() - bytes) / more);
    }

    /** By the threads that live; those of a contender do until it is closed. */
    private long allocated() {
        long[] all = threads.getThreadAllocatedBytes(threads.getAllThreadIds());
        return Arrays.stream(all).filter(bytes -> bytes > 0).sum();
    }

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
