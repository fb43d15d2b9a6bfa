package dev.tenfold.balance;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/** A synchronous call as a stage: completed by whichever thread runs it, which {@link #cancel} interrupts. */
final class ExecutedCall<R extends @Nullable Object> extends CompletableFuture<R> implements Runnable {

    // It keeps an interrupt within the call, whatever the thread does before and after.
    private final FutureTask<@Nullable Void> task;

    ExecutedCall(Callable<? extends R> call) {
        task = new FutureTask<>(() -> {
            try {
                complete(call.call());
            } catch (Throwable failure) {
                completeExceptionally(failure);
            }
            return null;
        });
    }

    @Override
    public void run() {
        task.run();
    }

    @Override
    public boolean cancel(boolean mayInterrupt) {
        boolean cancelled = super.cancel(mayInterrupt);
        task.cancel(true);
        return cancelled;
    }
}
