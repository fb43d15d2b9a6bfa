package dev.tenfold.hash;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;

/**
 * Which part of a key decides its home, and how that part is hashed. Rows whose keys have the same part live together.
 *
 * @param <K> the kind of key
 */
@FunctionalInterface
public interface KeyForm<K> {

    /**
     * Hashes a key.
     *
     * @param key the key
     * @param hash the map's hash
     * @return the key's place among all keys
     * @throws IllegalArgumentException if there is no canonical form for such a key
     */
    long hash(K key, KeyHash hash);

    /**
     * Returns the form that takes the whole key: {@code String}, {@code Long}, {@code Integer}, {@code Short}, {@code
     * UUID} or {@code byte[]}, each in its canonical bytes (see {@link KeyHash}).
     *
     * @param <K> the kind of key
     * @return a shared stateless form
     */
    static <K> KeyForm<K> whole() {
        return KeyForms::whole;
    }

    /**
     * Returns the form that takes a part of the key, such as the tenant of an order number.
     *
     * @param <K> the kind of key
     * @param part extracts a {@code String}, {@code Long}, {@code Integer}, {@code Short}, {@code UUID} or {@code byte[]};
     *     pure, and immutable for as long as the key has data
     * @return a form that hashes what {@code part} returns
     */
    static <K> KeyForm<K> of(Function<? super K, ?> part) {
        return (key, hash) -> KeyForms.whole(part.apply(key), hash);
    }

    /**
     * Returns the form for text with hash tags, as Redis Cluster has them: of {@code "{user42}.cart"} only {@code user42}
     * counts, so that all with this tag live together. The tag is what stands between the first <code>{</code> and the first
     * <code>}</code> after it, if that is not empty; otherwise the whole key counts. Copies the tag.
     *
     * @return a shared stateless form
     */
    static KeyForm<String> tagged() {
        return KeyForms::tagged;
    }

    /**
     * Returns the form for a key of several parts that decide together, such as tenant and region: rows that agree in all
     * of them live together. (Where one part decides, as when all rows of a tenant belong together, {@link #of} names it.)
     * The hash is that of the parts' hashes in order, 8 bytes each, the least significant first.
     *
     * @param <K> the kind of key
     * @param first extracts a part, as in {@link #of}
     * @param second extracts a part
     * @param more extract further parts
     * @return a form that hashes these parts
     */
    @SafeVarargs
    static <K> KeyForm<K> composite(
            Function<? super K, ?> first, Function<? super K, ?> second, Function<? super K, ?>... more) {
        List<Function<? super K, ?>> parts = new ArrayList<>();
        parts.add(first);
        parts.add(second);
        for (Function<? super K, ?> part : more) {
            parts.add(part);
        }
        return (key, hash) -> {
            ByteBuffer hashes = ByteBuffer.allocate(Long.BYTES * parts.size()).order(ByteOrder.LITTLE_ENDIAN);
            parts.forEach(part -> hashes.putLong(KeyForms.whole(part.apply(key), hash)));
            return hash.hash(hashes.array(), 0, hashes.capacity());
        };
    }
}

/** The kinds of key with a canonical form. */
final class KeyForms {

    private KeyForms() {}

    static long tagged(String key, KeyHash hash) {
        int open = key.indexOf('{');
        int close = open < 0 ? -1 : key.indexOf('}', open);
        return hash.hash(close > open + 1 ? key.substring(open + 1, close) : key);
    }

    static long whole(Object key, KeyHash hash) {
        if (key instanceof String text) {
            return hash.hash(text);
        }
        if (key instanceof Long number) {
            return hash.hash(number.longValue());
        }
        if (key instanceof Integer number) {
            return hash.hash(number.longValue());
        }
        if (key instanceof UUID id) {
            return hash.hash(id);
        }
        if (key instanceof byte[] bytes) {
            return hash.hash(bytes, 0, bytes.length);
        }
        if (key instanceof Short number) {
            return hash.hash(number.longValue());
        }
        throw new IllegalArgumentException(
                "key: " + key + " of " + key.getClass().getName()
                        + " (expected: String, Long, Integer, Short, UUID or byte[]; or name the part that is one with"
                        + " KeyForm.of)");
    }
}
