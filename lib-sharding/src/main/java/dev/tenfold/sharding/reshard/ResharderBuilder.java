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
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Puts a {@link Resharder} together. Not thread-safe. */
public final class ResharderBuilder {

    /** How long slots may refuse writes unless changed. */
    public static final Duration DEFAULT_MAX_FENCE = Duration.ofSeconds(2);

    /** How long a fence waits for writers that passed, and makes new ones wait, at a time, unless changed. */
    public static final Duration DEFAULT_LOCK_WAIT = Duration.ofMillis(200);

    /** How many slots move and switch together unless changed. */
    public static final int DEFAULT_SLOTS_TOGETHER = 1_024;

    /** How many rows a chunk has at most unless changed. */
    public static final int DEFAULT_MAX_CHUNK = 5_000;

    final VersionedRegister<ShardMap> register;

    @Nullable
    Function<? super String, ? extends ShardStore> stores;

    @Nullable
    VersionedRegister<ReshardJournal> journal;

    String name = "resharder";
    Duration maxFence = DEFAULT_MAX_FENCE;
    Duration lockWait = DEFAULT_LOCK_WAIT;
    Backoff fencing =
            Backoff.exponential(Duration.ofMillis(50), Duration.ofSeconds(5)).attempts(20);
    Backoff retries =
            Backoff.exponential(Duration.ofMillis(100), Duration.ofSeconds(10)).attempts(50);
    int slotsTogether = DEFAULT_SLOTS_TOGETHER;
    int maxChunk = DEFAULT_MAX_CHUNK;
    Duration chunkTime = Duration.ofMillis(200);
    double rowsPerSecond = Double.POSITIVE_INFINITY;
    double bytesPerSecond = Double.POSITIVE_INFINITY;
    Resharder.Brake brake = () -> Duration.ZERO;
    Duration soak = Duration.ZERO;
    boolean waitForCutOver;
    Duration poll = Duration.ofSeconds(1);
    Observer observer = Observer.slf4j();
    TimeSource time = TimeSource.system();

    @Nullable
    Scheduler scheduler;

    RandomGenerator random = Chance.perThread();

    ResharderBuilder(VersionedRegister<ShardMap> register) {
        this.register = register;
    }

    /**
     * Sets how to reach shards.
     *
     * @param stores returns the store of the shard with a name; asked again whenever it is needed
     * @return this
     */
    public ResharderBuilder stores(Function<? super String, ? extends ShardStore> stores) {
        this.stores = stores;
        return this;
    }

    /**
     * Sets where the plan under way is written down. Every process that may begin, take over or watch a plan shares it, and
     * it lives as long as the map: a second one for the same shards would let two plans collide.
     *
     * @param journal such as {@code Registers.jdbc(db, "tenfold_register", "users.reshard", ReshardJournal.codec())};
     *     required
     * @return this
     */
    public ResharderBuilder journal(VersionedRegister<ReshardJournal> journal) {
        this.journal = journal;
        return this;
    }

    /**
     * Sets the name of this process, which stands in the journal for people while it works on a plan.
     *
     * @param name not empty; default {@code "resharder"}
     * @return this
     */
    public ResharderBuilder name(String name) {
        this.name = name;
        return this;
    }

    /**
     * Sets how long slots may refuse writes while they switch. A fence that lasts longer is taken down again, and tried again
     * later. It cannot be kept when the coordinator dies behind its fence: then the fence lasts until another takes over.
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
     * @param attempts how often a flow is fenced before the plan is given up, counting fences that were not had and fences
     *     that lasted too long, and how long writers are left alone between; default 20 attempts, 50 ms to 5 s apart
     * @return this
     */
    public ResharderBuilder fencing(Duration lockWait, Backoff attempts) {
        this.lockWait = lockWait;
        this.fencing = attempts;
        return this;
    }

    /**
     * Sets what happens when a store or register fails: the coordinator claims the slots anew and goes on where it was.
     *
     * @param retries failures in a row, and how long to wait after each; default 50, 100 ms to 10 s apart. When they are used
     *     up the coordinator stops and leaves the plan to be taken over
     * @return this
     */
    public ResharderBuilder retries(Backoff retries) {
        this.retries = retries;
        return this;
    }

    /**
     * Sets how many slots of one shard move to another together. Each such flow reads the source's rows once, and is fenced as
     * a whole.
     *
     * @param slots from 1; default {@value #DEFAULT_SLOTS_TOGETHER}
     * @return this
     */
    public ResharderBuilder slotsTogether(int slots) {
        this.slotsTogether = slots;
        return this;
    }

    /**
     * Sets how large the chunks are in which rows are read, copied, compared and deleted.
     *
     * @param maxRows the most rows in one, 1 to 1,000,000; default {@value #DEFAULT_MAX_CHUNK}
     * @param time how long copying one is to take; chunks grow and shrink to fit; above zero, default 200 ms
     * @return this
     */
    public ResharderBuilder chunks(int maxRows, Duration time) {
        this.maxChunk = maxRows;
        this.chunkTime = time;
        return this;
    }

    /**
     * Limits copying and clearing to a rate. What writers write meanwhile is sent on without limit, or it would never be
     * caught up with.
     *
     * @param rowsPerSecond above zero; default infinite
     * @return this
     */
    public ResharderBuilder rowsPerSecond(double rowsPerSecond) {
        this.rowsPerSecond = rowsPerSecond;
        return this;
    }

    /**
     * Limits copying to a rate, by the size of the rows' content in the store's form.
     *
     * @param bytesPerSecond above zero; default infinite
     * @return this
     */
    public ResharderBuilder bytesPerSecond(double bytesPerSecond) {
        this.bytesPerSecond = bytesPerSecond;
        return this;
    }

    /**
     * Sets what holds copying and clearing up, such as replicas that lag behind.
     *
     * @param brake asked before each chunk; default never
     * @return this
     */
    public ResharderBuilder brake(Resharder.Brake brake) {
        this.brake = brake;
        return this;
    }

    /**
     * Sets how long the old owners follow the new ones once all have switched. Until then the plan can be {@linkplain
     * Reshard#rollback rolled back}; then the old rows are deleted.
     *
     * @param soak default zero: rows are deleted at once, flow by flow, and nothing can be rolled back
     * @return this
     */
    public ResharderBuilder soak(Duration soak) {
        this.soak = soak;
        return this;
    }

    /**
     * Keeps flows from switching before somebody says so by {@link Reshard#cutOver}.
     *
     * @param wait whether to wait; default false
     * @return this
     */
    public ResharderBuilder waitForCutOver(boolean wait) {
        this.waitForCutOver = wait;
        return this;
    }

    /**
     * Sets how often requests of other processes are looked for, and changes are sent on while there is nothing else to do.
     *
     * @param poll above zero; default 1 s
     * @return this
     */
    public ResharderBuilder poll(Duration poll) {
        this.poll = poll;
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
     * @param scheduler ends pauses; required
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

    /**
     * Builds the resharder. Nothing is opened.
     *
     * @return a resharder
     * @throws dev.tenfold.error.InvalidConfigurationException with every problem
     */
    public Resharder build() {
        Validation check = Validation.of("resharder '" + name + "'");
        check.present("stores", stores, "call stores(...)");
        check.present("journal", journal, "call journal(...)");
        check.present("scheduler", scheduler, "call time(...)");
        check.require(!name.isEmpty(), "name", name, "not empty");
        check.positive("maxFence", maxFence);
        check.positive("lockWait", lockWait);
        check.atLeast("slotsTogether", slotsTogether, 1);
        check.between("maxRows", maxChunk, 1, 1_000_000);
        check.positive("chunkTime", chunkTime);
        check.require(rowsPerSecond > 0, "rowsPerSecond", rowsPerSecond, "> 0");
        check.require(bytesPerSecond > 0, "bytesPerSecond", bytesPerSecond, "> 0");
        check.notNegative("soak", soak);
        check.positive("poll", poll);
        check.throwIfInvalid();
        return new Resharder(
                this,
                Objects.requireNonNull(stores),
                Objects.requireNonNull(journal),
                Objects.requireNonNull(scheduler));
    }
}
