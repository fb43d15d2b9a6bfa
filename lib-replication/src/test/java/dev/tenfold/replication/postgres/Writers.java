package dev.tenfold.replication.postgres;

import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.session.Session;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import javax.sql.DataSource;

/**
 * Threads that insert ids into {@code t} in sessions of their own, read each back, and keep what they were told of it: that is
 * what a checker holds the database to.
 */
final class Writers implements AutoCloseable {

    private static final long SPREAD = 100_000_000L;
    private static final AtomicLong BLIND = new AtomicLong(1000 * SPREAD);

    private final Set<Long> acknowledged = ConcurrentHashMap.newKeySet();
    private final Set<Long> unknown = ConcurrentHashMap.newKeySet();
    private final Set<Long> refused = ConcurrentHashMap.newKeySet();
    /** When a write was acknowledged, and when it had begun. */
    private final ConcurrentSkipListMap<Long, Long> times = new ConcurrentSkipListMap<>();

    private final AtomicInteger missed = new AtomicInteger();
    private final List<Throwable> surprises = new CopyOnWriteArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final boolean blind;
    private volatile boolean stopped;

    /**
     * What a database holds beside what was said of it.
     *
     * @param acknowledged how many were
     * @param lost acknowledged and not there
     * @param ghosts refused and there
     * @param unknown how many were of unknown outcome
     * @param ownWritesMissed reads that did not see the session's own write
     */
    record Verdict(int acknowledged, Set<Long> lost, Set<Long> ghosts, int unknown, int ownWritesMissed) {}

    /** Starts them; each takes its data source from a function of its session. */
    Writers(int count, Function<Session, DataSource> source) {
        this(count, source, false);
    }

    private Writers(int count, Function<Session, DataSource> source, boolean blind) {
        this.blind = blind;
        for (int i = 0; i < count; i++) {
            long first = blind ? BLIND.getAndAdd(SPREAD) : i * SPREAD;
            Session session = new Session();
            DataSource mine = source.apply(session);
            Thread thread = new Thread(() -> run(first, mine), "writer-" + i);
            threads.add(thread);
            thread.start();
        }
    }

    /** One that reads nothing back, and whose ids are beyond all others'. */
    static Writers blind(DataSource source) {
        return new Writers(1, session -> source, true);
    }

    private void run(long first, DataSource source) {
        for (long n = 0; !stopped; n++) {
            long id = first + n;
            try {
                long began = System.nanoTime();
                insert(source, id);
                acknowledged.add(id);
                times.put(System.nanoTime(), began);
            } catch (SQLException failure) {
                boolean inDoubt = failure.getCause() instanceof OutcomeUnknownException;
                (inDoubt ? unknown : refused).add(id);
                continue;
            } catch (RuntimeException surprise) {
                surprises.add(surprise);
                unknown.add(id);
                continue;
            }
            if (!blind) {
                readBack(source, id);
            }
        }
    }

    private void readBack(DataSource source, long id) {
        try {
            if (!isThere(source, id)) {
                missed.incrementAndGet();
            }
        } catch (SQLException aNodeWentAway) {
            return; // which is what this is about; a read promises nothing then
        } catch (RuntimeException surprise) {
            surprises.add(surprise);
        }
    }

    static void insert(DataSource source, long id) throws SQLException {
        try (Connection connection = source.getConnection()) {
            connection.setAutoCommit(false);
            try (PreparedStatement statement = connection.prepareStatement("INSERT INTO t VALUES (?)")) {
                statement.setLong(1, id);
                statement.executeUpdate();
            }
            connection.commit();
        }
    }

    static boolean isThere(DataSource source, long id) throws SQLException {
        try (Connection connection = source.getConnection()) {
            connection.setReadOnly(true);
            try (PreparedStatement statement = connection.prepareStatement("SELECT 1 FROM t WHERE id = ?")) {
                statement.setLong(1, id);
                try (ResultSet found = statement.executeQuery()) {
                    return found.next();
                }
            }
        }
    }

    int count() {
        return acknowledged.size();
    }

    /**
     * When the first write that began after a moment was acknowledged, or -1. One that began before may have been acknowledged
     * before, too, and only be on its way.
     */
    long firstAfter(long moment) {
        for (Map.Entry<Long, Long> each : times.tailMap(moment).entrySet()) {
            if (each.getValue() >= moment) {
                return each.getKey();
            }
        }
        return -1;
    }

    /** As {@link #firstAfter}, waiting for it. */
    long awaitFirstAfter(long moment, Duration patience) {
        long end = System.nanoTime() + patience.toNanos();
        while (firstAfter(moment) < 0 && System.nanoTime() - end < 0) {
            LockSupport.parkNanos(2_000_000);
        }
        return firstAfter(moment);
    }

    /** Stops without waiting: a thread that hangs ends with its connection. */
    void abandon() {
        stopped = true;
        threads.forEach(Thread::interrupt);
    }

    /** Waits until so many more are acknowledged. */
    void awaitMore(int more) {
        int goal = acknowledged.size() + more;
        long end = System.nanoTime() + FailoverLab.PATIENCE.toNanos();
        while (acknowledged.size() < goal) {
            if (System.nanoTime() - end > 0) {
                throw new IllegalStateException(
                        "writes do not go on: " + acknowledged.size() + " of " + goal + "; " + surprises);
            }
            LockSupport.parkNanos(2_000_000);
        }
    }

    /** Stops them, and only then reads what there is to compare with what they were told. */
    Verdict judge(Callable<Set<Long>> database) throws Exception {
        close();
        Set<Long> present = database.call();
        if (!surprises.isEmpty()) {
            throw new IllegalStateException("a writer met what it should not", surprises.get(0));
        }
        Set<Long> lost = new TreeSet<>(acknowledged);
        lost.removeAll(present);
        Set<Long> ghosts = new TreeSet<>(refused);
        ghosts.retainAll(present);
        Set<Long> unaccounted = new HashSet<>(present);
        unaccounted.removeAll(acknowledged);
        unaccounted.removeAll(unknown);
        unaccounted.removeAll(refused);
        unaccounted.removeIf(id -> id >= 1000 * SPREAD);
        if (!unaccounted.isEmpty()) {
            throw new IllegalStateException("rows nobody wrote: " + unaccounted);
        }
        return new Verdict(acknowledged.size(), lost, ghosts, unknown.size(), missed.get());
    }

    @Override
    public void close() {
        stopped = true;
        for (Thread thread : threads) {
            try {
                thread.join(40_000);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
