package dev.tenfold.queue;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A message whose publisher waits for room. The verdict is null once the queue has it, or a place for it, else why it was
 * refused.
 *
 * @param reserve whether only a place is wanted
 */
record BlockedPublish<E>(Entry<E> entry, boolean reserve, CompletableFuture<@Nullable String> verdict) {

    /** The verdict on a message that came twice: it counts as taken, but there is no second copy. */
    static final String DUPLICATE = "duplicate";

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
