package dev.tenfold.error;

import java.io.Serial;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A call's time was up before it finished. The message names the stage that spent it. */
public final class DeadlineExceededException extends TenfoldException {

    @Serial
    private static final long serialVersionUID = 1;

    private final String stage;
    private final Duration budget;

    /**
     * Creates the exception.
     *
     * @param stage what the call was waiting for, such as {@code "replica of users-1 to reach 0/3000060"}
     * @param budget the time the whole call was given
     * @param cause what the stage failed with last, or null
     */
    public DeadlineExceededException(String stage, Duration budget, @Nullable Throwable cause) {
        super("deadline of " + budget + " exceeded while waiting for " + stage, cause);
        this.stage = stage;
        this.budget = budget;
    }

    /**
     * Returns what the call was waiting for.
     *
     * @return the stage that spent the time
     */
    public String stage() {
        return stage;
    }

    /**
     * Returns the time the whole call was given.
     *
     * @return the budget
     */
    public Duration budget() {
        return budget;
    }
}
