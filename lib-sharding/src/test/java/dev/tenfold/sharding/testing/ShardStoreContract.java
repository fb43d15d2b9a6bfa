package dev.tenfold.sharding.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.StaleEpochException;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.ShardPlan.Division;
import dev.tenfold.sharding.ShardRoute;
import dev.tenfold.sharding.hash.Placement;
import dev.tenfold.sharding.hash.Shard;
import dev.tenfold.sharding.reshard.Changes;
import dev.tenfold.sharding.reshard.Cursor;
import dev.tenfold.sharding.reshard.Row;
import dev.tenfold.sharding.reshard.RowChunk;
import dev.tenfold.sharding.reshard.RowDigests;
import dev.tenfold.sharding.reshard.ShardStore;
import dev.tenfold.sharding.reshard.SlotState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link ShardStore} must do. Extend it with one class per implementation; each test works on two new stores,
 * {@code "a"}, which owns all slots at first, and {@code "b"}, which owns none.
 *
 * <p>The stores hold one table of rows with a text key, which is primary key and shard key, and a text value. Keys are hashed
 * by {@link KeyHash#xxh3()} as text.
 */
public abstract class ShardStoreContract {

    private static final Duration SHORT = Duration.ofMillis(50);
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final int SLOTS = 4;
    private static final int ALL = 1_000_000;

    /** The slots that move in these tests; the others stay. */
    private static final int[] MOVED = {0, 1};

    private ShardMap map;
    private ShardStore a;
    private ShardStore b;

    /** For subclasses. */
    protected ShardStoreContract() {}

    /** A writer's transaction. */
    protected interface Writer extends AutoCloseable {

        /**
         * Inserts or updates a row.
         *
         * @param key its key
         * @param value its value
         * @throws Exception if the store failed
         */
        void put(String key, String value) throws Exception;

        /**
         * Deletes a row, or nothing.
         *
         * @param key its key
         * @throws Exception if the store failed
         */
        void delete(String key) throws Exception;

        /**
         * Makes the writes happen and ends the transaction.
         *
         * @throws Exception if the store failed
         */
        void commit() throws Exception;

        /** Ends the transaction; unless it was committed, nothing happened. */
        @Override
        void close() throws Exception;
    }

    /**
     * Makes a store without guards and rows, in place of the one of that name of the test before.
     *
     * @param shard its name
     * @return an empty store
     * @throws Exception if it cannot be made
     */
    protected abstract ShardStore open(String shard) throws Exception;

    /**
     * Begins a transaction that checks its route first, as an application's does.
     *
     * @param store one that {@link #open} made
     * @param route what it checks
     * @return the transaction
     * @throws Exception if the store failed
     * @throws StaleEpochException if the route was refused
     */
    protected abstract Writer begin(ShardStore store, ShardRoute route) throws Exception;

    /**
     * Reads all rows that are there, whatever their slots' states.
     *
     * @param store one that {@link #open} made
     * @return values by key
     * @throws Exception if the store failed
     */
    protected abstract SortedMap<String, String> rows(ShardStore store) throws Exception;

    @BeforeEach
    void openStores() throws Exception {
        map = ShardMap.first(List.of(new Shard("a", 1), new Shard("b", 1)), SLOTS, KeyHash.xxh3(), Placement.ring())
                .withOwner(IntStream.range(0, SLOTS).toArray(), "a");
        a = open("a");
        b = open("b");
        a.install(map);
        b.install(map);
    }

    // --- guards
    // -------------------------------------------------------------------------------------------------------

    @Test
    void installsGuardsThatOwnWhatTheMapSaysAndOnlyOnce() throws Exception {
        assertThat(a.shard()).isEqualTo("a");
        assertThat(a.state(0)).contains(SlotState.OWNER);
        assertThat(b.state(0)).isNotEqualTo(Optional.of(SlotState.OWNER));
        b.install(map.withOwner(MOVED, "b"));
        a.install(map.withOwner(MOVED, "b"));
        assertThat(a.state(0)).contains(SlotState.OWNER);
        assertThat(a.unsettled()).isEmpty();
        write(a, map, key(0), "v");
        assertThat(rows(a)).containsEntry(key(0), "v");
    }

    @Test
    void refusesRoutesOfOtherPlacesAndTimes() {
        assertRefused(() -> begin(b, new ShardRoute("b", 0, map.epoch())));
        assertRefused(() -> begin(b, new ShardRoute("a", 0, map.epoch())));
        assertRefused(() -> begin(a, new ShardRoute("a", 0, map.epoch() - 1)));
    }

    @Test
    void findsNothingInTheWayAndOneSchemaOnEqualStores() {
        assertThat(a.preflight().problems()).isEmpty();
        assertThat(a.preflight().schema()).isEqualTo(b.preflight().schema());
    }

    @Test
    void measuresSlots() throws Exception {
        for (int slot = 0; slot < SLOTS; slot++) {
            for (int i = 0; i <= slot; i++) {
                write(a, map, key(slot, i), "value");
            }
        }
        Map<Integer, ShardStore.Size> sizes = a.sizes(map);
        for (int slot = 0; slot < SLOTS; slot++) {
            assertThat(sizes.get(slot).rows()).as("rows of slot %d", slot).isEqualTo(slot + 1);
            assertThat(sizes.get(slot).bytes()).as("bytes of slot %d", slot).isPositive();
        }
        assertThat(b.sizes(map).values()).allMatch(size -> size.rows() == 0);
    }

    // --- tokens
    // -------------------------------------------------------------------------------------------------------

    @Test
    void raisesTokensAndNeverLowersThem() {
        assertThat(a.token(MOVED)).isZero();
        a.claim(MOVED, 5);
        a.claim(MOVED, 5);
        assertThat(a.token(MOVED)).isEqualTo(5);
        assertThat(a.token(new int[] {2})).isZero();
        assertThat(a.token(new int[] {1, 2})).isEqualTo(5);
        assertRefused(() -> a.claim(MOVED, 4));
        // Neither higher than what slot 1 has, nor what all have.
        assertRefused(() -> a.claim(new int[] {1, 2}, 5));
        assertThat(a.token(new int[] {2})).isZero();
        a.claim(new int[] {1, 2}, 6);
        assertThat(a.token(new int[] {0})).isEqualTo(5);
        // A slot the shard never had can be claimed too.
        b.claim(MOVED, 7);
        assertThat(b.token(MOVED)).isEqualTo(7);
    }

    @Test
    void claimsSlotsWhoseWritersAreUnderWay() throws Exception {
        try (Writer writer = begin(a, route(map, 0))) {
            writer.put(key(0), "v");
            a.claim(MOVED, 5);
            writer.commit();
        }
        assertThat(rows(a)).containsEntry(key(0), "v");
    }

    @Test
    void makesSureOfStateAndToken() {
        a.claim(MOVED, 5);
        a.verify(MOVED, 5, SlotState.OWNER);
        assertRefused(() -> a.verify(MOVED, 5, SlotState.FENCED));
        assertRefused(() -> a.verify(MOVED, 4, SlotState.OWNER));
        assertRefused(() -> a.verify(new int[] {1, 2}, 5, SlotState.OWNER));
    }

    @Test
    void changesNothingForAMoverThatLostItsClaim() throws Exception {
        write(a, map, key(0), "v");
        captured(1);
        write(a, map, key(1), "w");
        RowChunk chunk = a.read(map, MOVED, Cursor.START, ALL);
        Changes changes = a.changes(MOVED, ALL);
        a.claim(MOVED, 2);
        b.claim(MOVED, 2);
        assertRefused(() -> a.capture(MOVED, 1, "b", LONG));
        assertRefused(() -> a.fence(MOVED, 1, "b", LONG));
        assertRefused(() -> a.forget(MOVED, 1, changes));
        assertRefused(() -> a.mark(MOVED, 1, List.of(chunk.rows().get(0).key())));
        assertRefused(() -> a.open(MOVED, 1, 0, Optional.empty()));
        assertRefused(() -> a.divide(0, SLOTS, 1, 9, LONG));
        assertRefused(() -> b.copy(MOVED, 1, chunk));
        assertRefused(() -> b.apply(MOVED, 1, changes));
        assertRefused(() -> b.expect(MOVED, 1, "a"));
        assertRefused(() -> b.clear(map, MOVED, 1, ALL));
        assertRefused(() -> b.open(MOVED, 1, 9, Optional.empty()));
        assertThat(a.fence(MOVED, 2, "b", LONG)).isTrue();
        assertRefused(() -> a.follow(MOVED, 1, "b"));
        assertRefused(() -> a.open(MOVED, 1, 0, Optional.empty()));
        assertThat(a.state(0)).contains(SlotState.FENCED);
        assertThat(a.backlog(MOVED)).isEqualTo(1);
        assertThat(b.state(0)).contains(SlotState.INCOMING);
        assertThat(b.cursor(MOVED)).contains(Cursor.START);
        assertThat(rows(b)).isEmpty();
    }

    // --- capture
    // ------------------------------------------------------------------------------------------------------

    @Test
    void recordsEveryWriteThatCommitsAfterCapturing() throws Exception {
        write(a, map, key(0), "before");
        a.claim(MOVED, 1);
        assertThat(a.capture(MOVED, 1, "b", LONG)).isTrue();
        assertThat(a.changes(MOVED, ALL).isEmpty()).isTrue();
        assertThat(a.backlog(MOVED)).isZero();
        write(a, map, key(0), "after");
        write(a, map, key(1), "new");
        delete(a, map, key(1));
        write(a, map, key(2), "elsewhere");
        Changes changes = a.changes(MOVED, ALL);
        assertThat(changes.keys()).extracting(ShardStoreContract::text).containsExactly(key(0), key(1));
        assertThat(changes.rows()).extracting(row -> text(row.key())).containsExactly(key(0));
        assertThat(a.backlog(MOVED)).isEqualTo(3);
        assertThat(a.capture(MOVED, 1, "b", LONG)).as("repeated").isTrue();
        assertThat(a.backlog(MOVED)).isEqualTo(3);
        assertThat(a.unsettled()).containsOnlyKeys(0, 1);
        assertThat(a.unsettled().get(0)).isEqualTo(new ShardStore.Unsettled(SlotState.OWNER, "b", true));
    }

    @Test
    void recordsNothingOfATransactionThatWasRolledBack() throws Exception {
        captured(1);
        try (Writer writer = begin(a, route(map, 0))) {
            writer.put(key(0), "v");
        }
        assertThat(rows(a)).isEmpty();
        assertThat(a.backlog(MOVED)).isZero();
    }

    @Test
    void capturesOnlyOnceWritersThatPassedTheGuardHaveEnded() throws Exception {
        a.claim(MOVED, 1);
        try (Writer writer = begin(a, route(map, 0))) {
            writer.put(key(0), "v");
            assertThat(a.capture(MOVED, 1, "b", SHORT)).isFalse();
            assertThat(a.unsettled()).isEmpty();
            writer.commit();
        }
        assertThat(a.capture(MOVED, 1, "b", LONG)).isTrue();
        // What was committed before is in the rows that are read from now on.
        assertThat(a.read(map, MOVED, Cursor.START, ALL).rows()).hasSize(1);
        try (Writer writer = begin(a, route(map, 0))) {
            writer.put(key(0), "w");
            writer.commit();
        }
        assertThat(a.backlog(MOVED)).isEqualTo(1);
    }

    @Test
    void capturesOnlyWhatIsOwned() {
        b.claim(MOVED, 1);
        assertRefused(() -> b.capture(MOVED, 1, "a", LONG));
        b.expect(MOVED, 1, "a");
        assertRefused(() -> b.capture(MOVED, 1, "a", LONG));
    }

    @Test
    void forgetsTheListedMarksAndNoOthers() throws Exception {
        captured(1);
        write(a, map, key(0), "1");
        write(a, map, key(1), "1");
        Changes seen = a.changes(MOVED, ALL);
        write(a, map, key(0), "2");
        a.forget(MOVED, 1, seen);
        Changes left = a.changes(MOVED, ALL);
        assertThat(left.keys()).extracting(ShardStoreContract::text).containsExactly(key(0));
        a.forget(MOVED, 1, seen);
        assertThat(a.backlog(MOVED)).as("forgotten twice").isEqualTo(1);
        a.forget(MOVED, 1, left);
        assertThat(a.changes(MOVED, ALL).isEmpty()).isTrue();
    }

    @Test
    void keepsTheMarkOfAWriterThatCommitsAfterTheListing() throws Exception {
        captured(1);
        try (Writer slow = begin(a, route(map, 0))) {
            slow.put(key(0), "slow");
            write(a, map, key(0, 1), "fast");
            Changes seen = a.changes(MOVED, ALL);
            assertThat(seen.keys()).extracting(ShardStoreContract::text).containsExactly(key(0, 1));
            slow.commit();
            a.forget(MOVED, 1, seen);
        }
        assertThat(a.changes(MOVED, ALL).keys())
                .extracting(ShardStoreContract::text)
                .containsExactly(key(0));
    }

    @Test
    void listsAsManyMarksAsAskedFor() throws Exception {
        captured(1);
        for (int i = 0; i < 5; i++) {
            write(a, map, key(0, i), "v");
        }
        int rounds = 0;
        TreeMap<String, String> seen = new TreeMap<>();
        for (Changes some = a.changes(MOVED, 2); !some.isEmpty(); some = a.changes(MOVED, 2)) {
            assertThat(some.marks()).hasSizeLessThanOrEqualTo(2);
            some.rows().forEach(row -> seen.put(text(row.key()), row.content()));
            a.forget(MOVED, 1, some);
            rounds++;
        }
        assertThat(rounds).isEqualTo(3);
        assertThat(seen).hasSize(5);
    }

    @Test
    void marksKeysThatAreThereAndKeysThatAreNot() throws Exception {
        write(a, map, key(0), "v");
        write(a, map, key(1), "v");
        captured(1);
        List<Row.Key> keys = keys(a.read(map, MOVED, Cursor.START, ALL));
        delete(a, map, key(1));
        a.forget(MOVED, 1, a.changes(MOVED, ALL));
        a.mark(MOVED, 1, keys);
        Changes changes = a.changes(MOVED, ALL);
        assertThat(changes.keys()).containsExactlyInAnyOrderElementsOf(keys);
        assertThat(changes.rows()).extracting(row -> text(row.key())).containsExactly(key(0));
        a.open(MOVED, 1, 0, Optional.empty());
        assertRefused(() -> a.mark(MOVED, 1, keys));
    }

    // --- copying
    // ------------------------------------------------------------------------------------------------------

    @Test
    void readsEveryRowOfTheSlotsOnceChunkByChunk() throws Exception {
        TreeMap<String, String> expected = fill();
        TreeMap<String, String> seen = new TreeMap<>();
        Cursor at = Cursor.START;
        int chunks = 0;
        while (!at.equals(Cursor.END)) {
            RowChunk chunk = a.read(map, MOVED, at, 3);
            assertThat(chunk.from()).isEqualTo(at);
            assertThat(chunk.next()).isNotEqualTo(at);
            assertThat(chunk.rows()).hasSizeLessThanOrEqualTo(3);
            assertThat(chunk.schema()).isEqualTo(a.preflight().schema());
            for (Row row : chunk.rows()) {
                assertThat(seen.put(text(row.key()), row.content())).isNull();
            }
            at = chunk.next();
            chunks++;
        }
        assertThat(seen.keySet()).isEqualTo(expected.keySet());
        assertThat(chunks).isGreaterThan(3);
        assertThat(a.read(map, MOVED, Cursor.END, 3).rows()).isEmpty();
    }

    @Test
    void copiesRowsWithTheCursorAndOverwritesNone() throws Exception {
        TreeMap<String, String> expected = fill();
        captured(1);
        assertThat(b.cursor(MOVED)).contains(Cursor.START);
        RowChunk stale = a.read(map, MOVED, Cursor.START, ALL);
        write(a, map, key(0), "newer");
        expected.put(key(0), "newer");
        Changes changes = a.changes(MOVED, ALL);
        b.apply(MOVED, 1, changes);
        b.copy(MOVED, 1, stale);
        assertThat(rows(b)).isEqualTo(expected);
        assertThat(b.cursor(MOVED)).contains(stale.next());
        b.copy(MOVED, 1, stale);
        assertThat(rows(b)).as("copied twice").isEqualTo(expected);
    }

    @Test
    void goesOnAtTheCursorAfterAnotherClaim() throws Exception {
        TreeMap<String, String> expected = fill();
        captured(1);
        RowChunk first = a.read(map, MOVED, Cursor.START, 3);
        b.copy(MOVED, 1, first);
        a.claim(MOVED, 2);
        b.claim(MOVED, 2);
        b.expect(MOVED, 2, "a");
        assertThat(b.cursor(MOVED)).contains(first.next());
        for (Cursor at = first.next(); !at.equals(Cursor.END); ) {
            RowChunk chunk = a.read(map, MOVED, at, 3);
            b.copy(MOVED, 2, chunk);
            at = chunk.next();
        }
        assertThat(rows(b)).isEqualTo(expected);
        assertThat(b.cursor(MOVED)).contains(Cursor.END);
    }

    @Test
    void takesRowsOnlyForSlotsThatAreIncoming() throws Exception {
        fill();
        captured(1);
        write(a, map, key(0), "w");
        RowChunk chunk = a.read(map, MOVED, Cursor.START, ALL);
        Changes changes = a.changes(MOVED, ALL);
        assertRefused(() -> a.copy(MOVED, 1, chunk));
        assertRefused(() -> a.apply(MOVED, 1, changes));
        assertRefused(() -> a.expect(MOVED, 1, "b"));
        assertThat(a.cursor(MOVED)).isEmpty();
        RowChunk odd = new RowChunk(chunk.rows(), chunk.from(), chunk.next(), chunk.schema() + ", colour");
        assertThatThrownBy(() -> b.copy(MOVED, 1, odd)).isInstanceOf(IllegalStateException.class);
        Changes oddToo = new Changes(changes.marks(), changes.keys(), changes.rows(), changes.schema() + ", colour");
        assertThatThrownBy(() -> b.apply(MOVED, 1, oddToo)).isInstanceOf(IllegalStateException.class);
        assertThat(rows(b)).isEmpty();
        assertThat(b.cursor(MOVED)).contains(Cursor.START);
    }

    @Test
    void appliesWhatStoodThereAndDeletesTheRest() throws Exception {
        write(a, map, key(0), "1");
        write(a, map, key(1), "1");
        captured(1);
        b.copy(MOVED, 1, a.read(map, MOVED, Cursor.START, ALL));
        write(a, map, key(0), "2");
        delete(a, map, key(1));
        write(a, map, key(0, 1), "new");
        Changes changes = a.changes(MOVED, ALL);
        for (int time = 0; time < 2; time++) {
            b.apply(MOVED, 1, changes);
            assertThat(rows(b)).isEqualTo(new TreeMap<>(Map.of(key(0), "2", key(0, 1), "new")));
        }
        assertRefused(() -> begin(b, route(map.withOwner(MOVED, "b"), 0)));
    }

    // --- fencing and opening
    // ------------------------------------------------------------------------------------------

    @Test
    void fencesOnceWritersThatPassedTheGuardHaveEnded() throws Exception {
        captured(1);
        try (Writer writer = begin(a, route(map, 0))) {
            writer.put(key(0), "v");
            assertThat(a.fence(MOVED, 1, "b", SHORT)).isFalse();
            assertThat(a.state(0)).contains(SlotState.OWNER);
            assertThat(a.state(1)).contains(SlotState.OWNER);
            write(a, map, key(2), "others go on");
            writer.commit();
        }
        assertThat(a.fence(MOVED, 1, "b", LONG)).isTrue();
        assertRefused(() -> begin(a, route(map, 0)));
        write(a, map, key(2), "others still go on");
        assertThat(a.backlog(MOVED)).as("what was recorded stays").isEqualTo(1);
        assertThat(a.changes(MOVED, ALL).rows()).hasSize(1);
        assertThat(a.unsettled().get(0).state()).isEqualTo(SlotState.FENCED);
        assertThat(a.unsettled().get(0).peer()).isEqualTo("b");
        a.verify(MOVED, 1, SlotState.FENCED);
        assertRefused(() -> a.fence(MOVED, 1, "b", LONG));
    }

    @Test
    void opensAgainWithWhatWasRecorded() throws Exception {
        captured(1);
        write(a, map, key(0), "v");
        a.fence(MOVED, 1, "b", LONG);
        for (int time = 0; time < 2; time++) {
            a.open(MOVED, 1, 0, Optional.of("b"));
            assertThat(a.state(0)).contains(SlotState.OWNER);
            assertThat(a.backlog(MOVED)).isEqualTo(1);
        }
        write(a, map, key(1), "w");
        assertThat(a.backlog(MOVED)).isEqualTo(2);
        a.open(MOVED, 1, 0, Optional.empty());
        assertThat(a.backlog(MOVED)).isZero();
        assertThat(a.unsettled()).isEmpty();
        write(a, map, key(1), "x");
        assertThat(a.backlog(MOVED)).isZero();
    }

    @Test
    void opensWhileWritersAreUnderWayInOpenSlots() throws Exception {
        captured(1);
        try (Writer writer = begin(a, route(map, 0))) {
            writer.put(key(0), "v");
            a.open(MOVED, 1, 0, Optional.empty());
            writer.commit();
        }
        assertThat(rows(a)).containsEntry(key(0), "v");
    }

    @Test
    void opensForRoutesOfTheNewEpochAndRecordsFromTheFirstWriteOn() throws Exception {
        fill();
        captured(1);
        copyAll(1);
        a.fence(MOVED, 1, "b", LONG);
        ShardMap moved = map.withOwner(MOVED, "b");
        for (int time = 0; time < 2; time++) {
            b.open(MOVED, 1, moved.epoch(), Optional.of("a"));
        }
        assertRefused(() -> begin(b, new ShardRoute("b", 0, moved.epoch() - 1)));
        write(b, moved, key(0), "there");
        assertThat(b.backlog(MOVED)).isEqualTo(1);
        assertThat(b.unsettled().get(0)).isEqualTo(new ShardStore.Unsettled(SlotState.OWNER, "a", true));
        assertRefused(() -> begin(a, route(map, 0)));
        assertRefused(() -> begin(a, new ShardRoute("a", 0, moved.epoch() + 1)));
        // An epoch given for slots that are open already changes nothing for their writers.
        b.open(MOVED, 1, moved.epoch() + 5, Optional.of("a"));
        write(b, moved, key(0), "there too");
    }

    @Test
    void opensOnlyWhatIsHere() {
        a.claim(MOVED, 1);
        assertThat(a.fence(MOVED, 1, "b", LONG)).isTrue();
        assertThat(a.clear(map, MOVED, 1, ALL)).isTrue();
        assertRefused(() -> a.open(MOVED, 1, 9, Optional.empty()));
        b.claim(MOVED, 1);
        assertRefused(() -> b.open(MOVED, 1, 9, Optional.empty()));
    }

    @Test
    void followsTheNewOwner() throws Exception {
        TreeMap<String, String> expected = fill();
        captured(1);
        assertRefused(() -> a.follow(MOVED, 1, "b"));
        copyAll(1);
        a.fence(MOVED, 1, "b", LONG);
        b.open(MOVED, 1, map.epoch() + 1, Optional.of("a"));
        for (int time = 0; time < 2; time++) {
            a.follow(MOVED, 1, "b");
            assertThat(a.state(0)).contains(SlotState.INCOMING);
            assertThat(a.backlog(MOVED)).isZero();
        }
        ShardMap moved = map.withOwner(MOVED, "b");
        write(b, moved, key(0), "newest");
        delete(b, moved, key(1));
        Changes changes = b.changes(MOVED, ALL);
        a.apply(MOVED, 1, changes);
        b.forget(MOVED, 1, changes);
        expected.put(key(0), "newest");
        expected.remove(key(1));
        assertThat(moving(rows(a))).isEqualTo(expected);
        assertThat(rows(b)).isEqualTo(expected);
    }

    @Test
    void clearsSlotsChunkByChunkAndLeavesTheOthers() throws Exception {
        TreeMap<String, String> moving = fill();
        SortedMap<String, String> all = rows(a);
        captured(1);
        write(a, map, key(0), "marked");
        assertRefused(() -> a.clear(map, MOVED, 1, ALL));
        a.fence(MOVED, 1, "b", LONG);
        int calls = 1;
        for (int before = rows(a).size(); !a.clear(map, MOVED, 1, 3); calls++) {
            assertThat(before - rows(a).size()).isBetween(1, 3);
            before = rows(a).size();
        }
        assertThat(calls).isGreaterThan(2);
        all.keySet().removeAll(moving.keySet());
        assertThat(rows(a)).isEqualTo(all);
        assertThat(a.state(0)).contains(SlotState.CLOSED);
        assertThat(a.state(2)).contains(SlotState.OWNER);
        assertThat(a.backlog(MOVED)).isZero();
        assertThat(a.unsettled()).isEmpty();
        assertThat(a.clear(map, MOVED, 1, 3)).as("repeated").isTrue();
        assertRefused(() -> begin(a, new ShardRoute("a", 0, 99)));
    }

    @Test
    void beginsAnewAfterClearing() throws Exception {
        fill();
        captured(1);
        copyAll(1);
        assertThat(b.clear(map, MOVED, 1, ALL)).isTrue();
        assertThat(rows(b)).isEmpty();
        assertThat(b.cursor(MOVED)).isEmpty();
        b.expect(MOVED, 1, "a");
        assertThat(b.cursor(MOVED)).contains(Cursor.START);
    }

    // --- comparing
    // ----------------------------------------------------------------------------------------------------

    @Test
    void digestsEqualRowsEquallyAndOthersNot() throws Exception {
        fill();
        captured(1);
        copyAll(1);
        assertThat(digests(b)).isEqualTo(digests(a)).hasSize(rows(b).size());
        write(a, map, key(0), "another");
        delete(a, map, key(1));
        Map<Row.Key, String> here = digests(a);
        Map<Row.Key, String> there = digests(b);
        List<String> different = new ArrayList<>();
        there.forEach((key, digest) -> {
            if (!digest.equals(here.get(key))) {
                different.add(text(key));
            }
        });
        assertThat(different).containsExactlyInAnyOrder(key(0), key(1));
    }

    @Test
    void digestsTheSameRangesOnBothSides() throws Exception {
        fill();
        captured(1);
        copyAll(1);
        delete(a, map, key(0, 3));
        Map<Row.Key, String> here = new HashMap<>();
        Map<Row.Key, String> there = new HashMap<>();
        int ranges = 0;
        for (Cursor at = Cursor.START; !at.equals(Cursor.END); ranges++) {
            RowDigests range = a.digests(map, MOVED, at, 3);
            here.putAll(range.digests());
            RowDigests other = b.digests(map, MOVED, at, range.next());
            assertThat(other.next()).isEqualTo(range.next());
            for (Row.Key key : other.digests().keySet()) {
                assertThat(there.put(key, other.digests().get(key))).isNull();
            }
            at = range.next();
        }
        assertThat(ranges).isGreaterThan(2);
        assertThat(here).isEqualTo(digests(a));
        assertThat(there).isEqualTo(digests(b)).hasSize(here.size() + 1);
    }

    // --- dividing
    // -----------------------------------------------------------------------------------------------------

    @Test
    void dividesASlotOnceItsWritersHaveEnded() throws Exception {
        String celebrity = key(0);
        write(a, map, celebrity, "v");
        ShardMap divided = map.withDivided(List.of(
                new Division(0, SLOTS, String.format("%016x", KeyHash.xxh3().hash(celebrity)), celebrity)));
        int part = SLOTS;
        a.claim(new int[] {0}, 1);
        try (Writer writer = begin(a, route(map, 0))) {
            writer.put(celebrity, "w");
            assertThat(a.divide(0, part, 1, divided.epoch(), SHORT)).isFalse();
            assertThat(a.state(part)).isEmpty();
            writer.commit();
        }
        for (int time = 0; time < 2; time++) {
            assertThat(a.divide(0, part, 1, divided.epoch(), LONG)).isTrue();
            assertThat(a.state(part)).contains(SlotState.OWNER);
        }
        assertRefused(() -> begin(a, route(map, 0)));
        write(a, divided, celebrity, "x");
        write(a, divided, key(0, 1), "y");
        int[] parts = {part};
        assertThat(a.read(divided, parts, Cursor.START, ALL).rows())
                .extracting(row -> text(row.key()))
                .containsExactly(celebrity);
        a.claim(parts, 1);
        b.claim(parts, 1);
        b.expect(parts, 1, "a");
        assertThat(a.capture(parts, 1, "b", LONG)).isTrue();
        write(a, divided, celebrity, "z");
        write(a, divided, key(0, 1), "not of that slot");
        assertThat(a.changes(parts, ALL).keys())
                .extracting(ShardStoreContract::text)
                .containsExactly(celebrity);
    }

    // --- by and for the tests
    // -----------------------------------------------------------------------------------------

    /** Slots 0 and 1 on their way from a to b. */
    private void captured(long token) {
        a.claim(MOVED, token);
        b.claim(MOVED, token);
        b.expect(MOVED, token, "a");
        assertThat(a.capture(MOVED, token, "b", LONG)).isTrue();
    }

    private void copyAll(long token) {
        b.copy(MOVED, token, a.read(map, MOVED, Cursor.START, ALL));
    }

    /** Five rows in each slot; returns those of the moved ones. */
    private TreeMap<String, String> fill() throws Exception {
        for (int slot = 0; slot < SLOTS; slot++) {
            for (int i = 0; i < 5; i++) {
                write(a, map, key(slot, i), "v" + i);
            }
        }
        return moving(rows(a));
    }

    private TreeMap<String, String> moving(SortedMap<String, String> rows) {
        TreeMap<String, String> moving = new TreeMap<>(rows);
        moving.keySet().removeIf(key -> slotOf(key) > 1);
        return moving;
    }

    private Map<Row.Key, String> digests(ShardStore store) {
        return store.digests(map, MOVED, Cursor.START, Cursor.END).digests();
    }

    private void write(ShardStore store, ShardMap by, String key, String value) throws Exception {
        try (Writer writer = begin(store, route(by, by.slotOf(KeyHash.xxh3().hash(key))))) {
            writer.put(key, value);
            writer.commit();
        }
    }

    private void delete(ShardStore store, ShardMap by, String key) throws Exception {
        try (Writer writer = begin(store, route(by, by.slotOf(KeyHash.xxh3().hash(key))))) {
            writer.delete(key);
            writer.commit();
        }
    }

    private static ShardRoute route(ShardMap map, int slot) {
        return new ShardRoute(map.owner(slot), slot, map.epoch());
    }

    private int slotOf(String key) {
        return map.slotOf(KeyHash.xxh3().hash(key));
    }

    private String key(int slot) {
        return key(slot, 0);
    }

    /** The n-th key of a slot. */
    private String key(int slot, int n) {
        int left = n;
        for (int i = 0; ; i++) {
            String key = "key-" + i;
            if (slotOf(key) == slot && left-- == 0) {
                return key;
            }
        }
    }

    private static String text(Row.Key key) {
        return key.id().get(0);
    }

    private static List<Row.Key> keys(RowChunk chunk) {
        return chunk.rows().stream().map(Row::key).toList();
    }

    private static void assertRefused(ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(StaleEpochException.class);
    }
}
