package dev.tenfold.sharding.scatter;

import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.ShardRoute;
import dev.tenfold.time.Deadline;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.ToIntBiFunction;

/**
 * What one shard is asked for. Thread-safe.
 *
 * @param <K> the kind of key
 */
public final class ShardPart<K> {

    private final Part<K> part;
    private final ToIntBiFunction<ShardMap, ? super K> slotting;
    private final OptionalLong limit;
    private final Deadline deadline;
    private final Straggler straggler;

    ShardPart(
            Part<K> part,
            ToIntBiFunction<ShardMap, ? super K> slotting,
            OptionalLong limit,
            Deadline deadline,
            Straggler straggler) {
        this.part = part;
        this.slotting = slotting;
        this.limit = limit;
        this.deadline = deadline;
        this.straggler = straggler;
    }

    /**
     * Returns the shard's name.
     *
     * @return its id
     */
    public String shard() {
        return part.shard();
    }

    /**
     * Returns the epoch of the map by which the shard is asked.
     *
     * @return from 1
     */
    public long epoch() {
        return part.map().epoch();
    }

    /**
     * Returns the slots asked for: usually all that the shard owns, fewer where keys are sought or slots have moved. Where
     * rows carry their slot, the query can select by it, and only then can it aggregate by itself while slots move.
     *
     * @return rising
     */
    public int[] slots() {
        return part.slots().stream().toArray();
    }

    /**
     * Returns the routes to check with {@code ShardGuard.checkRead} after reading.
     *
     * @return one for each slot
     */
    public List<ShardRoute> routes() {
        List<ShardRoute> routes = new ArrayList<>();
        part.slots().stream().forEach(slot -> routes.add(new ShardRoute(part.shard(), slot, epoch())));
        return List.copyOf(routes);
    }

    /**
     * Returns the keys asked for.
     *
     * @return empty where the scatter is not by keys
     */
    public List<K> keys() {
        return part.keys();
    }

    /**
     * Says whether a key is one of those asked for here. Of a key that is being moved, two shards have rows; this is true
     * on one of them.
     *
     * @param key the key
     * @return whether its slot is among {@link #slots()}
     */
    public boolean owns(K key) {
        return part.slots().get(slotting.applyAsInt(part.map(), key));
    }

    /**
     * Returns how many rows are enough, which a query may push down as its {@code LIMIT}: it then returns so many, or all
     * if there are fewer.
     *
     * @return empty where all are needed
     */
    public OptionalLong limit() {
        return limit;
    }

    /**
     * Returns the scatter's deadline, which the query should not outlive: a JDBC statement gets a query timeout.
     *
     * @return by when the answer is needed
     */
    public Deadline deadline() {
        return deadline;
    }

    /**
     * Says whether nobody waits for the answer any more.
     *
     * @return true once the scatter is over
     */
    public boolean isCancelled() {
        return straggler.isCancelled();
    }

    /**
     * Registers what ends the query where an interrupt does not, such as {@code Statement::cancel}. It is called at most
     * once, on the thread that ends the scatter (the scheduler's, when the deadline passes); at once if it is over already.
     *
     * @param stop ends the query; does no harm once it has ended
     */
    public void onCancel(Runnable stop) {
        straggler.onCancel(stop);
    }

    @Override
    public String toString() {
        return part.slots().cardinality() + " slots of shard " + part.shard() + " (epoch " + epoch() + ")";
    }
}
