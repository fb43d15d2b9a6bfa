package dev.tenfold.cache.tier;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The names of a cache's keys on Redis. The braces put all of them into one hash slot, so that one script may use them
 * together.
 */
final class TierKeys {

    private final String cache;
    private final String noticePrefix;
    private final byte[] notices;
    private final byte[] entries;
    private final byte[] leases;
    private final byte[] bulk;
    private final byte[] channel;

    TierKeys(String cache) {
        String base = "tenfold:1:{" + cache + "}:";
        this.cache = cache;
        noticePrefix = base + "n:";
        notices = bytes(noticePrefix);
        entries = bytes(base + "e:");
        leases = bytes(base + "l:");
        bulk = bytes(base + "b");
        channel = bytes(base + "m");
    }

    String cache() {
        return cache;
    }

    /** What the names of all notices begin with. */
    String noticePrefix() {
        return noticePrefix;
    }

    /** The record of what was dropped in bulk. */
    byte[] bulk() {
        return bulk;
    }

    /** Where nodes publish what they changed. */
    byte[] channel() {
        return channel;
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
