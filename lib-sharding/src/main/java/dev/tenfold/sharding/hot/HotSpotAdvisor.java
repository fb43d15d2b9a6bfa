package dev.tenfold.sharding.hot;

import dev.tenfold.observe.Event;
import dev.tenfold.observe.EventRelay;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.hot.LoadReport.KeyLoad;
import dev.tenfold.sharding.hot.LoadReport.ShardLoad;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Proposes what to do about hot spots. Whoever owns it calls {@link #propose} now and then, every ten seconds say; nothing
 * is done until a proposal is accepted.
 *
 * <p>Celebrities come first: a key with a large share of the load is proposed for isolation, or for salting where even a
 * shard of its own would be hot and its data adds up. A shard that would still be hot without them is proposed for a
 * split, by the measured load of its slots. Each shard or key is proposed once it has been hot for long enough, and then not
 * again before the cool-down is over; each proposal is one event, {@code hotspot.proposed}.
 *
 * <p>Thread-safe; the memory it keeps is bounded by the proposals of one cool-down and the keys that are hot.
 *
 * @param <K> the kind of key
 */
public final class HotSpotAdvisor<K> {

    private final HotSpots<K> hot;
    private final HotSpotPolicy<K> policy;
    private final EventRelay relay;
    private final Map<Object, Heat> heats = new HashMap<>();

    /** How long a shard or key has been hot, and when something was last proposed about it. */
    private static final class Heat {
        boolean isHot;
        long since;
        boolean proposed;
        long proposedAt;
    }

    /** Tells shards from keys that are text. */
    private record HotShard(String id) {}

    private final ReentrantLock proposing = new ReentrantLock();

    HotSpotAdvisor(HotSpots<K> hot, HotSpotPolicy<K> policy) {
        policy.check("policy of hot spots '" + hot.configuration.name + "'");
        this.hot = hot;
        this.policy = policy;
        this.relay = new EventRelay(hot.configuration.observer);
    }

    /**
     * Looks at the load and says what could be done.
     *
     * @param map the map in force
     * @return at most as many proposals as the policy allows, each fitting the map by itself; mostly none
     */
    public List<HotSpotProposal<K>> propose(ShardMap map) {
        LoadReport<K> report = hot.report(map);
        List<HotSpotProposal<K>> proposals;
        proposing.lock();
        try {
            proposals = proposals(report);
            proposals.forEach(this::announce);
        } finally {
            proposing.unlock();
        }
        relay.deliver();
        return proposals;
    }

    private List<HotSpotProposal<K>> proposals(LoadReport<K> report) {
        long now = hot.configuration.time.nanoTime();
        List<HotSpotProposal<K>> proposals = new ArrayList<>();
        Set<Object> seen = new HashSet<>();
        boolean idle = report.rate(policy.measure()) < policy.minimumRate();
        HotSpotRemedies<K> remedies = new HotSpotRemedies<>(policy, report);
        for (KeyLoad<K> key : report.keys(policy.measure())) {
            double share = idle ? 0 : key.certainShare();
            Object subject = hot.identity(key.key());
            if (share < policy.calmKey()) {
                continue;
            }
            seen.add(subject);
            if (due(subject, share >= policy.hotKey(), now) && proposals.size() < policy.atMost()) {
                remedies.forKey(key).ifPresent(proposal -> add(proposals, proposal, subject, now));
            }
        }
        for (ShardLoad shard : remedies.shards()) {
            Object subject = new HotShard(shard.shard());
            if (idle || shard.relative() < policy.calmShard()) {
                continue;
            }
            seen.add(subject);
            if (due(subject, shard.relative() >= policy.hotShard(), now) && proposals.size() < policy.atMost()) {
                remedies.forShard(shard).ifPresent(proposal -> add(proposals, proposal, subject, now));
            }
        }
        heats.forEach((subject, heat) -> heat.isHot &= seen.contains(subject));
        heats.values().removeIf(heat -> !heat.isHot && !cooling(heat, now));
        return List.copyOf(proposals);
    }

    private void add(List<HotSpotProposal<K>> proposals, HotSpotProposal<K> proposal, Object subject, long now) {
        proposals.add(proposal);
        Heat heat = heats.computeIfAbsent(subject, absent -> new Heat());
        heat.proposed = true;
        heat.proposedAt = now;
    }

    /** Between calm and hot it stays what it was. */
    private boolean due(Object subject, boolean hotNow, long now) {
        Heat heat = heats.get(subject);
        if (heat == null) {
            if (!hotNow) {
                return false;
            }
            heat = new Heat();
            heats.put(subject, heat);
        }
        if (hotNow && !heat.isHot) {
            heat.isHot = true;
            heat.since = now;
        }
        return heat.isHot && now - heat.since >= policy.sustained().toNanos() && !cooling(heat, now);
    }

    private boolean cooling(Heat heat, long now) {
        return heat.proposed && now - heat.proposedAt < policy.coolDown().toNanos();
    }

    private void announce(HotSpotProposal<K> proposal) {
        relay.add(new Event(
                hot.configuration.time.now(),
                "sharding/" + hot.configuration.name,
                "hotspot.proposed",
                Level.WARNING,
                proposal.toString(),
                Map.of("remedy", proposal.getClass().getSimpleName(), "measure", proposal.measure())));
    }

    @Override
    public String toString() {
        return "HotSpotAdvisor[" + hot + ", " + policy + "]";
    }
}
