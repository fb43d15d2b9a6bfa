package dev.tenfold.sharding.reshard;

import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.coordination.VersionedRegister.Versioned;
import dev.tenfold.error.StaleEpochException;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.ShardPlan;
import dev.tenfold.sharding.SlotMove;
import dev.tenfold.sharding.hash.Shard;
import dev.tenfold.sharding.reshard.ReshardJournal.Flow;
import dev.tenfold.sharding.reshard.ReshardJournal.Request;
import dev.tenfold.sharding.reshard.ReshardJournal.Stage;
import dev.tenfold.time.Scheduler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Carries a {@link ShardPlan} out on shards that hold data, while writers write.
 *
 * <pre>{@code
 * Resharder resharder = Resharder.over(mapRegister)
 *         .journal(Registers.jdbc(db, "tenfold_register", "users.reshard", ReshardJournal.codec()).build())
 *         .stores(name -> stores.get(name))
 *         .time(TimeSource.system(), scheduler)
 *         .build();
 * resharder.install();                                       // once, before the first guarded write
 * resharder.run(sharder.plan(change -> change.add("s4")));   // blocks; begin(plan).start(executor) does not
 * }</pre>
 *
 * <p>The slots that go from one shard to another are a flow. Each flow is recorded (captured), copied chunk by chunk, caught up
 * with, compared at both ends, and then fenced for a moment (2 s at most unless set otherwise) in which the last changes are
 * sent on. <b>One compare-and-set of the map switches it</b>, and nothing else does. Then its old rows are deleted, or follow
 * the new owner for a while first, so that the plan can be rolled back. Flows move one after another.
 *
 * <p>No acknowledged write is lost, and no row is duplicated, if
 *
 * <ul>
 *   <li>every writer checks its route first in the transaction that writes, and one transaction writes to one slot (for
 *       databases, {@code ShardGuard}), and repeats the whole transaction when the route is refused;
 *   <li>every row has a primary key, and a shard key that never changes;
 *   <li>a write whose outcome is not known is repeated in a way that does no harm if it happened;
 *   <li>tables do not change while a plan is under way;
 *   <li>what a shard committed, guards and records included, survives its failover.
 * </ul>
 *
 * <p>Reads are not fenced: one that follows an older map may miss rows that have moved, unless it checks its route too.
 *
 * <p>The coordinator may be killed anywhere. The plan then stands still, at worst behind a fence, until another process takes
 * it over with {@link #current()}; several that try at once do no harm, since only the tokens of the last are good. Use a
 * {@link dev.tenfold.coordination.Lease} to choose one. Nothing opens by the passing of time.
 *
 * <p>Thread-safe. Its methods block on stores and registers.
 */
public final class Resharder {

    private final Settings settings;

    /** Holds copying and clearing up while something else matters more. */
    @FunctionalInterface
    public interface Brake {

        /**
         * Says how long to leave the shards alone.
         *
         * @return zero to go on; else asked again after that time
         */
        Duration hold();
    }

    /**
     * A plan and what it would move, by the rows there are now. {@link #toString()} is for a person to decide by.
     *
     * @param plan what was measured
     * @param slots how many slots move
     * @param rows how many rows these have
     * @param bytes how many bytes they take, as the stores estimate
     * @param rowsBefore the rows of each shard now
     * @param rowsAfter the rows of each shard once the plan is carried out
     */
    public record SizedPlan(
            ShardPlan plan,
            int slots,
            long rows,
            long bytes,
            Map<String, Long> rowsBefore,
            Map<String, Long> rowsAfter) {

        @Override
        public String toString() {
            StringBuilder text = new StringBuilder(plan.toString());
            text.append(String.format(Locale.ROOT, "  moves %d slots, %d rows, %d bytes%n", slots, rows, bytes));
            Set<String> shards = new java.util.TreeSet<>(rowsBefore.keySet());
            shards.addAll(rowsAfter.keySet());
            for (String shard : shards) {
                text.append(String.format(
                        Locale.ROOT,
                        "  %-16s %d -> %d rows%n",
                        shard,
                        rowsBefore.getOrDefault(shard, 0L),
                        rowsAfter.getOrDefault(shard, 0L)));
            }
            return text.toString();
        }
    }

    Resharder(
            ResharderBuilder builder,
            Function<? super String, ? extends ShardStore> stores,
            VersionedRegister<ReshardJournal> journal,
            Scheduler scheduler) {
        this.settings = new Settings(
                new RegisterEditor<>(builder.register, "shard map"),
                new RegisterEditor<>(journal, "reshard journal"),
                stores,
                builder.name,
                builder.maxFence,
                builder.lockWait,
                builder.fencing,
                builder.retries,
                builder.slotsTogether,
                builder.maxChunk,
                builder.chunkTime,
                builder.rowsPerSecond,
                builder.bytesPerSecond,
                builder.brake,
                builder.soak,
                builder.waitForCutOver,
                builder.poll,
                builder.observer.guarded(),
                builder.time,
                scheduler,
                builder.random);
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
        ShardMap map = settings.maps().current();
        for (Shard shard : map.shards()) {
            settings.store(shard.id()).install(map);
        }
    }

    /**
     * Measures what a plan would move, and moves nothing. Each shard of the map reads or estimates all it has.
     *
     * @param plan what to move
     * @return the plan with its sizes
     * @throws RuntimeException if a shard cannot be reached
     */
    public SizedPlan measure(ShardPlan plan) {
        ShardMap after = plan.after();
        Map<Integer, SlotMove> moving = new LinkedHashMap<>();
        plan.moves().forEach(move -> moving.put(move.slot(), move));
        Map<String, Long> rowsBefore = new LinkedHashMap<>();
        Map<String, Long> rowsAfter = new LinkedHashMap<>();
        plan.before().shards().forEach(shard -> rowsBefore.put(shard.id(), 0L));
        plan.shards().forEach(shard -> rowsAfter.put(shard.id(), 0L));
        long rows = 0;
        long bytes = 0;
        for (Shard shard : plan.before().shards()) {
            for (Map.Entry<Integer, ShardStore.Size> slot :
                    settings.store(shard.id()).sizes(after).entrySet()) {
                SlotMove move = moving.get(slot.getKey());
                long held = slot.getValue().rows();
                rowsBefore.merge(shard.id(), held, Long::sum);
                if (move != null && move.from().equals(shard.id())) {
                    rowsAfter.merge(move.to(), held, Long::sum);
                    rows += held;
                    bytes += slot.getValue().bytes();
                } else {
                    rowsAfter.merge(shard.id(), held, Long::sum);
                }
            }
        }
        return new SizedPlan(plan, plan.moves().size(), rows, bytes, rowsBefore, rowsAfter);
    }

    /**
     * Writes a plan down as the one to be carried out. Nothing is touched before somebody works on it.
     *
     * @param plan what to move; moves that were made already are left out
     * @return the plan under way
     * @throws IllegalStateException if another plan is under way; see {@link #current()}
     * @throws dev.tenfold.error.OutcomeUnknownException if it is not known whether it was written down; {@link #current()}
     *     tells
     * @throws StaleEpochException if the map has changed so that the plan does not fit it
     */
    public Reshard begin(ShardPlan plan) {
        ShardMap map = settings.maps().current();
        List<Flow> flows = flows(plan, map);
        List<String> before = plan.before().shards().stream().map(Shard::id).toList();
        List<String> after = plan.shards().stream().map(Shard::id).toList();
        for (int attempt = 0; ; attempt++) {
            Optional<Versioned<ReshardJournal>> last =
                    settings.journals().register().read();
            last.ifPresent(known -> {
                if (!known.value().isOver()) {
                    throw new IllegalStateException("plan " + known.value().plan()
                            + " is under way (expected: one at a time; finish it with current(), or abort it)");
                }
            });
            long version = last.map(Versioned::version).orElse(0L);
            ReshardJournal begun = new ReshardJournal(
                    last.map(known -> known.value().plan()).orElse(0L) + 1,
                    settings.name(),
                    last.map(known -> known.value().token()).orElse(0L),
                    settings.waitForCutOver() ? Set.of() : EnumSet.of(Request.CUT_OVER),
                    Stage.BEGUN,
                    Optional.empty(),
                    "",
                    plan.shards(),
                    after.stream().filter(id -> !before.contains(id)).toList(),
                    before.stream().filter(id -> !after.contains(id)).toList(),
                    plan.divisions(),
                    flows,
                    plan.merges());
            Preparation.check(begun, map);
            if (settings.journals().register().compareAndSet(version, begun).isPresent()) {
                return new Reshard(settings, begun.plan());
            }
            if (attempt == 10) {
                throw new IllegalStateException("the reshard journal keeps changing (expected: one plan at a time)");
            }
        }
    }

    private record Ends(String from, String to) {}

    private List<Flow> flows(ShardPlan plan, ShardMap map) {
        Map<Ends, List<Integer>> all = new LinkedHashMap<>();
        for (SlotMove move : plan.moves()) {
            String owner = move.slot() < map.allSlots() ? map.owner(move.slot()) : move.from();
            // One without an owner has arrived and was merged.
            if (!owner.equals(move.to()) && !owner.isEmpty()) {
                all.computeIfAbsent(new Ends(move.from(), move.to()), ends -> new ArrayList<>())
                        .add(move.slot());
            }
        }
        List<Flow> flows = new ArrayList<>();
        all.forEach((ends, slots) -> {
            for (int at = 0; at < slots.size(); at += settings.slotsTogether()) {
                List<Integer> some = slots.subList(at, Math.min(slots.size(), at + settings.slotsTogether())).stream()
                        .sorted()
                        .collect(Collectors.toList());
                flows.add(new Flow(ends.from(), ends.to(), some, Reshard.Phase.PLANNED, false, 0, 0, 0));
            }
        });
        return flows;
    }

    /**
     * Returns the plan under way, whoever works on it: to watch it, or to take it over from a process that died.
     *
     * @return empty if the last one is over
     */
    public Optional<Reshard> current() {
        return settings.journals()
                .register()
                .read()
                .filter(known -> !known.value().isOver())
                .map(known -> new Reshard(settings, known.value().plan()));
    }

    /**
     * Carries a plan out on this thread, after finishing the one that an earlier process left, if any.
     *
     * @param plan what to move; moves that were made already are skipped, so a plan whose run failed can be run again
     * @return the map when all is done
     * @throws dev.tenfold.error.UnavailableException if the plan was given up; slots that had not switched are where they
     *     were
     * @throws StaleEpochException if another process took over, or the map has changed so that the plan does not fit it
     */
    public ShardMap run(ShardPlan plan) {
        current().ifPresent(Reshard::run);
        return begin(plan).run();
    }
}
