package dev.tenfold.balance;

import dev.tenfold.health.HealthState;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What a balancer picks from between two changes. Immutable.
 *
 * @param candidates whom to pick from, or null where there is nobody
 * @param picker picks from them, or null where there is nobody
 * @param members everybody, in the order of the endpoints
 * @param eligible how many take calls by their health
 * @param trusted how many count as healthy
 * @param counted how many are not drained
 * @param panic whether candidates are all that are not drained, because too few are eligible
 * @param waits whether time alone will change this
 */
record Pool<T>(
        @Nullable Candidates<T> candidates,
        @Nullable Picker<T> picker,
        List<Member<T>> members,
        int eligible,
        int trusted,
        int counted,
        boolean panic,
        boolean waits) {

    /** Leads from one hash to the next: the multiplier of D. Knuth's MMIX generator. */
    private static final long STEP = 6364136223846793005L;

    static <T> Pool<T> empty() {
        return new Pool<>(null, null, List.of(), 0, 0, 0, false, false);
    }

    /** Sorts members by their health now; the caller adds the picker. */
    static <T> Pool<T> of(List<Member<T>> members, double panicThreshold, long now, boolean waits) {
        int counted = 0;
        int trusted = 0;
        List<Member<T>> eligible = new ArrayList<>(members.size());
        List<Member<T>> present = new ArrayList<>(members.size());
        double[] shares = new double[members.size()];
        for (Member<T> member : members) {
            var health = member.health();
            HealthState state = health.state();
            if (state == HealthState.DRAINING) {
                continue;
            }
            counted++;
            present.add(member);
            trusted += state.isTrusted() ? 1 : 0;
            if (state.takesCalls()) {
                shares[eligible.size()] = health.share(now) * member.endpoint().weight();
                eligible.add(member);
            }
        }
        boolean panic = eligible.size() < panicThreshold * counted;
        List<Member<T>> chosen = panic ? present : eligible;
        double[] weights = new double[chosen.size()];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = panic ? chosen.get(i).endpoint().weight() : shares[i];
        }
        Candidates<T> candidates = chosen.isEmpty() ? null : new Candidates<>(chosen, weights);
        return new Pool<>(candidates, null, members, eligible.size(), trusted, counted, panic, waits);
    }

    Pool<T> with(Picker<T> made) {
        return new Pool<>(candidates, made, members, eligible, trusted, counted, panic, waits);
    }

    /** Picks somebody who is not in {@code tried}, or nobody where all candidates are; for a key the same for the same tried. */
    @Nullable
    Member<T> pickOther(List<Member<T>> tried, @Nullable Long key, RandomGenerator random) {
        if (picker == null || candidates == null) {
            return null;
        }
        // The policy first, a few times; then whoever is left, from a random place on.
        long hash = key == null ? 0 : key;
        for (int i = 0; i < 2 * tried.size(); i++) {
            hash = hash * STEP + 1;
            Member<T> picked = key == null ? picker.pick() : picker.pick(hash ^ (hash >>> 32));
            if (!contains(tried, picked)) {
                return picked;
            }
        }
        int size = candidates.size();
        int place = key == null ? random.nextInt(size) : (int) Long.remainderUnsigned(hash, size);
        for (int i = 0; i < size; i++) {
            Member<T> next = candidates.member((place + i) % size);
            if (!contains(tried, next)) {
                return next;
            }
        }
        return null;
    }

    /** By id: an endpoint that left and came back is another member, but was tried all the same. */
    private static <T> boolean contains(List<Member<T>> tried, Member<T> picked) {
        String id = picked.endpoint().id();
        for (Member<T> member : tried) {
            if (member.endpoint().id().equals(id)) {
                return true;
            }
        }
        return false;
    }
}
