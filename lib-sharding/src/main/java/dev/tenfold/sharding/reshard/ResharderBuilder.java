package dev.tenfold.sharding.reshard;

import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.error.Validation;
import dev.tenfold.observe.Observer;
import dev.tenfold.retry.Backoff;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.time.Chance;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Puts a {@link Resharder} together. Not thread-safe. */
public final class ResharderBuilder {

    /** How long a slot may refuse writes unless changed. */
    public static final Duration DEFAULT_MAX_FENCE = Duration.ofSeconds(2);

    /** How long a fence waits for writers that passed, and makes new ones wait, at a time, unless changed. */
    public static final Duration DEFAULT_LOCK_WAIT = Duration.ofMillis(200);

    /** How many slots are fenced together unless changed. */
    public static final int DEFAULT_BATCH = 16;

    final VersionedRegister<ShardMap> register;

    @Nullable
    Function<? super String, ? extends ShardStore> stores;

    Duration maxFence = DEFAULT_MAX_FENCE;
    Duration lockWait = DEFAULT_LOCK_WAIT;
    Backoff fencing =
            Backoff.exponential(Duration.ofMillis(50), Duration.ofSeconds(1)).attempts(10);
    int batch = DEFAULT_BATCH;
    Observer observer = Observer.slf4j();
    TimeSource time = TimeSource.system();

    @Nullable
    Scheduler scheduler;

    RandomGenerator random = Chance.perThread();
    Consumer<? super String> step = name -> {};

    ResharderBuilder(VersionedRegister<ShardMap> register) {
        this.register = register;
    }

    /**
     * Sets how to reach shards.
     *
     * @param stores returns the store of the shard with a name
     * @return this
     */
    public ResharderBuilder stores(Function<? super String, ? extends ShardStore> stores) {
        this.stores = stores;
        return this;
    }

    /**
     * Sets how long slots may refuse writes while they are copied. A move that takes longer is undone.
     *
     * @param maxFence above zero; default 2 s
     * @return this
     */
    public ResharderBuilder maxFence(Duration maxFence) {
        this.maxFence = maxFence;
        return this;
    }

    /**
     * Sets how a fence is tried.
     *
     * @param lockWait how long one attempt waits for writers that passed the guard, which is how long new writers wait behind
     *     it; default 200 ms
     * @param attempts how often, and how long writers are left alone between; default 10 attempts, 50 ms to 1 s apart
     * @return this
     */
    public ResharderBuilder fencing(Duration lockWait, Backoff attempts) {
        this.lockWait = lockWait;
        this.fencing = attempts;
        return this;
    }

    /**
     * Sets how many slots are fenced, copied and switched together. Each batch reads all keys of a table once.
     *
     * @param slots from 1; default {@value #DEFAULT_BATCH}
     * @return this
     */
    public ResharderBuilder batch(int slots) {
        this.batch = slots;
        return this;
    }

    /**
     * Sets who is told of moves.
     *
     * @param observer default {@link Observer#slf4j()}
     * @return this
     */
    public ResharderBuilder observer(Observer observer) {
        this.observer = observer;
        return this;
    }

    /**
     * Sets time and its scheduler.
     *
     * @param time default {@link TimeSource#system()}
     * @param scheduler ends the pauses between attempts to fence; required
     * @return this
     */
    public ResharderBuilder time(TimeSource time, Scheduler scheduler) {
        this.time = time;
        this.scheduler = scheduler;
        return this;
    }

    /**
     * Sets what draws the jitter of pauses.
     *
     * @param random default {@link Chance#perThread()}
     * @return this
     */
    public ResharderBuilder random(RandomGenerator random) {
        this.random = random;
        return this;
    }

    /** Is told each step before it is taken, so that a test can crash there. */
    ResharderBuilder beforeStep(Consumer<? super String> listener) {
        this.step = listener;
        return this;
    }

    /**
     * Builds the resharder. Nothing is opened.
     *
     * @return a resharder
     * @throws dev.tenfold.error.InvalidConfigurationException with every problem
     */
    public Resharder build() {
        Validation check = Validation.of("resharder");
        check.present("stores", stores, "call stores(...)");
        check.present("scheduler", scheduler, "call time(...)");
        check.positive("maxFence", maxFence);
        check.positive("lockWait", lockWait);
        check.atLeast("batch", batch, 1);
        check.throwIfInvalid();
        return new Resharder(this, Objects.requireNonNull(stores), Objects.requireNonNull(scheduler));
    }
}
