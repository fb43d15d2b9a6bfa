package dev.tenfold.health;

import java.time.Duration;
import java.util.concurrent.CompletionStage;

/**
 * Finds out whether a target answers as it should. {@link HealthChecks} has the usual ones.
 *
 * <pre>{@code
 * HealthCheck<Channel> pings = (channel, timeout) -> channel.ping(timeout).thenApply(Pong::isOk);
 * }</pre>
 *
 * <p>Implementations are thread-safe: several targets are checked at once, one target never twice at once unless a check goes
 * on after it was cancelled.
 *
 * @param <T> the kind of target
 */
@FunctionalInterface
public interface HealthCheck<T> {

    /**
     * Starts a check and returns without waiting for it: it is called on the scheduler's thread.
     *
     * @param target whom to check
     * @param timeout how long it may take; when it is over the check has failed and the stage is cancelled
     * @return completes with true where the target is well; with false or a failure, whose message becomes the reason that
     *     people read, where it is not
     */
    CompletionStage<Boolean> check(T target, Duration timeout);
}
