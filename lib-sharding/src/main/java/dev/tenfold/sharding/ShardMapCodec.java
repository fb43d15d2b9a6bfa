package dev.tenfold.sharding;

import dev.tenfold.Codec;
import dev.tenfold.sharding.ShardMap.IsolatedKey;
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
 * Maps as text. The owners are runs: {@code 0*3} is three slots in a row that the first shard owns.
 *
 * <pre>
 * tenfold-shard-map 1
 * epoch 7
 * hash xxh3_64_v1 0
 * placement ring_v1(points=1024)
 * slots 8
 * shard s1 1
 * shard s2 2
 * owners 0*3 1*5 0
 * isolated 8 00000000075bcd15 user+42
 * crc32 1a2b3c4d
 * </pre>
 */
final class ShardMapCodec {

    static final Codec<ShardMap> CODEC = Codec.of(ShardMapCodec::encode, ShardMapCodec::decode);

    private static final String TITLE = "tenfold-shard-map 1";

    private ShardMapCodec() {}

    private static byte[] encode(ShardMap map) {
        StringBuilder text = new StringBuilder(TITLE).append('\n');
        text.append("epoch ").append(map.epoch()).append('\n');
        text.append("hash ")
                .append(map.hashName())
                .append(' ')
                .append(map.hashSeed())
                .append('\n');
        text.append("placement ").append(map.placement()).append('\n');
        text.append("slots ").append(map.slots()).append('\n');
        for (Shard shard : map.shards()) {
            text.append("shard ")
                    .append(shard.id())
                    .append(' ')
                    .append(shard.weight())
                    .append('\n');
        }
        text.append("owners");
        int[] owners = map.owners();
        for (int from = 0, to; from < owners.length; from = to) {
            to = from + 1;
            while (to < owners.length && owners[to] == owners[from]) {
                to++;
            }
            text.append(' ').append(owners[from]);
            if (to - from > 1) {
                text.append('*').append(to - from);
            }
        }
        text.append('\n');
        for (IsolatedKey key : map.isolated()) {
            text.append("isolated ").append(key.slot()).append(' ');
            text.append(String.format("%016x", key.hash())).append(' ');
            text.append(URLEncoder.encode(key.label(), StandardCharsets.UTF_8)).append('\n');
        }
        String checksum = checksum(text.toString());
        text.append("crc32 ").append(checksum).append('\n');
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static ShardMap decode(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        int end = text.lastIndexOf("crc32 ");
        if (!text.startsWith(TITLE + "\n")) {
            throw new IllegalArgumentException("not a shard map of format 1: it begins with '"
                    + text.substring(0, Math.min(text.length(), 40)) + "' (expected: '" + TITLE + "')");
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
        String[] hash = field(lines.next(), "hash", 2);
        String placement = field(lines.next(), "placement", 1)[0];
        int slots = Integer.parseInt(field(lines.next(), "slots", 1)[0]);
        List<Shard> shards = new ArrayList<>();
        String line = lines.next();
        for (; line.startsWith("shard "); line = lines.next()) {
            String[] shard = field(line, "shard", 2);
            shards.add(new Shard(shard[0], Integer.parseInt(shard[1])));
        }
        int[] owners = owners(field(line, "owners", -1));
        List<IsolatedKey> isolated = new ArrayList<>();
        for (line = lines.next(); !line.isEmpty(); line = lines.next()) {
            String[] key = field(line, "isolated", 3);
            String label = URLDecoder.decode(key[2], StandardCharsets.UTF_8);
            isolated.add(new IsolatedKey(Long.parseUnsignedLong(key[1], 16), Integer.parseInt(key[0]), label));
        }
        return new ShardMap(epoch, hash[0], Long.parseLong(hash[1]), placement, slots, shards, owners, isolated);
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
            int owner = Integer.parseInt(star < 0 ? run : run.substring(0, star));
            int length = star < 0 ? 1 : Integer.parseInt(run.substring(star + 1));
            if (length < 1 || length > ShardMap.MAX_SLOTS + ShardMap.MAX_ISOLATED - filled) {
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
