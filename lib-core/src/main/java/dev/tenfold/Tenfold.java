package dev.tenfold;

import dev.tenfold.observe.Event;
import dev.tenfold.observe.Measured;
import dev.tenfold.observe.Measurement;
import dev.tenfold.observe.Observer;
import dev.tenfold.session.Position;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.StartedScheduler;
import dev.tenfold.time.TimeSource;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The entry to the two paths through a scaled system, and the application that holds its parts. Neither path needs all its
 * stages: start with the one you have and add the next when you need it, without changing the code that calls the path.
 *
 * <pre>{@code
 * DataPath<Long, User> users = Tenfold.<Long, User>dataPath("users")
 *         .shardedBy(shards)                              // Long -> Replicas<DataSource>
 *         .reading((db, id) -> UserSql.find(db, id))
 *         .writing((db, id, user) -> UserSql.upsert(db, id, user))
 *         .cachedIn(cache)
 *         .announcedTo(events, "user.changed")
 *         .build();
 *
 * RequestPath<Request, Page> site = Tenfold.<Request, Page>requestPath("site")
 *         .throughEdge(edges)                             // nearest edge, neighbour, origin
 *         .toDataCentres(dataCentres)                     // Coordinates -> LoadBalancer<URI>
 *         .calling((server, request) -> http.send(server, request))
 *         .build();
 * }</pre>
 *
 * <p><b>An application</b> keeps the parts from their start to their end:
 *
 * <pre>{@code
 * try (Tenfold shop = Tenfold.application("shop", Observer.slf4j())) {
 *     ReplicaSet<DataSource> db = shop.add("db", ReplicaSet.<DataSource>builder()....observer(shop.observer()).start());
 *     Broker broker = shop.add("broker", Broker.builder().observer(shop.observer()).open(folder), Broker::describe);
 *     OutboxRelay relay = shop.add("relay", OutboxRelay.of(outbox, source, orders).observer(shop.observer()).start());
 *     DataPath<Long, User> users = shop.add("users", ..., DataPath::describe);
 *     ...
 *     System.out.println(shop.describe());
 * }                                           // the paths first, then the relay, the broker, the replica set
 * }</pre>
 *
 * <p>Parts are added as they are built, each after those it uses; so they are closed in the reverse order: first what takes
 * calls, which refuses new ones and answers those under way, then what these calls need. Thread-safe.
 */
public final class Tenfold implements Measured, AutoCloseable {

    /** How long {@link #close()} may take. */
    public static final Duration CLOSE_WITHIN = Duration.ofSeconds(30);

    private final String name;
    private final Observer observer;
    private final TimeSource time;
    private final ReentrantLock lock = new ReentrantLock();
    /** Guarded by the lock; the part added last is first. */
    private final Deque<Part> parts = new ArrayDeque<>();

    private boolean closed;

    private Tenfold(String name, Observer observer, TimeSource time) {
        this.name = name;
        this.observer = observer;
        this.time = time;
    }

    /** What was added: how to print it, and how to close it, if at all, in how much time. */
    private record Part(
            String name,
            Object part,
            Supplier<String> description,
            @Nullable Closing closing) {}

    /** Closes a part, in what time is left. */
    @FunctionalInterface
    private interface Closing {
        void close(Duration left) throws Exception;
    }

    /**
     * Closes a part within a time.
     *
     * @param <P> the kind of part
     */
    @FunctionalInterface
    public interface TimedClosing<P> {

        /**
         * Closes a part.
         *
         * @param part which
         * @param left how long it may take
         * @throws Exception if it could not be closed
         */
        void close(P part, Duration left) throws Exception;
    }

    /**
     * Starts an application without parts.
     *
     * @param name for events and errors
     * @param observer is told of everything that the parts are {@linkplain #observer() told to report}, and of parts that do not
     *     close
     * @return an empty application
     */
    public static Tenfold application(String name, Observer observer) {
        return application(name, observer, TimeSource.system());
    }

    /**
     * Starts an application without parts.
     *
     * @param name for events and errors
     * @param observer is told of everything
     * @param time dates its events, and measures how long it takes to close
     * @return an empty application
     */
    public static Tenfold application(String name, Observer observer, TimeSource time) {
        return new Tenfold(name, observer.guarded(), time);
    }

    /**
     * Returns the one observer that all parts are given.
     *
     * @return the application's; what it throws is logged
     */
    public Observer observer() {
        return observer;
    }

    /**
     * Adds a part, which describes itself by {@code toString()}.
     *
     * @param <P> the kind of part
     * @param as its name here
     * @param part a path, a balancer, a cache, a replica set, an executor...; closed with the application if it can be
     * @return the part
     * @throws IllegalStateException if the application is closed, has a part of that name, or has another locator whose
     *     {@linkplain Locator#topology() topology} is named as this one's: sessions could not tell the two apart. The part is
     *     left open
     */
    public <P> P add(String as, P part) {
        return add(as, part, Object::toString);
    }

    /**
     * Adds a part that can describe itself.
     *
     * @param <P> the kind of part
     * @param as its name here
     * @param part closed with the application if it can be
     * @param description such as {@code LoadBalancer::describe}
     * @return the part
     * @throws IllegalStateException as {@link #add(String, Object)}
     */
    public <P> P add(String as, P part, Function<? super P, String> description) {
        Closing closing = part instanceof AutoCloseable closeable ? left -> closeable.close() : null;
        return add(new Part(as, part, () -> description.apply(part), closing), part);
    }

    /**
     * Adds a part that is told how long its closing may take, such as a broker: {@code (broker, left) -> broker.close(left)}.
     *
     * @param <P> the kind of part
     * @param as its name here
     * @param part what to close with the application
     * @param description such as {@code Broker::describe}
     * @param closing closes it
     * @return the part
     * @throws IllegalStateException as {@link #add(String, Object)}
     */
    public <P> P add(String as, P part, Function<? super P, String> description, TimedClosing<? super P> closing) {
        return add(new Part(as, part, () -> description.apply(part), left -> closing.close(part, left)), part);
    }

    private <P> P add(Part added, P part) {
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException(this + " is closed; '" + added.name + "' was not added and stays open");
            }
            if (parts.stream().anyMatch(other -> other.name.equals(added.name))) {
                throw new IllegalStateException(
                        "part: '" + added.name + "' of " + this + " (expected: a name that no other part has)");
            }
            requireOwnTopology(added);
            parts.push(added);
        } finally {
            lock.unlock();
        }
        if (part instanceof Measured measured) {
            // Some count certain things only once somebody has asked for them.
            var unused = measured.measurements();
        }
        return part;
    }

    /** A session knows topologies by their names, and would take the version of one map for the other's. */
    private void requireOwnTopology(Part added) {
        String mine = topology(added.part);
        for (Part other : parts) {
            if (!mine.isEmpty() && other.part != added.part && mine.equals(topology(other.part))) {
                throw new IllegalStateException("topology: '" + mine + "' of part '" + added.name + "' of " + this
                        + " (expected: a name other than that of part '" + other.name
                        + "', or sessions take one map for the other; give each sharder a name of its own)");
            }
        }
    }

    private static String topology(Object part) {
        Position position = part instanceof Locator<?, ?> locator ? locator.topology() : Position.none();
        return position.isNone() ? "" : position.shard();
    }

    /**
     * Prints every part for a person, the ones that take calls first, with those of its numbers that are not 0.
     *
     * @return several lines
     */
    public String describe() {
        StringBuilder text = new StringBuilder(toString()).append('\n');
        for (Part part : snapshot()) {
            text.append(part.name).append('\n');
            part.description
                    .get()
                    .lines()
                    .forEach(line -> text.append("    ").append(line).append('\n'));
            if (part.part instanceof Measured measured) {
                for (Measurement each : measured.measurements()) {
                    double value = each.value().getAsDouble();
                    if (value != 0) {
                        text.append("    ")
                                .append(each.name())
                                .append(each.tags().isEmpty() ? "" : each.tags());
                        text.append(' ')
                                .append(
                                        value == Math.rint(value)
                                                ? String.valueOf((long) value)
                                                : String.valueOf(value));
                        text.append('\n');
                    }
                }
            }
        }
        return text.toString();
    }

    /** Returns the numbers of all parts that have any, as of now: a part added later is not among them. */
    @Override
    public List<Measurement> measurements() {
        List<Measurement> all = new ArrayList<>();
        for (Part part : snapshot()) {
            if (part.part instanceof Measured measured) {
                all.addAll(measured.measurements());
            }
        }
        return all;
    }

    private List<Part> snapshot() {
        lock.lock();
        try {
            return List.copyOf(parts);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Closes everything within {@link #CLOSE_WITHIN}.
     *
     * @throws IllegalStateException with every part that was left: it was still closing, or failed to
     */
    @Override
    public void close() {
        List<String> left = close(CLOSE_WITHIN);
        if (!left.isEmpty()) {
            throw new IllegalStateException(this + ": not everything was closed within " + CLOSE_WITHIN + ": " + left);
        }
    }

    /**
     * Closes everything, the part added last first. Each gets what is left of the time, on a thread of its own; one that is not
     * closed by then is interrupted and left. Those after it get a hundredth of the whole each, lest one that hangs keep all
     * others open. Closing again does nothing.
     *
     * @param within how long it may take in all; a hundredth more for each part after one that hung
     * @return what was left, each with why, in the order of closing; empty where all is closed
     */
    public List<String> close(Duration within) {
        List<Part> closing;
        lock.lock();
        try {
            closed = true;
            closing = List.copyOf(parts);
            parts.clear();
        } finally {
            lock.unlock();
        }
        Deadline deadline = Deadline.after(within, time);
        List<String> left = new ArrayList<>();
        for (Part part : closing) {
            Closing how = part.closing;
            Duration mine = max(deadline.remaining(), within.dividedBy(100));
            String why = how == null ? "" : closed(part.name, how, mine);
            if (!why.isEmpty()) {
                left.add(part.name + ": " + why);
                observer.on(new Event(
                        time.now(),
                        "application/" + name,
                        "part.left",
                        Level.ERROR,
                        "'" + part.name + "' was left: " + why,
                        Map.of("part", part.name, "why", why)));
            }
        }
        return left;
    }

    private static Duration max(Duration one, Duration other) {
        return one.compareTo(other) >= 0 ? one : other;
    }

    /** Returns why a part was left, or nothing. */
    private static String closed(String part, Closing how, Duration within) {
        FutureTask<String> closing = new FutureTask<>(() -> {
            how.close(within);
            return "";
        });
        try (StartedScheduler thread = Scheduler.start("tenfold-close-" + part)) {
            Scheduler.Task unused = thread.schedule(Duration.ZERO, closing);
            return closing.get(within.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException late) {
            closing.cancel(true);
            return "still closing after " + within;
        } catch (ExecutionException failed) {
            return String.valueOf(failed.getCause());
        } catch (InterruptedException interrupted) {
            closing.cancel(true);
            Thread.currentThread().interrupt();
            return "still closing when the wait for it was interrupted";
        }
    }

    @Override
    public String toString() {
        return "application '" + name + "'";
    }

    /**
     * Starts a data path: cache, shard, primary or replica, announcement.
     *
     * @param <K> the kind of key
     * @param <V> the kind of value
     * @param name what the path holds, for events, errors and {@link DataPath.Change#path()}
     * @return the choice of where the data lives
     */
    public static <K, V> DataPath.Builder.Home<K, V> dataPath(String name) {
        return new DataPath.Builder.Home<>(name);
    }

    /**
     * Starts a request path: edge, data centre, server.
     *
     * @param <Q> the kind of request
     * @param <R> the kind of response
     * @param name what the path serves, for errors and measurements
     * @return the choice of where requests go
     */
    public static <Q, R> RequestPath.Builder.Target<Q, R> requestPath(String name) {
        return new RequestPath.Builder.Target<>(name);
    }
}
