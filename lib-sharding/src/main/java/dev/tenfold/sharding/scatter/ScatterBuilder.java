package dev.tenfold.sharding.scatter;

import dev.tenfold.error.Validation;
import dev.tenfold.retry.Backoff;
import dev.tenfold.sharding.Sharder;
import dev.tenfold.time.Chance;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Puts a {@link Scatter} together. Not thread-safe.
 *
 * @param <K> the kind of key
 * @param <S> the kind of shard
 */
public final class ScatterBuilder<K, S> {

    /** How many shards one scatter asks at a time, unless changed. */
    public static final int DEFAULT_PARALLELISM = 16;

    /** How long a scatter may take, unless changed. */
    public static final Duration DEFAULT_BUDGET = Duration.ofSeconds(5);

    final Sharder<K, S> sharder;

    @Nullable
    Executor executor;

    int parallelism = DEFAULT_PARALLELISM;
    Duration budget = DEFAULT_BUDGET;
    Backoff backoff =
            Backoff.exponential(Duration.ofMillis(2), Duration.ofMillis(50)).attempts(Integer.MAX_VALUE);
    TimeSource time = TimeSource.system();
    Scheduler scheduler = Scheduler.shared(ForkJoinPool.commonPool());
    RandomGenerator random = Chance.perThread();

    ScatterBuilder(Sharder<K, S> sharder) {
        this.sharder = sharder;
    }

    private ScatterBuilder(ScatterBuilder<K, S> other) {
        this.sharder = other.sharder;
        this.executor = other.executor;
        this.parallelism = other.parallelism;
        this.budget = other.budget;
        this.backoff = other.backoff;
        this.time = other.time;
        this.scheduler = other.scheduler;
        this.random = other.random;
    }

    /**
     * Sets where shards are asked: a pool, or a thread for each task, virtual ones among them. The scatter does not close it.
     *
     * @param executor runs the queries; default none: the blocking form asks one shard after the other on the caller's own
     *     thread
     * @return this
     */
    public ScatterBuilder<K, S> executor(Executor executor) {
        this.executor = executor;
        return this;
    }

    /**
     * Sets how many shards one scatter asks at a time.
     *
     * @param parallelism >= 1; default {@value #DEFAULT_PARALLELISM}
     * @return this
     */
    public ScatterBuilder<K, S> parallelism(int parallelism) {
        this.parallelism = parallelism;
        return this;
    }

    /**
     * Sets how long a scatter may take that says nothing else.
     *
     * @param budget above zero; default 5 s
     * @return this
     */
    public ScatterBuilder<K, S> budget(Duration budget) {
        this.budget = budget;
        return this;
    }

    /**
     * Sets how long to wait before slots that were refused are sought again; how often is up to the deadline.
     *
     * @param backoff default 2 ms doubling to 50 ms, with full jitter; its attempts are not counted
     * @return this
     */
    public ScatterBuilder<K, S> backoff(Backoff backoff) {
        this.backoff = backoff;
        return this;
    }

    /**
     * Sets time and its scheduler, which ends scatters at their deadline.
     *
     * @param time default {@link TimeSource#system()}
     * @param scheduler default the JDK's shared timer, handing over to the common pool; where a deadline passes, results are
     *     merged and queries stopped on its threads
     * @return this
     */
    public ScatterBuilder<K, S> time(TimeSource time, Scheduler scheduler) {
        this.time = time;
        this.scheduler = scheduler;
        return this;
    }

    /**
     * Sets what draws the jitter of waits.
     *
     * @param random default {@link Chance#perThread()}
     * @return this
     */
    public ScatterBuilder<K, S> random(RandomGenerator random) {
        this.random = random;
        return this;
    }

    /**
     * Builds it.
     *
     * @return a scatter
     * @throws dev.tenfold.error.InvalidConfigurationException with every problem
     */
    public Scatter<K, S> build() {
        Validation check = Validation.of("scatter");
        check.atLeast("parallelism", parallelism, 1);
        check.positive("budget", budget);
        check.throwIfInvalid();
        return new Scatter<>(new ScatterBuilder<>(this));
    }
}
