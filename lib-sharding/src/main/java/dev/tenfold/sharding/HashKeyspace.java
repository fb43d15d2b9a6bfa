package dev.tenfold.sharding;

import dev.tenfold.sharding.ShardPlan.Division;
import dev.tenfold.sharding.ShardPlan.Merge;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Slots by hash, and a directory of keys that have slots of their own, by the hashes of those keys. Two keys with one hash
 * are one key here, which does no harm: they were in the same slot before, and go together.
 */
final class HashKeyspace implements Keyspace {

    /** How many of these keys are stored with a name. */
    static final int MAX_LABELS = 1_024;

    private final String name;
    private final long seed;
    private final int slots;
    /** The keys with slots of their own, rising by slot: hash, slot, and a name for people or "". */
    private final long[] hashes;

    private final int[] own;
    private final String[] labels;
    /** Open addressing over the hashes: one more than the place in the arrays above, 0 where nothing stands. */
    private final int[] table;

    HashKeyspace(String name, long seed, int slots) {
        this(name, seed, slots, new long[0], new int[0], new String[0]);
    }

    HashKeyspace(String name, long seed, int slots, long[] hashes, int[] own, String[] labels) {
        if (slots < 1 || slots > ShardMap.MAX_SLOTS) {
            throw new IllegalArgumentException("slots: " + slots + " (expected: 1 to " + ShardMap.MAX_SLOTS + ")");
        }
        if (own.length > ShardMap.MAX_OWN_KEYS) {
            throw new IllegalArgumentException("keys with slots of their own: " + own.length + " (expected: at most "
                    + ShardMap.MAX_OWN_KEYS + ")");
        }
        this.name = name;
        this.seed = seed;
        this.slots = slots;
        this.hashes = hashes;
        this.own = own;
        this.labels = labels;
        // At most half full, so that a search ends soon.
        this.table = new int[own.length == 0 ? 0 : Integer.highestOneBit(own.length) * 4];
        for (int i = 0; i < own.length; i++) {
            if (own[i] < slots || (i > 0 && own[i] <= own[i - 1])) {
                throw new IllegalArgumentException(
                        "own slot: " + own[i] + " (expected: rising, from " + slots + " on)");
            }
            int at = place(hashes[i]);
            if (table[at] != 0) {
                throw new IllegalArgumentException(
                        String.format("hash with a slot of its own: %016x (expected: each once)", hashes[i]));
            }
            table[at] = i + 1;
        }
    }

    /** Returns where a hash stands in the table, or the empty place where its search ends. */
    private int place(long hash) {
        int mask = table.length - 1;
        // The low bits of the hash are free: slots are chosen by the top ones.
        int at = (int) hash & mask;
        while (table[at] != 0 && hashes[table[at] - 1] != hash) {
            at = (at + 1) & mask;
        }
        return at;
    }

    int slotOf(long hash) {
        if (table.length != 0) {
            int at = table[place(hash)];
            if (at != 0) {
                return own[at - 1];
            }
        }
        return hashedSlot(hash);
    }

    int hashedSlot(long hash) {
        return (int) (((hash >>> 32) * slots) >>> 32);
    }

    boolean hasOwn(long hash) {
        return table.length != 0 && table[place(hash)] != 0;
    }

    static String point(long hash) {
        return String.format("%016x", hash);
    }

    static long hash(String point) {
        return Long.parseUnsignedLong(point, 16);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long seed() {
        return seed;
    }

    @Override
    public int hashed() {
        return slots;
    }

    @Override
    public int[] live() {
        return IntStream.concat(IntStream.range(0, slots), Arrays.stream(own)).toArray();
    }

    @Override
    public int[] counted() {
        return IntStream.range(0, slots).toArray();
    }

    @Override
    public List<Division> divisions() {
        return new AbstractList<>() {
            @Override
            public Division get(int i) {
                return new Division(hashedSlot(hashes[i]), own[i], point(hashes[i]), labels[i]);
            }

            @Override
            public int size() {
                return own.length;
            }
        };
    }

    @Override
    public boolean has(Division division) {
        long hash = hash(division.at());
        return hasOwn(hash) && slotOf(hash) == division.slot();
    }

    @Override
    public Keyspace divided(List<Division> divisions) {
        int before = own.length;
        int after = before + divisions.size();
        long[] nextHashes = Arrays.copyOf(hashes, after);
        int[] nextOwn = Arrays.copyOf(own, after);
        String[] nextLabels = Arrays.copyOf(labels, after);
        for (int i = before; i < after; i++) {
            Division division = divisions.get(i - before);
            nextHashes[i] = hash(division.at());
            nextOwn[i] = division.slot();
            // Names are for people, who read a thousand at most; and the map must stay small.
            nextLabels[i] = i < MAX_LABELS ? division.label() : "";
            if (hashedSlot(nextHashes[i]) != division.from()) {
                throw new IllegalArgumentException("division: " + division + " (expected: from slot "
                        + hashedSlot(nextHashes[i]) + ", where the key is)");
            }
        }
        return new HashKeyspace(name, seed, slots, nextHashes, nextOwn, nextLabels);
    }

    @Override
    public Keyspace merged(List<Merge> merges) {
        Set<Integer> gone = new HashSet<>();
        for (Merge merge : merges) {
            int at = Arrays.binarySearch(own, merge.slot());
            if (at < 0 || hashedSlot(hashes[at]) != merge.into() || !gone.add(merge.slot())) {
                throw new IllegalArgumentException(
                        "merge: " + merge + " (expected: a key's own slot, into the slot the key hashes to)");
            }
        }
        int[] kept = IntStream.range(0, own.length)
                .filter(i -> !gone.contains(own[i]))
                .toArray();
        return new HashKeyspace(
                name,
                seed,
                slots,
                Arrays.stream(kept).mapToLong(i -> hashes[i]).toArray(),
                Arrays.stream(kept).map(i -> own[i]).toArray(),
                Arrays.stream(kept).mapToObj(i -> labels[i]).toArray(String[]::new));
    }

    @Override
    public boolean equals(Object other) {
        return this == other
                || (other instanceof HashKeyspace that
                        && name.equals(that.name)
                        && seed == that.seed
                        && slots == that.slots
                        && Arrays.equals(hashes, that.hashes)
                        && Arrays.equals(own, that.own)
                        && Arrays.equals(labels, that.labels));
    }

    @Override
    public int hashCode() {
        return Objects.hash(name, seed, slots, Arrays.hashCode(hashes), Arrays.hashCode(own));
    }
}
