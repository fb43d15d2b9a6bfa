package dev.tenfold.hash;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Objects;
import java.util.UUID;

/**
 * XXH3 with 64 bits, written from the specification of xxHash 0.8 (Y. Collet). One routine per range of lengths; text is
 * read character by character where it is short and ASCII, so that it need not be copied into an array first.
 */
final class Xxh3 implements KeyHash {

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private static final long P32_1 = 0x9E3779B1L;
    private static final long P32_2 = 0x85EBCA77L;
    private static final long P32_3 = 0xC2B2AE3DL;
    private static final long P64_1 = 0x9E3779B185EBCA87L;
    private static final long P64_2 = 0xC2B2AE3D27D4EB4FL;
    private static final long P64_3 = 0x165667B19E3779F9L;
    private static final long P64_4 = 0x85EBCA77C2B2AE63L;
    private static final long P64_5 = 0x27D4EB2F165667C5L;
    private static final long MIX_1 = 0x165667919E3779F9L;
    private static final long MIX_2 = 0x9FB21C651E98DF25L;

    /** The specification's 192 bytes of default secret. */
    private static final byte[] SECRET = HexFormat.of()
            .parseHex("b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
                    + "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
                    + "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8a8"
                    + "fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364ea"
                    + "c5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e2b"
                    + "16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e");

    private static final int STRIPE = 64;
    private static final int STRIPES_PER_BLOCK = (SECRET.length - STRIPE) / 8;
    private static final int BLOCK = STRIPE * STRIPES_PER_BLOCK;

    static final Xxh3 UNSEEDED = new Xxh3(0);

    private final long seed;
    /** The secret of inputs above 240 bytes, which depends on the seed. */
    private final byte[] longSecret;

    Xxh3(long seed) {
        this.seed = seed;
        this.longSecret = seed == 0 ? SECRET : seeded(seed);
    }

    @Override
    public String name() {
        return "xxh3_64_v1";
    }

    @Override
    public long seed() {
        return seed;
    }

    @Override
    public long hash(byte[] in, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, in.length);
        if (length > 240) {
            return large(in, offset, length);
        }
        if (length > 128) {
            return upTo240(in, offset, length);
        }
        if (length > 16) {
            return upTo128(in, offset, length);
        }
        if (length > 8) {
            return from9(word(in, offset), word(in, offset + length - 8), length);
        }
        if (length > 3) {
            return from4((int) INT.get(in, offset), (int) INT.get(in, offset + length - 4), length);
        }
        return length == 0
                ? empty()
                : from1(in[offset] & 0xff, in[offset + (length >> 1)] & 0xff, in[offset + length - 1] & 0xff, length);
    }

    @Override
    public long hash(String text) {
        int length = text.length();
        if (length > 128 || !isAscii(text, length)) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            return hash(bytes, 0, bytes.length);
        }
        if (length > 16) {
            return upTo128(text, length);
        }
        if (length > 8) {
            return from9(word(text, 0), word(text, length - 8), length);
        }
        if (length > 3) {
            return from4(half(text, 0), half(text, length - 4), length);
        }
        return length == 0 ? empty() : from1(text.charAt(0), text.charAt(length >> 1), text.charAt(length - 1), length);
    }

    @Override
    public long hash(long value) {
        return from4((int) value, (int) (value >>> 32), Long.BYTES);
    }

    @Override
    public long hash(UUID value) {
        return from9(
                Long.reverseBytes(value.getMostSignificantBits()),
                Long.reverseBytes(value.getLeastSignificantBits()),
                2 * Long.BYTES);
    }

    private long empty() {
        return avalanche64(seed ^ secret(56) ^ secret(64));
    }

    private long from1(int first, int middle, int last, int length) {
        long combined = ((long) first << 16) | ((long) middle << 24) | last | ((long) length << 8);
        long flip = ((secret(0) ^ (secret(0) >>> 32)) & 0xffffffffL) + seed;
        return avalanche64(combined ^ flip);
    }

    private long from4(int head, int tail, int length) {
        long mixedSeed = seed ^ ((long) Integer.reverseBytes((int) seed) << 32);
        long flip = (secret(8) ^ secret(16)) - mixedSeed;
        long h = ((tail & 0xffffffffL) + ((long) head << 32)) ^ flip;
        h ^= Long.rotateLeft(h, 49) ^ Long.rotateLeft(h, 24);
        h *= MIX_2;
        h ^= (h >>> 35) + length;
        h *= MIX_2;
        return h ^ (h >>> 28);
    }

    private long from9(long head, long tail, int length) {
        long low = head ^ ((secret(24) ^ secret(32)) + seed);
        long high = tail ^ ((secret(40) ^ secret(48)) - seed);
        return avalanche(length + Long.reverseBytes(low) + high + fold(low, high));
    }

    private long upTo128(byte[] in, int offset, int length) {
        long sum = length * P64_1;
        for (int i = (length - 1) >> 5; i >= 0; i--) {
            sum += mix(in, offset + 16 * i, 32 * i);
            sum += mix(in, offset + length - 16 * (i + 1), 32 * i + 16);
        }
        return avalanche(sum);
    }

    private long upTo128(String text, int length) {
        long sum = length * P64_1;
        for (int i = (length - 1) >> 5; i >= 0; i--) {
            int head = 16 * i;
            int tail = length - 16 * (i + 1);
            sum += mix(word(text, head), word(text, head + 8), 32 * i);
            sum += mix(word(text, tail), word(text, tail + 8), 32 * i + 16);
        }
        return avalanche(sum);
    }

    private long upTo240(byte[] in, int offset, int length) {
        long sum = length * P64_1;
        for (int i = 0; i < 8; i++) {
            sum += mix(in, offset + 16 * i, 16 * i);
        }
        sum = avalanche(sum);
        for (int i = 8; i < length / 16; i++) {
            sum += mix(in, offset + 16 * i, 16 * (i - 8) + 3);
        }
        return avalanche(sum + mix(in, offset + length - 16, 136 - 17));
    }

    private long mix(byte[] in, int at, int secretAt) {
        return mix(word(in, at), word(in, at + 8), secretAt);
    }

    private long mix(long low, long high, int secretAt) {
        return fold(low ^ (secret(secretAt) + seed), high ^ (secret(secretAt + 8) - seed));
    }

    private long large(byte[] in, int offset, int length) {
        long[] lanes = {P32_3, P64_1, P64_2, P64_3, P64_4, P32_2, P64_5, P32_1};
        int blocks = (length - 1) / BLOCK;
        for (int block = 0; block < blocks; block++) {
            stripes(lanes, in, offset + block * BLOCK, STRIPES_PER_BLOCK);
            scramble(lanes);
        }
        stripes(lanes, in, offset + blocks * BLOCK, (length - 1 - blocks * BLOCK) / STRIPE);
        accumulate(lanes, in, offset + length - STRIPE, longSecret.length - STRIPE - 7);
        long sum = length * P64_1;
        for (int i = 0; i < 4; i++) {
            sum += fold(
                    lanes[2 * i] ^ word(longSecret, 11 + 16 * i), lanes[2 * i + 1] ^ word(longSecret, 11 + 16 * i + 8));
        }
        return avalanche(sum);
    }

    private void stripes(long[] lanes, byte[] in, int at, int count) {
        for (int i = 0; i < count; i++) {
            accumulate(lanes, in, at + i * STRIPE, i * 8);
        }
    }

    private void accumulate(long[] lanes, byte[] in, int at, int secretAt) {
        for (int i = 0; i < 8; i++) {
            long data = word(in, at + 8 * i);
            long keyed = data ^ word(longSecret, secretAt + 8 * i);
            lanes[i ^ 1] += data;
            lanes[i] += (keyed & 0xffffffffL) * (keyed >>> 32);
        }
    }

    private void scramble(long[] lanes) {
        for (int i = 0; i < 8; i++) {
            long lane = lanes[i];
            lane ^= lane >>> 47;
            lane ^= word(longSecret, longSecret.length - STRIPE + 8 * i);
            lanes[i] = lane * P32_1;
        }
    }

    private static byte[] seeded(long seed) {
        byte[] secret = new byte[SECRET.length];
        for (int i = 0; i < SECRET.length; i += 16) {
            LONG.set(secret, i, word(SECRET, i) + seed);
            LONG.set(secret, i + 8, word(SECRET, i + 8) - seed);
        }
        return secret;
    }

    private static boolean isAscii(String text, int length) {
        int seen = 0;
        for (int i = 0; i < length; i++) {
            seen |= text.charAt(i);
        }
        return seen < 0x80;
    }

    /** Eight ASCII characters as the little-endian word their bytes would be. */
    private static long word(String text, int at) {
        return (half(text, at) & 0xffffffffL) | ((long) half(text, at + 4) << 32);
    }

    private static int half(String text, int at) {
        return text.charAt(at) | (text.charAt(at + 1) << 8) | (text.charAt(at + 2) << 16) | (text.charAt(at + 3) << 24);
    }

    private static long word(byte[] in, int at) {
        return (long) LONG.get(in, at);
    }

    private static long secret(int at) {
        return (long) LONG.get(SECRET, at);
    }

    /** The 128-bit unsigned product, its halves combined by exclusive or. */
    private static long fold(long a, long b) {
        // Math.unsignedMultiplyHigh came with JDK 18.
        long high = Math.multiplyHigh(a, b) + ((a >> 63) & b) + ((b >> 63) & a);
        return (a * b) ^ high;
    }

    private static long avalanche(long h) {
        h ^= h >>> 37;
        h *= MIX_1;
        return h ^ (h >>> 32);
    }

    /** The finish of XXH64, which the shortest inputs keep. */
    private static long avalanche64(long h) {
        h ^= h >>> 33;
        h *= P64_2;
        h ^= h >>> 29;
        h *= P64_3;
        return h ^ (h >>> 32);
    }

    @Override
    public String toString() {
        return name() + "(seed " + seed + ")";
    }
}
