package dev.tenfold.cache.tier;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The names of a cache's keys on Redis. The braces put all of them into one hash slot, so that one script may use them
 * together.
 */
record TierKeys(
        String cache, String noticePrefix, byte[] notices, byte[] entries, byte[] leases, byte[] bulk, byte[] channel) {

    static TierKeys of(String cache) {
        String base = "tenfold:1:{" + cache + "}:";
        return new TierKeys(
                cache,
                base + "n:",
                bytes(base + "n:"),
                bytes(base + "e:"),
                bytes(base + "l:"),
                bytes(base + "b"),
                bytes(base + "m"));
    }

    /** What is written, and deleted at once, to have the server tell those who track it. */
    byte[] notice(byte[] key) {
        return joined(notices, key);
    }

    byte[] entry(byte[] key) {
        return joined(entries, key);
    }

    byte[] lease(byte[] key) {
        return joined(leases, key);
    }

    /** What a connection of a node raises, so that what earlier ones sent is refused. */
    byte[] fence(String origin) {
        return bytes("tenfold:1:{" + cache + "}:f:" + origin);
    }

    /** The bytes of the cache's key in the name of its notice, or null if it is another name. */
    byte @Nullable [] keyOf(byte[] name) {
        return name.length >= notices.length && Arrays.mismatch(name, 0, notices.length, notices, 0, notices.length) < 0
                ? Arrays.copyOfRange(name, notices.length, name.length)
                : null;
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] joined(byte[] prefix, byte[] key) {
        byte[] name = Arrays.copyOf(prefix, prefix.length + key.length);
        System.arraycopy(key, 0, name, prefix.length, key.length);
        return name;
    }
}
