package dev.tenfold.benchmarks.whole;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What really happened, known to nobody in the world: which number took which one's place, what was acknowledged to whom, and
 * what was announced. Every write writes a number of its own, so a value that was read says which writes it shows: its own and
 * all that it stands on.
 */
final class History {

    /** A promise that was broken. */
    interface Verdict {
        void require(boolean holds, Supplier<String> problem);
    }

    private final Verdict verdict;
    private final Map<Long, Long> before = new HashMap<>();
    private final Map<Long, String> keys = new HashMap<>();
    private final Set<Long> acknowledged = new LinkedHashSet<>();
    private final Map<Long, Integer> announced = new LinkedHashMap<>();
    private long numbers;

    History(Verdict verdict) {
        this.verdict = verdict;
    }

    /** Draws the number of a new write. */
    long next(String key) {
        keys.put(++numbers, key);
        return numbers;
    }

    /** A server wrote a number in place of another (0 for none). Each server of a shard does that in its turn. */
    void carriedOut(String key, long number, long instead) {
        Long known = before.putIfAbsent(number, instead);
        verdict.require(
                (known == null || known == instead) && key.equals(keys.get(number)),
                () -> "(0) " + number + " of key " + key + " took the place of " + instead + " on one server and of "
                        + known + " on another");
    }

    void acknowledge(long number) {
        acknowledged.add(number);
    }

    boolean isAcknowledged(long number) {
        return acknowledged.contains(number);
    }

    /** Whether a value is what a write wrote, or stands on it. */
    boolean shows(@Nullable Long value, long number) {
        for (long at = value == null ? 0 : value; at != 0; at = before.getOrDefault(at, 0L)) {
            if (at == number) {
                return true;
            }
        }
        return false;
    }

    void announce(long number) {
        announced.merge(number, 1, Integer::sum);
    }

    int acknowledgedWrites() {
        return acknowledged.size();
    }

    int announcements() {
        return announced.size();
    }

    int repeatedAnnouncements() {
        return (int) announced.values().stream().filter(times -> times > 1).count();
    }

    /** Whether everything that was acknowledged has been announced. */
    boolean isAnnounced() {
        return announced.keySet().containsAll(acknowledged);
    }

    /** Compares with what the shards hold in the end. */
    void check(Map<String, Long> values) {
        for (long number : acknowledged) {
            Long value = values.get(keys.get(number));
            verdict.require(
                    shows(value, number),
                    () -> "(2) the acknowledged write " + number + " of " + keys.get(number) + " is lost; there is "
                            + value);
        }
        Set<Long> missing = new HashSet<>(acknowledged);
        missing.removeAll(announced.keySet());
        verdict.require(missing.isEmpty(), () -> "(3) acknowledged and never announced: " + missing);
        for (long number : announced.keySet()) {
            Long value = values.get(keys.get(number));
            verdict.require(
                    shows(value, number),
                    () -> "(3) announced and not committed: " + number + " of " + keys.get(number) + "; there is "
                            + value);
        }
    }
}
