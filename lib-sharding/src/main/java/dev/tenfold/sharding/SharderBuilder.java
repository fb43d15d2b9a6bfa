package dev.tenfold.sharding;

import dev.tenfold.coordination.Registers;
import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.coordination.VersionedRegister.Versioned;
import dev.tenfold.error.Validation;
import dev.tenfold.hash.KeyForm;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.observe.Observer;
import dev.tenfold.retry.Backoff;
import dev.tenfold.sharding.Sharder.LoadRecorder;
import dev.tenfold.sharding.hash.Placement;
import dev.tenfold.sharding.hash.Shard;
import dev.tenfold.time.Chance;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Puts a {@link Sharder} together. Not thread-safe.
 *
 * @param <K> the kind of key
 * @param <S> the kind of shard
 */
public final class SharderBuilder<K, S> {

    /** How long a write may take unless changed, waiting for a slot that is being moved included. */
    public static final Duration DEFAULT_WRITE_BUDGET = Duration.ofSeconds(5);

    String name = "shards";
    final Map<String, S> targets = new LinkedHashMap<>();

    @Nullable
    Function<? super String, ? extends S> factory;

    @Nullable
    VersionedRegister<ShardMap> register;

    Duration writeBudget = DEFAULT_WRITE_BUDGET;
    Backoff backoff =
            Backoff.exponential(Duration.ofMillis(2), Duration.ofMillis(50)).attempts(Integer.MAX_VALUE);
    Observer observer = Observer.slf4j();
    TimeSource time = TimeSource.system();
    Scheduler scheduler = Scheduler.shared(Runnable::run);
    RandomGenerator random = Chance.perThread();

    @Nullable
    LoadRecorder<? super K> recorder;

    private final List<String> ids = new ArrayList<>();
    private final List<Weight> weights = new ArrayList<>();
    private final @Nullable Placement placement;
    private final @Nullable Ranges ranges;
    private final Function<? super K, ?> part;
    private @Nullable Integer slots;
    private @Nullable KeyForm<? super K> form;
    private @Nullable KeyHash hash;

    SharderBuilder(Placement placement) {
        this.placement = placement;
        this.ranges = null;
        this.part = key -> key;
    }

    SharderBuilder(Ranges ranges, Function<? super K, ?> part) {
        this.placement = null;
        this.ranges = ranges;
        this.part = part;
    }

    /**
     * Names this sharder in events and measurements, and its map in sessions: sharders with maps of their own whose keys are read
     * in one session need different names, and processes that share a map the same.
     *
     * @param name the name; default {@code "shards"}
     * @return this
     */
    public SharderBuilder<K, S> name(String name) {
        this.name = name;
        return this;
    }

    /**
     * Adds a shard of weight 1.
     *
     * @param id its name: 1 to 64 of {@code A-Z a-z 0-9 . _ -}
     * @param target what a call is made on
     * @return this
     */
    public SharderBuilder<K, S> shard(String id, S target) {
        return shard(id, target, Weight.ONE);
    }

    /**
     * Adds a shard. Where a shared map exists already, this only says what the name stands for: the map decides what the
     * shard holds.
     *
     * @param id its name: 1 to 64 of {@code A-Z a-z 0-9 . _ -}
     * @param target what a call is made on
     * @param weight its share in the first map
     * @return this
     */
    public SharderBuilder<K, S> shard(String id, S target, Weight weight) {
        ids.add(id);
        weights.add(weight);
        targets.put(id, target);
        return this;
    }

    /**
     * Supplies targets for shards that were not named here, such as those another process adds later.
     *
     * @param factory makes a target of a shard's name; called once per shard, on the thread that learnt of it
     * @return this
     */
    public SharderBuilder<K, S> targets(Function<? super String, ? extends S> factory) {
        this.factory = factory;
        return this;
    }

    /**
     * Sets how many slots keys hash to. Fixed for the life of the data; used for the first map only. Not for ranges.
     *
     * @param slots 1 to {@value ShardMap#MAX_SLOTS}; default {@value ShardMap#DEFAULT_SLOTS}; many times the shards there
     *     will ever be
     * @return this
     */
    public SharderBuilder<K, S> slots(int slots) {
        this.slots = slots;
        return this;
    }

    /**
     * Sets how keys are hashed. Fixed for the life of the data; a shared map made with another hash is refused. Not for ranges.
     *
     * @param hash default {@link KeyHash#xxh3()}
     * @return this
     */
    public SharderBuilder<K, S> hash(KeyHash hash) {
        this.hash = hash;
        return this;
    }

    /**
     * Sets which part of a key decides its home. Fixed for the life of the data. Not for ranges.
     *
     * @param form default {@link KeyForm#whole()}
     * @return this
     */
    public SharderBuilder<K, S> key(KeyForm<? super K> form) {
        this.form = form;
        return this;
    }

    /**
     * Shares the map with other processes; see {@link #open()}. The sharder does not close the register.
     *
     * @param register holds the map; its codec is {@link ShardMap#codec()}
     * @return this
     */
    public SharderBuilder<K, S> register(VersionedRegister<ShardMap> register) {
        this.register = register;
        return this;
    }

    /**
     * Sets how long {@link Sharder#write(Object, ShardCall)} may take.
     *
     * @param budget above zero; default 5 s
     * @return this
     */
    public SharderBuilder<K, S> writeBudget(Duration budget) {
        this.writeBudget = budget;
        return this;
    }

    /**
     * Sets who takes note of the load: every key that is located, routed or written counts as one call.
     *
     * @param recorder such as {@code dev.tenfold.sharding.hot.HotSpots}; default none, which costs nothing
     * @return this
     */
    public SharderBuilder<K, S> hotSpots(LoadRecorder<? super K> recorder) {
        this.recorder = recorder;
        return this;
    }

    /**
     * Sets who is told of changed maps.
     *
     * @param observer default {@link Observer#slf4j()}
     * @return this
     */
    public SharderBuilder<K, S> observer(Observer observer) {
        this.observer = observer;
        return this;
    }

    /**
     * Sets time and its scheduler, which measure and end the waits of refused calls.
     *
     * @param time default {@link TimeSource#system()}
     * @param scheduler default: the JDK's shared timer thread, which only wakes the waiting
     * @return this
     */
    public SharderBuilder<K, S> time(TimeSource time, Scheduler scheduler) {
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
    public SharderBuilder<K, S> random(RandomGenerator random) {
        this.random = random;
        return this;
    }

    /**
     * Builds a sharder with a map of its own: every process that names the same shards has the same map.
     *
     * @return a sharder that needs no closing
     * @throws dev.tenfold.error.InvalidConfigurationException with every problem
     */
    public Sharder<K, S> build() {
        Validation check = validate();
        check.require(register == null, "register", register, "none with build(); use open() to share the map");
        check.throwIfInvalid();
        return following(Registers.inMemory(name));
    }

    /**
     * Builds a sharder that follows the register's map: reads it, writes the first one if there is none, and watches it
     * until the sharder is closed.
     *
     * @return a sharder to be closed
     * @throws dev.tenfold.error.InvalidConfigurationException with every problem
     * @throws dev.tenfold.error.UnavailableException if the register cannot be reached
     * @throws IllegalStateException if its map was made with another hash
     */
    public Sharder<K, S> open() {
        Validation check = validate();
        check.present("register", register, "call register(...), or build() for a map of its own");
        check.throwIfInvalid();
        return following(Objects.requireNonNull(register));
    }

    private Sharder<K, S> following(VersionedRegister<ShardMap> shared) {
        return new Sharder<>(this, shared, read(shared)).follow();
    }

    /** Reads the register's map, writing the first one where there is none. */
    private ShardMap read(VersionedRegister<ShardMap> register) {
        Optional<Versioned<ShardMap>> current = register.read();
        if (current.isEmpty()) {
            // Whoever is faster decides; all read it.
            register.compareAndSet(0, firstMap());
            current = register.read();
        }
        return current.orElseThrow().value();
    }

    private Validation validate() {
        Validation check = Validation.of("sharder '" + name + "'");
        check.notEmpty("shards", ids, "call shard(...)");
        check.require(targets.size() == ids.size(), "shards", ids, "distinct names");
        for (int i = 0; i < ids.size(); i++) {
            try {
                new Shard(ids.get(i), weights.get(i).value());
            } catch (IllegalArgumentException invalid) {
                check.require(false, "shard " + ids.get(i), weights.get(i), String.valueOf(invalid.getMessage()));
            }
        }
        if (ranges == null) {
            check.between("slots", slotCount(), 1, ShardMap.MAX_SLOTS);
            check.require(
                    register != null || slotCount() >= ids.size(),
                    "slots",
                    slotCount(),
                    ">= the " + ids.size() + " shards, or some get nothing; slots(" + 16L * ids.size() + ") is better");
        } else {
            check.require(slots == null, "slots", slots, "none with ranges, which are the slots");
            check.require(hash == null, "hash", hash, "none with ranges, which follow an order");
            check.require(form == null, "key", form, "none with ranges; call ranged(ranges, part)");
            ranges.check(check, new TreeSet<>(ids));
        }
        check.positive("writeBudget", writeBudget);
        return check;
    }

    private ShardMap firstMap() {
        List<Shard> shards = new ArrayList<>();
        for (int i = 0; i < ids.size(); i++) {
            shards.add(new Shard(ids.get(i), weights.get(i).value()));
        }
        return ranges != null
                ? ShardMap.first(shards, ranges)
                : ShardMap.first(shards, slotCount(), keyHash(), Objects.requireNonNull(placement));
    }

    Slotting<K> slotting() {
        return ranges != null
                ? new RangeSlotting<>(ranges.order(), part)
                : Slotting.hashed(form == null ? KeyForm.whole() : form, keyHash());
    }

    private int slotCount() {
        return slots == null ? ShardMap.DEFAULT_SLOTS : slots;
    }

    private KeyHash keyHash() {
        return hash == null ? KeyHash.xxh3() : hash;
    }
}
