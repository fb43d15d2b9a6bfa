package dev.tenfold.sharding;

import dev.tenfold.Locator;
import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.coordination.VersionedRegister.Versioned;
import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.error.StaleEpochException;
import dev.tenfold.hash.KeyForm;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.observe.Event;
import dev.tenfold.observe.Measured;
import dev.tenfold.observe.Measurement;
import dev.tenfold.observe.Observer;
import dev.tenfold.retry.Backoff;
import dev.tenfold.sharding.hash.Placement;
import dev.tenfold.sharding.hash.Shard;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.SnapshotCell;
import dev.tenfold.topology.SnapshotCell.Watch;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Finds the shard of a key: key, slot, shard, by the newest {@link ShardMap} it knows.
 *
 * <pre>{@code
 * Sharder<Long, DataSource> shards = Sharder.<Long, DataSource>consistent()
 *         .shard("s1", db1)
 *         .shard("s2", db2)
 *         .shard("s3", db3, weight(2))
 *         .build();
 * DataSource home = shards.locate(42L);
 * }</pre>
 *
 * <p>Thread-safe. A lookup takes no lock, costs a hash and two array reads, and allocates nothing for numbers, UUIDs and
 * short ASCII text (the caller boxes a primitive key). Where processes share a map, one may for a moment route by an older map than another; so a shard checks
 * the {@link ShardRoute} of every write and refuses an outdated one, and {@link #write} then refreshes and repeats.
 *
 * <p><b>Invariant:</b> the routing in {@code cell} never falls back to a lower epoch. <b>Writers:</b> whoever learns of a
 * map puts it into {@code learnt}, and one thread at a time (whoever raised {@code switching} from 0) makes the routing and
 * offers it to {@code cell}; so targets are made once, and under no lock. <b>Readers:</b> any thread, by one volatile
 * read. <b>Order:</b> {@code learnt} is set before {@code switching} is raised, so whoever drains sees it.
 *
 * @param <K> the kind of key
 * @param <S> the kind of shard
 */
public final class Sharder<K, S> implements Locator<K, S>, Measured, AutoCloseable {

    private final String name;
    private final KeyForm<? super K> form;
    private final KeyHash hash;
    private final VersionedRegister<ShardMap> register;
    private final @Nullable Function<? super String, ? extends S> factory;
    private final Duration writeBudget;
    private final Backoff backoff;
    private final Observer observer;
    private final TimeSource time;
    private final Scheduler scheduler;
    private final RandomGenerator random;

    private final SnapshotCell<Routing<S>> cell;
    private final AtomicReference<ShardMap> learnt;
    private final AtomicInteger switching = new AtomicInteger();
    private final LongAdder switches = new LongAdder();
    private final LongAdder refusals = new LongAdder();
    private @Nullable Watch watch;

    Sharder(SharderBuilder<K, S> builder, VersionedRegister<ShardMap> register, ShardMap map) {
        this.name = builder.name;
        this.form = builder.form;
        this.hash = builder.hash;
        this.register = register;
        this.factory = builder.factory;
        this.writeBudget = builder.writeBudget;
        this.backoff = builder.backoff;
        this.observer = builder.observer.guarded();
        this.time = builder.time;
        this.scheduler = builder.scheduler;
        this.random = builder.random;
        check(map);
        this.cell = new SnapshotCell<>(new Routing<>(map, targets(map, builder.targets)));
        this.learnt = new AtomicReference<>(map);
    }

    /**
     * Starts a sharder whose first map is made by consistent hashing ({@link Placement#ring()}).
     *
     * @param <K> the kind of key
     * @param <S> the kind of shard
     * @return a builder without shards
     */
    public static <K, S> SharderBuilder<K, S> consistent() {
        return placedBy(Placement.ring());
    }

    /**
     * Starts a sharder whose first map is made by a placement.
     *
     * @param <K> the kind of key
     * @param <S> the kind of shard
     * @param placement gives each slot its first owner
     * @return a builder without shards
     */
    public static <K, S> SharderBuilder<K, S> placedBy(Placement placement) {
        return new SharderBuilder<>(placement);
    }

    /** Follows the register from now on. */
    Sharder<K, S> follow() {
        watch = register.watch(versioned -> learn(versioned.value()));
        return this;
    }

    /** Reads the register's map, writing the first one where there is none. */
    static ShardMap read(VersionedRegister<ShardMap> register, ShardMap first) {
        Optional<Versioned<ShardMap>> current = register.read();
        if (current.isEmpty()) {
            // Whoever is faster decides; all read it.
            register.compareAndSet(0, first);
            current = register.read();
        }
        return current.orElseThrow().value();
    }

    @Override
    public S locate(K key) {
        Routing<S> routing = cell.current();
        return routing.target(routing.slotOf(hashOf(key)));
    }

    /**
     * Finds where a key lives.
     *
     * @param key the key
     * @return the shard's name, the key's slot, and the epoch of the map that says so; the same object for every key of the
     *     slot while the map lasts
     */
    public ShardRoute route(K key) {
        Routing<S> routing = cell.current();
        return routing.route(routing.slotOf(hashOf(key)));
    }

    /**
     * Hashes a key as the map asks for.
     *
     * @param key the key
     * @return its hash
     */
    public long hashOf(K key) {
        return form.hash(key, hash);
    }

    /**
     * Returns the map in force.
     *
     * @return the newest this process knows
     */
    public ShardMap map() {
        return cell.current().map();
    }

    /**
     * Watches the map. The listener is told the current one at once, then each newer one.
     *
     * @param listener whom to tell; quick, and not changing the map
     * @return stops the watching when closed
     */
    public Watch watch(Consumer<? super ShardMap> listener) {
        return cell.watch(routing -> listener.accept(routing.map()));
    }

    /**
     * Writes to a key's shard within the default budget; see {@link #write(Object, Deadline, ShardCall)}.
     *
     * @param <R> the kind of answer
     * @param <X> what the call may throw
     * @param key the key
     * @param call writes, checking the route in the transaction that writes
     * @return the answer
     * @throws X what the call threw
     */
    public <R extends @Nullable Object, X extends Exception> R write(
            K key, ShardCall<? super S, ? extends R, ? extends X> call) throws X {
        return write(key, Deadline.after(writeBudget, time), call);
    }

    /**
     * Writes to a key's shard. When the shard refuses the route with {@link StaleEpochException}, which says that nothing
     * was done, the map is refreshed and the call repeated on the new home, until the deadline. Any other failure, one of
     * unknown outcome above all, is thrown at once.
     *
     * @param <R> the kind of answer
     * @param <X> what the call may throw
     * @param key the key
     * @param deadline by when to have begun the last attempt
     * @param call writes, checking the route in the transaction that writes; repeated as a whole
     * @return the answer
     * @throws X what the call threw
     * @throws DeadlineExceededException if the shard still refused when the time was up; nothing was done
     * @throws dev.tenfold.error.UnavailableException if the key's shard has no target here, or the register cannot be
     *     reached
     */
    public <R extends @Nullable Object, X extends Exception> R write(
            K key, Deadline deadline, ShardCall<? super S, ? extends R, ? extends X> call) throws X {
        long keyHash = hashOf(key);
        for (int attempt = 1; ; attempt++) {
            Routing<S> routing = cell.current();
            int slot = routing.slotOf(keyHash);
            try {
                return call.on(routing.target(slot), routing.route(slot));
            } catch (StaleEpochException refused) {
                awaitNewer(refused, deadline, attempt);
            }
        }
    }

    @Override
    public S relocate(K key, StaleEpochException refused, Deadline deadline) {
        awaitNewer(refused, deadline, 1);
        return locate(key);
    }

    /**
     * Refreshes, and unless that brought the epoch the shard asks for, waits a little for it. The wait ends early, since a
     * move may also be given up, and then the old epoch is right again.
     */
    private void awaitNewer(StaleEpochException refused, Deadline deadline, int attempt) {
        refusals.increment();
        refresh();
        if (map().epoch() >= refused.current()) {
            return;
        }
        long pause = backoff.delayAfter(attempt, random).toNanos();
        if (deadline.remainingNanos() <= pause) {
            throw new DeadlineExceededException(
                    "the shard map to reach epoch " + refused.current(), deadline.budget(), refused);
        }
        CountDownLatch woken = new CountDownLatch(1);
        Scheduler.Task timer = scheduler.schedule(Duration.ofNanos(pause), woken::countDown);
        Watch watching = cell.watch(routing -> {
            if (routing.version() >= refused.current()) {
                woken.countDown();
            }
        });
        try {
            woken.await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new DeadlineExceededException(
                    "the shard map to reach epoch " + refused.current() + ", interrupted", deadline.budget(), refused);
        } finally {
            watching.close();
            timer.cancel();
        }
    }

    /**
     * Reads the newest map from the register. Blocks on its storage.
     *
     * @return the map in force, or a newer one another thread is about to put in force
     * @throws dev.tenfold.error.UnavailableException if the register cannot be reached
     */
    public ShardMap refresh() {
        register.read().ifPresent(versioned -> learn(versioned.value()));
        return map();
    }

    /**
     * Says what a change would move, and moves nothing.
     *
     * <pre>{@code
     * System.out.println(shards.plan(change -> change.add("s4").remove("s2")));
     * }</pre>
     *
     * @param change says what should become of the shards
     * @return the plan, from the map in force
     * @throws IllegalArgumentException if the change does not fit the map
     */
    public ShardPlan plan(Consumer<? super ShardChange<K>> change) {
        ShardChange<K> wanted = new ShardChange<>(map(), this::hashOf);
        change.accept(wanted);
        return Planner.plan(wanted);
    }

    /**
     * Puts a plan in force in one step, for all who share the map, <b>without moving any data</b>: for caches and other
     * targets that fill themselves. Data moves with a {@code Resharder} instead.
     *
     * @param plan from the map in force
     * @return the new map
     * @throws StaleEpochException if the map has changed since the plan was made; plan again
     * @throws dev.tenfold.error.OutcomeUnknownException if it is not known whether the map was written
     * @throws dev.tenfold.error.UnavailableException if the register cannot be reached
     */
    public ShardMap apply(ShardPlan plan) {
        Versioned<ShardMap> current = register.read().orElseThrow();
        ShardMap next = plan.after();
        if (!current.value().equals(plan.before())
                || register.compareAndSet(current.version(), next).isEmpty()) {
            throw new StaleEpochException(
                    "plan for " + name,
                    plan.before().epoch(),
                    Math.max(refresh().epoch(), plan.before().epoch() + 1));
        }
        learn(next);
        return next;
    }

    private void learn(ShardMap map) {
        check(map);
        learnt.accumulateAndGet(map, (known, found) -> found.epoch() > known.epoch() ? found : known);
        if (switching.getAndIncrement() != 0) {
            return;
        }
        int seen = 1;
        do {
            switchTo(Objects.requireNonNull(learnt.get()));
            seen = switching.addAndGet(-seen);
        } while (seen != 0);
    }

    private void switchTo(ShardMap map) {
        Routing<S> before = cell.current();
        if (map.epoch() <= before.version()) {
            return;
        }
        cell.offer(new Routing<>(map, targets(map, before.targets())));
        switches.increment();
        observer.on(new Event(
                time.now(),
                "sharding/" + name,
                "map.changed",
                Level.INFO,
                "routes by epoch " + map.epoch() + " with " + map.shards().size() + " shards",
                Map.of("epoch", map.epoch(), "shards", map.shards().size())));
    }

    private Map<String, S> targets(ShardMap map, Map<String, S> known) {
        if (factory == null
                || known.keySet()
                        .containsAll(map.shards().stream().map(Shard::id).toList())) {
            return known;
        }
        Map<String, S> targets = new LinkedHashMap<>(known);
        for (Shard shard : map.shards()) {
            if (!targets.containsKey(shard.id())) {
                targets.put(shard.id(), factory.apply(shard.id()));
            }
        }
        return targets;
    }

    private void check(ShardMap map) {
        if (!map.hashName().equals(hash.name()) || map.hashSeed() != hash.seed()) {
            throw new IllegalStateException("hash of the shared map: " + map.hashName() + " with seed " + map.hashSeed()
                    + " (expected: " + hash.name() + " with seed " + hash.seed()
                    + ", as this sharder was built; set it with hash(...))");
        }
    }

    @Override
    public List<Measurement> measurements() {
        Map<String, String> tags = Map.of("name", name);
        return List.of(
                Measurement.gauge("tenfold.sharding.epoch", "1", "The epoch routed by", tags, () -> map().epoch()),
                Measurement.counter("tenfold.sharding.switches", "Maps taken over", tags, switches::sum),
                Measurement.counter(
                        "tenfold.sharding.refusals", "Calls refused for an outdated route", tags, refusals::sum));
    }

    /** Stops following the register; lookups go on by the last map. */
    @Override
    public void close() {
        Watch following = watch;
        if (following != null) {
            following.close();
        }
    }

    @Override
    public String toString() {
        return "Sharder[" + name + ", " + map() + "]";
    }
}
