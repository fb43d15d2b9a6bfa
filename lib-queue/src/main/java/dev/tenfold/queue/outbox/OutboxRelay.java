package dev.tenfold.queue.outbox;

import dev.tenfold.coordination.Lease;
import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.error.Validation;
import dev.tenfold.observe.Event;
import dev.tenfold.observe.Measured;
import dev.tenfold.observe.Measurement;
import dev.tenfold.observe.Observer;
import dev.tenfold.queue.Exchange;
import dev.tenfold.retry.Backoff;
import dev.tenfold.time.Chance;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import java.lang.System.Logger.Level;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Publishes what an {@link Outbox} holds, and deletes it when the exchange has confirmed it.
 *
 * <p><b>Nothing that was not committed.</b> Before it publishes what it has read, it commits a change of its own, so that what
 * is published has reached the replicas that the commits of its data source wait for, and no failover drops it.
 *
 * <p><b>At least once.</b> A message whose confirm was lost, or whose deletion did not commit, is published again. Each
 * carries the random id (RFC 9562, version 4) that it was recorded with, so a queue declared with {@code deduplicate} takes it
 * once, and those of another database's outbox too.
 * What leads to no queue counts as published, unless {@link Builder#mandatory} says otherwise.
 *
 * <p><b>In order per key.</b> The next message of a key is published when the one before is confirmed; where one is refused,
 * its key waits until it is tried again, while others go on. One that is refused for good is parked, see {@link
 * Builder#retry}. Of several processes with the same {@link Builder#lease}, one relays
 * and the others stand by.
 *
 * <p>Thread-safe. A round occupies one thread of the executor, and nothing between rounds.
 */
public final class OutboxRelay implements Measured, AutoCloseable {

    /** How a refused message is tried again unless changed: 20 times, after 1 s doubling up to 5 min, about an hour. */
    public static final Backoff DEFAULT_RETRY =
            Backoff.exponential(Duration.ofSeconds(1), Duration.ofMinutes(5)).attempts(20);

    private final Builder<?> given;
    private final Observer observer;
    private final RelayRound<?> round;
    private final AtomicLong published = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong parked = new AtomicLong();
    private final AtomicLong failures = new AtomicLong();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition idle = lock.newCondition();

    // Guarded by the lock

    private boolean closed;
    private boolean running;

    /** Whether somebody asked for another round during this one. */
    private boolean again;

    private Scheduler.@Nullable Task next;

    /** Only the running round uses it. */
    private Lease.@Nullable Grant grant;

    private <E> OutboxRelay(Builder<E> given) {
        this.given = given;
        this.observer = given.observer.guarded();
        this.round = new RelayRound<>(given, given.random);
    }

    /**
     * Begins to configure a relay.
     *
     * @param <E> the kind of message
     * @param outbox what to relay
     * @param dataSource of the database where its table is
     * @param exchange where to publish
     * @return a builder with every default set
     */
    public static <E> Builder<E> of(Outbox<E> outbox, DataSource dataSource, Exchange<E> exchange) {
        return new Builder<>(outbox, dataSource, exchange);
    }

    /** Looks into the table now instead of at the next poll; for right after a commit. Does not wait. */
    public void wake() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            if (running) {
                again = true;
                return;
            }
            running = true;
            if (next != null) {
                next.cancel();
                next = null;
            }
        } finally {
            lock.unlock();
        }
        begin();
    }

    private void begin() {
        try {
            given.executor.execute(this::run);
        } catch (RejectedExecutionException refusal) {
            failed("the executor refuses to run it", refusal);
            rest(false);
        }
    }

    private void run() {
        boolean more = false;
        try {
            more = holdsLease() && relay();
        } catch (SQLException | RuntimeException failure) {
            failures.incrementAndGet();
            failed("the next round tries again", failure);
        } finally {
            rest(more);
        }
    }

    private boolean holdsLease() {
        Lease lease = given.lease;
        if (lease == null) {
            return true;
        }
        Lease.Grant held = grant;
        if (held != null && held.isHeld() && held.renew()) {
            return true;
        }
        Optional<Lease.Grant> taken = lease.tryAcquire(given.holder, given.leaseDuration);
        grant = taken.orElse(null);
        return taken.isPresent();
    }

    /** Returns whether there may be more. */
    private boolean relay() throws SQLException {
        Lease.Grant held = grant;
        RelayRound.Outcome outcome = round.run(() -> !isClosed() && (held == null || held.isHeld()));
        published.addAndGet(outcome.published());
        refused.addAndGet(outcome.refused() + outcome.parked().size());
        parked.addAndGet(outcome.parked().size());
        if (outcome.refused() > 0) {
            failed(outcome.refused() + " messages were not taken and wait", outcome.why());
        }
        for (String each : outcome.parked()) {
            tell("outbox.parked", "given up, and parked: " + each, Map.of());
        }
        return outcome.isFull();
    }

    private boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    private void rest(boolean more) {
        boolean atOnce;
        lock.lock();
        try {
            atOnce = (more || again) && !closed;
            again = false;
            running = atOnce;
            if (!running) {
                idle.signalAll();
            }
        } finally {
            lock.unlock();
        }
        if (atOnce) {
            begin();
        } else {
            plan();
        }
    }

    private void plan() {
        Scheduler.Task planned;
        try {
            planned = given.scheduler().schedule(given.poll, this::wake);
        } catch (RejectedExecutionException refusal) {
            failed("it stops, because the scheduler is closed", refusal);
            return;
        }
        Scheduler.Task obsolete = planned;
        lock.lock();
        try {
            if (!closed && !running) {
                obsolete = next;
                next = planned;
            }
        } finally {
            lock.unlock();
        }
        if (obsolete != null) {
            obsolete.cancel();
        }
    }

    private void failed(String what, @Nullable Throwable cause) {
        tell(
                "outbox.failed",
                "relaying failed, " + what + ": " + cause,
                cause == null ? Map.of() : Map.of("cause", cause));
    }

    private void tell(String kind, String message, Map<String, Object> details) {
        observer.on(
                new Event(given.time.now(), "outbox/" + given.outbox.table(), kind, Level.WARNING, message, details));
    }

    /**
     * Ends relaying: begins no further message, waits for the confirms of those that were published, and gives the lease
     * back. What is not deleted then is relayed by the next. Closing again does nothing.
     */
    @Override
    public void close() {
        Scheduler.Task planned;
        lock.lock();
        try {
            closed = true;
            planned = next;
            next = null;
            while (running) {
                idle.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
        if (planned != null) {
            planned.cancel();
        }
        Lease.Grant held = grant;
        if (held != null) {
            held.close();
        }
    }

    @Override
    public List<Measurement> measurements() {
        Map<String, String> tags = Map.of("outbox", given.outbox.table());
        return List.of(
                Measurement.counter("tenfold.outbox.published", "Messages relayed", tags, published::get),
                Measurement.counter("tenfold.outbox.refused", "Messages an exchange refused", tags, refused::get),
                Measurement.counter("tenfold.outbox.parked", "Messages given up", tags, parked::get),
                Measurement.counter("tenfold.outbox.failures", "Rounds that failed", tags, failures::get));
    }

    /**
     * Configures a relay. Not thread-safe.
     *
     * @param <E> the kind of message
     */
    public static final class Builder<E> {

        private final Outbox<E> outbox;
        private final DataSource dataSource;
        private final Exchange<E> exchange;
        private @Nullable Lease lease;
        private String holder = "relay";
        private Duration leaseDuration = Duration.ofSeconds(30);
        private Duration poll = Duration.ofMillis(200);
        private Duration confirmTimeout = Duration.ofSeconds(30);
        private int batch = 500;
        private Backoff retry = DEFAULT_RETRY;
        private boolean mandatory;
        private TimeSource time = TimeSource.system();
        private RandomGenerator random = Chance.perThread();
        private @Nullable Scheduler scheduler;
        private Executor executor = ForkJoinPool.commonPool();
        private Observer observer = Observer.slf4j();

        private Builder(Outbox<E> outbox, DataSource dataSource, Exchange<E> exchange) {
            this.outbox = Objects.requireNonNull(outbox, "outbox");
            this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
            this.exchange = Objects.requireNonNull(exchange, "exchange");
        }

        /**
         * Lets one of several processes relay. Without it this process relays, whatever others do.
         *
         * @param shared the lease that all of them try to take
         * @param name of this process, for people
         * @param duration how long after a process died another one takes over; above zero, 30 seconds is usual
         * @return this
         */
        public Builder<E> lease(Lease shared, String name, Duration duration) {
            this.lease = Objects.requireNonNull(shared, "lease");
            this.holder = Objects.requireNonNull(name, "name");
            this.leaseDuration = Objects.requireNonNull(duration, "duration");
            return this;
        }

        /**
         * Sets how often to look into the table while it is empty.
         *
         * @param interval above zero; 200 ms unless set
         * @return this
         */
        public Builder<E> poll(Duration interval) {
            this.poll = Objects.requireNonNull(interval, "interval");
            return this;
        }

        /**
         * Limits how many messages a round holds in memory.
         *
         * @param size 1 to 10,000; 500 unless set
         * @return this
         */
        public Builder<E> batch(int size) {
            this.batch = size;
            return this;
        }

        /**
         * Limits how long a round waits for confirms. What is not confirmed by then is published again.
         *
         * @param timeout above zero; 30 seconds unless set
         * @return this
         */
        public Builder<E> confirmTimeout(Duration timeout) {
            this.confirmTimeout = Objects.requireNonNull(timeout, "timeout");
            return this;
        }

        /**
         * Decides when a message that the exchange refused is tried again, and how often it is tried before it is parked, see
         * {@link Outbox#parked}. Those of its key wait meanwhile. An exchange that cannot be reached, or is closed, has
         * refused nothing, and does not count.
         *
         * @param backoff {@link #DEFAULT_RETRY} unless set
         * @return this
         */
        public Builder<E> retry(Backoff backoff) {
            this.retry = Objects.requireNonNull(backoff, "backoff");
            return this;
        }

        /**
         * Takes a message that leads to no queue as refused, instead of as published.
         *
         * @return this
         */
        public Builder<E> mandatory() {
            this.mandatory = true;
            return this;
        }

        /**
         * Sets the clock that dates events and attempts.
         *
         * @param source {@link TimeSource#system()} unless set
         * @return this
         */
        public Builder<E> time(TimeSource source) {
            this.time = Objects.requireNonNull(source, "source");
            return this;
        }

        /**
         * Sets what times the polls.
         *
         * @param timer unless set, the timer that the JDK shares among all {@code CompletableFuture}s
         * @return this
         */
        public Builder<E> scheduler(Scheduler timer) {
            this.scheduler = Objects.requireNonNull(timer, "timer");
            return this;
        }

        /**
         * Sets where rounds run, which block for the database.
         *
         * @param threads {@link ForkJoinPool#commonPool()} unless set; better one of virtual threads
         * @return this
         */
        public Builder<E> executor(Executor threads) {
            this.executor = Objects.requireNonNull(threads, "threads");
            return this;
        }

        /**
         * Sets who is told of failures.
         *
         * @param told {@link Observer#slf4j()} unless set
         * @return this
         */
        public Builder<E> observer(Observer told) {
            this.observer = Objects.requireNonNull(told, "told");
            return this;
        }

        /**
         * Sets what draws the jitter of {@link #retry}.
         *
         * @param source thread-safe; {@link Chance#perThread()} unless set
         * @return this
         */
        public Builder<E> random(RandomGenerator source) {
            this.random = Objects.requireNonNull(source, "source");
            return this;
        }

        Outbox<E> outbox() {
            return outbox;
        }

        DataSource dataSource() {
            return dataSource;
        }

        Exchange<E> exchange() {
            return exchange;
        }

        int batch() {
            return batch;
        }

        Backoff retry() {
            return retry;
        }

        boolean isMandatory() {
            return mandatory;
        }

        Duration confirmTimeout() {
            return confirmTimeout;
        }

        TimeSource time() {
            return time;
        }

        private Scheduler scheduler() {
            return scheduler == null ? Scheduler.shared(executor) : scheduler;
        }

        /**
         * Starts relaying.
         *
         * @return the running relay
         * @throws InvalidConfigurationException if an option is out of range
         */
        public OutboxRelay start() {
            Validation check = Validation.of("outbox relay of " + outbox.table());
            check.positive("poll", poll);
            check.positive("confirmTimeout", confirmTimeout);
            check.positive("leaseDuration", leaseDuration);
            check.require(batch >= 1 && batch <= 10_000, "batch", batch, "1 to 10,000");
            check.throwIfInvalid();
            OutboxRelay relay = new OutboxRelay(copy());
            relay.wake();
            return relay;
        }

        private Builder<E> copy() {
            Builder<E> copy = new Builder<>(outbox, dataSource, exchange);
            copy.lease = lease;
            copy.holder = holder;
            copy.leaseDuration = leaseDuration;
            copy.poll = poll;
            copy.confirmTimeout = confirmTimeout;
            copy.batch = batch;
            copy.retry = retry;
            copy.mandatory = mandatory;
            copy.time = time;
            copy.random = random;
            copy.scheduler = scheduler;
            copy.executor = executor;
            copy.observer = observer;
            return copy;
        }
    }
}
