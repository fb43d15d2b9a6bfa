package dev.tenfold;

import dev.tenfold.error.CallFailedException;
import dev.tenfold.topology.Outcome;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How an attempt to send a request ended: with a response or a failure.
 *
 * @param server who had it, for errors
 */
record Attempt<R>(
        String server,
        Outcome outcome,
        @Nullable R response,
        @Nullable Exception failure) {

    R result() {
        if (failure != null) {
            throw CallFailedException.unchecked("call", failure);
        }
        return Objects.requireNonNull(response, "calling returned null (expected: a response)");
    }
}
