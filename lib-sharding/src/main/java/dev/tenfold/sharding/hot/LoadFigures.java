package dev.tenfold.sharding.hot;

import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.hash.Shard;
import dev.tenfold.sharding.hot.LoadReport.KeyLoad;
import dev.tenfold.sharding.hot.LoadReport.ShardLoad;
import dev.tenfold.sharding.hot.LoadReport.SlotLoad;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The loads of one measure as rates, sorted. Immutable. */
record LoadFigures<K>(
        double rate, double keyError, List<ShardLoad> shards, List<SlotLoad> slots, List<KeyLoad<K>> keys) {

    static <K> LoadFigures<K> of(LoadTally<K> tally, double seconds, ShardMap map) {
        double total = tally.total;
        List<SlotLoad> slots = new ArrayList<>();
        Map<String, Double> byShard = new LinkedHashMap<>();
        map.shards().forEach(shard -> byShard.put(shard.id(), 0.0));
        for (int slot = 0; slot < Math.min(tally.slots.length, map.allSlots()); slot++) {
            double weight = tally.slots[slot];
            String owner = map.owner(slot);
            // A slot that was merged into another has none; what comes after counts there.
            if (weight > 0 && !owner.isEmpty()) {
                byShard.merge(owner, weight, Double::sum);
                slots.add(new SlotLoad(slot, owner, weight / seconds, weight / total));
            }
        }
        slots.sort(Comparator.comparingDouble(SlotLoad::rate).reversed().thenComparingInt(SlotLoad::slot));
        List<KeyLoad<K>> keys = new ArrayList<>();
        for (LoadTally.Counted<K> counted : tally.keys.values()) {
            // Rounding must not take a key's load above the whole.
            double most = Math.min(tally.most(counted), total);
            double error = Math.min(tally.error(counted), most);
            keys.add(new KeyLoad<>(counted.key, counted.slot, most / seconds, error / seconds, most / total));
        }
        keys.sort(Comparator.<KeyLoad<K>>comparingDouble(KeyLoad::rate)
                .reversed()
                .thenComparing(Comparator.comparingDouble(KeyLoad::error)));
        return new LoadFigures<>(
                total / seconds,
                tally.least / seconds,
                shards(byShard, total, seconds, map),
                List.copyOf(slots),
                List.copyOf(keys));
    }

    private static List<ShardLoad> shards(Map<String, Double> weights, double total, double seconds, ShardMap map) {
        double whole = map.shards().stream().mapToInt(Shard::weight).sum();
        List<ShardLoad> shards = new ArrayList<>();
        for (Shard shard : map.shards()) {
            double weight = weights.getOrDefault(shard.id(), 0.0);
            double share = total == 0 ? 0 : weight / total;
            shards.add(new ShardLoad(shard.id(), weight / seconds, share, share / (shard.weight() / whole)));
        }
        shards.sort(Comparator.comparingDouble(ShardLoad::relative).reversed());
        return List.copyOf(shards);
    }
}
