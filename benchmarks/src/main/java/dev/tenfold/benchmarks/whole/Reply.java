package dev.tenfold.benchmarks.whole;

import dev.tenfold.testing.SimulatedWorld.Clock;
import dev.tenfold.time.Scheduler;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** An answer that is on its way. Whoever waits for it does so by the clock of the machine it is waited for on. */
final class Reply<T> extends CompletableFuture<T> {

    private final Clock clock;

    Reply(Clock clock) {
        this.clock = clock;
    }

    @Override
    public T get(long timeout, TimeUnit unit) throws InterruptedException, ExecutionException, TimeoutException {
        CompletableFuture<Boolean> over = new CompletableFuture<>();
        Scheduler.Task alarm = clock.schedule(Duration.ofNanos(unit.toNanos(timeout)), () -> over.complete(false));
        var unused = handle((answer, failure) -> over.complete(true));
        clock.await(over);
        alarm.cancel();
        if (!isDone()) {
            throw new TimeoutException("no answer within " + timeout + " " + unit);
        }
        return get();
    }

    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        return new CompletableFuture<>();
    }
}
