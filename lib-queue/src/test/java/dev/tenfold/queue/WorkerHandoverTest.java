package dev.tenfold.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.observe.Observer;
import dev.tenfold.testing.Await;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A worker that asks its executor to be run again while that runs it at once, on another thread, or now this and now that: it
 * is on one thread at a time, goes on for as long as there is something to do, and loses its turn to nobody.
 */
@Timeout(60)
class WorkerHandoverTest {

    /** More than a slice of the worker's, so that it is handed over several times. */
    private static final int BURST = 1_500;

    private static final int BURSTS = 60;

    private final ExecutorService threads = Executors.newFixedThreadPool(3);

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    private void check(Executor executor) throws Exception {
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger together = new AtomicInteger();
        AtomicInteger disorder = new AtomicInteger();
        AtomicInteger handled = new AtomicInteger();
        try (Broker broker =
                Broker.builder().observer(Observer.none()).executor(executor).inMemory()) {
            Exchange<Integer> exchange = broker.defaultExchange(Integer.class);
            broker.queue("q", Integer.class).consume(50, delivery -> {
                if (inside.getAndIncrement() != 0) {
                    together.incrementAndGet();
                }
                if (delivery.body() != handled.getAndIncrement()) {
                    disorder.incrementAndGet();
                }
                inside.decrementAndGet();
            });
            for (int burst = 1; burst <= BURSTS; burst++) {
                int first = (burst - 1) * BURST;
                for (int i = 0; i < BURST; i++) {
                    exchange.publish("q", first + i);
                }
                int sent = burst * BURST;
                if (burst % 3 == 0) {
                    // So that it rests now and then, and is started by a publisher.
                    Await.until("all is handled", () -> handled.get() == sent);
                }
            }
            Await.until("all is handled", () -> handled.get() == BURSTS * BURST);
        }
        assertThat(together).hasValue(0);
        assertThat(disorder).hasValue(0);
    }

    @Test
    void onTheThreadThatAsks() throws Exception {
        check(Runnable::run);
    }

    @Test
    void onOtherThreads() throws Exception {
        check(threads);
    }

    @Test
    void nowHereNowThere() throws Exception {
        check(task -> {
            if (ThreadLocalRandom.current().nextBoolean()) {
                task.run();
            } else {
                threads.execute(task);
            }
        });
    }

    /** The thread that asked is still in the executor when another one has begun, and perhaps ended. */
    @Test
    void onAnotherThreadBeforeTheExecutorReturns() throws Exception {
        check(task -> {
            threads.execute(task);
            for (int i = ThreadLocalRandom.current().nextInt(2_000); i > 0; i--) {
                Thread.onSpinWait();
            }
        });
    }
}
