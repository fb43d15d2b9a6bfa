package dev.tenfold.sharding.reshard;

import dev.tenfold.error.StaleEpochException;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.ShardPlan.Division;
import dev.tenfold.sharding.hash.Shard;
import dev.tenfold.sharding.reshard.ReshardJournal.Flow;
import dev.tenfold.sharding.reshard.ReshardJournal.Stage;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What comes before the first slot moves: every store is looked at, new shards enter the map, and slots are divided
 * where they are. All of it may be repeated. A plan that is undone this early finishes dividing slots that the map has divided
 * already, since their writers would be refused otherwise.
 */
final class Preparation {

    private final Coordinator coordinator;
    private final Settings settings;
    private int done;
    private int refused;
    private String schema = "";
    private String schemaOf = "";

    Preparation(Coordinator coordinator) {
        this.coordinator = coordinator;
        this.settings = coordinator.settings;
    }

    void restart() {
        done = 0;
        schemaOf = "";
    }

    private List<String> shards() {
        Set<String> shards = new LinkedHashSet<>();
        for (Flow flow : coordinator.journal().flows()) {
            shards.add(flow.from());
            shards.add(flow.to());
        }
        return List.copyOf(shards);
    }

    long highestToken() {
        ReshardJournal journal = coordinator.journal();
        if (journal.stage() != Stage.BEGUN || journal.divisions().isEmpty()) {
            return 0;
        }
        ShardMap map = coordinator.map();
        long highest = 0;
        for (Division division : journal.divisions()) {
            // One divided by this plan before is a division of its own, of a slot the map does not have yet.
            int from = division.from() < map.allSlots() ? division.from() : 0;
            highest = Math.max(highest, settings.store(map.owner(from)).token(new int[] {from}));
        }
        return highest;
    }

    Duration step() {
        ReshardJournal journal = coordinator.journal();
        List<String> shards = shards();
        int at = done;
        if (at < shards.size()) {
            if (!journal.undoing()) {
                look(settings.store(shards.get(at)));
            }
        } else if (at == shards.size()) {
            if (!journal.undoing()) {
                enlist(journal);
            }
        } else if (at <= shards.size() + journal.divisions().size()) {
            Division division = journal.divisions().get(at - shards.size() - 1);
            if (!divide(division, journal.undoing())) {
                refused++;
                return settings.fencing().delayAfter(refused, settings.random());
            }
            refused = 0;
        } else {
            if (!journal.undoing()) {
                measure(journal);
            }
            coordinator.write(current -> current.at(Stage.MOVING));
            // Some slots of a flow were claimed alone, and a claim is for all of a flow's slots alike.
            coordinator.renewToken();
        }
        done++;
        return Duration.ZERO;
    }

    private void look(ShardStore store) {
        ShardStore.Preflight found = store.preflight();
        if (!found.problems().isEmpty()) {
            throw new Unmovable("shard " + store.shard() + " cannot take part: " + String.join("; ", found.problems()));
        }
        if (schemaOf.isEmpty()) {
            schemaOf = store.shard();
            schema = found.schema();
        } else if (!schema.equals(found.schema())) {
            throw new Unmovable("tables of shard " + store.shard() + ": " + found.schema() + " (expected: as on shard "
                    + schemaOf + ", which has " + schema + ")");
        }
    }

    /** Counts what is to be copied, for people who watch. */
    private void measure(ReshardJournal journal) {
        ShardMap map = coordinator.map();
        Map<String, Map<Integer, ShardStore.Size>> sizes = new HashMap<>();
        for (Flow flow : journal.flows()) {
            sizes.computeIfAbsent(flow.from(), from -> settings.store(from).sizes(map));
        }
        coordinator.write(current -> {
            ReshardJournal next = current;
            for (int i = 0; i < current.flows().size(); i++) {
                next = next.withFlow(
                        i,
                        flow -> flow.expecting(flow.slots().stream()
                                .mapToLong(slot -> Optional.ofNullable(sizes.getOrDefault(flow.from(), Map.of())
                                                .get(slot))
                                        .map(ShardStore.Size::rows)
                                        .orElse(0L))
                                .sum()));
            }
            return next;
        });
    }

    /** Puts new shards on the map, owning nothing, with guards that refuse everything. */
    private void enlist(ReshardJournal journal) {
        ShardMap map = settings.maps().update(current -> {
            coordinator.requireMine();
            List<Shard> all = new ArrayList<>(current.shards());
            journal.shards().stream()
                    .filter(shard -> !current.contains(shard.id()))
                    .forEach(all::add);
            return all.size() == current.shards().size() ? current : current.withShards(all);
        });
        Set<String> all = new LinkedHashSet<>(shards());
        all.addAll(journal.added());
        for (String shard : all) {
            ShardStore store = settings.store(shard);
            store.install(map);
            Map<Integer, ShardStore.Unsettled> unsettled = store.unsettled();
            for (Flow flow : journal.flows()) {
                for (int slot : flow.slots()) {
                    ShardStore.Unsettled left = unsettled.get(slot);
                    if (left != null) {
                        throw new Unmovable("slot " + slot + " on shard " + shard + " is " + left.state() + " for "
                                + left.peer() + " by a plan that is not in this journal (expected: settled; finish that"
                                + " plan with the journal it was begun with)");
                    }
                }
            }
        }
    }

    /** Divides a slot where it is; no row moves, so nothing is fenced. False while writers are in the way. */
    private boolean divide(Division division, boolean onlyFinish) {
        ShardMap now = coordinator.map();
        int from = division.from();
        boolean divided = now.has(division);
        String owner = now.owner(divided ? division.slot() : from);
        ShardStore store = settings.store(owner);
        if (divided && store.state(division.slot()).isPresent()) {
            return true;
        }
        int[] slots = {from};
        long token = coordinator.token();
        store.claim(slots, token);
        ShardMap map = settings.maps().update(current -> {
            if (current.has(division)) {
                return current;
            }
            if (onlyFinish) {
                // Defeats the dividing of a coordinator that was taken over and does not know yet.
                return current.withNextEpoch();
            }
            if (!current.owner(from).equals(owner) || current.allSlots() != division.slot()) {
                throw new Unmovable(division + ", was to be divided on " + owner
                        + " (expected: the map the plan was made from; plan again)");
            }
            store.verify(slots, token, SlotState.OWNER);
            return current.withDivided(List.of(division));
        });
        if (!map.has(division)) {
            return true;
        }
        if (!store.divide(from, division.slot(), token, map.epoch(), settings.lockWait())) {
            return false;
        }
        settings.tell(
                "slot.divided", Level.INFO, division.toString(), Map.of("slot", division.slot(), "epoch", map.epoch()));
        return true;
    }

    /** What stands in the way of a plan on the map as it is now, before it is begun. */
    static void check(ReshardJournal journal, ShardMap map) {
        for (Flow flow : journal.flows()) {
            for (int slot : flow.slots()) {
                if (slot < map.allSlots() && !map.owner(slot).equals(flow.from())) {
                    throw new StaleEpochException(
                            "slot " + slot + " is on " + map.owner(slot) + " and not on " + flow.from() + " any more",
                            map.epoch() - 1,
                            map.epoch());
                }
            }
        }
    }
}
