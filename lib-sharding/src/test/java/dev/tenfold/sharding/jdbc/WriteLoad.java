package dev.tenfold.sharding.jdbc;

import dev.tenfold.sharding.ShardRoute;
import dev.tenfold.sharding.Sharder;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;

/**
 * Writers that note what the database acknowledged, and how long each write took from its first attempt on. Accounts {@code 0}
 * to {@code KEYS - 1} are only incremented, each with an entry of its own, and entries are deleted; accounts from {@value
 * #FICKLE} on come, change and go. The writers use the three isolation levels in turn.
 */
final class WriteLoad implements AutoCloseable {

    static final String TABLES = "CREATE TABLE account (id bigint PRIMARY KEY, total bigint NOT NULL,"
            + " twice bigint GENERATED ALWAYS AS (total * 2) STORED, seen timestamptz NOT NULL DEFAULT now());"
            + " CREATE TABLE entry (id bigint GENERATED ALWAYS AS IDENTITY, account bigint NOT NULL REFERENCES account,"
            + " n bigint NOT NULL, PRIMARY KEY (account, n))";

    static final List<ShardedTable> SHARDED =
            List.of(ShardedTable.of("account", "id"), ShardedTable.of("entry", "account"));

    static final int KEYS = 150;
    static final long FICKLE = 1_000_000;

    /** Above this, entries are deleted as they come, so that a move does not take longer and longer. */
    private static final int ENTRIES = 1_500;

    private static final Set<String> REPEATED = Set.of("40001", "40P01");
    private static final int[] ISOLATION = {
        Connection.TRANSACTION_READ_COMMITTED,
        Connection.TRANSACTION_REPEATABLE_READ,
        Connection.TRANSACTION_SERIALIZABLE
    };

    /** How a transaction passes the guard. */
    @FunctionalInterface
    interface Guarding {
        void check(Connection connection, ShardRoute route) throws SQLException;
    }

    /** What was acknowledged. */
    final Map<Long, AtomicLong> totals = new ConcurrentHashMap<>();

    final Map<Long, Long> fickle = new ConcurrentHashMap<>();
    final Set<Long> goneFickle = ConcurrentHashMap.newKeySet();
    /** By the entry's number, its account; the numbers are never used twice. */
    final Map<Long, Long> entries = new ConcurrentHashMap<>();

    final Map<Long, Long> goneEntries = new ConcurrentHashMap<>();

    private final Sharder<Long, DataSource> shards;
    private final Guarding guarding;
    private final AtomicLong numbers = new AtomicLong();
    private final ConcurrentLinkedQueue<Long> deletable = new ConcurrentLinkedQueue<>();
    private final Map<Long, ReentrantLock> turns = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<Long> nanos = new ConcurrentLinkedQueue<>();
    private final Semaphore acknowledged = new Semaphore(0);
    private final AtomicInteger attempts = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final ScheduledExecutorService threads;
    private final List<ScheduledFuture<?>> writers = new ArrayList<>();

    WriteLoad(Sharder<Long, DataSource> shards, Guarding guarding, int writers, long everyMillis) {
        this.shards = shards;
        this.guarding = guarding;
        this.threads = Executors.newScheduledThreadPool(writers);
        for (int i = 0; i < writers; i++) {
            Random random = new Random(i);
            int isolation = ISOLATION[i % ISOLATION.length];
            this.writers.add(threads.scheduleAtFixedRate(
                    () -> guard(() -> one(random, isolation)), i, everyMillis, TimeUnit.MILLISECONDS));
        }
    }

    /** Waits for so many more writes to be acknowledged. */
    void await(int writes) throws InterruptedException {
        if (!acknowledged.tryAcquire(writes, 60, TimeUnit.SECONDS)) {
            throw new IllegalStateException("the writers stand still", failure.get());
        }
    }

    int written() {
        return nanos.size();
    }

    /** How often a write was tried, refusals and conflicts included. */
    int attempts() {
        return attempts.get();
    }

    /** The time that so large a share of the writes took at most. */
    long millisAt(double share) {
        long[] sorted = nanos.stream().mapToLong(Long::longValue).sorted().toArray();
        return sorted.length == 0
                ? 0
                : sorted[(int) Math.min(sorted.length - 1, (long) (sorted.length * share))] / 1_000_000;
    }

    /** Lets every writer finish the write it is at. */
    void stop() throws InterruptedException {
        writers.forEach(writer -> writer.cancel(false));
        threads.shutdown();
        if (!threads.awaitTermination(60, TimeUnit.SECONDS)) {
            throw new IllegalStateException("a writer did not end");
        }
        Throwable failed = failure.get();
        if (failed != null) {
            throw new AssertionError("a writer failed", failed);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }

    private interface Step {
        void run() throws Exception;
    }

    private void guard(Step step) {
        try {
            step.run();
        } catch (Throwable failed) {
            failure.compareAndSet(null, failed);
            throw new IllegalStateException(failed);
        }
    }

    private void one(Random random, int isolation) throws Exception {
        int dice = random.nextInt(10);
        if (dice < 5) {
            increment(random.nextInt(KEYS), isolation);
        } else if (dice < 8) {
            Long entry = entries.size() > ENTRIES ? deletable.poll() : null;
            if (entry != null) {
                long account = entries.get(entry);
                write(account, isolation, "DELETE FROM entry WHERE account = " + account + " AND n = " + entry);
                goneEntries.put(entry, account);
                entries.remove(entry);
            }
        } else {
            change(FICKLE + random.nextInt(KEYS), random.nextInt(10), isolation);
        }
    }

    private void increment(long account, int isolation) throws Exception {
        long entry = numbers.incrementAndGet();
        write(
                account,
                isolation,
                "INSERT INTO account (id, total) VALUES (" + account
                        + ", 1) ON CONFLICT (id) DO UPDATE SET total = account.total + 1, seen = now()",
                "INSERT INTO entry (account, n) VALUES (" + account + ", " + entry + ")");
        totals.computeIfAbsent(account, key -> new AtomicLong()).incrementAndGet();
        entries.put(entry, account);
        deletable.add(entry);
    }

    /** One writer at a time for each, so that the last acknowledged state is the one to be found. */
    private void change(long account, int dice, int isolation) throws Exception {
        ReentrantLock turn = turns.computeIfAbsent(account, key -> new ReentrantLock());
        turn.lock();
        try {
            Long total = fickle.get(account);
            if (total == null) {
                write(
                        account,
                        isolation,
                        "INSERT INTO account (id, total) VALUES (" + account
                                + ", 1) ON CONFLICT (id) DO UPDATE SET total = 1");
                fickle.put(account, 1L);
                goneFickle.remove(account);
            } else if (dice < 5) {
                write(account, isolation, "UPDATE account SET total = " + (total + 1) + " WHERE id = " + account);
                fickle.put(account, total + 1);
            } else {
                write(account, isolation, "DELETE FROM account WHERE id = " + account);
                fickle.remove(account);
                goneFickle.add(account);
            }
        } finally {
            turn.unlock();
        }
    }

    private void write(long account, int isolation, String... statements) throws Exception {
        long began = System.nanoTime();
        while (!tried(account, isolation, statements)) {
            // A conflict with another writer says nothing about the shard.
        }
        nanos.add(System.nanoTime() - began);
        acknowledged.release();
    }

    /** False if it met another writer and is to be repeated as a whole. */
    private boolean tried(long account, int isolation, String... statements) throws Exception {
        try {
            shards.write(account, (database, route) -> {
                attempts.incrementAndGet();
                try (Connection connection = database.getConnection()) {
                    connection.setAutoCommit(false);
                    connection.setTransactionIsolation(isolation);
                    guarding.check(connection, route);
                    for (String sql : statements) {
                        try (PreparedStatement statement = connection.prepareStatement(sql)) {
                            statement.executeUpdate();
                        }
                    }
                    connection.commit();
                }
                return null;
            });
            return true;
        } catch (SQLException conflict) {
            if (!REPEATED.contains(String.valueOf(conflict.getSQLState()))) {
                throw conflict;
            }
            return false;
        }
    }
}
