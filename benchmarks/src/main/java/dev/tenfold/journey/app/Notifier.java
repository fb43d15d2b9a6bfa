package dev.tenfold.journey.app;

import dev.tenfold.Replicas;
import dev.tenfold.error.TenfoldException;
import dev.tenfold.observe.Observer;
import dev.tenfold.queue.Broker;
import dev.tenfold.queue.Delivery;
import dev.tenfold.queue.Exchange;
import dev.tenfold.queue.Queue;
import dev.tenfold.retry.Backoff;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells people about their followers: outbox, exchange, queue, consumer. The broker is in memory, so an event stays in the
 * outbox until it has been delivered or given up; whoever dies in between leaves it to the next, which may tell twice.
 *
 * <p>Its consumer is unreliable on purpose: every fifth event fails at first, and some people's mailboxes refuse everything.
 */
final class Notifier implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Notifier.class);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final int BATCH = 200;
    private static final int ATTEMPTS = 3;
    private static final int CONSUMERS = 2;
    private static final int PREFETCH = 2;

    /** So short that it can be seen to be full; what it refuses waits in the outbox. */
    private static final int LONGEST = 6;

    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final Parts parts = new Parts();
    private final Sql sql;
    private final List<Replicas<DataSource>> homes;
    private final Exchange<Follower> events;
    private final Scheduler timer;

    /** Rows of each shard's outbox that the broker has now. */
    private final Map<String, Set<Long>> underWay = new ConcurrentHashMap<>();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    /** Guarded by the lock. */
    private boolean hanging;

    Notifier(Collection<Replicas<DataSource>> homes, Sql sql, Meters meters, Observer observer) {
        this.homes = List.copyOf(homes);
        this.sql = sql;
        ExecutorService handlers = Executors.newFixedThreadPool(CONSUMERS + 1);
        parts.add(handlers::shutdownNow);
        Broker broker =
                parts.add(Broker.builder().executor(handlers).observer(observer).inMemory());
        events = broker.topicExchange("events", Follower.class);
        Queue<Follower> mail = broker.queue(
                "mail",
                Follower.class,
                queue -> queue.maxLength(LONGEST)
                        .retry(Backoff.exponential(Duration.ofMillis(50), Duration.ofMillis(500))
                                .attempts(ATTEMPTS))
                        .deadLetterTo("mail.dead"));
        Queue<Follower> dead = broker.queue("mail.dead", Follower.class);
        events.bind(mail, "follow.*");
        for (int i = 0; i < CONSUMERS; i++) {
            mail.consume(PREFETCH, this::deliver);
        }
        dead.consume(PREFETCH, letter -> settle(letter.body(), "undeliverable"));
        meters.publish(broker);
        timer = parts.add(Scheduler.start("outbox"));
    }

    /**
     * Somebody has a new follower.
     *
     * @param home which shard it comes from
     * @param row in the outbox
     * @param event its name
     * @param person who is followed
     */
    private record Follower(String home, long row, String event, long person) {

        /** This person's mailbox refuses everything. */
        boolean isPoison() {
            return Schema.refusesMail(person);
        }

        /** The first attempt fails. */
        boolean isUnlucky() {
            return row % 5 == 0;
        }
    }

    /** Begins to look into the outbox. */
    void start() {
        timer.schedule(Duration.ZERO, this::relay);
    }

    /** The mail system hangs from now on, or works again. */
    void hang(boolean value) {
        lock.lock();
        try {
            hanging = value;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void relay() {
        for (Replicas<DataSource> home : homes) {
            try {
                relay(home);
            } catch (SQLException | TenfoldException failure) {
                LOG.warn("the outbox of {} cannot be read now", home.name(), failure);
            }
        }
        timer.schedule(POLL, this::relay);
    }

    private void relay(Replicas<DataSource> home) throws SQLException {
        Set<Long> busy = underWay(home.name());
        List<Follower> waiting = home.<List<Follower>, SQLException>write(
                        deadline(),
                        database -> sql.query(
                                database,
                                List.of(),
                                "select id, event, person from outbox where id <> all(?) order by id limit " + BATCH,
                                row -> new Follower(home.name(), row.getLong(1), row.getString(2), row.getLong(3)),
                                new HashSet<>(busy)))
                .value();
        for (Follower follower : waiting) {
            busy.add(follower.row());
            events.publish("follow.created", follower).whenComplete((taken, refused) -> {
                if (refused != null) {
                    busy.remove(follower.row());
                }
            });
        }
    }

    private void deliver(Delivery<Follower> delivery) throws SQLException, InterruptedException {
        awaitMail();
        Follower follower = delivery.body();
        if (follower.isPoison() || (follower.isUnlucky() && delivery.attempt() == 1)) {
            throw new IllegalStateException("the mailbox of user " + follower.person() + " does not answer");
        }
        settle(follower, "notification");
    }

    private void awaitMail() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (hanging) {
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Says so and forgets the event in one transaction. */
    private void settle(Follower follower, String table) throws SQLException {
        for (Replicas<DataSource> home : homes) {
            if (home.name().equals(follower.home())) {
                home.<Integer, SQLException>write(
                        deadline(),
                        database -> sql.update(
                                database,
                                List.of(),
                                "with done as (delete from outbox where id = ?) insert into " + table
                                        + " (event, person) values (?, ?) on conflict do nothing",
                                follower.row(),
                                follower.event(),
                                follower.person()));
            }
        }
        underWay(follower.home()).remove(follower.row());
    }

    private Set<Long> underWay(String home) {
        return underWay.computeIfAbsent(home, unseen -> ConcurrentHashMap.newKeySet());
    }

    private static Deadline deadline() {
        return Deadline.after(PATIENCE, TimeSource.system());
    }

    @Override
    public void close() {
        hang(false);
        parts.close();
    }
}
