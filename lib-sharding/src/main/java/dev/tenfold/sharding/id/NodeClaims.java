package dev.tenfold.sharding.id;

import dev.tenfold.Codec;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Who makes ids with which node number, up to which time: the value of the register that {@link IdGenerator}s share.
 *
 * @param layout what all of them make
 * @param granted how many claims there ever were
 * @param claims by node; one that has ended stays, to keep the next from starting before it
 */
public record NodeClaims(IdLayout layout, long granted, Map<Integer, Claim> claims) {

    private static final String FORMAT_1 = "id-nodes-1";

    /**
     * A node number that somebody has, or had.
     *
     * @param number which claim it is, unlike every other
     * @param untilMillis all its ids are below this time, in milliseconds since the layout's epoch
     * @param holder who it is, for people to read
     */
    public record Claim(long number, long untilMillis, String holder) {}

    /** Copies {@code claims}, in the order of their nodes. */
    public NodeClaims {
        claims = Collections.unmodifiableMap(new TreeMap<>(claims));
    }

    static NodeClaims none(IdLayout layout) {
        return new NodeClaims(layout, 0, Map.of());
    }

    NodeClaims with(int node, Claim claim) {
        Map<Integer, Claim> next = new TreeMap<>(claims);
        next.put(node, claim);
        return new NodeClaims(layout, Math.max(granted, claim.number()), next);
    }

    /** Finds a node that nobody has: one that nobody ever had, or else the one that was given up first; -1 if there is none. */
    int free(long nowMillis) {
        int best = -1;
        long bestUntil = nowMillis;
        for (int node = 0; node < layout.nodes(); node++) {
            Claim claim = claims.get(node);
            if (claim == null) {
                return node;
            }
            if (claim.untilMillis() <= bestUntil) {
                best = node;
                bestUntil = claim.untilMillis();
            }
        }
        return best;
    }

    /**
     * Returns the codec for registers in files and tables: lines of UTF-8 text a person can read.
     *
     * @return a stateless codec
     */
    public static Codec<NodeClaims> codec() {
        return Codec.of(NodeClaims::toBytes, NodeClaims::ofBytes);
    }

    private byte[] toBytes() {
        StringBuilder text = new StringBuilder(FORMAT_1);
        text.append(' ').append(layout.epoch()).append(' ').append(layout.nodeBits());
        text.append(' ').append(granted).append('\n');
        claims.forEach((node, claim) -> text.append(node)
                .append(' ')
                .append(claim.number())
                .append(' ')
                .append(claim.untilMillis())
                .append(' ')
                .append(URLEncoder.encode(claim.holder(), StandardCharsets.UTF_8))
                .append('\n'));
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static NodeClaims ofBytes(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        String[] lines = text.split("\n", -1);
        String[] title = lines[0].split(" ", -1);
        if (title.length != 4 || !title[0].equals(FORMAT_1) || !lines[lines.length - 1].isEmpty()) {
            throw malformed(lines[0], null);
        }
        try {
            IdLayout layout = new IdLayout(Instant.parse(title[1]), Integer.parseInt(title[2]));
            Map<Integer, Claim> claims = new TreeMap<>();
            for (int i = 1; i < lines.length - 1; i++) {
                String[] parts = lines[i].split(" ", -1);
                String holder = URLDecoder.decode(parts[3], StandardCharsets.UTF_8);
                Claim claim = new Claim(Long.parseLong(parts[1]), Long.parseLong(parts[2]), holder);
                claims.put(Integer.parseInt(parts[0]), claim);
            }
            return new NodeClaims(layout, Long.parseLong(title[3]), claims);
        } catch (RuntimeException failure) {
            throw malformed(lines[0], failure);
        }
    }

    private static IllegalArgumentException malformed(String line, @Nullable Exception cause) {
        return new IllegalArgumentException(
                "node claims: '" + line + "' (expected: " + FORMAT_1 + " epoch nodeBits granted, and a line per node)",
                cause);
    }
}
