package dev.tenfold.sharding.hot;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The stripes' loads of one measure taken together. A key that a stripe does not track may weigh there what the stripe's
 * least counter says, and no more; so the sums keep the bounds of {@link SpaceSaving} (P. Agarwal and others, "Mergeable
 * Summaries", PODS 2012). Not thread-safe.
 */
final class LoadTally<K> {

    /** What is known of a key: its count less {@code floor} is certain, {@code floor} of its count is not. */
    static final class Counted<K> {
        final K key;
        int slot;
        double count;
        double error;
        /** The sum of the least counters of the stripes that do track it. */
        double tracked;

        Counted(K key) {
            this.key = key;
        }
    }

    double total;
    double[] slots = {};
    /** The most an untracked key may weigh. */
    double least;

    final Map<Object, Counted<K>> keys = new HashMap<>();

    void add(double weight, double[] weights, SpaceSaving<K> stripe, double factor) {
        total += weight * factor;
        if (weights.length > slots.length) {
            slots = Arrays.copyOf(slots, weights.length);
        }
        for (int slot = 0; slot < weights.length; slot++) {
            slots[slot] += weights[slot] * factor;
        }
        double stripeLeast = stripe.least() * factor;
        least += stripeLeast;
        stripe.forEach((identity, key, slot, count, error) -> {
            Counted<K> counted = keys.computeIfAbsent(identity, absent -> new Counted<>(key));
            // A key's slot changes only when it gets one of its own, which has a higher number.
            counted.slot = Math.max(counted.slot, slot);
            counted.count += count * factor;
            counted.error += error * factor;
            counted.tracked += stripeLeast;
        });
    }

    /** A key's greatest possible weight. */
    double most(Counted<K> key) {
        return key.count + least - key.tracked;
    }

    /** By how much that may be too high. */
    double error(Counted<K> key) {
        return key.error + least - key.tracked;
    }
}
