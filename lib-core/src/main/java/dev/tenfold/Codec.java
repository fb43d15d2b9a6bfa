package dev.tenfold;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;

/**
 * Turns values into bytes and back where they leave the process: a register in a file or table, a journal, a remote
 * cache, a broker. Implementations are thread-safe and free of side effects.
 *
 * @param <V> the kind of value
 */
public interface Codec<V> {

    /**
     * Writes a value.
     *
     * @param value what to write
     * @return its bytes, which the caller may keep
     */
    byte[] encode(V value);

    /**
     * Reads a value.
     *
     * @param bytes what {@link #encode} wrote
     * @return an equal value
     * @throws IllegalArgumentException if the bytes are not such a value
     */
    V decode(byte[] bytes);

    /**
     * Makes a codec of two functions.
     *
     * @param <V> the kind of value
     * @param encode writes a value
     * @param decode reads it back
     * @return the codec
     */
    static <V> Codec<V> of(Function<? super V, byte[]> encode, Function<byte[], ? extends V> decode) {
        return new Codec<>() {
            @Override
            public byte[] encode(V value) {
                return encode.apply(value);
            }

            @Override
            public V decode(byte[] bytes) {
                return decode.apply(bytes);
            }
        };
    }

    /**
     * Returns the codec for text, as UTF-8; bytes that are not well-formed are refused, never replaced.
     *
     * @return a stateless codec
     */
    static Codec<String> utf8() {
        return of(text -> text.getBytes(StandardCharsets.UTF_8), bytes -> {
            try {
                return StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(bytes))
                        .toString();
            } catch (CharacterCodingException malformed) {
                throw new IllegalArgumentException(
                        "text: " + bytes.length + " bytes (expected: well-formed UTF-8)", malformed);
            }
        });
    }
}
