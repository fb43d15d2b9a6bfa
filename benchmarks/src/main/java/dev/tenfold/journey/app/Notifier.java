package dev.tenfold.journey.app;

import dev.tenfold.Codec;
import dev.tenfold.Replicas;
import dev.tenfold.Tenfold;
import dev.tenfold.queue.Broker;
import dev.tenfold.queue.Delivery;
import dev.tenfold.queue.Exchange;
import dev.tenfold.queue.Queue;
import dev.tenfold.queue.outbox.Outbox;
import dev.tenfold.queue.outbox.OutboxRelay;
import dev.tenfold.retry.Backoff;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.TimeSource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;

/**
 * Tells people about their followers: outbox, relay, exchange, queue, consumer. The queue is on disk, so that what it has taken
 * survives this process; what it refuses stays in the outbox. Somebody may be told twice, which the table of notifications
 * does not show.
 *
 * <p>Its consumer is unreliable on purpose: every fifth event fails at first, and some people's mailboxes refuse everything.
 */
final class Notifier implements AutoCloseable {

    /** What each database keeps of the follows that are to be announced. */
    static final Outbox<String> OUTBOX = Outbox.of("outbox", Codec.utf8());

    /** Where they are announced. */
    static final String CREATED = "follow.created";

    private static final Duration POLL = Duration.ofMillis(100);
    private static final int ATTEMPTS = 3;
    private static final int CONSUMERS = 2;
    private static final int PREFETCH = 2;

    /** So short that it can be seen to be full; what it refuses waits in the outbox. */
    private static final int LONGEST = 6;

    /** A queue that is full is no reason to give a message up. */
    private static final Backoff UNTIL_THERE_IS_ROOM =
            Backoff.fixed(Duration.ofMillis(100)).attempts(1_000_000);

    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final Sql sql;
    private final Replicas<DataSource> home;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    /** Guarded by the lock. */
    private boolean hanging;

    /**
     * Adds all it needs to an application, and begins to relay the outboxes.
     *
     * @param folder where the queue is kept
     */
    Notifier(Tenfold application, Homes homes, Sql sql, Path folder) {
        this.sql = sql;
        this.home = homes.only();
        ExecutorService threads = Executors.newCachedThreadPool();
        application.add("threads", threads, String::valueOf, (pool, left) -> pool.shutdownNow());
        Broker broker = application.add(
                "broker",
                Broker.builder()
                        .executor(threads)
                        .observer(application.observer())
                        .durable(folder),
                Broker::describe,
                (running, left) -> running.close(PATIENCE));
        Exchange<String> events = broker.topicExchange("events", String.class);
        Queue<String> mail = broker.queue(
                "mail",
                String.class,
                queue -> queue.maxLength(LONGEST)
                        .retry(Backoff.exponential(Duration.ofMillis(50), Duration.ofMillis(500))
                                .attempts(ATTEMPTS))
                        .deadLetterTo("mail.dead"));
        Queue<String> dead = broker.queue("mail.dead", String.class);
        events.bind(mail, "follow.*");
        for (int i = 0; i < CONSUMERS; i++) {
            mail.consume(PREFETCH, this::deliver);
        }
        dead.consume(PREFETCH, letter -> settle(letter.body(), "undeliverable"));
        for (Replicas<DataSource> shard : homes.byShard().values()) {
            application.add(
                    "relay of " + shard.name(),
                    OutboxRelay.of(OUTBOX, homes.primary(shard), events)
                            .poll(POLL)
                            .retry(UNTIL_THERE_IS_ROOM)
                            .executor(threads)
                            .observer(application.observer())
                            .start());
        }
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

    private void deliver(Delivery<String> delivery) throws Exception {
        awaitMail();
        Following following = Following.of(delivery.body());
        boolean unlucky = (following.follower() + following.followee()) % 5 == 0;
        if (Schema.refusesMail(following.followee()) || (unlucky && delivery.attempt() == 1)) {
            throw new IllegalStateException("the mailbox of user " + following.followee() + " does not answer");
        }
        settle(delivery.body(), "notification");
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

    private void settle(String event, String table) throws Exception {
        home.<Integer, Exception>write(
                Deadline.after(PATIENCE, TimeSource.system()),
                database -> sql.update(
                        database,
                        List.of(),
                        "insert into " + table + " (event, person) values (?, ?) on conflict do nothing",
                        event,
                        Following.of(event).followee()));
    }

    /** The mail works again, so that nothing waits for it. */
    @Override
    public void close() {
        hang(false);
    }
}
