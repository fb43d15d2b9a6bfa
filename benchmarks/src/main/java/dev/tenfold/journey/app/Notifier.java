package dev.tenfold.journey.app;

import dev.tenfold.observe.Observer;
import dev.tenfold.queue.Broker;
import dev.tenfold.queue.Delivery;
import dev.tenfold.queue.Exchange;
import dev.tenfold.queue.Queue;
import dev.tenfold.retry.Backoff;
import dev.tenfold.time.Scheduler;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
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
    private static final int PREFETCH = 4;

    private final Parts parts = new Parts();
    private final Sql sql;
    private final DataSource database;
    private final Exchange<Follower> events;
    private final Scheduler timer;

    /** Rows of the outbox that the broker has now. */
    private final Set<Long> underWay = ConcurrentHashMap.newKeySet();

    Notifier(DataSource database, Sql sql, Meters meters, Observer observer) {
        this.database = database;
        this.sql = sql;
        ExecutorService handlers = Executors.newFixedThreadPool(CONSUMERS + 1);
        parts.add(handlers::shutdownNow);
        Broker broker =
                parts.add(Broker.builder().executor(handlers).observer(observer).inMemory());
        events = broker.topicExchange("events", Follower.class);
        Queue<Follower> mail = broker.queue(
                "mail",
                Follower.class,
                queue -> queue.maxLength(10_000)
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
     * @param row in the outbox
     * @param event its name
     * @param person who is followed
     */
    private record Follower(long row, String event, long person) {

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

    private void relay() {
        try {
            List<Follower> waiting = sql.query(
                    database,
                    List.of(),
                    "select id, event, person from outbox where id <> all(?) order by id limit " + BATCH,
                    row -> new Follower(row.getLong(1), row.getString(2), row.getLong(3)),
                    new HashSet<>(underWay));
            for (Follower follower : waiting) {
                underWay.add(follower.row());
                events.publish("follow.created", follower).whenComplete((taken, refused) -> {
                    if (refused != null) {
                        underWay.remove(follower.row());
                    }
                });
            }
        } catch (SQLException failure) {
            LOG.warn("the outbox cannot be read now", failure);
        }
        timer.schedule(POLL, this::relay);
    }

    private void deliver(Delivery<Follower> delivery) throws SQLException {
        Follower follower = delivery.body();
        if (follower.isPoison() || (follower.isUnlucky() && delivery.attempt() == 1)) {
            throw new IllegalStateException("the mailbox of user " + follower.person() + " does not answer");
        }
        settle(follower, "notification");
    }

    /** Says so and forgets the event in one transaction. */
    private void settle(Follower follower, String table) throws SQLException {
        sql.update(
                database,
                List.of(),
                "with done as (delete from outbox where id = ?) insert into " + table
                        + " (event, person) values (?, ?) on conflict do nothing",
                follower.row(),
                follower.event(),
                follower.person());
        underWay.remove(follower.row());
    }

    @Override
    public void close() {
        parts.close();
    }
}
