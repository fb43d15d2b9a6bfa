package dev.tenfold.sharding.move;

import dev.tenfold.error.StaleEpochException;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.ShardMap.IsolatedKey;
import dev.tenfold.sharding.hash.Shard;
import dev.tenfold.sharding.move.ReshardJournal.Flow;
import dev.tenfold.sharding.move.ReshardJournal.Stage;
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
 * What comes before the first slot moves: every store is looked at, new shards enter the map, and keys get slots of their own
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
        if (journal.stage() != Stage.BEGUN || journal.isolations().isEmpty()) {
            return 0;
        }
        ShardMap map = coordinator.map();
        long highest = 0;
        for (IsolatedKey key : journal.isolations()) {
            int from = hashedSlot(map, key);
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
        } else if (at <= shards.size() + journal.isolations().size()) {
            IsolatedKey key = journal.isolations().get(at - shards.size() - 1);
            if (!isolate(key, journal.undoing())) {
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

    /** Gives a key its own slot where it is; no row moves, so nothing is fenced. False while writers are in the way. */
    private boolean isolate(IsolatedKey key, boolean onlyFinish) {
        ShardMap now = coordinator.map();
        int from = hashedSlot(now, key);
        boolean divided = now.slotOf(key.hash()) != from;
        if (onlyFinish && !divided) {
            return true;
        }
        String owner = now.owner(now.slotOf(key.hash()));
        ShardStore store = settings.store(owner);
        if (divided && store.state(key.slot()).isPresent()) {
            return true;
        }
        int[] slots = {from};
        long token = coordinator.token();
        store.claim(slots, token);
        ShardMap map = settings.maps().update(current -> {
            if (current.slotOf(key.hash()) != from) {
                return current;
            }
            if (!current.owner(from).equals(owner) || current.allSlots() != key.slot()) {
                throw new Unmovable("key " + key.label() + " was to get slot " + key.slot() + " on " + owner
                        + " (expected: the map the plan was made from; plan again)");
            }
            store.verify(slots, token, SlotState.OWNER);
            return current.withIsolated(key.hash(), key.label());
        });
        if (!store.divide(from, map.slotOf(key.hash()), token, map.epoch(), settings.lockWait())) {
            return false;
        }
        settings.tell(
                "key.isolated",
                Level.INFO,
                "key " + key.label() + " of slot " + from + " has slot " + key.slot(),
                Map.of("slot", key.slot(), "epoch", map.epoch()));
        return true;
    }

    private static int hashedSlot(ShardMap map, IsolatedKey key) {
        return (int) (((key.hash() >>> 32) * map.slots()) >>> 32);
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
