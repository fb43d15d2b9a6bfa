package dev.tenfold.queue.amqp;

import dev.tenfold.queue.BrokerBuilder.Environment;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Waits until everything that consumers hold is settled. */
final class Drained {

    private static final Duration PAUSE = Duration.ofMillis(5);

    private Drained() {}

    static void await(List<RabbitQueue<?>> queues, Duration deadline, Environment given) {
        CountDownLatch done = new CountDownLatch(1);
        look(queues, done, given);
        try {
            // Either it is done, or the time is up, and the caller counts what is left.
            var unused = done.await(Math.max(0, deadline.toNanos()), TimeUnit.NANOSECONDS);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        } finally {
            done.countDown();
        }
    }

    private static void look(List<RabbitQueue<?>> queues, CountDownLatch done, Environment given) {
        if (done.getCount() == 0) {
            return;
        }
        if (queues.stream().allMatch(queue -> queue.unsettled() == 0)) {
            done.countDown();
        } else {
            given.scheduler().schedule(PAUSE, () -> look(queues, done, given));
        }
    }
}
