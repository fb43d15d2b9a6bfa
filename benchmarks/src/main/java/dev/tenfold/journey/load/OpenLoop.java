package dev.tenfold.journey.load;

import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/**
 * Requests that fall due at a steady rate, however long the answers take: users do not wait for each other.
 *
 * <p>Workers claim the requests in order; each waits until its request is due and sends it. While the application
 * stalls, at most as many requests are under way as there are workers and the rest start late, but each still knows when
 * it was due, which is when its user began to wait.
 */
public final class OpenLoop {

    private final double rate;
    private final long atLeast;
    private final long atMost;
    private final BooleanSupplier finished;
    private final TimeSource time;
    private final LongConsumer pause;
    private final AtomicLong next = new AtomicLong();

    /**
     * Plans a load.
     *
     * @param rate requests per second, above 0
     * @param length how long to go on at least
     * @param longest how long to go on at most
     * @param finished says, once {@code length} is over, whether the load has been there for long enough
     * @param time the clock of the due times
     * @param pause waits for so many nanoseconds, or less
     */
    public OpenLoop(
            double rate,
            Duration length,
            Duration longest,
            BooleanSupplier finished,
            TimeSource time,
            LongConsumer pause) {
        this.rate = rate;
        this.atLeast = (long) (rate * length.toNanos() / 1e9);
        this.atMost = (long) (rate * longest.toNanos() / 1e9);
        this.finished = finished;
        this.time = time;
        this.pause = pause;
    }

    /** Sends one request and waits for its answer. */
    @FunctionalInterface
    public interface Request {

        /**
         * Sends the request now.
         *
         * @param index which one it is, from 0
         * @param due when it should have been sent, by the clock of the load
         */
        void send(long index, long due);
    }

    /**
     * Sends everything that is planned and waits for the last answer.
     *
     * @param workers how many requests may be under way at once
     * @param request how to send one; it deals with its own failures
     * @throws InterruptedException if interrupted; the workers are too
     */
    public void run(int workers, Request request) throws InterruptedException {
        long start = time.nanoTime();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < workers; i++) {
            Thread thread = new Thread(() -> work(start, request), "user-" + i);
            thread.setDaemon(true);
            threads.add(thread);
        }
        threads.forEach(Thread::start);
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException stop) {
            threads.forEach(Thread::interrupt);
            throw stop;
        }
    }

    /** One worker, on the calling thread, until nothing is left to claim. */
    void work(long start, Request request) {
        for (long index = next.getAndIncrement(); isWanted(index); index = next.getAndIncrement()) {
            long due = start + (long) (index * 1e9 / rate);
            for (long left = due - time.nanoTime(); left > 0; left = due - time.nanoTime()) {
                if (Thread.interrupted()) {
                    return;
                }
                pause.accept(left);
            }
            // At a low rate it was claimed long ago, and the load may have been there for long enough since.
            if (!isWanted(index)) {
                return;
            }
            request.send(index, due);
        }
    }

    private boolean isWanted(long index) {
        return index < atLeast || (index < atMost && !finished.getAsBoolean());
    }
}
