package dev.tenfold.sharding.reshard;

import dev.tenfold.time.Scheduler;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** Waits by a scheduler, so that a simulation decides when the wait is over. */
final class Pause {

    private Pause() {}

    /** Returns once the time has passed; false, at once and with the flag kept, if the thread is interrupted. */
    static boolean await(Scheduler scheduler, Duration time) {
        CountDownLatch over = new CountDownLatch(1);
        Scheduler.Task timer = scheduler.schedule(time, over::countDown);
        try {
            over.await();
            return true;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            timer.cancel();
            return false;
        }
    }
}
