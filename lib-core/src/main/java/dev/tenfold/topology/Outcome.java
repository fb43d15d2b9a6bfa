package dev.tenfold.topology;

import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.error.OverloadedException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/**
 * How a call on a selected endpoint went, by cause, so that a fast failure never looks like a fast server and a user's
 * own mistake never ejects a healthy one.
 */
public enum Outcome {
    /** The endpoint answered. */
    SUCCESS,
    /** The endpoint could not be reached; nothing was sent. */
    CONNECT_FAILED,
    /** The endpoint did not answer in time. */
    TIMED_OUT,
    /** The endpoint answered that it is overloaded (such as HTTP 429 or 503). */
    OVERLOADED,
    /** The endpoint answered with a failure of its own (such as HTTP 500). */
    FAILED,
    /** The call was refused for what it asked (such as HTTP 404): the endpoint is fine. */
    REJECTED,
    /** The caller gave up or never reported; says nothing about the endpoint. */
    CANCELLED;

    /**
     * Says whether this counts against the endpoint's health.
     *
     * @return true for the four kinds of failure that are the endpoint's own
     */
    public boolean countsAgainstEndpoint() {
        return switch (this) {
            case CONNECT_FAILED, TIMED_OUT, OVERLOADED, FAILED -> true;
            case SUCCESS, REJECTED, CANCELLED -> false;
        };
    }

    /**
     * Classifies what a call threw, by the JDK's exception types: refused, unreachable and unresolved connections are
     * {@link #CONNECT_FAILED}, time-outs {@link #TIMED_OUT}, {@link OverloadedException} {@link #OVERLOADED}, interruption
     * and cancellation {@link #CANCELLED}, {@link IllegalArgumentException} {@link #REJECTED} (the caller's own mistake),
     * anything else {@link #FAILED}. The wrappers of futures are looked through. Pass a function of your own where a
     * client library has types of its own.
     *
     * @param failure what was thrown
     * @return how the call went
     */
    public static Outcome of(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof ConnectException
                || cause instanceof NoRouteToHostException
                || cause instanceof UnknownHostException) {
            return CONNECT_FAILED;
        }
        if (cause instanceof SocketTimeoutException
                || cause instanceof TimeoutException
                || cause instanceof DeadlineExceededException) {
            return TIMED_OUT;
        }
        if (cause instanceof OverloadedException) {
            return OVERLOADED;
        }
        if (cause instanceof InterruptedException || cause instanceof CancellationException) {
            return CANCELLED;
        }
        return cause instanceof IllegalArgumentException ? REJECTED : FAILED;
    }
}
