package dev.tenfold.hash;

import static org.assertj.core.api.Assertions.assertThat;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.UUID;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.StringLength;

/** Against hash4j's XXH3, an independent implementation. */
class Xxh3Properties {

    @Property
    void agreesOnBytes(@ForAll long seed, @ForAll long content, @ForAll @IntRange(max = 5_000) int length) {
        agree(seed, content, length);
    }

    /** Each range of lengths has its own routine: every length across their borders. */
    @Example
    void agreesOnEveryShortLength() {
        for (int length = 0; length <= 1_100; length++) {
            agree(0, length, length);
            agree(-7_046_029_254_386_353_131L, length, length);
        }
    }

    private static void agree(long seed, long content, int length) {
        byte[] bytes = new byte[length + 3];
        new Random(content).nextBytes(bytes);
        assertThat(KeyHash.xxh3(seed).hash(bytes, 2, length))
                .as("seed %d, content %d, length %d", seed, content, length)
                .isEqualTo(theirs(seed).hashBytesToLong(bytes, 2, length));
    }

    @Property
    void hashesTextAsItsUtf8Bytes(@ForAll long seed, @ForAll @StringLength(max = 300) String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        assertThat(KeyHash.xxh3(seed).hash(text)).isEqualTo(theirs(seed).hashBytesToLong(bytes));
    }

    @Example
    void hashesAsciiTextOfEveryLengthAsItsBytes() {
        for (int length = 0; length <= 300; length++) {
            byte[] bytes = new byte[length];
            for (int i = 0; i < length; i++) {
                bytes[i] = (byte) ((i * 37 + length) & 0x7f);
            }
            assertThat(KeyHash.xxh3(11).hash(new String(bytes, StandardCharsets.US_ASCII)))
                    .as("length %d", length)
                    .isEqualTo(theirs(11).hashBytesToLong(bytes));
        }
    }

    @Property
    void hashesNumbersLeastSignificantByteFirst(@ForAll long seed, @ForAll long value) {
        byte[] bytes = ByteBuffer.allocate(8).putLong(Long.reverseBytes(value)).array();
        assertThat(KeyHash.xxh3(seed).hash(value)).isEqualTo(theirs(seed).hashBytesToLong(bytes));
    }

    @Property
    void hashesUuidsInTheirWrittenOrder(@ForAll long seed, @ForAll long most, @ForAll long least) {
        byte[] bytes = ByteBuffer.allocate(16).putLong(most).putLong(least).array();
        assertThat(KeyHash.xxh3(seed).hash(new UUID(most, least)))
                .isEqualTo(theirs(seed).hashBytesToLong(bytes));
    }

    private static Hasher64 theirs(long seed) {
        return Hashing.xxh3_64(seed);
    }

    /** The defaults of the interface, which other hashes keep, say the same as the overrides. */
    @Property
    void defaultsAgreeWithOverrides(@ForAll @StringLength(max = 40) String text, @ForAll long a, @ForAll long b) {
        KeyHash plain = new KeyHash() {
            @Override
            public String name() {
                return "plain_v1";
            }

            @Override
            public long seed() {
                return 0;
            }

            @Override
            public long hash(byte[] bytes, int offset, int length) {
                return KeyHash.xxh3().hash(bytes, offset, length);
            }
        };
        assertThat(plain.hash(text)).isEqualTo(KeyHash.xxh3().hash(text));
        assertThat(plain.hash(a)).isEqualTo(KeyHash.xxh3().hash(a));
        assertThat(plain.hash(new UUID(a, b))).isEqualTo(KeyHash.xxh3().hash(new UUID(a, b)));
    }
}
