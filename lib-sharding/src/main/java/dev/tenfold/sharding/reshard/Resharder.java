package dev.tenfold.sharding.reshard;

import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.error.StaleEpochException;
import dev.tenfold.observe.Event;
import dev.tenfold.observe.Observer;
import dev.tenfold.retry.Backoff;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.ShardPlan;
import dev.tenfold.sharding.ShardPlan.Division;
import dev.tenfold.sharding.ShardPlan.Merge;
import dev.tenfold.sharding.SlotMove;
import dev.tenfold.sharding.hash.Shard;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/**
 * Carries a {@link ShardPlan} out on shards that hold data, while writers write.
 *
 * <p>This is <b>stop and copy</b>, a batch of slots at a time: the batch refuses writes while its rows are copied, and its
 * writers wait, as long as {@code maxFence} at most, or the batch is undone; all other slots go on. Copying while writers
 * write, catching up, and verifying are not done yet.
 *
 * <p>No acknowledged write is lost, and no row is duplicated, if every writer checks its route in the transaction that
 * writes (for databases, {@code ShardGuard}), every row has a key that never changes, and what a shard committed survives
 * its failover. Reads are not fenced: one that follows an older map may miss rows that have moved, unless it checks its
 * route too.
 *
 * <p>A batch goes through these steps, and only the fourth decides:
 *
 * <ol>
 *   <li>claim: raise the slots' token at both shards, so that any other mover's work on them ends;
 *   <li>prepare: the target clears away what an earlier attempt left;
 *   <li>fence at the source, waiting for writers that passed its guard, then copy;
 *   <li><b>commit: one compare-and-set of the map;</b>
 *   <li>open at the target, then delete at the source.
 * </ol>
 *
 * <p>A mover may die anywhere. {@link #recover()}, which {@link #run} begins with, undoes what was not committed and
 * finishes what was, also while the mover only seems dead. <b>Why that is safe:</b> before it commits, a mover reads the
 * map, then makes sure its token still stands at the source, and only then compares-and-sets the map it has read. Who takes
 * over raises the token first, then changes the map's epoch, and only then unfences. So the old mover either committed
 * before that change, which the new one then sees, or fails. Nothing opens by the passing of time.
 *
 * <p>Thread-safe, but two at work on the same slots end each other: run one, and another only to take over. Blocking; every
 * method belongs on a thread that may wait.
 */
public final class Resharder {

    private final MapEditor maps;
    private final Function<? super String, ? extends ShardStore> stores;
    private final Duration maxFence;
    private final Duration lockWait;
    private final Backoff fencing;
    private final int batch;
    private final Observer observer;
    private final TimeSource time;
    private final Scheduler scheduler;
    private final RandomGenerator random;
    private final Consumer<? super String> step;

    Resharder(ResharderBuilder builder, Function<? super String, ? extends ShardStore> stores, Scheduler scheduler) {
        this.maps = new MapEditor(builder.register);
        this.stores = stores;
        this.maxFence = builder.maxFence;
        this.lockWait = builder.lockWait;
        this.fencing = builder.fencing;
        this.batch = builder.batch;
        this.observer = builder.observer.guarded();
        this.time = builder.time;
        this.scheduler = scheduler;
        this.random = builder.random;
        this.step = builder.step;
    }

    /**
     * Starts a resharder of the shards that share a map.
     *
     * @param register the register the sharders follow
     * @return a builder without stores
     */
    public static ResharderBuilder over(VersionedRegister<ShardMap> register) {
        return new ResharderBuilder(register);
    }

    /**
     * Creates the guards of every shard in the map, where there are none: once, before the first guarded write.
     *
     * @throws RuntimeException if a shard cannot be reached; repeat it
     */
    public void install() {
        ShardMap map = maps.current();
        for (Shard shard : map.shards()) {
            store(shard.id()).install(map);
        }
    }

    /**
     * Carries a plan out, after recovering what an earlier run left. Moves already made are skipped, so a plan whose run
     * failed is run again.
     *
     * @param plan what to move
     * @return the map when all is done
     * @throws DeadlineExceededException if a batch could not be fenced in its attempts, or copied within the fence; it was
     *     undone, and the batches before it stay moved
     * @throws StaleEpochException if another mover took over, or the map has changed so that the plan does not fit it
     */
    public ShardMap run(ShardPlan plan) {
        recover();
        enlist(plan.shards());
        plan.divisions().forEach(this::divide);
        for (Map.Entry<Flow, List<SlotMove>> flow : flows(plan).entrySet()) {
            List<SlotMove> moves = flow.getValue();
            for (int from = 0; from < moves.size(); from += batch) {
                List<SlotMove> some = moves.subList(from, Math.min(moves.size(), from + batch));
                move(some.stream().mapToInt(SlotMove::slot).toArray(), flow.getKey());
            }
        }
        plan.merges().forEach(this::merge);
        step("finish");
        ShardMap done = maps.update(map -> map.shards().equals(plan.shards()) ? map : map.withShards(plan.shards()));
        tell("plan.done", Level.INFO, plan.moves().size() + " slots moved", Map.of("epoch", done.epoch()));
        return done;
    }

    private record Flow(String from, String to) {}

    private static Map<Flow, List<SlotMove>> flows(ShardPlan plan) {
        Map<Flow, List<SlotMove>> flows = new LinkedHashMap<>();
        for (SlotMove move : plan.moves()) {
            flows.computeIfAbsent(new Flow(move.from(), move.to()), flow -> new ArrayList<>())
                    .add(move);
        }
        return flows;
    }

    /** Puts new shards on the map, owning nothing, with guards that refuse everything. */
    private void enlist(List<Shard> shards) {
        step("enlist");
        ShardMap map = maps.update(current -> {
            List<Shard> all = new ArrayList<>(current.shards());
            shards.stream().filter(shard -> !current.contains(shard.id())).forEach(all::add);
            return all.size() == current.shards().size() ? current : current.withShards(all);
        });
        shards.forEach(shard -> store(shard.id()).install(map));
    }

    private void move(int[] planned, Flow flow) {
        ShardMap now = maps.current();
        int[] slots = pending(now, planned, flow);
        if (slots.length == 0) {
            return;
        }
        ShardStore source = store(flow.from());
        ShardStore target = store(flow.to());
        step("claim");
        long token = claim(slots, source, target);
        // Read again: what changed before the claim counts, and what changes after it is noticed when committing.
        ShardMap map = maps.current();
        requireOwner(map, slots, flow.from());
        step("prepare");
        target.prepare(map, slots, token, flow.from());
        ShardMap committed;
        long fenced;
        try {
            step("fence");
            fence(source, slots, token, flow.to());
            fenced = time.nanoTime();
            Deadline deadline = Deadline.after(maxFence, time);
            step("copy");
            target.receive(slots, token, source.rows(map, slots, deadline), deadline);
            step("commit");
            committed = commit(map, slots, flow, source, token, deadline);
        } catch (RuntimeException failure) {
            undo(slots, source, target, token, failure);
            throw failure;
        }
        step("open");
        target.open(slots, token, committed.epoch());
        Duration stall = Duration.ofNanos(time.nanoTime() - fenced);
        step("clear");
        source.clear(map, slots, token);
        tell(
                "slots.moved",
                Level.INFO,
                slots.length + " slots from " + flow.from() + " to " + flow.to() + ", refusing writes for "
                        + stall.truncatedTo(ChronoUnit.MILLIS),
                Map.of("from", flow.from(), "to", flow.to(), "slots", slots.length, "stall", stall));
    }

    /** Those still to be moved; the rest has arrived. */
    private static int[] pending(ShardMap map, int[] slots, Flow flow) {
        List<Integer> pending = new ArrayList<>();
        for (int slot : slots) {
            // One without owner has arrived and was merged.
            if (!map.owner(slot).equals(flow.to()) && !map.owner(slot).isEmpty()) {
                pending.add(slot);
            }
        }
        int[] left = pending.stream().mapToInt(Integer::intValue).toArray();
        requireOwner(map, left, flow.from());
        return left;
    }

    private static void requireOwner(ShardMap map, int[] slots, String owner) {
        for (int slot : slots) {
            if (!map.owner(slot).equals(owner)) {
                throw new StaleEpochException(
                        "slot " + slot + " is on " + map.owner(slot) + " and not on " + owner + " any more",
                        map.epoch() - 1,
                        map.epoch());
            }
        }
    }

    private static long claim(int[] slots, ShardStore source, ShardStore target) {
        long token = Math.max(source.token(slots), target.token(slots)) + 1;
        source.claim(slots, token);
        if (!source.shard().equals(target.shard())) {
            target.claim(slots, token);
        }
        return token;
    }

    private void fence(ShardStore source, int[] slots, long token, String peer) {
        retryBusy("writers to end on " + source.shard(), () -> source.fence(slots, token, peer, lockWait));
    }

    private void retryBusy(String what, BooleanSupplier attempt) {
        long began = time.nanoTime();
        for (int made = 1; !attempt.getAsBoolean(); made++) {
            if (!fencing.allowsAfter(made) || !Pause.await(scheduler, fencing.delayAfter(made, random))) {
                throw new DeadlineExceededException(
                        what + " (" + made + " attempts)", Duration.ofNanos(time.nanoTime() - began), null);
            }
        }
    }

    private ShardMap commit(ShardMap copied, int[] slots, Flow flow, ShardStore source, long token, Deadline deadline) {
        return maps.update(map -> {
            if (map.owner(slots[0]).equals(flow.to())) {
                // An earlier compare-and-set of ours, of which only the answer was lost.
                return map;
            }
            requireOwner(map, slots, flow.from());
            if (!map.sameSlots(copied)) {
                throw new StaleEpochException(
                        "slots were divided or merged while slots were copied", copied.epoch(), map.epoch());
            }
            // After the map was read: see the class comment.
            source.verify(slots, token, SlotState.FENCED);
            if (deadline.isExpired()) {
                throw new DeadlineExceededException("the copy of " + slots.length + " slots", maxFence, null);
            }
            return map.withOwner(slots, flow.to());
        });
    }

    /** Keeps the failure; where undoing fails too, the next {@link #recover()} does it. */
    private void undo(int[] slots, ShardStore source, ShardStore target, long token, RuntimeException failure) {
        try {
            ShardMap map = maps.update(
                    current -> current.owner(slots[0]).equals(source.shard()) ? current.withNextEpoch() : current);
            boolean committed = map.owner(slots[0]).equals(target.shard());
            (committed ? target : source).open(slots, token, committed ? map.epoch() : 0);
            (committed ? source : target).clear(map, slots, token);
            tell(
                    committed ? "move.finished" : "move.undone",
                    Level.WARNING,
                    slots.length + " slots from " + source.shard() + " to " + target.shard() + ": " + failure,
                    Map.of("from", source.shard(), "to", target.shard(), "slots", slots.length));
        } catch (RuntimeException also) {
            failure.addSuppressed(also);
        }
    }

    /** Divides a slot where it is; no row moves, so nothing is fenced. */
    private void divide(Division division) {
        ShardMap now = maps.current();
        if (now.has(division)) {
            return;
        }
        String owner = now.owner(division.from());
        ShardStore store = store(owner);
        int[] slots = {division.from()};
        step("claim for division");
        long token = store.token(slots) + 1;
        store.claim(slots, token);
        step("divide");
        ShardMap map = maps.update(current -> {
            if (current.has(division)) {
                return current;
            }
            requireOwner(current, slots, owner);
            requireNext(current, division);
            store.verify(slots, token, SlotState.OWNER);
            return current.withDivided(List.of(division));
        });
        step("open divided");
        openDivided(store, division, token, map.epoch());
        tell("slot.divided", Level.INFO, division.toString(), Map.of("epoch", map.epoch()));
    }

    private static void requireNext(ShardMap map, Division division) {
        if (division.slot() != map.allSlots()) {
            throw new StaleEpochException(
                    "slots were divided since it was planned to divide slot " + division.from(),
                    map.epoch() - 1,
                    map.epoch());
        }
    }

    /**
     * Makes a slot part of another one on its shard: its writers are refused first, then the map says so. From then on no
     * row is the slot's, so closing it deletes none. Refusing them is what keeps a router with an old map from writing by
     * the merged slot's guard while the other slot moves.
     */
    private void merge(Merge merge) {
        ShardMap now = maps.current();
        if (now.owner(merge.slot()).isEmpty()) {
            return;
        }
        String owner = now.owner(merge.slot());
        ShardStore store = store(owner);
        int[] slots = {merge.slot()};
        int[] both = {merge.slot(), merge.into()};
        step("claim for merging");
        long token = store.token(both) + 1;
        store.claim(both, token);
        ShardMap merged;
        try {
            step("fence merged");
            fence(store, slots, token, owner);
            step("merge");
            merged = maps.update(current -> {
                if (current.owner(merge.slot()).isEmpty()) {
                    return current;
                }
                requireOwner(current, both, owner);
                if (!current.sameSlots(now)) {
                    throw new StaleEpochException(
                            "slots were divided or merged meanwhile", now.epoch(), current.epoch());
                }
                store.verify(slots, token, SlotState.FENCED);
                store.verify(new int[] {merge.into()}, token, SlotState.OWNER);
                return current.withMerged(List.of(merge));
            });
        } catch (RuntimeException failure) {
            try {
                settle(store, merge.slot(), new ShardStore.Unsettled(SlotState.FENCED, owner));
            } catch (RuntimeException also) {
                failure.addSuppressed(also);
            }
            throw failure;
        }
        step("close merged");
        store.clear(merged, slots, token);
        tell("slot.merged", Level.INFO, merge.toString(), Map.of("epoch", merged.epoch()));
    }

    private void openDivided(ShardStore store, Division division, long token, long epoch) {
        retryBusy(
                "writers to slot " + division.from() + " on " + store.shard() + " to end",
                () -> store.divide(division.from(), division.slot(), token, epoch, lockWait));
    }

    /**
     * Settles every slot that a mover left half way: undoes what was not committed, finishes what was. Where that mover is
     * still alive, it fails. Does nothing where nothing was left.
     *
     * @return how many slots were settled
     * @throws StaleEpochException if another mover is settling the same slots
     */
    public int recover() {
        ShardMap map = maps.current();
        int settled = 0;
        for (Shard shard : map.shards()) {
            ShardStore store = store(shard.id());
            store.install(map);
            for (Map.Entry<Integer, ShardStore.Unsettled> slot :
                    store.unsettled().entrySet()) {
                settle(store, slot.getKey(), slot.getValue());
                settled++;
            }
        }
        for (Division division : map.divisions()) {
            ShardStore store = store(map.owner(division.slot()));
            if (store.state(division.slot()).isEmpty()) {
                int[] from = {division.from()};
                long token = store.token(from) + 1;
                store.claim(from, token);
                openDivided(store, division, token, map.epoch());
                settled++;
            }
        }
        return settled;
    }

    private void settle(ShardStore store, int slot, ShardStore.Unsettled left) {
        int[] slots = {slot};
        String here = store.shard();
        step("recover");
        long token = claim(slots, store, store(left.peer()));
        boolean fenced = left.state() == SlotState.FENCED;
        // A committed move needs no new epoch; any other gets one, which defeats a commit still on its way.
        ShardMap map =
                maps.update(current -> current.owner(slot).equals(here) == fenced ? current.withNextEpoch() : current);
        step("settle");
        if (map.owner(slot).equals(here)) {
            store.open(slots, token, fenced ? 0 : map.epoch());
        } else {
            store.clear(map, slots, token);
        }
        tell(
                "slot.settled",
                Level.WARNING,
                "slot " + slot + ", left " + left.state() + " on " + here + ", belongs to " + map.owner(slot),
                Map.of("slot", slot, "shard", here, "owner", map.owner(slot)));
    }

    private ShardStore store(String shard) {
        return stores.apply(shard);
    }

    private void step(String name) {
        step.accept(name);
    }

    private void tell(String kind, Level level, String message, Map<String, Object> details) {
        observer.on(new Event(time.now(), "sharding/reshard", kind, level, message, details));
    }
}
