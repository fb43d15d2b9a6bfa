package dev.tenfold.hash;

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
}

/** The kinds of key with a canonical form. */
final class KeyForms {

    private KeyForms() {}

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
