package dev.tenfold.error;

import java.io.Serial;
import java.util.Objects;

/** A checked exception of the user's own function, carried through a method that declares none. */
public final class CallFailedException extends TenfoldException {

    @Serial
    private static final long serialVersionUID = 1;

    /**
     * Creates the exception.
     *
     * @param what which function failed
     * @param cause what it threw
     */
    public CallFailedException(String what, Throwable cause) {
        super(what + " failed: " + cause, Objects.requireNonNull(cause, "cause"));
    }

    /**
     * Returns an unchecked exception for any failure: the failure itself where it is unchecked, else wrapped. Errors are
     * thrown at once.
     *
     * @param what which function failed
     * @param failure what it threw
     * @return an exception to throw
     */
    public static RuntimeException unchecked(String what, Throwable failure) {
        if (failure instanceof Error error) {
            throw error;
        }
        if (failure instanceof InterruptedException) {
            Thread.currentThread().interrupt();
        }
        return failure instanceof RuntimeException unchecked ? unchecked : new CallFailedException(what, failure);
    }
}
