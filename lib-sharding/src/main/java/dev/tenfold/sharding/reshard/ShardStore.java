package dev.tenfold.sharding.reshard;

import dev.tenfold.sharding.ShardMap;
import dev.tenfold.time.Deadline;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What a {@link Resharder} needs of a shard: guards that writers pass, and the rows behind them.
 *
 * <p>Every method that changes something takes the mover's token and, in the same transaction, makes sure that it is the
 * highest one claimed for those slots; so a mover that was given up for dead can do nothing once another took over. All
 * methods either happen as a whole or not at all, may be repeated, may block, and are thread-safe. A method that fails for
 * a reason not named here throws an unchecked exception, and then may or may not have happened.
 */
public interface ShardStore {

    /**
     * A slot that a move left half way.
     *
     * @param state what this shard does with it
     * @param peer the shard at the other end of the move
     */
    record Unsettled(SlotState state, String peer) {}

    /** Sends rows, chunk by chunk. */
    @FunctionalInterface
    interface RowSource {

        /**
         * Sends all rows.
         *
         * @param sink takes each chunk before the next is read
         */
        void sendTo(Consumer<? super RowChunk> sink);
    }

    /**
     * Returns the shard's name in the map.
     *
     * @return its id
     */
    String shard();

    /**
     * Creates the guards where there are none, owning what the map says. Where there are any, nothing changes: they know
     * better than a map that may be old.
     *
     * @param map the newest map
     */
    void install(ShardMap map);

    /**
     * Lists the slots that are {@link SlotState#FENCED} or {@link SlotState#INCOMING}.
     *
     * @return by slot, with the shard at the other end of the move
     */
    Map<Integer, Unsettled> unsettled();

    /**
     * Returns a slot's state.
     *
     * @param slot which one
     * @return empty if the shard never had it
     */
    Optional<SlotState> state(int slot);

    /**
     * Returns the highest token claimed for any of some slots.
     *
     * @param slots which ones
     * @return 0 if there is none
     */
    long token(int[] slots);

    /**
     * Raises the token of some slots, which ends every other mover's work on them.
     *
     * @param slots which ones
     * @param token higher than what any of them has
     * @throws dev.tenfold.error.StaleEpochException if it is not; nothing changed
     */
    void claim(int[] slots, long token);

    /**
     * Turns slots from {@link SlotState#OWNER} to {@link SlotState#FENCED}, once every write that passed their guards has
     * ended.
     *
     * @param slots which ones
     * @param token as claimed
     * @param peer where they are to go
     * @param wait how long to wait for those writes; new ones queue behind this, so it is short
     * @return false if they did not end in time; nothing changed
     * @throws dev.tenfold.error.StaleEpochException if another mover claimed the slots, or one is not owned here
     */
    boolean fence(int[] slots, long token, String peer, Duration wait);

    /**
     * Makes sure that slots are in a state, and the mover's.
     *
     * @param slots which ones
     * @param token as claimed
     * @param state what they must be
     * @throws dev.tenfold.error.StaleEpochException if another mover claimed them, or one is in another state
     */
    void verify(int[] slots, long token, SlotState state);

    /**
     * Makes slots {@link SlotState#INCOMING} and deletes what rows of theirs an earlier attempt left.
     *
     * @param map says which rows belong to the slots
     * @param slots which ones
     * @param token as claimed
     * @param peer where they come from
     * @throws dev.tenfold.error.StaleEpochException if another mover claimed them, or one is owned here
     */
    void prepare(ShardMap map, int[] slots, long token, String peer);

    /**
     * Reads the rows of slots.
     *
     * @param map says which rows belong to the slots
     * @param slots which ones
     * @param deadline by when to have read them
     * @return sends them when asked
     * @throws dev.tenfold.error.DeadlineExceededException (from the source) if the time is up
     */
    RowSource rows(ShardMap map, int[] slots, Deadline deadline);

    /**
     * Writes the rows of {@link SlotState#INCOMING} slots.
     *
     * @param slots which ones
     * @param token as claimed
     * @param rows where they come from
     * @param deadline by when to have written them
     * @throws dev.tenfold.error.StaleEpochException if another mover claimed the slots, or one is not incoming
     * @throws dev.tenfold.error.DeadlineExceededException if the time is up; nothing was written
     */
    void receive(int[] slots, long token, RowSource rows, Deadline deadline);

    /**
     * Makes slots {@link SlotState#OWNER}.
     *
     * @param slots which ones, fenced, incoming or open already
     * @param token as claimed
     * @param epoch the least epoch of routes that those not open yet accept from now on, if it is more than before
     * @throws dev.tenfold.error.StaleEpochException if another mover claimed the slots, or one is closed
     */
    void open(int[] slots, long token, long epoch);

    /**
     * Deletes the rows of fenced or incoming slots and makes the slots {@link SlotState#CLOSED}.
     *
     * @param map says which rows belong to the slots
     * @param slots which ones
     * @param token as claimed
     * @throws dev.tenfold.error.StaleEpochException if another mover claimed them, or one is owned here
     */
    void clear(ShardMap map, int[] slots, long token);

    /**
     * Divides a slot: lets {@code part} begin here, beside the slot its keys were in, whose older routes are refused from
     * now on.
     *
     * @param from the keys' slot so far
     * @param part their own slot; left as it is where the shard has had it before
     * @param token as claimed for {@code from}
     * @param epoch the epoch in which the slot was divided
     * @param wait how long to wait for writes that passed the guard
     * @return false if they did not end in time; nothing changed
     * @throws dev.tenfold.error.StaleEpochException if another mover claimed the slot
     */
    boolean divide(int from, int part, long token, long epoch, Duration wait);
}
