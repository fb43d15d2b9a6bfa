package dev.tenfold.error;

import java.io.Serial;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Nobody could take the call: no endpoint, no primary, no replica fresh enough. Nothing was sent, so repeating the call
 * is safe.
 */
public final class UnavailableException extends TenfoldException {

    @Serial
    private static final long serialVersionUID = 1;

    private final List<String> reasons;

    /**
     * Creates the exception.
     *
     * @param what what was needed and from whom
     * @param reasons why each candidate was out, one line each, such as {@code "b: ejected for 30s (5 failures)"}
     * @param cause the last failure, or null
     */
    public UnavailableException(String what, List<String> reasons, @Nullable Throwable cause) {
        super(reasons.isEmpty() ? what : what + ": " + String.join("; ", reasons), cause);
        this.reasons = List.copyOf(reasons);
    }

    /**
     * Returns why each candidate was out.
     *
     * @return one line each, in the order they were considered
     */
    public List<String> reasons() {
        return reasons;
    }
}
