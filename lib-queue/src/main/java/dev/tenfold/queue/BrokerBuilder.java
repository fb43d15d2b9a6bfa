package dev.tenfold.queue;

import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.error.Validation;
import dev.tenfold.observe.Observer;
import dev.tenfold.time.Chance;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Configures a {@link Broker}. Not thread-safe; may be used for several brokers. */
public final class BrokerBuilder {

    private TimeSource time = TimeSource.system();
    private @Nullable Scheduler scheduler;
    private RandomGenerator random = Chance.perThread();
    private Observer observer = Observer.slf4j();
    private Executor executor = ForkJoinPool.commonPool();

    BrokerBuilder() {}

    /**
     * Sets the clock.
     *
     * @param time {@link TimeSource#system()} unless set; another one needs a {@link #scheduler} that follows it
     * @return this
     */
    public BrokerBuilder time(TimeSource time) {
        this.time = Objects.requireNonNull(time, "time");
        return this;
    }

    /**
     * Sets what wakes retries and ends waits.
     *
     * @param scheduler unless set, the timer that the JDK shares among all {@code CompletableFuture}s; what falls due runs
     *     on the {@link #executor}
     * @return this
     */
    public BrokerBuilder scheduler(Scheduler scheduler) {
        this.scheduler = Objects.requireNonNull(scheduler, "scheduler");
        return this;
    }

    /**
     * Sets what draws the jitter of retries.
     *
     * @param random {@link Chance#perThread()} unless set
     * @return this
     */
    public BrokerBuilder random(RandomGenerator random) {
        this.random = Objects.requireNonNull(random, "random");
        return this;
    }

    /**
     * Sets who is told of failures, dead letters and full queues.
     *
     * @param observer {@link Observer#slf4j()} unless set
     * @return this
     */
    public BrokerBuilder observer(Observer observer) {
        this.observer = Objects.requireNonNull(observer, "observer");
        return this;
    }

    /**
     * Sets where handlers run. The broker never closes it. An executor that runs tasks at once on the calling thread
     * works too and makes a test repeatable.
     *
     * @param executor {@link ForkJoinPool#commonPool()} unless set, which has few threads: give another one if handlers
     *     block, best one of virtual threads
     * @return this
     */
    public BrokerBuilder executor(Executor executor) {
        this.executor = Objects.requireNonNull(executor, "executor");
        return this;
    }

    /**
     * Makes a broker that lives in this process and is gone with it. Starts no thread.
     *
     * @return an empty broker
     * @throws InvalidConfigurationException if a clock was set without a scheduler
     */
    public Broker inMemory() {
        Validation check = Validation.of("broker");
        check.require(
                scheduler != null || time == TimeSource.system(),
                "scheduler",
                scheduler,
                "a value where time is set; call scheduler(...) with one that follows that clock");
        check.throwIfInvalid();
        Scheduler chosen = scheduler == null ? Scheduler.shared(executor) : scheduler;
        return new MemoryBroker(new Surroundings(time, chosen, random, observer.guarded(), executor));
    }
}
