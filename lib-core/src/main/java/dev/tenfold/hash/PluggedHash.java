package dev.tenfold.hash;

import java.util.Set;
import java.util.regex.Pattern;

/** Another library's function. */
record PluggedHash(String name, long seed, KeyHash.BytesFunction function) implements KeyHash {

    private static final Pattern NAME = Pattern.compile("[a-z0-9_]{1,64}");
    private static final Set<String> OURS = Set.of("xxh3_64_v1", "xxh64_v1", "ketama_md5_v1", "crc16_redis_v1");

    PluggedHash {
        if (!NAME.matcher(name).matches() || OURS.contains(name)) {
            throw new IllegalArgumentException(
                    "name: '" + name + "' (expected: 1 to 64 of a-z 0-9 _, and none of " + OURS + ")");
        }
    }

    @Override
    public long hash(byte[] bytes, int offset, int length) {
        return function.hash(bytes, offset, length);
    }

    @Override
    public String toString() {
        return name + "(seed " + seed + ")";
    }
}
