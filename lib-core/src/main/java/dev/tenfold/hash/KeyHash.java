package dev.tenfold.hash;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/**
 * A 64-bit hash of a key's bytes. Its name and seed are stored in the shard map, so an implementation never changes what
 * it returns: a changed algorithm is another name.
 *
 * <p>Each kind of key has one canonical byte form, so that a program in any language computes the same hash:
 *
 * <ul>
 *   <li>text: its UTF-8 bytes (an unpaired surrogate becomes {@code ?}, as in {@link String#getBytes});
 *   <li>an integer of any width: 64-bit two's complement, 8 bytes, the least significant first; so 42 as {@code int} and as
 *       {@code long} are one key;
 *   <li>a UUID: its 16 bytes in the order they are written (RFC 9562);
 *   <li>bytes: themselves.
 * </ul>
 *
 * <p>Implementations are thread-safe, pure, and spread even similar keys over all 64 bits.
 */
public interface KeyHash {

    /**
     * Returns the algorithm's name with its version.
     *
     * @return such as {@code "xxh3_64_v1"}: {@code a-z 0-9 _}
     */
    String name();

    /**
     * Returns what chooses one of the algorithm's functions.
     *
     * @return the seed, 0 unless set
     */
    long seed();

    /**
     * Hashes bytes.
     *
     * @param bytes holds them
     * @param offset where they begin
     * @param length how many they are
     * @return 64 well-mixed bits
     * @throws IndexOutOfBoundsException if the range is not within the array
     */
    long hash(byte[] bytes, int offset, int length);

    /**
     * Hashes text.
     *
     * @param text the key
     * @return the hash of its UTF-8 bytes
     */
    default long hash(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return hash(bytes, 0, bytes.length);
    }

    /**
     * Hashes an integer.
     *
     * @param value the key
     * @return the hash of its 8 bytes, the least significant first
     */
    default long hash(long value) {
        byte[] bytes = ByteBuffer.allocate(Long.BYTES)
                .putLong(Long.reverseBytes(value))
                .array();
        return hash(bytes, 0, bytes.length);
    }

    /**
     * Hashes a UUID.
     *
     * @param value the key
     * @return the hash of its 16 bytes, the most significant first
     */
    default long hash(UUID value) {
        byte[] bytes = ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(value.getMostSignificantBits())
                .putLong(value.getLeastSignificantBits())
                .array();
        return hash(bytes, 0, bytes.length);
    }

    /**
     * Returns the default hash, {@code xxh3_64_v1} with seed 0.
     *
     * @return as {@link #xxh3(long)}
     */
    static KeyHash xxh3() {
        return Xxh3.UNSEEDED;
    }

    /**
     * Returns XXH3 with 64 bits, by Y. Collet (<a href="https://github.com/Cyan4973/xxHash">xxHash</a> 0.8), as {@code
     * xxh3_64_v1}. Allocates nothing for numbers, UUIDs, bytes, and ASCII text of up to 128 characters; other text is
     * encoded into a new array first.
     *
     * @param seed chooses the function; a secret one keeps strangers from aiming keys at one slot
     * @return a shared or new stateless hash
     */
    static KeyHash xxh3(long seed) {
        return seed == 0 ? Xxh3.UNSEEDED : new Xxh3(seed);
    }
}
