package dev.tenfold.sharding;

import dev.tenfold.sharding.ShardPlan.Division;
import dev.tenfold.sharding.ShardPlan.Merge;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Changes of the directory of keys with slots of their own. */
final class HashChanges<K> implements KeyChanges<K> {

    private record Own(String label, String onto) {}

    private final ShardMap map;
    private final HashKeyspace keys;
    private final HashSlotting<K> slotting;
    private final Map<Long, Own> owned = new LinkedHashMap<>();
    private final Set<Long> released = new LinkedHashSet<>();

    HashChanges(ShardMap map, HashSlotting<K> slotting) {
        this.map = map;
        this.keys = (HashKeyspace) map.keyspace();
        this.slotting = slotting;
    }

    @Override
    public void own(K key, String label, String onto) {
        long hash = slotting.hashOf(key);
        owned.put(hash, new Own(label, onto));
        refuseBoth(hash, key);
    }

    @Override
    public void release(K key) {
        long hash = slotting.hashOf(key);
        if (!keys.hasOwn(hash)) {
            throw new IllegalArgumentException("release: " + key + " (expected: a key with a slot of its own)");
        }
        released.add(hash);
        refuseBoth(hash, key);
    }

    private void refuseBoth(long hash, K key) {
        if (owned.containsKey(hash) && released.contains(hash)) {
            throw new IllegalArgumentException("key: " + key + ", assigned and released (expected: one or the other)");
        }
    }

    @Override
    public Set<String> named() {
        Set<String> named = new LinkedHashSet<>();
        owned.values().forEach(own -> named.add(own.onto()));
        return named;
    }

    @Override
    public List<Division> divisions() {
        List<Division> divisions = new ArrayList<>();
        owned.forEach((hash, own) -> {
            if (!keys.hasOwn(hash)) {
                divisions.add(new Division(
                        keys.hashedSlot(hash),
                        map.allSlots() + divisions.size(),
                        HashKeyspace.point(hash),
                        own.label()));
            }
        });
        return divisions;
    }

    @Override
    public void place(ShardMap divided, String[] owners) {
        owned.forEach((hash, own) -> owners[divided.slotOf(hash)] = own.onto());
    }

    @Override
    public List<Merge> merges(ShardMap divided, String[] owners) {
        List<Merge> merges = new ArrayList<>();
        for (long hash : released) {
            Merge merge = new Merge(keys.slotOf(hash), keys.hashedSlot(hash));
            owners[merge.slot()] = owners[merge.into()];
            merges.add(merge);
        }
        return merges;
    }
}
