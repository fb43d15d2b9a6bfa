package dev.tenfold.sharding.reshard;

import dev.tenfold.coordination.VersionedRegister.Versioned;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.StaleEpochException;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.reshard.ReshardJournal.Flow;
import java.util.Map;
import java.util.Optional;

/** Some slots, the shard that has them, and the one that is to have them: what is done at both, or between them and the map. */
final class Ends {

    private final Coordinator coordinator;
    private final int[] slots;
    private final ShardStore giver;
    private final ShardStore taker;
    /** The map when the coordinator last found out where it stands; says which rows belong to the slots. */
    private final ShardMap map;

    private Ends(Coordinator coordinator, int[] slots, ShardStore giver, ShardStore taker, ShardMap map) {
        this.coordinator = coordinator;
        this.slots = slots;
        this.giver = giver;
        this.taker = taker;
        this.map = map;
    }

    int[] slots() {
        return slots;
    }

    ShardStore giver() {
        return giver;
    }

    ShardStore taker() {
        return taker;
    }

    ShardMap map() {
        return map;
    }

    static Ends of(Coordinator coordinator, Flow flow) {
        Settings settings = coordinator.settings;
        return new Ends(
                coordinator,
                flow.slotArray(),
                settings.store(flow.giver()),
                settings.store(flow.taker()),
                settings.maps().current());
    }

    private long token() {
        return coordinator.token();
    }

    void claim() {
        giver.claim(slots, token());
        taker.claim(slots, token());
    }

    /** Whether the map names the taker. */
    boolean switched() {
        boolean switched = map.owner(slots[0]).equals(taker.shard());
        requireOwner(map, switched ? taker : giver);
        return switched;
    }

    private void requireOwner(ShardMap current, ShardStore owner) {
        for (int slot : slots) {
            if (!current.owner(slot).equals(owner.shard())) {
                throw new StaleEpochException(
                        "slot " + slot + " is on " + current.owner(slot) + " and not on " + owner.shard() + " any more",
                        current.epoch() - 1,
                        current.epoch());
            }
        }
    }

    boolean fenced() {
        Map<Integer, ShardStore.Unsettled> unsettled = giver.unsettled();
        for (int slot : slots) {
            ShardStore.Unsettled left = unsettled.get(slot);
            if (left != null && left.state() == SlotState.FENCED) {
                return true;
            }
        }
        return false;
    }

    /** Whether the giver has recorded changes for the taker ever since that began to copy. */
    boolean captured() {
        Map<Integer, ShardStore.Unsettled> here = giver.unsettled();
        Map<Integer, ShardStore.Unsettled> there = taker.unsettled();
        for (int slot : slots) {
            ShardStore.Unsettled given = here.get(slot);
            ShardStore.Unsettled taken = there.get(slot);
            if (given == null
                    || taken == null
                    || !given.captured()
                    || !given.peer().equals(taker.shard())
                    || taken.state() != SlotState.INCOMING
                    || !taken.peer().equals(giver.shard())) {
                return false;
            }
        }
        return true;
    }

    /** Deletes what an attempt left at the taker; true once nothing is left. */
    boolean clearTaker(int rows) {
        Map<Integer, ShardStore.Unsettled> left = taker.unsettled();
        int[] stale = java.util.Arrays.stream(slots).filter(left::containsKey).toArray();
        return stale.length == 0 || taker.clear(map, stale, token(), rows);
    }

    /** Sends on some changes of the slots, from the giver to the taker. */
    Changes drain(int atMost) {
        return drain(giver, taker, atMost);
    }

    /** Sends on some changes back from the taker, which has the slots now. */
    Changes drainBack(int atMost) {
        return drain(taker, giver, atMost);
    }

    private Changes drain(ShardStore from, ShardStore to, int atMost) {
        Changes changes = from.changes(slots, atMost);
        if (!changes.isEmpty()) {
            to.apply(slots, token(), changes);
            from.forget(slots, token(), changes);
        }
        return changes;
    }

    /** The one step that decides. False if it is to be repeated. */
    boolean switchOver() {
        Settings settings = coordinator.settings;
        Versioned<ShardMap> current = settings.maps().read();
        ShardMap now = current.value();
        if (now.owner(slots[0]).equals(taker.shard())) {
            // An earlier compare-and-set of ours, of which only the answer was lost.
            return true;
        }
        requireOwner(now, giver);
        if (!now.sameSlots(map)) {
            throw new Unmovable("slots were divided or merged while slots " + slots[0]
                    + " and others were copied (expected: one plan at a time)");
        }
        // After the map was read: see the comment of Coordinator.
        giver.verify(slots, token(), SlotState.FENCED);
        try {
            return settings.maps()
                    .register()
                    .compareAndSet(current.version(), now.withOwner(slots, taker.shard()))
                    .isPresent();
        } catch (OutcomeUnknownException unknown) {
            // The next reading tells; and should the write still be on its way then, the next one is the same.
            return false;
        }
    }

    /** False if the slots have switched in spite of it. */
    boolean takeFenceDown(Optional<String> capturedFor) {
        // Defeats every switch still on its way, of whoever held the claim before or of this very coordinator.
        ShardMap now = coordinator
                .settings
                .maps()
                .update(current -> current.owner(slots[0]).equals(giver.shard()) ? current.withNextEpoch() : current);
        if (!now.owner(slots[0]).equals(giver.shard())) {
            return false;
        }
        giver.open(slots, token(), 0, capturedFor);
        return true;
    }
}
