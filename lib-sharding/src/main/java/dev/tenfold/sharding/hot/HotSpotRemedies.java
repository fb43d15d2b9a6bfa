package dev.tenfold.sharding.hot;

import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.hash.Shard;
import dev.tenfold.sharding.hot.HotSpotProposal.Isolation;
import dev.tenfold.sharding.hot.HotSpotProposal.Salted;
import dev.tenfold.sharding.hot.HotSpotProposal.Split;
import dev.tenfold.sharding.hot.LoadReport.KeyLoad;
import dev.tenfold.sharding.hot.LoadReport.ShardLoad;
import dev.tenfold.sharding.hot.LoadReport.SlotLoad;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Works out what helps against the hot spots of one report. What is proposed for a key is taken off its slot before shards
 * are judged, so that no shard is split for the sake of a key that leaves it anyway. Loads here are shares of the whole.
 */
final class HotSpotRemedies<K> {

    private final HotSpotPolicy<K> policy;
    private final ShardMap map;
    private final Map<Integer, Double> slots = new HashMap<>();
    private final Map<String, Double> shards = new HashMap<>();
    private final List<String> spares;
    private final double weights;
    private final Set<Integer> isolated = new HashSet<>();

    HotSpotRemedies(HotSpotPolicy<K> policy, LoadReport<K> report) {
        this.policy = policy;
        this.map = report.map();
        for (SlotLoad slot : report.slots(policy.measure())) {
            slots.put(slot.slot(), slot.share());
        }
        for (ShardLoad shard : report.shards(policy.measure())) {
            shards.put(shard.shard(), shard.share());
        }
        this.spares = new ArrayList<>(
                policy.spares().stream().filter(spare -> !map.contains(spare)).toList());
        this.weights = map.shards().stream().mapToInt(Shard::weight).sum();
        map.divisions().forEach(division -> isolated.add(division.slot()));
    }

    /** All shards as they would be without the keys that were dealt with, the hottest first. */
    List<ShardLoad> shards() {
        return map.shards().stream()
                .map(shard -> {
                    double share = shards.getOrDefault(shard.id(), 0.0);
                    return new ShardLoad(shard.id(), 0, share, relative(shard, share));
                })
                .sorted(Comparator.comparingDouble(ShardLoad::relative).reversed())
                .toList();
    }

    private double relative(Shard shard, double share) {
        return share * weights / shard.weight();
    }

    Optional<HotSpotProposal<K>> forKey(KeyLoad<K> key) {
        if (key.slot() >= map.allSlots()) {
            return Optional.empty();
        }
        String home = map.owner(key.slot());
        double share = key.certainShare();
        double average = weights / map.shards().size();
        boolean tooHotAlone = share * weights / average >= policy.hotShard();
        Salting<K> salting = policy.salting();
        if (salting != null
                && salting.salts() > 1
                && tooHotAlone
                && policy.additive().test(key.key())) {
            // So many that none of them is a celebrity again.
            int salts = (int) Math.min(salting.salts(), Math.max(2, Math.ceil(share / policy.hotKey())));
            takeOff(key, home, share);
            return Optional.of(new Salted<>(policy.measure(), key.key(), salting.salts(salts), coldest(), share));
        }
        if (isolated.contains(key.slot())) {
            // It has left the others in peace already; nothing but salting would help it.
            return Optional.empty();
        }
        Optional<String> onto = target(home);
        if (onto.isEmpty()) {
            return Optional.empty();
        }
        takeOff(key, home, share);
        shards.computeIfPresent(onto.get(), (shard, load) -> load + share);
        return Optional.of(new Isolation<>(policy.measure(), key.key(), home, onto.get(), share));
    }

    private void takeOff(KeyLoad<K> key, String home, double share) {
        slots.computeIfPresent(key.slot(), (slot, load) -> Math.max(0, load - share));
        shards.computeIfPresent(home, (shard, load) -> Math.max(0, load - share));
    }

    Optional<HotSpotProposal<K>> forShard(ShardLoad hot) {
        Optional<String> onto = target(hot.shard());
        if (onto.isEmpty() || hot.share() <= 0) {
            return Optional.empty();
        }
        double hotWeight = weight(hot.shard());
        boolean fresh = !map.contains(onto.get());
        double ontoWeight = fresh ? hotWeight : weight(onto.get());
        double ontoShare = fresh ? 0 : shards.getOrDefault(onto.get(), 0.0);
        // What levels the two: half, where the other is new.
        double wanted = (hot.share() * ontoWeight - ontoShare * hotWeight) / (hotWeight + ontoWeight);
        List<Map.Entry<Integer, Double>> candidates = slots.entrySet().stream()
                .filter(slot -> map.owner(slot.getKey()).equals(hot.shard()) && slot.getValue() > 0)
                .sorted(Map.Entry.<Integer, Double>comparingByValue()
                        .reversed()
                        .thenComparing(Map.Entry.comparingByKey()))
                .toList();
        List<Integer> chosen = new ArrayList<>();
        double given = 0;
        // The hottest that fits, again and again: what is missing in the end is less than any slot that was left out.
        for (Map.Entry<Integer, Double> slot : candidates) {
            if (given + slot.getValue() <= wanted) {
                given += slot.getValue();
                chosen.add(slot.getKey());
            }
        }
        if (chosen.isEmpty()) {
            return Optional.empty();
        }
        double moved = given;
        shards.computeIfPresent(onto.get(), (shard, load) -> load + moved);
        return Optional.of(
                new Split<>(policy.measure(), hot.shard(), onto.get(), chosen, hot.relative(), given / hot.share()));
    }

    private double weight(String id) {
        return map.shards().stream()
                .filter(shard -> shard.id().equals(id))
                .mapToInt(Shard::weight)
                .findFirst()
                .orElse(1);
    }

    /** The next spare shard, or the coldest one that is below average. */
    private Optional<String> target(String home) {
        if (!spares.isEmpty()) {
            return Optional.of(spares.remove(0));
        }
        List<ShardLoad> all = shards();
        ShardLoad coldest = all.get(all.size() - 1);
        return coldest.shard().equals(home) || coldest.relative() >= 1
                ? Optional.empty()
                : Optional.of(coldest.shard());
    }

    private List<String> coldest() {
        List<ShardLoad> all = new ArrayList<>(shards());
        all.sort(Comparator.comparingDouble(ShardLoad::relative));
        return Stream.concat(spares.stream(), all.stream().map(ShardLoad::shard))
                .toList();
    }
}
