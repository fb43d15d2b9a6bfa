package dev.tenfold.health;

import dev.tenfold.Call;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.function.Function;
import javax.sql.DataSource;

/**
 * The usual active checks. None starts anything before it is first asked to check.
 *
 * <p>Those that wait for an answer do so on the caller's executor, one thread for each check that runs; where their time is over
 * that thread is interrupted.
 */
public final class HealthChecks {

    private HealthChecks() {}

    /**
     * Asks an HTTP server: {@code GET path}, expecting a status of 200 to 299. Needs the module {@code java.net.http}.
     *
     * @param path from the root of the target's URI, such as {@code "/health"}
     * @return a check that can be refined: see {@link HttpHealthCheck}
     * @throws IllegalArgumentException if the path does not begin with a slash or is not a URI's
     */
    public static HttpHealthCheck<URI> http(String path) {
        return HttpHealthCheck.get(path);
    }

    /**
     * Connects to the host and port of a URI and closes the connection. Without a port, 443 is tried for {@code https} and 80
     * for everything else.
     *
     * @param executor waits for the connection
     * @return the check
     */
    public static HealthCheck<URI> tcp(Executor executor) {
        return tcp(HealthChecks::address, executor);
    }

    /**
     * Connects and closes the connection.
     *
     * @param <T> the kind of target
     * @param address says where to connect; one that is not resolved is resolved at each check
     * @param executor waits for the connection
     * @return the check
     */
    public static <T> HealthCheck<T> tcp(Function<? super T, InetSocketAddress> address, Executor executor) {
        return (target, timeout) -> run(executor, () -> {
            InetSocketAddress to = address.apply(target);
            try (Socket socket = new Socket()) {
                socket.connect(
                        to.isUnresolved() ? new InetSocketAddress(to.getHostString(), to.getPort()) : to,
                        (int) Math.min(Integer.MAX_VALUE, Math.max(1, timeout.toMillis())));
            }
            return true;
        });
    }

    /**
     * Asks any function that waits for its answer. It should give up by itself in about the schedule's timeout: it is only
     * interrupted then.
     *
     * @param <T> the kind of target
     * @param check true where the target is well; what it throws is the reason why not
     * @param executor runs it
     * @return the check
     */
    public static <T> HealthCheck<T> of(Call<? super T, Boolean, ? extends Exception> check, Executor executor) {
        return (target, timeout) -> run(executor, () -> check.on(target));
    }

    /**
     * Asks a database: takes a connection, asks {@link java.sql.Connection#isValid} and gives it back. Needs the module {@code
     * java.sql}.
     *
     * @param executor waits for the connection and the answer
     * @return the check
     */
    public static HealthCheck<DataSource> jdbc(Executor executor) {
        return (database, timeout) -> run(executor, () -> {
            try (var connection = database.getConnection()) {
                return connection.isValid(wholeSeconds(timeout));
            }
        });
    }

    /** The driver counts in seconds, and takes 0 for no limit. */
    private static int wholeSeconds(Duration timeout) {
        return (int) Math.min(Integer.MAX_VALUE, timeout.plusNanos(999_999_999).toSeconds());
    }

    private static InetSocketAddress address(URI target) {
        String host = target.getHost();
        if (host == null) {
            throw new IllegalArgumentException("target: " + target + " (expected: a URI with a host)");
        }
        int standard = "https".equals(target.getScheme()) ? 443 : 80;
        return InetSocketAddress.createUnresolved(host, target.getPort() < 0 ? standard : target.getPort());
    }

    /** Runs a function so that cancelling the future interrupts it. */
    private static CompletableFuture<Boolean> run(Executor executor, java.util.concurrent.Callable<Boolean> check) {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        FutureTask<Boolean> task = new FutureTask<>(() -> {
            try {
                return answer.complete(check.call());
            } catch (Throwable failure) {
                return answer.completeExceptionally(failure);
            }
        });
        var unused = answer.whenComplete((passed, failure) -> task.cancel(answer.isCancelled()));
        executor.execute(task);
        return answer;
    }
}
