package dev.tenfold.benchmarks.whole;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
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
        void require(Promise promise, boolean holds, Supplier<String> problem);
    }

    private final Verdict verdict;
    private final Map<Long, Long> before = new HashMap<>();
    private final Map<Long, String> keys = new HashMap<>();
    private final Set<Long> removals = new HashSet<>();
    /** The removals of a key that a server carried out. */
    private final Map<String, Set<Long>> removed = new HashMap<>();

    private final Set<Long> received = new HashSet<>();
    private final Set<Long> acknowledged = new LinkedHashSet<>();
    private final Set<Long> owed = new HashSet<>();
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

    /** Draws the number of a removal. */
    long nextRemoval(String key) {
        long number = next(key);
        removals.add(number);
        return number;
    }

    String key(long number) {
        return Objects.requireNonNull(keys.get(number), () -> "there is no write " + number);
    }

    /** A process was asked to make a write, which nobody may ask for twice. */
    void receive(long number) {
        verdict.require(Promise.ONCE, received.add(number), () -> "the write " + number + " was sent to two processes");
    }

    /** A server wrote a number in place of another (0 for none). Each server of a shard does that in its turn. */
    void carriedOut(String key, long number, long instead) {
        Long known = before.putIfAbsent(number, instead);
        if (removals.contains(number)) {
            removed.computeIfAbsent(key, none -> new LinkedHashSet<>()).add(number);
        }
        verdict.require(
                Promise.LOG,
                (known == null || known == instead) && key.equals(keys.get(number)),
                () -> "" + number + " of key " + key + " took the place of " + instead + " on one server and of "
                        + known + " on another");
    }

    void acknowledge(long number) {
        acknowledged.add(number);
    }

    boolean isAcknowledged(long number) {
        return acknowledged.contains(number);
    }

    /** Whether a value is what a write wrote, or stands on it; no value is what a removal left that does. */
    boolean shows(String key, @Nullable Long value, long number) {
        return value != null
                ? standsOn(value, number)
                : removed.getOrDefault(key, Set.of()).stream().anyMatch(removal -> standsOn(removal, number));
    }

    private boolean standsOn(long last, long number) {
        for (long at = last; at != 0; at = before.getOrDefault(at, 0L)) {
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

    int acknowledgedRemovals() {
        return (int) acknowledged.stream().filter(removals::contains).count();
    }

    int announcements() {
        return announced.size();
    }

    int repeatedAnnouncements() {
        return (int) announced.values().stream().filter(times -> times > 1).count();
    }

    /** From now on {@link #isCaughtUp} asks for what has been acknowledged by now. */
    void mark() {
        owed.addAll(acknowledged);
    }

    /** Whether everything that had been acknowledged at the mark has been announced. */
    boolean isCaughtUp() {
        return announced.keySet().containsAll(owed);
    }

    /** Compares with the last write or removal of each key in the shards. */
    void check(Map<String, Long> last) {
        for (long number : acknowledged) {
            long value = last.getOrDefault(key(number), 0L);
            verdict.require(
                    Promise.KEPT,
                    standsOn(value, number),
                    () -> "the acknowledged write " + number + " of " + keys.get(number) + " is lost; there is "
                            + value);
        }
        Set<Long> missing = new HashSet<>(acknowledged);
        missing.removeAll(announced.keySet());
        verdict.require(Promise.ANNOUNCED, missing.isEmpty(), () -> "acknowledged and never announced: " + missing);
        for (long number : announced.keySet()) {
            long value = last.getOrDefault(key(number), 0L);
            verdict.require(
                    Promise.ANNOUNCED,
                    standsOn(value, number),
                    () -> "announced and not committed: " + number + " of " + keys.get(number) + "; there is " + value);
        }
    }
}
