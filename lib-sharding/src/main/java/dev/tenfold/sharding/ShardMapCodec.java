package dev.tenfold.sharding;

import dev.tenfold.Codec;
import dev.tenfold.sharding.ShardPlan.Division;
import dev.tenfold.sharding.hash.Shard;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.zip.CRC32;

/**
 * Maps as text. Format 2, which is written; the owners are runs: {@code 0*3} is three slots in a row that the first shard
 * owns, and {@code -} one that was merged.
 *
 * <pre>
 * tenfold-shard-map 2
 * epoch 7
 * hash xxh3_64_v1 0
 * placement ring_v1(points=1024)
 * slots 8
 * shard s1 1
 * shard s2 2
 * owners 0*3 1*5 0 - 1*2
 * key 8 00000000075bcd15 user+42
 * keys 10 9b8c65271fcbe812 0123456789abcdef
 * crc32 1a2b3c4d
 * </pre>
 *
 * <p>{@code key} is a key with a slot of its own, by its hash, with a name for people; {@code keys} are some in slots that
 * follow each other, without names. Where slots are ranges, {@code ranges} replaces {@code hash} and {@code slots}, and
 * {@code range} lines in the order of the keys replace the keys: slot, the slot it was divided from, and where it begins.
 *
 * <pre>
 * ranges range_text_v1
 * ...
 * range 0 -
 * range 2 0 H
 * range 1 - Q
 * </pre>
 *
 * <p>Format 1, which is read, has {@code isolated} for {@code key}, and neither merged slots nor ranges.
 */
final class ShardMapCodec {

    static final Codec<ShardMap> CODEC = Codec.of(ShardMapCodec::encode, ShardMapCodec::decode);

    private static final String TITLE = "tenfold-shard-map ";

    /** How many keys are in one line, at most. */
    private static final int KEYS_PER_LINE = 64;

    private ShardMapCodec() {}

    private static byte[] encode(ShardMap map) {
        StringBuilder text = new StringBuilder(TITLE).append("2\n");
        line(text, "epoch", map.epoch());
        if (map.keyspace() instanceof RangeKeyspace ranges) {
            line(text, "ranges", ranges.name());
        } else {
            line(text, "hash", map.hashName(), map.hashSeed());
        }
        line(text, "placement", map.placement());
        if (map.slots() > 0) {
            line(text, "slots", map.slots());
        }
        map.shards().forEach(shard -> line(text, "shard", shard.id(), shard.weight()));
        owners(text, map.owners());
        if (map.keyspace() instanceof RangeKeyspace ranges) {
            for (int i = 0; i < ranges.size(); i++) {
                int parent = ranges.parentAt(i);
                Object lower = ranges.lower(i);
                text.append("range ").append(ranges.slotAt(i)).append(' ');
                text.append(parent == RangeKeyspace.ORIGINAL ? "-" : Integer.toString(parent));
                text.append(lower == null ? "" : " " + encoded(lower.toString()))
                        .append('\n');
            }
        } else {
            keys(text, map.divisions());
        }
        String checksum = checksum(text.toString());
        return line(text, "crc32", checksum).toString().getBytes(StandardCharsets.UTF_8);
    }

    private static StringBuilder line(StringBuilder text, String name, Object... values) {
        text.append(name);
        for (Object value : values) {
            text.append(' ').append(value);
        }
        return text.append('\n');
    }

    private static void owners(StringBuilder text, int[] owners) {
        text.append("owners");
        for (int from = 0, to; from < owners.length; from = to) {
            to = from + 1;
            while (to < owners.length && owners[to] == owners[from]) {
                to++;
            }
            text.append(' ').append(owners[from] < 0 ? "-" : Integer.toString(owners[from]));
            if (to - from > 1) {
                text.append('*').append(to - from);
            }
        }
        text.append('\n');
    }

    private static void keys(StringBuilder text, List<Division> keys) {
        int inLine = 0;
        int slot = 0;
        for (Division key : keys) {
            if (inLine > 0 && (inLine == KEYS_PER_LINE || !key.label().isEmpty() || key.slot() != slot + 1)) {
                text.append('\n');
                inLine = 0;
            }
            slot = key.slot();
            if (!key.label().isEmpty()) {
                line(text, "key", slot, key.at(), encoded(key.label()));
                continue;
            }
            if (inLine++ == 0) {
                text.append("keys ").append(slot);
            }
            text.append(' ').append(key.at());
        }
        if (inLine > 0) {
            text.append('\n');
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    private static ShardMap decode(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        int end = text.lastIndexOf("crc32 ");
        if (!text.startsWith(TITLE + "1\n") && !text.startsWith(TITLE + "2\n")) {
            throw new IllegalArgumentException("not a shard map of format 1 or 2: it begins with '"
                    + text.substring(0, Math.min(text.length(), 40)) + "' (expected: '" + TITLE + "1' or '" + TITLE
                    + "2')");
        }
        if (end < 0 || !text.substring(end).equals("crc32 " + checksum(text.substring(0, end)) + "\n")) {
            throw new IllegalArgumentException("shard map: damaged, its checksum does not fit");
        }
        try {
            return parse(List.of(text.substring(0, end).split("\n", -1)).iterator());
        } catch (RuntimeException malformed) {
            throw new IllegalArgumentException("shard map: " + malformed.getMessage(), malformed);
        }
    }

    private static ShardMap parse(Iterator<String> lines) {
        lines.next();
        long epoch = Long.parseLong(field(lines.next(), "epoch", 1)[0]);
        String line = lines.next();
        boolean ranged = line.startsWith("ranges ");
        String[] keys = field(line, ranged ? "ranges" : "hash", ranged ? 1 : 2);
        String placement = field(lines.next(), "placement", 1)[0];
        int slots = ranged ? 0 : Integer.parseInt(field(lines.next(), "slots", 1)[0]);
        List<Shard> shards = new ArrayList<>();
        for (line = lines.next(); line.startsWith("shard "); line = lines.next()) {
            String[] shard = field(line, "shard", 2);
            shards.add(new Shard(shard[0], Integer.parseInt(shard[1])));
        }
        int[] owners = owners(field(line, "owners", -1));
        Keyspace keyspace = ranged
                ? ranges(KeyOrder.ofStored(keys[0]), lines)
                : hashed(keys[0], Long.parseLong(keys[1]), slots, lines);
        return new ShardMap(epoch, keyspace, placement, shards, owners);
    }

    private static Keyspace hashed(String name, long seed, int slots, Iterator<String> lines) {
        List<Long> hashes = new ArrayList<>();
        List<Integer> own = new ArrayList<>();
        List<String> labels = new ArrayList<>();
        for (String line = lines.next(); !line.isEmpty(); line = lines.next()) {
            boolean many = line.startsWith("keys ");
            String[] key = many ? field(line, "keys", -1) : field(line.replaceFirst("^isolated ", "key "), "key", 3);
            int slot = Integer.parseInt(key[0]);
            for (int i = 1; i < (many ? key.length : 2); i++) {
                hashes.add(HashKeyspace.hash(key[i]));
                own.add(slot + i - 1);
                labels.add(many ? "" : decoded(key[2]));
            }
        }
        return new HashKeyspace(
                name,
                seed,
                slots,
                hashes.stream().mapToLong(Long::longValue).toArray(),
                own.stream().mapToInt(Integer::intValue).toArray(),
                labels.toArray(String[]::new));
    }

    private static Keyspace ranges(KeyOrder order, Iterator<String> lines) {
        List<Object> bounds = new ArrayList<>();
        List<Integer> slots = new ArrayList<>();
        List<Integer> parents = new ArrayList<>();
        for (String line = lines.next(); !line.isEmpty(); line = lines.next()) {
            String[] range = field(line, "range", slots.isEmpty() ? 2 : 3);
            if (!slots.isEmpty()) {
                bounds.add(order.parseCanonical(decoded(range[2])));
            }
            slots.add(Integer.parseInt(range[0]));
            parents.add(range[1].equals("-") ? RangeKeyspace.ORIGINAL : Integer.parseInt(range[1]));
        }
        return new RangeKeyspace(
                order,
                bounds.toArray(),
                slots.stream().mapToInt(Integer::intValue).toArray(),
                parents.stream().mapToInt(Integer::intValue).toArray());
    }

    private static String[] field(String line, String name, int values) {
        String[] parts = line.split(" ", -1);
        if (!parts[0].equals(name) || (values >= 0 && parts.length != values + 1)) {
            throw new IllegalArgumentException("line '" + line + "' (expected: '" + name + "' and its values)");
        }
        return Arrays.copyOfRange(parts, 1, parts.length);
    }

    private static int[] owners(String[] runs) {
        int[] owners = new int[16];
        int filled = 0;
        for (String run : runs) {
            int star = run.indexOf('*');
            String whose = star < 0 ? run : run.substring(0, star);
            int owner = whose.equals("-") ? -1 : Integer.parseUnsignedInt(whose);
            int length = star < 0 ? 1 : Integer.parseInt(run.substring(star + 1));
            if (length < 1 || length > ShardMap.MAX_ALL_SLOTS - filled) {
                throw new IllegalArgumentException("owners: " + run + " (expected: fewer slots)");
            }
            if (filled + length > owners.length) {
                owners = Arrays.copyOf(owners, Math.max(2 * owners.length, filled + length));
            }
            Arrays.fill(owners, filled, filled + length, owner);
            filled += length;
        }
        return Arrays.copyOf(owners, filled);
    }

    private static String checksum(String text) {
        CRC32 crc = new CRC32();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return String.format("%08x", crc.getValue());
    }
}
