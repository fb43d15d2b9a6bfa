package dev.tenfold.sharding.reshard;

import dev.tenfold.sharding.ShardMap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Compares the rows of a flow at both ends, range by range, while writers write. Confined to the coordinator that steps.
 *
 * <p>A key that differs and is not among the changes sent on afterwards, all there were, was not written since it last
 * arrived: it really differs. It is marked, sent again, and must then be equal. A key that was written meanwhile proves
 * nothing; its range is compared again, and where writers never rest it is left for the comparison behind the fence.
 */
final class Verification {

    /** How often a range is compared in which keys were written meanwhile. */
    private static final int COMPARISONS = 5;

    /** How often a key is sent again before it counts as different for good. */
    private static final int RESENDINGS = 3;

    /** Ranges left for the fence at most; with more, comparing goes on until writers leave some alone. */
    private static final int RESTLESS = 100;

    /** What to do next. */
    enum Next {
        /** Compare on. */
        COMPARE,
        /** Send on as many changes as there are now, and tell {@link #touched}; then {@link #drained}. */
        DRAIN,
        /** Everything was compared. */
        DONE
    }

    record Range(Cursor from, Cursor to) {}

    private final ShardMap map;
    private final int[] slots;
    private final ShardStore giver;
    private final ShardStore taker;
    private final List<Range> restless = new ArrayList<>();
    private final Set<Row.Key> touched = new HashSet<>();
    private final Set<Row.Key> different = new HashSet<>();
    private final Map<Row.Key, Integer> resent = new HashMap<>();
    private Cursor from = Cursor.START;
    private Cursor to = Cursor.START;
    private boolean again;
    private boolean resending;
    private int comparisons;
    private long repairs;

    Verification(ShardMap map, int[] slots, ShardStore giver, ShardStore taker) {
        this.map = map;
        this.slots = slots;
        this.giver = giver;
        this.taker = taker;
    }

    /** Ranges in which keys were written whenever they were compared. */
    List<Range> restless() {
        return restless;
    }

    /** How many keys had to be sent again. */
    long repairs() {
        return repairs;
    }

    Next compare(int rows) {
        if (from.equals(Cursor.END)) {
            return Next.DONE;
        }
        if (!again) {
            RowDigests here = giver.digests(map, slots, from, rows);
            to = here.next();
            difference(here, taker.digests(map, slots, from, to));
            comparisons = 1;
        } else {
            compareRange(new Range(from, to));
            comparisons++;
        }
        if (different.isEmpty()) {
            advance();
            return from.equals(Cursor.END) ? Next.DONE : Next.COMPARE;
        }
        touched.clear();
        return Next.DRAIN;
    }

    /** Compares a range behind the fence, where nothing may differ. */
    boolean differs(Range range) {
        compareRange(range);
        return !different.isEmpty();
    }

    private void compareRange(Range range) {
        difference(
                giver.digests(map, slots, range.from(), range.to()),
                taker.digests(map, slots, range.from(), range.to()));
    }

    void touched(List<Row.Key> keys) {
        if (!different.isEmpty()) {
            touched.addAll(keys);
        }
    }

    /**
     * Judges what differed, now that every change was sent on.
     *
     * @return compare, or drain once more where keys were marked
     * @throws Unmovable if a key differs that was sent again and again
     */
    Next drained(long token) {
        if (resending) {
            // Their marks passed for writes; what they brought about, the next comparison tells.
            resending = false;
            return Next.COMPARE;
        }
        Set<Row.Key> genuine = new HashSet<>(different);
        genuine.removeAll(touched);
        again = true;
        if (genuine.isEmpty()) {
            if (comparisons >= COMPARISONS && restless.size() < RESTLESS) {
                restless.add(new Range(from, to));
                advance();
            }
            return from.equals(Cursor.END) ? Next.DONE : Next.COMPARE;
        }
        for (Row.Key key : genuine) {
            if (resent.merge(key, 1, Integer::sum) > RESENDINGS) {
                throw new Unmovable("key " + key.id() + " of table " + key.table() + " differs between " + giver.shard()
                        + " and " + taker.shard()
                        + " after it was sent again (expected: equal rows; look for a trigger or"
                        + " a generated column that changes rows on their way)");
            }
        }
        giver.mark(slots, token, List.copyOf(genuine));
        repairs += genuine.size();
        resending = true;
        return Next.DRAIN;
    }

    private void advance() {
        from = to;
        again = false;
        resent.clear();
        different.clear();
    }

    private void difference(RowDigests here, RowDigests there) {
        different.clear();
        Map<Row.Key, String> theirs = there.digests();
        here.digests().forEach((key, digest) -> {
            if (!Objects.equals(theirs.get(key), digest)) {
                different.add(key);
            }
        });
        for (Row.Key key : theirs.keySet()) {
            if (!here.digests().containsKey(key)) {
                different.add(key);
            }
        }
    }
}
