package dev.tenfold.sharding.reshard;

import dev.tenfold.sharding.ShardMap;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a {@code Resharder} needs of a shard: guards that writers pass, the rows behind them, and a record of what was written
 * while rows are copied.
 *
 * <p>Every method that changes something takes the mover's token and, in the same transaction, makes sure that it is the one
 * claimed last for all of those slots; so a mover that was given up for dead can do nothing once another took over. All
 * methods either happen as a whole or not at all, may be repeated with the same arguments, may block, and are thread-safe. A
 * method that returns has happened once and will not happen again by itself. A method that fails for a reason not named here
 * throws an unchecked exception, and then may have happened, may not have, or may yet happen until a higher token is claimed.
 *
 * <p>{@code slots} are never empty and never repeat. {@code StaleEpochException} says that nothing changed.
 */
public interface ShardStore {

    /**
     * A slot that is not simply owned or closed: one that a move is at work on, or left half way.
     *
     * @param state what this shard does with it
     * @param peer the shard at the other end of the move
     * @param captured whether what is written to it is recorded
     */
    record Unsettled(SlotState state, String peer, boolean captured) {}

    /**
     * How much a slot holds.
     *
     * @param rows how many rows, exact or estimated
     * @param bytes how many bytes they take, estimated
     */
    record Size(long rows, long bytes) {}

    /**
     * What stands in the way of moving rows.
     *
     * @param problems each with its remedy, such as a table without primary key; empty where nothing does
     * @param schema what the tables look like, equal on two stores if rows can go from one to the other
     */
    record Preflight(List<String> problems, String schema) {}

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
     * Looks for what stands in the way of a move, changing nothing.
     *
     * @return the findings
     */
    Preflight preflight();

    /**
     * Measures slots, for a dry run.
     *
     * @param map says which rows belong to which slot
     * @return by slot; slots without rows may be missing
     */
    Map<Integer, Size> sizes(ShardMap map);

    // --- who does what with which slot -----------------------------------------------------------------------------

    /**
     * Lists the slots that are fenced, incoming, or captured.
     *
     * @return by slot
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
     * Raises the token of some slots, which ends every other mover's work on them. Waits for no writer. No two movers ever
     * come with one token; whoever claims draws it from one shared source.
     *
     * @param slots which ones
     * @param token higher than what any of them has, or exactly what all have (a repeated claim)
     * @throws dev.tenfold.error.StaleEpochException if it is neither
     */
    void claim(int[] slots, long token);

    /**
     * Makes sure that slots are in a state, and the mover's.
     *
     * @param slots which ones
     * @param token as claimed
     * @param state what they must be
     * @throws dev.tenfold.error.StaleEpochException if another mover claimed them, or one is in another state
     */
    void verify(int[] slots, long token, SlotState state);

    // --- at the shard that gives ------------------------------------------------------------------------------------

    /**
     * Records from now on every write to slots owned here: once this returns true, every write that commits later leaves a
     * mark of its row's key. Waits for writes under way that passed the guard before.
     *
     * @param slots which ones, {@link SlotState#OWNER}
     * @param token as claimed
     * @param peer where they are to go
     * @param wait how long to wait for those writes; new ones queue behind this, so it is short
     * @return false if they did not end in time; nothing changed
     * @throws dev.tenfold.error.StaleEpochException if another mover claimed the slots, or one is not owned here
     */
    boolean capture(int[] slots, long token, String peer, Duration wait);

    /**
     * Reads the next rows of slots.
     *
     * @param map says which rows belong to the slots
     * @param slots which ones
     * @param from where to begin
     * @param atMost how many rows to look at, of these slots and others, >= 1
     * @return those of the slots, and where to go on; rows committed before this call and neither changed nor deleted since
     *     are all seen
     */
    RowChunk read(ShardMap map, int[] slots, Cursor from, int atMost);

    /**
     * Lists keys that were written, oldest marks first, then reads their rows as they stand afterwards.
     *
     * @param slots which ones
     * @param atMost how many marks, >= 1
     * @return empty where nothing is left
     */
    Changes changes(int[] slots, int atMost);

    /**
     * Returns how many marks are left.
     *
     * @param slots which ones
     * @return at least 0; may be an estimate above 10,000
     */
    long backlog(int[] slots);

    /**
     * Deletes the marks of changes that the other shard has: these, and no others.
     *
     * @param slots which ones
     * @param token as claimed
     * @param changes as returned by {@link #changes}
     * @throws dev.tenfold.error.StaleEpochException if another mover claimed the slots
     */
    void forget(int[] slots, long token, Changes changes);

    /**
     * Marks keys as written, so that they are sent again.
     *
     * @param slots which ones, captured
     * @param token as claimed
     * @param keys rows of these slots, there or not
     * @throws dev.tenfold.error.StaleEpochException if another mover claimed the slots, or one is not captured here
     */
    void mark(int[] slots, long token, List<Row.Key> keys);

    /**
     * Turns slots from {@link SlotState#OWNER} to {@link SlotState#FENCED}, once every write that passed their guards has
     * ended. What was recorded stays.
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
     * Turns slots from {@link SlotState#FENCED} to {@link SlotState#INCOMING}, keeping their rows, so that changes of the new
     * owner can be {@linkplain #apply applied}; records and marks of theirs are dropped.
     *
     * @param slots which ones; those incoming already stay
     * @param token as claimed
     * @param peer the new owner
     * @throws dev.tenfold.error.StaleEpochException if another mover claimed them, or one is owned here
     */
    void follow(int[] slots, long token, String peer);

    /**
     * Deletes rows of slots that are not owned here and, once none is left, makes the slots {@link SlotState#CLOSED} and drops
     * their marks and cursor.
     *
     * @param map says which rows belong to the slots
     * @param slots which ones
     * @param token as claimed
     * @param atMost how many rows to delete, >= 1
     * @return true when none is left
     * @throws dev.tenfold.error.StaleEpochException if another mover claimed them, or one is owned here
     */
    boolean clear(ShardMap map, int[] slots, long token, int atMost);

    // --- at the shard that receives ---------------------------------------------------------------------------------

    /**
     * Makes slots {@link SlotState#INCOMING}, with the copy at {@link Cursor#START}; those incoming from the same peer already
     * keep rows and cursor.
     *
     * @param slots which ones, without rows here unless incoming from the same peer
     * @param token as claimed
     * @param peer where they come from
     * @throws dev.tenfold.error.StaleEpochException if another mover claimed them, or one is owned here
     */
    void expect(int[] slots, long token, String peer);

    /**
     * Returns how far the copy of slots got.
     *
     * @param slots which ones
     * @return the least place of any of them; empty if one is not incoming
     */
    Optional<Cursor> cursor(int[] slots);

    /**
     * Inserts rows of {@link SlotState#INCOMING} slots that are not here yet, and moves the cursor of the slots to {@code
     * chunk.next()}, in one transaction.
     *
     * @param slots which ones
     * @param token as claimed
     * @param chunk as read at the other shard
     * @throws dev.tenfold.error.StaleEpochException if another mover claimed the slots, or one is not incoming
     * @throws IllegalStateException if the rows do not fit the tables here
     */
    void copy(int[] slots, long token, RowChunk chunk);

    /**
     * Makes keys of {@link SlotState#INCOMING} slots what they are at the other shard: rows that stood there are written
     * whatever is here, the other keys' rows are deleted.
     *
     * @param slots which ones
     * @param token as claimed
     * @param changes as listed at the other shard
     * @throws dev.tenfold.error.StaleEpochException if another mover claimed the slots, or one is not incoming
     * @throws IllegalStateException if the rows do not fit the tables here
     */
    void apply(int[] slots, long token, Changes changes);

    /**
     * Makes slots {@link SlotState#OWNER}, and either records what is written to them from the first write on, keeping the
     * marks there are, or records nothing any more and drops every mark. Waits for no writer of a slot that is open already;
     * recording begins by {@link #capture} there, and so stays as it is unless {@code capturedFor} is empty.
     *
     * @param slots which ones, fenced, incoming or open already
     * @param token as claimed
     * @param epoch the least epoch of routes that those not open yet accept from now on, if it is more than before
     * @param capturedFor the shard for which changes are recorded, or empty
     * @throws dev.tenfold.error.StaleEpochException if another mover claimed the slots, or one is closed
     */
    void open(int[] slots, long token, long epoch, Optional<String> capturedFor);

    // --- both
    // ---------------------------------------------------------------------------------------------------------

    /**
     * Digests the next rows of slots.
     *
     * @param map says which rows belong to the slots
     * @param slots which ones
     * @param from where to begin
     * @param atMost how many rows to look at, of these slots and others, >= 1
     * @return the digests, and where to go on
     */
    RowDigests digests(ShardMap map, int[] slots, Cursor from, int atMost);

    /**
     * Digests the rows of slots between two places: after {@code from}, up to and including {@code to}.
     *
     * @param map says which rows belong to the slots
     * @param slots which ones
     * @param from where to begin
     * @param to where to end
     * @return the digests, with {@code to} as the next place
     */
    RowDigests digests(ShardMap map, int[] slots, Cursor from, Cursor to);

    /**
     * Divides a slot: lets {@code part} begin here, beside the slot its keys were in, whose older routes are refused from now on.
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
