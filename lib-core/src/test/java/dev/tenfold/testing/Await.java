package dev.tenfold.testing;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Waits for what happens on other threads or in other processes, for tests that would have to sleep otherwise. */
public final class Await {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final long PAUSE = 1_000_000;

    private Await() {}

    /**
     * Waits until a condition holds, and looks every millisecond.
     *
     * @param what names the condition in the failure
     * @param condition asked again until it says true; what it throws counts as not yet
     * @throws AssertionError if it does not hold within 30 seconds, or the thread was interrupted
     */
    public static void until(String what, Callable<Boolean> condition) {
        long began = System.nanoTime();
        Exception last = null;
        do {
            try {
                if (condition.call()) {
                    return;
                }
            } catch (Exception notYet) {
                last = notYet;
            }
            LockSupport.parkNanos(PAUSE);
        } while (System.nanoTime() - began < PATIENCE.toNanos()
                && !Thread.currentThread().isInterrupted());
        throw failure(what, last);
    }

    private static AssertionError failure(String what, @Nullable Exception last) {
        String why = Thread.currentThread().isInterrupted() ? "interrupted" : "waited " + PATIENCE;
        return new AssertionError(why + " for: " + what, last);
    }
}
