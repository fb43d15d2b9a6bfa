package dev.tenfold.queue;

import java.time.Duration;
import java.util.List;

/**
 * What closing a broker left undone.
 *
 * @param took how long the wait was
 * @param left the state of every queue that still had messages, sorted by name
 */
public record DrainReport(Duration took, List<Queue.State> left) {

    /**
     * Copies {@code left}.
     *
     * @param took how long the wait was
     * @param left the state of every queue that still had messages
     */
    public DrainReport {
        left = List.copyOf(left);
    }

    /**
     * Says whether nothing was left.
     *
     * @return true if every queue was empty and every delivery settled
     */
    public boolean isClean() {
        return left.isEmpty();
    }

    /**
     * Returns how many messages were left.
     *
     * @return the sum over the queues
     */
    public long messages() {
        return left.stream().mapToLong(Queue.State::messages).sum();
    }
}
