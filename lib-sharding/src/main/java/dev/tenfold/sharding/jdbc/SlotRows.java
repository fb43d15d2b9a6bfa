package dev.tenfold.sharding.jdbc;

import dev.tenfold.error.StaleEpochException;
import dev.tenfold.sharding.jdbc.Transactions.Statements;
import dev.tenfold.sharding.reshard.Cursor;
import dev.tenfold.sharding.reshard.SlotState;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * What a shard's guards say of each slot, and who may change it.
 *
 * <p><b>Invariants.</b> Who changes a slot holds the row of its token until the transaction ends, so no other mover claims it
 * meanwhile. A writer holds a share of its slot's row until its transaction ends; so whoever changes that row waits for the
 * writers that passed, and those after it see the change, or fail with 40001 where their snapshot is older.
 *
 * <p>Writes are recorded while the slot's row says {@code captured} <b>and</b> its token's row says {@code recording}. The first
 * is set under the writers' lock, so that none is missed. The second ends recording without waiting for anybody; whoever begins
 * it again also rewrites the slot's row, so that no writer goes on by a snapshot that does not show it.
 */
record SlotRows(String shard) {

    long token(Statements sql, int[] slots) throws SQLException {
        return sql.number("SELECT coalesce(max(token), 0) FROM tenfold_mover_v1 WHERE slot = ANY(?)", slots);
    }

    boolean claim(Statements sql, int[] slots, long token) throws SQLException {
        sql.update(
                "INSERT INTO tenfold_mover_v1 (slot, token) SELECT s, 0 FROM unnest(?) s ORDER BY s ON CONFLICT DO NOTHING",
                slots);
        boolean free = sql.holds(
                "SELECT max(token) < ? OR min(token) = ? AND max(token) = ? FROM"
                        + " (SELECT token FROM tenfold_mover_v1 WHERE slot = ANY(?) ORDER BY slot FOR UPDATE) held",
                token,
                token,
                token,
                slots);
        if (!free) {
            throw refusal(slots, "claimed by another mover", token);
        }
        sql.update("UPDATE tenfold_mover_v1 SET token = ? WHERE slot = ANY(?) AND token <> ?", token, slots, token);
        return true;
    }

    /** Locks the tokens, so that nobody claims the slots before this transaction has ended. */
    void checkToken(Statements sql, int[] slots, long token) throws SQLException {
        long held = sql.number(
                "SELECT count(*) FROM (SELECT token FROM tenfold_mover_v1 WHERE slot = ANY(?) ORDER BY slot FOR UPDATE) held"
                        + " WHERE token = ?",
                slots,
                token);
        if (held != slots.length) {
            throw refusal(slots, "claimed by another mover", token);
        }
    }

    void checkState(Statements sql, int[] slots, long token, SlotState state) throws SQLException {
        require(sql, slots, token, "state = '" + state + "'", "not all " + state);
    }

    void checkNotOwned(Statements sql, int[] slots, long token) throws SQLException {
        if (count(sql, slots, "state = 'OWNER'") > 0) {
            throw refusal(slots, "owned here", token);
        }
    }

    void checkCaptured(Statements sql, int[] slots, long token) throws SQLException {
        require(sql, slots, token, "captured", "not all captured");
        long recording = sql.number("SELECT count(*) FROM tenfold_mover_v1 WHERE slot = ANY(?) AND recording", slots);
        if (recording != slots.length) {
            throw refusal(slots, "not all captured", token);
        }
    }

    boolean allClosed(Statements sql, int[] slots) throws SQLException {
        return count(sql, slots, "state = 'CLOSED'") == slots.length;
    }

    private void require(Statements sql, int[] slots, long token, String condition, String otherwise)
            throws SQLException {
        if (count(sql, slots, condition) != slots.length) {
            throw refusal(slots, otherwise, token);
        }
    }

    private static long count(Statements sql, int[] slots, String condition) throws SQLException {
        return sql.number("SELECT count(*) FROM tenfold_slot_v1 WHERE slot = ANY(?) AND " + condition, slots);
    }

    boolean capture(Statements sql, int[] slots, long token, String peer) throws SQLException {
        checkToken(sql, slots, token);
        checkState(sql, slots, token, SlotState.OWNER);
        sql.update(
                "UPDATE tenfold_slot_v1 AS g SET captured = true, peer = ? FROM tenfold_mover_v1 m WHERE g.slot = ANY(?)"
                        + " AND m.slot = g.slot AND NOT (g.captured AND m.recording AND g.peer IS NOT DISTINCT FROM ?)",
                peer,
                slots,
                peer);
        record(sql, slots, true);
        return true;
    }

    private static void record(Statements sql, int[] slots, boolean on) throws SQLException {
        sql.update("UPDATE tenfold_mover_v1 SET recording = ? WHERE slot = ANY(?) AND recording <> ?", on, slots, on);
    }

    boolean fence(Statements sql, int[] slots, long token, String peer) throws SQLException {
        checkToken(sql, slots, token);
        int fenced = sql.update(
                "UPDATE tenfold_slot_v1 SET state = 'FENCED', peer = ? WHERE slot = ANY(?) AND state = 'OWNER'",
                peer,
                slots);
        if (fenced != slots.length) {
            throw refusal(slots, "not all owned", token);
        }
        return true;
    }

    boolean follow(Statements sql, int[] slots, long token, String peer) throws SQLException {
        checkToken(sql, slots, token);
        require(sql, slots, token, "state IN ('FENCED', 'INCOMING')", "not all fenced");
        sql.update(
                "UPDATE tenfold_slot_v1 SET state = 'INCOMING', captured = false, peer = ? WHERE slot = ANY(?)"
                        + " AND state = 'FENCED'",
                peer,
                slots);
        stopRecording(sql, slots);
        // Nothing is left to be copied: the rows are here.
        copied(sql, slots, Cursor.END);
        return true;
    }

    boolean expect(Statements sql, int[] slots, long token, String peer) throws SQLException {
        checkToken(sql, slots, token);
        checkNotOwned(sql, slots, token);
        sql.update(
                "UPDATE tenfold_mover_v1 m SET copied = '', cleared = NULL WHERE m.slot = ANY(?) AND NOT EXISTS"
                        + " (SELECT FROM tenfold_slot_v1 g WHERE g.slot = m.slot AND g.state = 'INCOMING' AND g.peer = ?"
                        + " AND m.cleared IS NULL)",
                slots,
                peer);
        sql.update(
                "INSERT INTO tenfold_slot_v1 AS g (slot, shard, epoch, state, peer)"
                        + " SELECT s, ?, 0, 'INCOMING', ? FROM unnest(?) s ORDER BY s ON CONFLICT (slot) DO UPDATE"
                        + " SET state = 'INCOMING', captured = false, peer = excluded.peer",
                shard,
                peer,
                slots);
        stopRecording(sql, slots);
        return true;
    }

    /** Empty if one is not incoming. */
    Optional<List<Cursor>> copied(Statements sql, int[] slots) throws SQLException {
        if (count(sql, slots, "state = 'INCOMING'") != slots.length) {
            return Optional.empty();
        }
        return Optional.of(sql.list(
                "SELECT DISTINCT coalesce(copied, '') FROM tenfold_mover_v1 WHERE slot = ANY(?)",
                row -> new Cursor(row.getString(1)),
                slots));
    }

    void copied(Statements sql, int[] slots, Cursor place) throws SQLException {
        sql.update("UPDATE tenfold_mover_v1 SET copied = ?, cleared = NULL WHERE slot = ANY(?)", place.text(), slots);
    }

    Clearing clearing(Statements sql, int[] slots) throws SQLException {
        List<Clearing> places = sql.list(
                "SELECT DISTINCT cleared FROM tenfold_mover_v1 WHERE slot = ANY(?)",
                row -> Clearing.of(row.getString(1)),
                slots);
        return places.size() == 1 ? places.get(0) : Clearing.START;
    }

    /** A copy that is being cleared away cannot be continued. */
    void clearing(Statements sql, int[] slots, Clearing at) throws SQLException {
        sql.update("UPDATE tenfold_mover_v1 SET copied = '', cleared = ? WHERE slot = ANY(?)", at.text(), slots);
    }

    void close(Statements sql, int[] slots) throws SQLException {
        sql.update(
                "INSERT INTO tenfold_slot_v1 AS g (slot, shard, epoch, state)"
                        + " SELECT s, ?, 0, 'CLOSED' FROM unnest(?) s ORDER BY s ON CONFLICT (slot) DO UPDATE"
                        + " SET state = 'CLOSED', captured = false, peer = NULL",
                shard,
                slots);
        stopRecording(sql, slots);
        drop(sql, "tenfold_late_v1", slots);
        sql.update("UPDATE tenfold_mover_v1 SET copied = NULL, cleared = NULL WHERE slot = ANY(?)", slots);
    }

    boolean open(Statements sql, int[] slots, long token, long epoch, Optional<String> capturedFor)
            throws SQLException {
        checkToken(sql, slots, token);
        require(sql, slots, token, "state <> 'CLOSED'", "not all here");
        List<String> late = sql.list(
                "SELECT table_name || ' ' || key::text FROM tenfold_late_v1 WHERE slots && ? LIMIT 1",
                row -> row.getString(1),
                slots);
        if (!late.isEmpty()) {
            throw new IllegalStateException("row of the slots that does not fit in on shard " + shard + ": "
                    + late.get(0) + " (expected: no constraint that holds on one shard only; see tenfold_late_v1)");
        }
        sql.update(
                "UPDATE tenfold_mover_v1 m SET recording = ?, copied = NULL, cleared = NULL WHERE slot = ANY(?)"
                        + " AND EXISTS (SELECT FROM tenfold_slot_v1 g WHERE g.slot = m.slot AND g.state <> 'OWNER')",
                capturedFor.isPresent(),
                slots);
        sql.update(
                "UPDATE tenfold_slot_v1 SET state = 'OWNER', captured = ?, peer = ?, epoch = greatest(epoch, ?)"
                        + " WHERE slot = ANY(?) AND state <> 'OWNER'",
                capturedFor.isPresent(),
                capturedFor.orElse(null),
                epoch,
                slots);
        if (capturedFor.isEmpty()) {
            stopRecording(sql, slots);
            // Saves the triggers a look, where no writer is just now at work; the others' slots go on looking in vain.
            sql.update(
                    "UPDATE tenfold_slot_v1 SET captured = false, peer = NULL WHERE slot IN (SELECT slot FROM tenfold_slot_v1"
                            + " WHERE slot = ANY(?) AND captured FOR NO KEY UPDATE SKIP LOCKED)",
                    slots);
        }
        return true;
    }

    private static void stopRecording(Statements sql, int[] slots) throws SQLException {
        record(sql, slots, false);
        drop(sql, "tenfold_mark_v1", slots);
    }

    /** Drops what is kept of slots; what is kept of a group of slots stays for the others. */
    private static void drop(Statements sql, String table, int[] slots) throws SQLException {
        sql.update("DELETE FROM " + table + " WHERE slots <@ ?", slots);
        sql.update(
                "UPDATE " + table + " SET slots = ARRAY(SELECT unnest(slots) EXCEPT SELECT unnest(?)) WHERE slots && ?",
                slots,
                slots);
    }

    boolean divide(Statements sql, int from, int part, long token, long epoch) throws SQLException {
        checkToken(sql, new int[] {from}, token);
        sql.update(
                "UPDATE tenfold_slot_v1 SET epoch = ? WHERE slot = ? AND state = 'OWNER' AND epoch < ?",
                epoch,
                from,
                epoch);
        sql.update(
                "INSERT INTO tenfold_slot_v1 (slot, shard, epoch, state) VALUES (?, ?, ?, 'OWNER') ON CONFLICT DO NOTHING",
                part,
                shard,
                epoch);
        return true;
    }

    private StaleEpochException refusal(int[] slots, String why, long token) {
        return new StaleEpochException(
                "move of " + slots.length + " slots from " + slots[0] + " on, " + why + " on shard " + shard,
                token,
                token + 1);
    }
}
