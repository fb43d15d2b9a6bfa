package dev.tenfold.cache.write;

import dev.tenfold.error.Validation;
import dev.tenfold.observe.Observer;
import dev.tenfold.retry.Backoff;
import dev.tenfold.time.Chance;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.random.RandomGenerator;

/**
 * Configures a {@link WriteBehind}. Every option has a default; what does not fit is reported by {@link #build}, all at
 * once. Not thread-safe.
 *
 * @param <K> the kind of key
 * @param <V> the kind of value
 */
public final class WriteBehindBuilder<K, V> {

    final String name;
    final StoreWriter<K, V> store;
    int maximumPending = 10_000;
    Duration fullTimeout = Duration.ofSeconds(5);
    int maximumBatch = 100;
    Duration delay = Duration.ofMillis(100);
    Backoff backoff = Backoff.exponential(Duration.ofMillis(100), Duration.ofSeconds(30))
            .attempts(Integer.MAX_VALUE)
            .jitter(0.5);
    Duration closeTimeout = Duration.ofSeconds(30);
    Executor executor = ForkJoinPool.commonPool();
    Scheduler scheduler = Scheduler.shared(Runnable::run);
    TimeSource time = TimeSource.system();
    RandomGenerator random = Chance.perThread();
    Observer observer = Observer.slf4j();

    WriteBehindBuilder(String name, StoreWriter<K, V> store) {
        this.name = name;
        this.store = Objects.requireNonNull(store, "store");
    }

    /**
     * Bounds the changes that wait. Several of one key count once.
     *
     * @param keys how many, 1 or more; default 10,000
     * @return this builder
     */
    public WriteBehindBuilder<K, V> maximumPending(int keys) {
        maximumPending = keys;
        return this;
    }

    /**
     * Sets how long a caller waits for room when the queue is full, before it is refused.
     *
     * @param timeout 0 or more; 0 refuses at once. Default 5 seconds
     * @return this builder
     */
    public WriteBehindBuilder<K, V> fullTimeout(Duration timeout) {
        fullTimeout = timeout;
        return this;
    }

    /**
     * Bounds a batch.
     *
     * @param keys how many, 1 or more; default 100
     * @return this builder
     */
    public WriteBehindBuilder<K, V> maximumBatch(int keys) {
        maximumBatch = keys;
        return this;
    }

    /**
     * Sets how long the first change of a batch waits for others.
     *
     * @param delay 0 or more; default 100 ms
     * @return this builder
     */
    public WriteBehindBuilder<K, V> delay(Duration delay) {
        this.delay = delay;
        return this;
    }

    /**
     * Sets how long to wait after each failure in a row, and how often a change is tried alone before it is given up.
     * Default 50 ms to 30 s, never given up.
     *
     * @param backoff the delays and attempts
     * @return this builder
     */
    public WriteBehindBuilder<K, V> retry(Backoff backoff) {
        this.backoff = backoff;
        return this;
    }

    /**
     * Limits how long closing may take to write what waits.
     *
     * @param timeout 0 or more; default 30 seconds
     * @return this builder
     */
    public WriteBehindBuilder<K, V> closeTimeout(Duration timeout) {
        closeTimeout = timeout;
        return this;
    }

    /**
     * Runs the batches. Default {@link ForkJoinPool#commonPool()}.
     *
     * @param executor the caller's
     * @return this builder
     */
    public WriteBehindBuilder<K, V> executor(Executor executor) {
        this.executor = executor;
        return this;
    }

    /**
     * Times the batches. Default the timer that the JDK shares among all {@code CompletableFuture}s.
     *
     * @param scheduler the caller's
     * @return this builder
     */
    public WriteBehindBuilder<K, V> scheduler(Scheduler scheduler) {
        this.scheduler = scheduler;
        return this;
    }

    /**
     * Sets the clock that timeouts go by. Default {@link TimeSource#system()}.
     *
     * @param time the clock
     * @return this builder
     */
    public WriteBehindBuilder<K, V> time(TimeSource time) {
        this.time = time;
        return this;
    }

    /**
     * Sets where the jitter of retries comes from. Default {@link Chance#perThread()}.
     *
     * @param random a thread-safe generator
     * @return this builder
     */
    public WriteBehindBuilder<K, V> random(RandomGenerator random) {
        this.random = random;
        return this;
    }

    /**
     * Sets who is told of {@code write.given.up} and {@code writes.left}. Default {@link Observer#slf4j()}.
     *
     * @param observer whom to tell
     * @return this builder
     */
    public WriteBehindBuilder<K, V> observer(Observer observer) {
        this.observer = observer.guarded();
        return this;
    }

    /**
     * Builds the writer. Starts nothing.
     *
     * @return the writer
     * @throws dev.tenfold.error.InvalidConfigurationException if any option does not fit
     */
    public WriteBehind<K, V> build() {
        Validation check = Validation.of("write-behind '" + name + "'");
        check.require(!name.isBlank(), "name", "'" + name + "'", "not blank");
        check.atLeast("maximumPending", maximumPending, 1);
        check.notNegative("fullTimeout", fullTimeout);
        check.atLeast("maximumBatch", maximumBatch, 1);
        check.notNegative("delay", delay);
        check.notNegative("closeTimeout", closeTimeout);
        check.throwIfInvalid();
        return new WriteBehind<>(this);
    }
}
