package dev.tenfold.sharding;

import dev.tenfold.error.Validation;
import dev.tenfold.sharding.hash.Shard;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Which shard holds which range of the keys, before the first change. Each range goes from a key on, up to the next and
 * without it; together they must be all keys there could be, so the first has no lower bound and the last no upper one.
 *
 * <pre>{@code
 * Ranges.of(KeyOrder.TEXT)
 *         .below("H", "s1")
 *         .range("H", "Q", "s2")
 *         .from("Q", "s3")
 * }</pre>
 *
 * <p>Gaps and overlaps are found, all together, when the sharder is built. Not thread-safe.
 */
public final class Ranges {

    /** One range; a bound is null where there is none, and may be of a wrong kind until it was checked. */
    private record Range(@Nullable Object from, @Nullable Object to, String shard) {

        String name() {
            return "range " + (from == null ? "" : "from " + from + " ") + (to == null ? "on" : "below " + to);
        }
    }

    private final KeyOrder order;
    private final List<Range> ranges = new ArrayList<>();

    private Ranges(KeyOrder order) {
        this.order = order;
    }

    /**
     * Starts without ranges.
     *
     * @param order the order of the keys, which also says what kind they are
     * @return to be filled
     */
    public static Ranges of(KeyOrder order) {
        return new Ranges(order);
    }

    /**
     * Adds the range of all keys below one.
     *
     * @param to the least key above the range
     * @param shard the name of its shard; one shard may hold several ranges
     * @return this
     */
    public Ranges below(Object to, String shard) {
        ranges.add(new Range(null, to, shard));
        return this;
    }

    /**
     * Adds a range.
     *
     * @param from its least key
     * @param to the least key above it
     * @param shard the name of its shard
     * @return this
     */
    public Ranges range(Object from, Object to, String shard) {
        ranges.add(new Range(from, to, shard));
        return this;
    }

    /**
     * Adds the range of one key and all above.
     *
     * @param from its least key
     * @param shard the name of its shard
     * @return this
     */
    public Ranges from(Object from, String shard) {
        ranges.add(new Range(from, null, shard));
        return this;
    }

    /**
     * Adds the range of all keys: where one shard is to be divided later.
     *
     * @param shard its name
     * @return this
     */
    public Ranges all(String shard) {
        ranges.add(new Range(null, null, shard));
        return this;
    }

    KeyOrder order() {
        return order;
    }

    void check(Validation check, Set<String> shards) {
        check.notEmpty("ranges", ranges, "call below(...), range(...), from(...) or all(...)");
        List<Range> sound = new ArrayList<>();
        for (Range range : ranges) {
            check.require(shards.contains(range.shard), range.name(), range.shard, "one of the shards " + shards);
            boolean from = isBound(check, range, range.from);
            boolean to = isBound(check, range, range.to);
            if (from && to) {
                boolean rising = range.from == null || range.to == null || compare(range.from, range.to) < 0;
                check.require(rising, range.name(), range.to, "an upper bound above the lower one");
                if (rising) {
                    sound.add(range);
                }
            }
        }
        if (sound.size() != ranges.size() || sound.isEmpty()) {
            return;
        }
        sort(sound);
        check.require(sound.get(0).from == null, "lowest range", sound.get(0).from, "none left out; call below(...)");
        Range highest = sound.get(0);
        for (Range next : sound.subList(1, sound.size())) {
            boolean overlaps = next.from == null || highest.to == null || compare(next.from, highest.to) < 0;
            check.require(!overlaps, next.name(), next.from, "no overlap with " + highest.name());
            check.require(
                    overlaps || highest.to == null || compare(next.from, highest.to) == 0,
                    next.name(),
                    next.from,
                    "no gap after " + highest.to);
            if (next.to == null || (highest.to != null && compare(next.to, highest.to) > 0)) {
                highest = next;
            }
        }
        check.require(highest.to == null, "highest range", highest.to, "none left out; call from(...)");
        check.require(sound.size() <= ShardMap.MAX_RANGES, "ranges", sound.size(), "at most " + ShardMap.MAX_RANGES);
    }

    private boolean isBound(Validation check, Range range, @Nullable Object bound) {
        if (bound == null) {
            return true;
        }
        try {
            int length = order.bound(bound).toString().length();
            check.require(
                    length >= 1 && length <= ShardMap.MAX_BOUND_LENGTH,
                    range.name(),
                    bound,
                    "bounds of 1 to " + ShardMap.MAX_BOUND_LENGTH + " characters");
            return length >= 1;
        } catch (IllegalArgumentException wrong) {
            check.require(false, range.name(), bound.getClass().getName(), "bounds that are " + order.kinds());
            return false;
        }
    }

    private int compare(@Nullable Object a, @Nullable Object b) {
        if (a == null || b == null) {
            return a == b ? 0 : a == null ? -1 : 1;
        }
        return order.compare(order.bound(a), b);
    }

    private void sort(List<Range> sound) {
        sound.sort((a, b) -> compare(a.from, b.from));
    }

    ShardMap first(List<Shard> shards) {
        List<String> ids = shards.stream().map(Shard::id).toList();
        Validation check = Validation.of("ranges");
        check(check, new TreeSet<>(ids));
        check.throwIfInvalid();
        List<Range> sorted = new ArrayList<>(ranges);
        sort(sorted);
        Object[] bounds = new Object[sorted.size() - 1];
        for (int i = 1; i < sorted.size(); i++) {
            Object from = sorted.get(i).from;
            if (from != null) {
                bounds[i - 1] = order.bound(from);
            }
        }
        int[] parents = new int[sorted.size()];
        Arrays.fill(parents, RangeKeyspace.ORIGINAL);
        Keyspace keyspace = new RangeKeyspace(
                order, bounds, IntStream.range(0, sorted.size()).toArray(), parents);
        int[] owners =
                sorted.stream().mapToInt(range -> ids.indexOf(range.shard)).toArray();
        return new ShardMap(1, keyspace, "ranges_v1", shards, owners);
    }
}
