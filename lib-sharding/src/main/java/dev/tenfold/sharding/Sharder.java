package dev.tenfold.sharding;

import dev.tenfold.Locator;
import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.error.StaleEpochException;
import dev.tenfold.observe.Measured;
import dev.tenfold.observe.Measurement;
import dev.tenfold.session.Position;
import dev.tenfold.sharding.hash.Placement;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.SnapshotCell;
import dev.tenfold.topology.SnapshotCell.Watch;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
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
 * <p>Thread-safe. A lookup takes no lock, costs a hash and two array reads (among ranges, a binary search), and allocates
 * nothing for numbers, UUIDs and short ASCII text (the caller boxes a primitive key); a {@link ShardRoute} is a new object. Where processes share a map, one may
 * for a moment route by an older map than another; so a shard checks the {@link ShardRoute} of every write and refuses an
 * outdated one, and {@link #write} then refreshes and repeats.
 *
 * @param <K> the kind of key
 * @param <S> the kind of shard
 */
public final class Sharder<K, S> implements Locator<K, S>, Measured, AutoCloseable {

    private final String name;
    private final Slotting<K> slotting;
    private final MapFollower<S> follower;
    /** The follower's, one step nearer: what every lookup reads. */
    private final SnapshotCell<Routing<S>> cell;

    private final @Nullable LoadRecorder<? super K> recorder;
    private final Duration writeBudget;
    private final TimeSource time;

    Sharder(SharderBuilder<K, S> builder, VersionedRegister<ShardMap> register, ShardMap map) {
        this.name = builder.name;
        this.slotting = builder.slotting();
        this.follower = new MapFollower<>(builder, slotting, register, map);
        this.cell = follower.cell();
        this.recorder = builder.recorder;
        this.writeBudget = builder.writeBudget;
        this.time = builder.time;
    }

    /**
     * Starts a sharder whose first map is made by consistent hashing ({@link Placement#ring()}). It takes 4,096 shards of
     * weight 1; for more say {@code placedBy(Placement.rendezvous())}, and how many {@linkplain SharderBuilder#slots slots}.
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

    /**
     * Starts a sharder whose slots are ranges of ordered keys.
     *
     * <pre>{@code
     * Sharder<String, DataSource> shards = Sharder.<String, DataSource>ranged(
     *                 Ranges.of(KeyOrder.TEXT).below("Q", "a-p").from("Q", "q-z"))
     *         .shard("a-p", db1)
     *         .shard("q-z", db2)
     *         .build();
     * }</pre>
     *
     * @param <K> the kind of key: one that the order is for
     * @param <S> the kind of shard
     * @param ranges the first map's; their order is fixed for the life of the data
     * @return a builder without shards
     */
    public static <K, S> SharderBuilder<K, S> ranged(Ranges ranges) {
        return ranged(ranges, key -> key);
    }

    /**
     * Starts a sharder whose slots are ranges of a part of the keys, such as the date of an order.
     *
     * @param <K> the kind of key
     * @param <S> the kind of shard
     * @param ranges the first map's; their order is fixed for the life of the data
     * @param part extracts what is ordered; pure, and the same for as long as the key has data
     * @return a builder without shards
     */
    public static <K, S> SharderBuilder<K, S> ranged(Ranges ranges, Function<? super K, ?> part) {
        return new SharderBuilder<>(ranges, part);
    }

    /** Follows the register from now on. */
    Sharder<K, S> follow() {
        follower.follow();
        return this;
    }

    @Override
    public S locate(K key) {
        Routing<S> routing = cell.current();
        return routing.target(recorded(key, slotting.slotOf(routing.map(), key)));
    }

    private int recorded(K key, int slot) {
        if (recorder != null) {
            recorder.record(key, slot, 1, 0);
        }
        return slot;
    }

    /**
     * Reports what a call on a key cost, where {@link SharderBuilder#hotSpots} was given; else it does nothing. The call
     * itself was counted when the key was located, routed or written.
     *
     * @param key the key
     * @param cost in any one unit, such as microseconds or bytes; >= 0
     */
    public void record(K key, long cost) {
        if (recorder != null) {
            recorder.record(key, slotting.slotOf(map(), key), 0, cost);
        }
    }

    /**
     * Returns a shard's target.
     *
     * @param id the shard's name
     * @return what a call on that shard is made on
     * @throws dev.tenfold.error.UnavailableException if it has no target here
     */
    public S shard(String id) {
        return cell.current().target(id);
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
        return routing.route(recorded(key, slotting.slotOf(routing.map(), key)));
    }

    /**
     * Finds shards for replicas of a key's data: a function of the map and the zones alone. Costs a look at each shard.
     *
     * @param key the key
     * @param count how many, >= 1
     * @param zoneOf the zone of a shard, by the shard's name; compared by {@code equals}
     * @return distinct shards, the key's own first, in distinct zones as long as there are; all if there are fewer
     */
    public List<String> replicas(K key, int count, Function<? super String, ?> zoneOf) {
        Routing<S> routing = cell.current();
        return ShardReplicas.of(routing.map(), slotting.slotOf(routing.map(), key), count, zoneOf);
    }

    /**
     * Returns what finds the slots of keys here: what stores and scans need to find the same.
     *
     * @return as built
     */
    public Slotting<K> slotting() {
        return slotting;
    }

    /**
     * Returns the shards that have a target here: for what is done on every one, whatever slots it holds.
     *
     * @return by name, in the order of the map in force
     */
    public Map<String, S> targets() {
        return cell.current().present();
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
        for (int attempt = 1; ; attempt++) {
            Routing<S> routing = cell.current();
            int slot = slotting.slotOf(routing.map(), key);
            if (attempt == 1) {
                recorded(key, slot);
            }
            try {
                return call.on(routing.target(slot), routing.route(slot));
            } catch (StaleEpochException refused) {
                follower.awaitNewer(refused, deadline, attempt);
            }
        }
    }

    @Override
    public S relocate(K key, StaleEpochException refused, Deadline deadline) {
        follower.awaitNewer(refused, deadline, 1);
        return locate(key);
    }

    /**
     * {@inheritDoc}
     *
     * <p>Named after the sharder, with the map's epoch as its version. Sharders whose keys are read in one session need
     * {@linkplain SharderBuilder#name names} of their own.
     */
    @Override
    public Position topology() {
        return cell.current().topology();
    }

    /**
     * Reads the newest map from the register. Blocks on its storage.
     *
     * @return the map in force, or a newer one another thread is about to put in force
     * @throws dev.tenfold.error.UnavailableException if the register cannot be reached
     */
    public ShardMap refresh() {
        return follower.refresh();
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
        ShardChange<K> wanted = new ShardChange<>(map(), slotting);
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
        return follower.apply(plan);
    }

    @Override
    public List<Measurement> measurements() {
        return follower.measurements();
    }

    /** Stops following the register; lookups go on by the last map. */
    @Override
    public void close() {
        follower.close();
    }

    @Override
    public String toString() {
        return "Sharder[" + name + ", " + map() + "]";
    }

    /**
     * Takes note of how often keys are asked for and what they cost; a {@link Sharder} that was given one with {@link
     * SharderBuilder#hotSpots} reports every key it finds. The one to use is {@code dev.tenfold.sharding.hot.HotSpots}.
     *
     * <p>Called on the hot path: implementations are thread-safe, do not block, and throw nothing for valid arguments.
     *
     * @param <K> the kind of key
     */
    @FunctionalInterface
    public interface LoadRecorder<K> {

        /**
         * Adds to a key's load.
         *
         * @param key the key
         * @param slot its slot
         * @param calls how many calls were made on it, >= 0
         * @param cost what they cost, >= 0, in whatever unit the user reports; 0 where it is not known
         */
        void record(K key, int slot, long calls, long cost);
    }
}
