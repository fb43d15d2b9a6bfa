package dev.tenfold.topology;

import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.error.OverloadedException;
import dev.tenfold.error.UnavailableException;
import java.io.FileNotFoundException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.UnresolvedAddressException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Judges calls by what they threw or answered. Stateless. */
public final class Outcomes {

    /** Deeper chains of causes are cut, lest one that bites its tail is followed for ever. */
    private static final int DEPTH = 8;

    private Outcomes() {}

    /**
     * Judges a call by what it threw: the first in the chain of causes that says something decides.
     *
     * <ul>
     *   <li>no connection, no route, no such host, or a nested balancer without endpoints: {@link Outcome#CONNECT_FAILED}
     *   <li>any timeout of the JDK's sockets, its HTTP client or {@code java.util.concurrent}, or a deadline: {@link
     *       Outcome#TIMED_OUT}
     *   <li>a full executor or a limit: {@link Outcome#OVERLOADED}
     *   <li>an interrupt, a cancellation, or an {@link Error}, which is this process's own: {@link Outcome#CANCELLED}
     *   <li>an illegal argument, or a resource that is not there: {@link Outcome#REJECTED}
     *   <li>anything else: {@link Outcome#FAILED}
     * </ul>
     *
     * @param failure what was thrown
     * @return how the call went
     */
    public static Outcome of(Throwable failure) {
        Throwable next = failure;
        for (int depth = 0; next != null && depth < DEPTH; depth++) {
            Outcome outcome = direct(next);
            if (outcome != null) {
                return outcome;
            }
            next = next.getCause();
        }
        return Outcome.FAILED;
    }

    /**
     * Judges a call by an HTTP status: 429 and 503 are overload, other 5xx failures, other 4xx rejections, the rest success.
     *
     * @param status the status code
     * @return how the call went
     */
    public static Outcome ofHttpStatus(int status) {
        if (status == 429 || status == 503) {
            return Outcome.OVERLOADED;
        }
        if (status >= 500) {
            return Outcome.FAILED;
        }
        return status >= 400 ? Outcome.REJECTED : Outcome.SUCCESS;
    }

    private static @Nullable Outcome direct(Throwable failure) {
        if (failure instanceof SocketTimeoutException
                || failure instanceof TimeoutException
                || failure instanceof DeadlineExceededException) {
            return Outcome.TIMED_OUT;
        }
        if (failure instanceof InterruptedException
                || failure instanceof InterruptedIOException
                || failure instanceof ClosedByInterruptException
                || failure instanceof CancellationException
                || failure instanceof Error) {
            return Outcome.CANCELLED;
        }
        if (failure instanceof ConnectException
                || failure instanceof NoRouteToHostException
                || failure instanceof PortUnreachableException
                || failure instanceof UnknownHostException
                || failure instanceof UnresolvedAddressException
                || failure instanceof UnavailableException) {
            return Outcome.CONNECT_FAILED;
        }
        if (failure instanceof RejectedExecutionException || failure instanceof OverloadedException) {
            return Outcome.OVERLOADED;
        }
        if (failure instanceof IllegalArgumentException || failure instanceof FileNotFoundException) {
            return Outcome.REJECTED;
        }
        // By name, so that neither java.net.http nor java.sql is needed for the rest of the library.
        return switch (failure.getClass().getName()) {
            case "java.net.http.HttpConnectTimeoutException" -> Outcome.CONNECT_FAILED;
            case "java.net.http.HttpTimeoutException", "java.sql.SQLTimeoutException" -> Outcome.TIMED_OUT;
            default -> null;
        };
    }
}
