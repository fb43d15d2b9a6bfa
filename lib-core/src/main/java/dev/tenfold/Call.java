package dev.tenfold;

import org.jspecify.annotations.Nullable;

/**
 * What a caller does with the target that was chosen for it. It may throw what the transport throws.
 *
 * @param <T> the kind of target
 * @param <R> the kind of answer
 * @param <X> what the call may throw
 */
@FunctionalInterface
public interface Call<T, R extends @Nullable Object, X extends Exception> {

    /**
     * Makes the call.
     *
     * @param target what was chosen
     * @return the answer
     * @throws X if the call failed
     */
    R on(T target) throws X;
}
