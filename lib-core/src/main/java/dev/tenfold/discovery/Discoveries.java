package dev.tenfold.discovery;

import dev.tenfold.error.Validation;
import dev.tenfold.topology.Endpoint;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * The usual discoveries. Those that ask again and again have these rules in common:
 *
 * <ul>
 *   <li>The first question is asked at once, the next after a pause of the interval, nine to eleven tenths of it, counted from
 *       the end of the answer, and all of them on the context's executor. A listener is told only of changes.
 *   <li>What fails is told, and who was known stays. It is tried again after pauses that double, from a second to eight intervals
 *       but not beyond a minute (or the interval, where that is longer), half of each drawn at random.
 *   <li>An answer without endpoints is a failure: a registry that lost its data must not empty the pool.
 * </ul>
 */
public final class Discoveries {

    private Discoveries() {}

    /**
     * Finds the same endpoints for ever.
     *
     * @param <T> the kind of target
     * @param endpoints with unique ids
     * @return a discovery that tells them once, during {@code watch}
     */
    public static <T> Discovery<T> fixed(Collection<Endpoint<T>> endpoints) {
        List<Endpoint<T>> copy = List.copyOf(endpoints);
        return (listener, context) -> {
            listener.found(copy);
            return () -> {};
        };
    }

    /**
     * Asks a function again and again.
     *
     * @param <T> the kind of target
     * @param source returns all endpoints, with unique ids; it may block and throw, and is asked by one thread at a time for
     *     each listener
     * @param interval the mean pause, > 0, at most 365 days
     * @return the discovery
     */
    public static <T> Discovery<T> polling(
            Callable<? extends Collection<Endpoint<T>>> source, Duration interval) {
        return new Polling<>(() -> source, checked(interval));
    }

    /**
     * Reads a file, and reads it again every second.
     *
     * @param file as {@link #file(Path, Duration)} reads it
     * @return the discovery
     */
    public static Discovery<URI> file(Path file) {
        return file(file, Duration.ofSeconds(1));
    }

    /**
     * Reads a file again and again. The file is text in UTF-8, of at most 16 MiB, one endpoint a line:
     *
     * <pre>
     * # id  uri                      weight, region, zone, coordinates and tags, all optional, in any order
     * a     http://10.0.0.1:8080     weight=2 region=eu zone=eu-1a coordinates=50.11,8.68 role=canary
     * b     http://10.0.0.2:8080
     * </pre>
     *
     * <p>Words are separated by blanks or tabs. A line that begins with {@code #} is a comment. {@code weight} is finite and
     * above 0; {@code coordinates} are degrees north and east; every other {@code name=value} is a tag. The last line ends with a
     * line feed.
     *
     * <p>A file that breaks a rule, has an id twice or names no endpoint is a failure, and who was known stays. So that a file half
     * written is not taken for a whole one, a change takes effect once two readings in a row have found the same; the best way
     * to change it is to move a new file into its place.
     *
     * @param file the file, which need not exist yet
     * @param interval the mean pause between two readings, > 0, at most 365 days
     * @return the discovery
     */
    public static Discovery<URI> file(Path file, Duration interval) {
        return new Polling<>(() -> new EndpointFile(file), checked(interval));
    }

    static Duration checked(Duration interval) {
        Validation check = Validation.of("discovery");
        check.positive("interval", interval);
        check.require(interval.compareTo(Duration.ofDays(365)) <= 0, "interval", interval, "at most 365 days");
        check.throwIfInvalid();
        return interval;
    }
}
