package dev.tenfold.benchmarks.whole;

import dev.tenfold.error.LostWriteException;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.TenfoldException;
import dev.tenfold.topology.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * What a process says to a request.
 *
 * @param value what was read, or the number written; null for none
 * @param failure why there is none, or null
 * @param cookie the session after it
 * @param by the name of the process
 * @param born when the origin was asked for it, for copies
 */
record Answer(@Nullable Long value, @Nullable TenfoldException failure, String cookie, String by, long born) {

    Answer bornAt(long at) {
        return new Answer(value, failure, cookie, by, at);
    }

    boolean isUnknown() {
        return failure instanceof OutcomeUnknownException;
    }

    boolean isLost() {
        return failure instanceof LostWriteException;
    }

    /** What it says of the process that gave it, which is not to blame for what a session lost. */
    Outcome outcome() {
        return failure == null || isLost() ? Outcome.SUCCESS : Outcome.FAILED;
    }
}
