package dev.tenfold.sharding;

import dev.tenfold.sharding.hash.Shard;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How evenly slots lie on shards. */
final class Balance {

    private Balance() {}

    /** By shard, how many of some slots it holds over what its weight asks for. */
    static Map<String, Double> load(List<Shard> shards, int[] owners, int[] slots) {
        int[] held = new int[shards.size()];
        for (int slot : slots) {
            held[owners[slot]]++;
        }
        long weights = shards.stream().mapToLong(Shard::weight).sum();
        Map<String, Double> load = new LinkedHashMap<>();
        for (int i = 0; i < held.length; i++) {
            Shard shard = shards.get(i);
            load.put(shard.id(), held[i] / ((double) slots.length * shard.weight() / weights));
        }
        return load;
    }

    static double peak(Map<String, Double> load) {
        return load.values().stream().mapToDouble(Double::doubleValue).max().orElse(0);
    }
}
