package dev.tenfold.queue;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A message whose publisher waits for room. The verdict is null once the queue has it, else why it was refused. */
record BlockedPublish<E>(Message<E> message, CompletableFuture<@Nullable String> verdict) {

    /** Compared by identity: the same message may wait twice. */
    @Override
    public boolean equals(@Nullable Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
