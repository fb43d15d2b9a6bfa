package dev.tenfold.sharding.reshard;

import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.ShardPlan.Merge;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What comes after the last slot has moved: slots become part of others on their shard. The writers of such a slot are refused
 * first, then the map says so, by one compare-and-set; from then on no row is the slot's, so closing it deletes none. Refusing
 * them is what keeps a router with an old map from writing by the merged slot's guard while the other slot moves.
 *
 * <p>All of it may be repeated. A plan that is undone here opens a slot again that the map has not merged, after raising the
 * map's epoch, which defeats the merging of a coordinator that was taken over and does not know yet.
 */
final class Merging {

    /** No row is a merged slot's, so one call looks through all there is. */
    private static final int ROWS = 1_000;

    private final Coordinator coordinator;
    private final Settings settings;
    private int done;
    private int renewedFor = -1;
    private int refused;

    Merging(Coordinator coordinator) {
        this.coordinator = coordinator;
        this.settings = coordinator.settings;
    }

    long highestToken() {
        List<Merge> merges = coordinator.journal().merges();
        if (coordinator.journal().stage() != ReshardJournal.Stage.MOVING || done >= merges.size()) {
            return 0;
        }
        Merge merge = merges.get(done);
        return settings.store(coordinator.map().owner(merge.into())).token(both(merge));
    }

    /** Does the next; empty when nothing is left. */
    Optional<Duration> step() {
        List<Merge> merges = coordinator.journal().merges();
        if (done >= merges.size()) {
            return Optional.empty();
        }
        if (renewedFor != done) {
            // A claim is for both slots alike, and one of them may have been claimed with others.
            renewedFor = done;
            coordinator.renewToken();
            return Optional.of(Duration.ZERO);
        }
        boolean finished = merge(merges.get(done), coordinator.journal().undoing());
        if (!finished) {
            refused++;
            return Optional.of(settings.fencing().delayAfter(refused, settings.random()));
        }
        refused = 0;
        done++;
        return Optional.of(Duration.ZERO);
    }

    private boolean merge(Merge merge, boolean undoing) {
        ShardMap now = coordinator.map();
        String owner = now.owner(merge.into());
        ShardStore store = settings.store(owner);
        int[] slot = {merge.slot()};
        boolean merged = now.owner(merge.slot()).isEmpty();
        boolean fenced = fenced(store, merge);
        if (!fenced && (merged || undoing)) {
            // Closed, or never begun; but what a coordinator that was taken over sent may be on its way.
            return settled(store, merge, merged);
        }
        long token = coordinator.token();
        store.claim(both(merge), token);
        if (!fenced && !store.fence(slot, token, owner, settings.lockWait())) {
            return false;
        }
        ShardMap map = settings.maps().update(current -> next(current, now, merge, undoing, store));
        if (map.owner(merge.slot()).isEmpty()) {
            close(store, map, merge);
        } else {
            store.open(slot, token, 0, Optional.empty());
        }
        return true;
    }

    private ShardMap next(ShardMap current, ShardMap planned, Merge merge, boolean undoing, ShardStore store) {
        if (current.owner(merge.slot()).isEmpty()) {
            return current;
        }
        if (undoing) {
            return current.withNextEpoch();
        }
        for (int slot : both(merge)) {
            if (!current.owner(slot).equals(store.shard()) || !current.sameSlots(planned)) {
                throw new Unmovable(merge + " on " + store.shard() + " (expected: one plan at a time; slot " + slot
                        + " is on " + current.owner(slot) + ")");
            }
        }
        store.verify(new int[] {merge.slot()}, coordinator.token(), SlotState.FENCED);
        store.verify(new int[] {merge.into()}, coordinator.token(), SlotState.OWNER);
        return current.withMerged(List.of(merge));
    }

    private boolean settled(ShardStore store, Merge merge, boolean merged) {
        boolean closed = store.state(merge.slot())
                .map(state -> state == SlotState.CLOSED)
                .orElse(true);
        if (merged && !closed) {
            throw new IllegalStateException("slot " + merge.slot() + " of " + store.shard() + ": "
                    + store.state(merge.slot()) + " (expected: fenced or closed, since the map has merged it)");
        }
        if (!merged) {
            store.claim(both(merge), coordinator.token());
            settings.maps()
                    .update(current -> current.owner(merge.slot()).isEmpty() ? current : current.withNextEpoch());
        }
        return true;
    }

    private void close(ShardStore store, ShardMap map, Merge merge) {
        while (!store.clear(map, new int[] {merge.slot()}, coordinator.token(), ROWS)) {
            // Each call deletes some more, and there are none to begin with.
        }
        settings.tell("slot.merged", Level.INFO, merge.toString(), Map.of("slot", merge.slot(), "epoch", map.epoch()));
    }

    private static boolean fenced(ShardStore store, Merge merge) {
        return Optional.ofNullable(store.unsettled().get(merge.slot()))
                .map(left -> left.state() == SlotState.FENCED)
                .orElse(false);
    }

    private static int[] both(Merge merge) {
        return new int[] {merge.slot(), merge.into()};
    }
}
