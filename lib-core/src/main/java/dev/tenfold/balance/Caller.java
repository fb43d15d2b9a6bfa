package dev.tenfold.balance;

import dev.tenfold.Call;
import dev.tenfold.hash.KeyForm;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.time.Deadline;
import dev.tenfold.topology.Outcome;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Makes calls on endpoints that it picks, and reports how they went. {@link LoadBalancer} is one, which makes each call once;
 * {@link #idempotent()} is another, which repeats.
 *
 * <p>The methods that return a caller narrow this one and compose in any order:
 *
 * <pre>{@code
 * Caller<URI> mine = apps.idempotent().forKey(userId).within(Duration.ofMillis(300));
 * String body = mine.call((uri, deadline) -> get(uri.resolve("/users/42"), deadline.remaining()));
 * }</pre>
 *
 * <p>Callers are immutable, thread-safe, cheap to make (one small object) and may be kept.
 *
 * @param <T> the kind of target
 */
public interface Caller<T> {

    /**
     * Makes a call, with every answer counting as a success.
     *
     * @param <R> the kind of answer
     * @param <X> what the call may throw
     * @param call what to do with the target
     * @return its answer
     * @throws X what the call threw, as it was
     * @throws dev.tenfold.error.UnavailableException if there is no endpoint to pick; nothing was called
     * @throws dev.tenfold.error.DeadlineExceededException as {@link #within} says
     */
    default <R extends @Nullable Object, X extends Exception> R call(Call<? super T, ? extends R, ? extends X> call)
            throws X {
        return call(call, answer -> Outcome.SUCCESS);
    }

    /**
     * Makes a call whose answer may itself be a failure, such as a response of status 503.
     *
     * @param <R> the kind of answer
     * @param <X> what the call may throw
     * @param call what to do with the target
     * @param judge says how a call went that gave this answer
     * @return its answer, whatever the judgement
     * @throws X what the call threw, as it was
     * @throws dev.tenfold.error.UnavailableException if there is no endpoint to pick; nothing was called
     * @throws dev.tenfold.error.DeadlineExceededException as {@link #within} says
     */
    default <R extends @Nullable Object, X extends Exception> R call(
            Call<? super T, ? extends R, ? extends X> call, Function<? super R, Outcome> judge) throws X {
        return call((target, deadline) -> call.on(target), judge);
    }

    /**
     * Makes a call that is told how long it may take, with every answer counting as a success.
     *
     * @param <R> the kind of answer
     * @param <X> what the call may throw
     * @param call what to do with the target, and by when
     * @return its answer
     * @throws X what the call threw, as it was
     * @throws dev.tenfold.error.UnavailableException if there is no endpoint to pick; nothing was called
     * @throws dev.tenfold.error.DeadlineExceededException as {@link #within} says
     */
    default <R extends @Nullable Object, X extends Exception> R call(
            TimedCall<? super T, ? extends R, ? extends X> call) throws X {
        return call(call, answer -> Outcome.SUCCESS);
    }

    /**
     * Makes a call that is told how long it may take and whose answer may itself be a failure.
     *
     * @param <R> the kind of answer
     * @param <X> what the call may throw
     * @param call what to do with the target, and by when
     * @param judge says how a call went that gave this answer
     * @return its answer, whatever the judgement
     * @throws X what the call threw, as it was
     * @throws dev.tenfold.error.UnavailableException if there is no endpoint to pick; nothing was called
     * @throws dev.tenfold.error.DeadlineExceededException as {@link #within} says
     */
    <R extends @Nullable Object, X extends Exception> R call(
            TimedCall<? super T, ? extends R, ? extends X> call, Function<? super R, Outcome> judge) throws X;

    /**
     * Starts a call, with every answer counting as a success.
     *
     * @param <R> the kind of answer
     * @param call starts it on the target
     * @return completes as the call does; cancelling its {@code toCompletableFuture()} cancels the call. What would have
     *     been thrown completes it exceptionally
     */
    default <R extends @Nullable Object> CompletionStage<R> callAsync(
            Function<? super T, ? extends CompletionStage<R>> call) {
        return callAsync(call, answer -> Outcome.SUCCESS);
    }

    /**
     * Starts a call whose answer may itself be a failure.
     *
     * @param <R> the kind of answer
     * @param call starts it on the target
     * @param judge says how a call went that gave this answer
     * @return completes as the call does; cancelling its {@code toCompletableFuture()} cancels the call. What would have
     *     been thrown completes it exceptionally
     */
    default <R extends @Nullable Object> CompletionStage<R> callAsync(
            Function<? super T, ? extends CompletionStage<R>> call, Function<? super R, Outcome> judge) {
        return callAsync((target, deadline) -> call.apply(target), judge);
    }

    /**
     * Starts a call that is told how long it may take and whose answer may itself be a failure.
     *
     * @param <R> the kind of answer
     * @param call starts it on the target, given by when it must have ended
     * @param judge says how a call went that gave this answer
     * @return completes as the call does; cancelling its {@code toCompletableFuture()} cancels the call. What would have
     *     been thrown completes it exceptionally
     */
    <R extends @Nullable Object> CompletionStage<R> callAsync(
            BiFunction<? super T, ? super Deadline, ? extends CompletionStage<R>> call,
            Function<? super R, Outcome> judge);

    /**
     * Returns the caller for calls that may be made twice: a call whose outcome {@linkplain Outcome#countsAgainstEndpoint
     * counts against} its endpoint is made again on another one, as often as {@link LoadBalancerBuilder#retries} says and
     * the retry budget allows. When no attempt is left the last failure, or the last answer, is the caller's.
     *
     * @return a caller over the same endpoints
     */
    IdempotentCaller<T> idempotent();

    /**
     * Returns a caller whose calls are for one key: where the {@linkplain Policy policy} places by key they go to the same
     * endpoint as long as the pool is the same, and repeated ones to the same others in the same order. Other policies
     * pick as they always do.
     *
     * @param key a {@code String}, {@code Long}, {@code Integer}, {@code Short}, {@code UUID} or {@code byte[]}, hashed by
     *     {@link KeyHash#xxh3()}
     * @return a caller over the same endpoints
     * @throws IllegalArgumentException if the key is of another kind; hash it for {@link #forKeyHash}
     */
    default Caller<T> forKey(Object key) {
        return forKeyHash(KeyForm.whole().hash(key, KeyHash.xxh3()));
    }

    /**
     * Returns a caller whose calls are for one key, as {@link #forKey} does, that was hashed before.
     *
     * @param keyHash 64 well-mixed bits of the key
     * @return a caller over the same endpoints
     */
    Caller<T> forKeyHash(long keyHash);

    /**
     * Returns a caller whose every call may take so long in all, counted from its start: all attempts, and the waits
     * between them.
     *
     * <ul>
     *   <li>No attempt begins later, and none is waited for that could only begin later.
     *   <li>An asynchronous call ends then with a {@link dev.tenfold.error.DeadlineExceededException}, which names the
     *       endpoint that held it; the attempt is cancelled and counts as {@link Outcome#TIMED_OUT}.
     *   <li>A synchronous call cannot be cut: its function is told what is left and gives up by itself. A failure of the
     *       endpoint's own that comes after the deadline is thrown as the cause of a {@code
     *       DeadlineExceededException}; an answer that comes late is returned.
     * </ul>
     *
     * <p>Give attempts less than the whole with {@link LoadBalancerBuilder#attemptTimeout}, or the first endpoint that hangs
     * spends it all.
     *
     * @param budget above zero; replaces what was set before
     * @return a caller over the same endpoints
     */
    Caller<T> within(Duration budget);

    /**
     * Returns a caller for one piece of work that has a deadline already, of which earlier stages have spent a part. With a
     * {@linkplain #within(Duration) budget} too, the sooner of the two holds.
     *
     * @param deadline replaces what was set before
     * @return a caller over the same endpoints
     */
    Caller<T> within(Deadline deadline);

    /**
     * A call that is told by when it must have ended.
     *
     * @param <T> the kind of target
     * @param <R> the kind of answer
     * @param <X> what the call may throw
     */
    @FunctionalInterface
    interface TimedCall<T, R extends @Nullable Object, X extends Exception> {

        /**
         * Makes the call.
         *
         * @param target what was chosen
         * @param deadline when this attempt must have ended; {@linkplain Deadline#isLimited() unlimited} where nothing
         *     limits it. Hand {@link Deadline#remaining()} to the transport as its timeout
         * @return the answer
         * @throws X if the call failed
         */
        R on(T target, Deadline deadline) throws X;
    }
}
