package dev.tenfold.balance;

import dev.tenfold.Call;
import dev.tenfold.topology.Outcome;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Makes calls on endpoints that it picks, and reports how they went. {@link LoadBalancer} is one, which makes each call once;
 * {@link LoadBalancer#idempotent()} is another, which repeats.
 *
 * <p>Thread-safe.
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
     */
    <R extends @Nullable Object, X extends Exception> R call(
            Call<? super T, ? extends R, ? extends X> call, Function<? super R, Outcome> judge) throws X;

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
    <R extends @Nullable Object> CompletionStage<R> callAsync(
            Function<? super T, ? extends CompletionStage<R>> call, Function<? super R, Outcome> judge);
}
