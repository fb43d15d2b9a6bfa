package dev.tenfold.sharding.move;

import dev.tenfold.coordination.VersionedRegister.Versioned;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.StaleEpochException;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.move.Reshard.Phase;
import dev.tenfold.sharding.move.ReshardJournal.Flow;
import dev.tenfold.sharding.move.ReshardJournal.Request;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Moves the slots of one flow, a bounded step at a time. Confined to the coordinator's steps, but for the counters that
 * progress reads.
 *
 * <p>Whatever it remembers it can do without: after a failure, and in another process, it claims the slots, finds in the map
 * who owns them, takes down a fence it finds, and goes on from there. Copying goes on at the cursor only if the giver has
 * recorded changes for the taker all the time, which it says itself; else the taker is cleared first.
 */
final class FlowMove {

    /** Marks sent on at a time. */
    private static final int BATCH = 500;

    /** Chunks between two looks at the backlog. */
    private static final int LOOK_EVERY = 8;

    /** A backlog that interrupts copying, and one that a fence can be put up on. */
    private static final int HIGH = 5_000;

    private static final int LOW = 200;

    /** What is being done behind the fence. */
    private enum Behind {
        NO_FENCE,
        DRAIN,
        COMPARE,
        SWITCH
    }

    final int index;
    private final Coordinator coordinator;
    private final Settings settings;
    private final Pace pace;

    private int[] slots = {};
    private ShardStore giver;
    private ShardStore taker;
    private boolean claimed;
    private boolean oriented;
    private ShardMap map;
    private @Nullable Cursor cursor;
    private int sinceLook;
    private boolean released;
    private boolean draining;
    private @Nullable Verification verification;
    private Verification.Next verifying = Verification.Next.COMPARE;
    private boolean verified;
    private int compared;
    private Behind behind = Behind.NO_FENCE;
    private long fencedAt;
    private int fences;
    private long restUntil;
    private boolean resting;

    /** Copied by this coordinator and in the journal already. */
    private volatile long allRows;
    /** Copied since the journal was written. */
    private volatile long rows;
    private volatile long bytes;
    private volatile long stallNanos;

    FlowMove(Coordinator coordinator, int index) {
        this.coordinator = coordinator;
        this.settings = coordinator.settings;
        this.index = index;
        this.pace = new Pace(settings);
        Flow flow = coordinator.flow(index);
        this.giver = settings.store(flow.giver());
        this.taker = settings.store(flow.taker());
        this.map = coordinator.map();
    }

    private Flow flow() {
        return coordinator.flow(index);
    }

    private Phase phase() {
        return flow().phase();
    }

    private boolean undoing() {
        return coordinator.journal().undoing() && !flow().backwards();
    }

    boolean isOver() {
        return phase() == Phase.DONE || phase() == Phase.ABORTED;
    }

    boolean soaking() {
        return phase() == Phase.SOAKING;
    }

    boolean fenced() {
        return behind != Behind.NO_FENCE;
    }

    /** Nothing to do but send on what is written. */
    boolean follows() {
        return soaking()
                || (phase() == Phase.READY
                        && !flow().backwards()
                        && !undoing()
                        && !coordinator.journal().asks(Request.CUT_OVER));
    }

    long rows() {
        return flow().rows() + rows;
    }

    /** How many rows were copied here, rather than by a coordinator before. */
    long rowsHere() {
        return allRows + rows;
    }

    long bytes() {
        return flow().bytes() + bytes;
    }

    Duration stall() {
        return Duration.ofNanos(stallNanos);
    }

    long highestToken() {
        if (isOver()) {
            return 0;
        }
        int[] all = flow().slotArray();
        return Math.max(
                settings.store(flow().giver()).token(all),
                settings.store(flow().taker()).token(all));
    }

    void reclaim() {
        claimed = false;
        reorient();
    }

    /** Everything is to be found out anew, by the token there is. */
    void reorient() {
        oriented = false;
        behind = Behind.NO_FENCE;
        cursor = null;
        draining = false;
        released = false;
    }

    long restNanos(long now) {
        return resting ? restUntil - now : 0;
    }

    Duration step() {
        Duration rest = work();
        resting = !rest.isZero();
        restUntil = settings.time().nanoTime() + rest.toNanos();
        // Others may have something to do meanwhile.
        return Duration.ZERO;
    }

    private Duration work() {
        if (phase() == Phase.PLANNED) {
            enter(undoing() ? Phase.ABORTED : Phase.CAPTURING);
            return Duration.ZERO;
        }
        if (!claimed) {
            Flow flow = flow();
            slots = flow.slotArray();
            giver = settings.store(flow.giver());
            taker = settings.store(flow.taker());
            giver.claim(slots, coordinator.token());
            taker.claim(slots, coordinator.token());
            claimed = true;
            return Duration.ZERO;
        }
        if (!oriented) {
            return orient();
        }
        if (undoing() && phase().compareTo(Phase.SWITCHED) < 0) {
            return abort();
        }
        return switch (phase()) {
            case CAPTURING -> capture();
            case COPYING -> copy();
            case CATCHING_UP -> catchUp();
            case VERIFYING -> verify();
            case READY -> ready();
            case FENCING -> fence();
            case SWITCHED -> open();
            case SOAKING -> drain(taker, giver) < BATCH ? settings.poll() : Duration.ZERO;
            case CLEANUP -> cleanUp();
            case PLANNED, DONE, ABORTED -> throw new IllegalStateException("phase: " + phase());
        };
    }

    private void enter(Phase next) {
        Phase last = phase();
        long copiedRows = rows;
        long copiedBytes = bytes;
        coordinator.write(journal -> journal.withFlow(
                index, flow -> flow.at(next, flow.rows() + copiedRows, flow.bytes() + copiedBytes)));
        allRows += copiedRows;
        rows = 0;
        bytes = 0;
        if (last != next) {
            Flow flow = flow();
            settings.tell(
                    "flow." + next.name().toLowerCase(java.util.Locale.ROOT),
                    Level.INFO,
                    flow.slots().size() + " slots from " + flow.giver() + " to " + flow.taker() + ": " + last + " -> " + next,
                    Map.of("from", flow.giver(), "to", flow.taker(), "slots", flow.slots().size(), "phase", next));
        }
    }

    /** Finds out where this stands. The token is claimed, so no other coordinator changes it meanwhile. */
    private Duration orient() {
        Flow flow = flow();
        slots = flow.slotArray();
        giver = settings.store(flow.giver());
        taker = settings.store(flow.taker());
        map = coordinator.map();
        boolean switched = map.owner(slots[0]).equals(flow.taker());
        requireOwner(map, switched ? flow.taker() : flow.giver());
        if (switched) {
            if (phase().compareTo(Phase.SWITCHED) < 0) {
                enter(Phase.SWITCHED);
            }
        } else if (isFenced()) {
            if (!takeFenceDown(undoing() ? Optional.empty() : Optional.of(flow.taker()))) {
                return Duration.ZERO;
            }
            enter(flow.backwards() ? Phase.CATCHING_UP : Phase.CAPTURING);
        } else if (phase() != Phase.CAPTURING) {
            enter(flow.backwards() ? Phase.CATCHING_UP : Phase.CAPTURING);
        }
        oriented = true;
        return Duration.ZERO;
    }

    private void requireOwner(ShardMap current, String owner) {
        for (int slot : slots) {
            if (!current.owner(slot).equals(owner)) {
                throw new StaleEpochException(
                        "slot " + slot + " is on " + current.owner(slot) + " and not on " + owner + " any more",
                        current.epoch() - 1,
                        current.epoch());
            }
        }
    }

    private boolean isFenced() {
        Map<Integer, ShardStore.Unsettled> unsettled = giver.unsettled();
        for (int slot : slots) {
            ShardStore.Unsettled left = unsettled.get(slot);
            if (left != null && left.state() == SlotState.FENCED) {
                return true;
            }
        }
        return false;
    }

    /** False if the slots have switched in spite of it. */
    private boolean takeFenceDown(Optional<String> capturedFor) {
        // Defeats every switch still on its way, of whoever held the claim before or of this very coordinator.
        ShardMap now = settings.maps()
                .update(current -> current.owner(slots[0]).equals(giver.shard()) ? current.withNextEpoch() : current);
        if (!now.owner(slots[0]).equals(giver.shard())) {
            reorient();
            return false;
        }
        giver.open(slots, coordinator.token(), 0, capturedFor);
        behind = Behind.NO_FENCE;
        return true;
    }

    private Duration capture() {
        Flow flow = flow();
        if (!capturedForTaker()) {
            verified = false;
            Map<Integer, ShardStore.Unsettled> left = taker.unsettled();
            int[] stale = Coordinator.ints(
                    flow.slots().stream().filter(left::containsKey).toList());
            if (stale.length > 0) {
                if (!taker.clear(map, stale, coordinator.token(), pace.chunk())) {
                    return pace.after(pace.chunk(), 0, 0);
                }
            }
            taker.expect(slots, coordinator.token(), flow.giver());
            if (!giver.capture(slots, coordinator.token(), flow.taker(), settings.lockWait())) {
                return refused("captured");
            }
        }
        fences = 0;
        enter(Phase.COPYING);
        return Duration.ZERO;
    }

    private boolean capturedForTaker() {
        Flow flow = flow();
        Map<Integer, ShardStore.Unsettled> here = giver.unsettled();
        Map<Integer, ShardStore.Unsettled> there = taker.unsettled();
        for (int slot : slots) {
            ShardStore.Unsettled given = here.get(slot);
            ShardStore.Unsettled taken = there.get(slot);
            if (given == null
                    || taken == null
                    || !given.captured()
                    || !given.peer().equals(flow.taker())
                    || taken.state() != SlotState.INCOMING
                    || !taken.peer().equals(flow.giver())) {
                return false;
            }
        }
        return true;
    }

    private Duration copy() {
        Cursor at = cursor;
        if (at == null) {
            at = taker.cursor(slots)
                    .orElseThrow(() -> new IllegalStateException("slots of " + flow() + " are not incoming"));
        }
        cursor = at;
        if (at.equals(Cursor.END)) {
            enter(Phase.CATCHING_UP);
            return Duration.ZERO;
        }
        if (draining) {
            draining = drain(giver, taker) == BATCH;
            return Duration.ZERO;
        }
        if (++sinceLook >= LOOK_EVERY) {
            sinceLook = 0;
            draining = giver.backlog(slots) > HIGH;
        }
        Duration held = settings.brake().hold();
        if (!held.isZero()) {
            return held;
        }
        long began = settings.time().nanoTime();
        RowChunk chunk = giver.read(map, slots, at, pace.chunk());
        // Between reading and writing a chunk nothing is drained: a row deleted meanwhile must not come back.
        taker.copy(slots, coordinator.token(), chunk);
        cursor = chunk.next();
        long size = 0;
        for (Row row : chunk.rows()) {
            size += row.content().length();
        }
        rows += chunk.rows().size();
        bytes += size;
        return pace.after(chunk.rows().size(), size, settings.time().nanoTime() - began);
    }

    /** Sends on some changes; how many marks that were, {@code BATCH} where there may be more. */
    private int drain(ShardStore from, ShardStore to) {
        Changes changes = from.changes(slots, BATCH);
        if (changes.isEmpty()) {
            return 0;
        }
        to.apply(slots, coordinator.token(), changes);
        from.forget(slots, coordinator.token(), changes);
        if (verification != null) {
            verification.touched(changes.keys());
        }
        return Math.min(BATCH, changes.marks().size());
    }

    private Duration catchUp() {
        if (flow().backwards() && !capturedForTaker()) {
            throw new IllegalStateException("slots of " + flow() + " are not followed, so they cannot be brought back");
        }
        if (drain(giver, taker) < BATCH && giver.backlog(slots) <= LOW) {
            enter(verified || flow().backwards() ? Phase.READY : Phase.VERIFYING);
            if (!verified) {
                verification = flow().backwards() ? null : new Verification(map, slots, giver, taker);
                verifying = Verification.Next.COMPARE;
            }
        }
        return Duration.ZERO;
    }

    private Duration verify() {
        Verification comparison = verification;
        if (comparison == null) {
            enter(Phase.CATCHING_UP);
            return Duration.ZERO;
        }
        if (verifying == Verification.Next.COMPARE) {
            Duration held = settings.brake().hold();
            if (!held.isZero()) {
                return held;
            }
            verifying = comparison.compare(pace.chunk());
        } else if (verifying == Verification.Next.DRAIN && drain(giver, taker) < BATCH) {
            verifying = comparison.resending() ? Verification.Next.COMPARE : comparison.drained(coordinator.token());
        }
        if (verifying == Verification.Next.DONE) {
            verified = true;
            if (comparison.repairs() > 0) {
                settings.tell(
                        "rows.resent",
                        Level.WARNING,
                        comparison.repairs() + " rows of " + flow().giver() + " differed on " + flow().taker()
                                + " and were sent again",
                        Map.of("from", flow().giver(), "to", flow().taker(), "rows", comparison.repairs()));
            }
            enter(Phase.READY);
        }
        return Duration.ZERO;
    }

    private Duration ready() {
        boolean more = drain(giver, taker) == BATCH;
        if (!more && (flow().backwards() || coordinator.journal().asks(Request.CUT_OVER))) {
            enter(Phase.FENCING);
            return Duration.ZERO;
        }
        return more ? Duration.ZERO : settings.poll();
    }

    private Duration fence() {
        if (behind == Behind.NO_FENCE) {
            if (drain(giver, taker) == BATCH) {
                return Duration.ZERO;
            }
            if (!giver.fence(slots, coordinator.token(), flow().taker(), settings.lockWait())) {
                return refused("fenced");
            }
            fencedAt = settings.time().nanoTime();
            behind = Behind.DRAIN;
            compared = 0;
            return Duration.ZERO;
        }
        if (settings.time().nanoTime() - fencedAt >= settings.maxFence().toNanos()) {
            return fencedTooLong();
        }
        Verification comparison = verification;
        switch (behind) {
            case DRAIN -> behind = drain(giver, taker) > 0 ? Behind.DRAIN : Behind.COMPARE;
            case COMPARE -> {
                if (comparison == null || compared == comparison.restless().size()) {
                    behind = Behind.SWITCH;
                } else if (!comparison.compareRange(comparison.restless().get(compared++)).isEmpty()) {
                    verified = false;
                    if (takeFenceDown(Optional.of(flow().taker()))) {
                        enter(Phase.CATCHING_UP);
                    }
                }
            }
            case SWITCH -> {
                if (switchOver()) {
                    open();
                }
            }
            case NO_FENCE -> throw new IllegalStateException("no fence");
        }
        return Duration.ZERO;
    }

    private Duration fencedTooLong() {
        Duration lasted = Duration.ofNanos(settings.time().nanoTime() - fencedAt);
        if (takeFenceDown(Optional.of(flow().taker()))) {
            settings.tell(
                    "fence.taken.down",
                    Level.WARNING,
                    slots.length + " slots of " + giver.shard() + " refused writes for "
                            + lasted.truncatedTo(ChronoUnit.MILLIS) + ", longer than " + settings.maxFence()
                            + "; they are open again and will be fenced again later",
                    Map.of("shard", giver.shard(), "slots", slots.length, "lasted", lasted));
            enter(Phase.CATCHING_UP);
            return refused("switched within " + settings.maxFence());
        }
        return Duration.ZERO;
    }

    /** Writers were in the way: leaves them alone for a while, or gives the plan up. */
    private Duration refused(String what) {
        if (++fences >= settings.fencing().attempts() && !flow().backwards()) {
            throw new Unmovable(slots.length + " slots of " + giver.shard() + " could not be " + what + " in "
                    + fences + " attempts (expected: transactions shorter than the lock wait of " + settings.lockWait()
                    + "; look for long ones, or raise fencing(...))");
        }
        return settings.fencing().delayAfter(fences, settings.random());
    }

    /** The one step that decides. False if it is to be repeated. */
    private boolean switchOver() {
        Versioned<ShardMap> current = settings.maps().read();
        ShardMap now = current.value();
        if (now.owner(slots[0]).equals(taker.shard())) {
            // An earlier compare-and-set of ours, of which only the answer was lost.
            return true;
        }
        requireOwner(now, giver.shard());
        if (!now.isolated().equals(map.isolated())) {
            throw new Unmovable("keys got slots of their own while slots " + slots[0] + " ff. were copied (expected: one"
                    + " plan at a time)");
        }
        // After the map was read: see the comment of Coordinator.
        giver.verify(slots, coordinator.token(), SlotState.FENCED);
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

    /** The map says that the taker owns the slots: nothing but going on is left. */
    private Duration open() {
        Flow flow = flow();
        ShardMap now = coordinator.map();
        boolean follow = !flow.backwards() && !settings.soak().isZero();
        taker.open(slots, coordinator.token(), now.epoch(), follow ? Optional.of(flow.giver()) : Optional.empty());
        if (behind != Behind.NO_FENCE) {
            Duration stall = Duration.ofNanos(settings.time().nanoTime() - fencedAt);
            stallNanos = stall.toNanos();
            behind = Behind.NO_FENCE;
            settings.tell(
                    "slots.moved",
                    Level.INFO,
                    slots.length + " slots from " + flow.giver() + " to " + flow.taker() + ", refusing writes for "
                            + stall.truncatedTo(ChronoUnit.MILLIS),
                    Map.of("from", flow.giver(), "to", flow.taker(), "slots", slots.length, "stall", stall));
        }
        if (phase() != Phase.SWITCHED) {
            enter(Phase.SWITCHED);
        }
        if (follow) {
            giver.follow(slots, coordinator.token(), flow.taker());
            enter(Phase.SOAKING);
        } else {
            enter(Phase.CLEANUP);
        }
        return Duration.ZERO;
    }

    private Duration cleanUp() {
        Duration held = settings.brake().hold();
        if (!held.isZero()) {
            return held;
        }
        if (!released) {
            // Nothing needs to be recorded any more.
            taker.open(slots, coordinator.token(), 0, Optional.empty());
            released = true;
        }
        long began = settings.time().nanoTime();
        int chunk = pace.chunk();
        if (giver.clear(map, slots, coordinator.token(), chunk)) {
            enter(flow().backwards() ? Phase.ABORTED : Phase.DONE);
            return Duration.ZERO;
        }
        return pace.after(chunk, 0, settings.time().nanoTime() - began);
    }

    private Duration abort() {
        if (isFenced()) {
            takeFenceDown(Optional.empty());
            return Duration.ZERO;
        }
        giver.open(slots, coordinator.token(), 0, Optional.empty());
        List<Integer> left = new ArrayList<>(flow().slots());
        left.retainAll(taker.unsettled().keySet());
        int chunk = pace.chunk();
        if (!left.isEmpty() && !taker.clear(map, Coordinator.ints(left), coordinator.token(), chunk)) {
            return pace.after(chunk, 0, 0);
        }
        enter(Phase.ABORTED);
        return Duration.ZERO;
    }
}
