package dev.tenfold.hash;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Objects;
import java.util.UUID;

/**
 * XXH3 with 64 bits, written from the specification of xxHash 0.8 (Y. Collet). One routine per range of lengths. Text of up
 * to 240 ASCII characters is hashed without being encoded into an array of its own.
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

    // The words of the secret that inputs of at most 128 bytes meet, by their place; constants spare the reads.
    private static final long S_0 = secret(0);
    private static final long S_8 = secret(8);
    private static final long S_16 = secret(16);
    private static final long S_24 = secret(24);
    private static final long S_32 = secret(32);
    private static final long S_40 = secret(40);
    private static final long S_48 = secret(48);
    private static final long S_56 = secret(56);
    private static final long S_64 = secret(64);
    private static final long S_72 = secret(72);
    private static final long S_80 = secret(80);
    private static final long S_88 = secret(88);
    private static final long S_96 = secret(96);
    private static final long S_104 = secret(104);
    private static final long S_112 = secret(112);
    private static final long S_120 = secret(120);

    private static final int STRIPE = 64;
    private static final int STRIPES_PER_BLOCK = (SECRET.length - STRIPE) / 8;
    private static final int BLOCK = STRIPE * STRIPES_PER_BLOCK;

    static final Xxh3 UNSEEDED = new Xxh3(0);

    private final long seed;
    /** The secret of inputs above 240 bytes, which depends on the seed. */
    private final byte[] longSecret;

    Xxh3(long seed) {
        this(seed, seed == 0 ? SECRET : seeded(seed));
    }

    private Xxh3(long seed, byte[] longSecret) {
        this.seed = seed;
        this.longSecret = longSecret;
    }

    /** Hashes with a seed that is used once, which for all but long inputs needs no secret of its own. */
    static long once(long seed, byte[] in) {
        return new Xxh3(seed, seed == 0 || in.length <= 240 ? SECRET : seeded(seed)).hash(in, 0, in.length);
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
            return upTo128(in, offset, length, -1);
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
        if (length > TextBuffer.SIZE || !TextBuffer.isLatin1(text)) {
            return encoded(text);
        }
        if (length > 8 && length <= 16) {
            long first = TextBuffer.word(text, 0);
            long last = TextBuffer.word(text, length - Long.BYTES);
            return ((first | last) & TextBuffer.NOT_ASCII) == 0 ? from9(first, last, length) : encoded(text);
        }
        byte[] copy = TextBuffer.copy(text);
        if (length > 16 && length <= 128) {
            long hash = upTo128(copy, 0, length, TextBuffer.SEEN);
            return (word(copy, TextBuffer.SEEN) & TextBuffer.NOT_ASCII) == 0 ? hash : encoded(text);
        }
        return TextBuffer.isAscii(copy, length) ? hash(copy, 0, length) : encoded(text);
    }

    private long encoded(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return hash(bytes, 0, bytes.length);
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
        return avalanche64(seed ^ S_56 ^ S_64);
    }

    private long from1(int first, int middle, int last, int length) {
        long combined = ((long) first << 16) | ((long) middle << 24) | last | ((long) length << 8);
        long flip = ((S_0 ^ (S_0 >>> 32)) & 0xffffffffL) + seed;
        return avalanche64(combined ^ flip);
    }

    private long from4(int head, int tail, int length) {
        long mixedSeed = seed ^ ((long) Integer.reverseBytes((int) seed) << 32);
        long flip = (S_8 ^ S_16) - mixedSeed;
        long h = ((tail & 0xffffffffL) + ((long) head << 32)) ^ flip;
        h ^= Long.rotateLeft(h, 49) ^ Long.rotateLeft(h, 24);
        h *= MIX_2;
        h ^= (h >>> 35) + length;
        h *= MIX_2;
        return h ^ (h >>> 28);
    }

    private long from9(long head, long tail, int length) {
        long low = head ^ ((S_24 ^ S_32) + seed);
        long high = tail ^ ((S_40 ^ S_48) - seed);
        return avalanche(length + Long.reverseBytes(low) + high + fold(low, high));
    }

    /**
     * Takes 16 bytes at a time from both ends towards the middle. Where {@code seenAt} is a place in the array, all words
     * read are combined there, so that nobody has to read them again to know whether they are ASCII.
     */
    private long upTo128(byte[] in, int offset, int length, int seenAt) {
        int end = offset + length;
        long sum = length * P64_1;
        long seen = 0;
        if (length > 32) {
            if (length > 64) {
                if (length > 96) {
                    long a = word(in, offset + 48);
                    long b = word(in, offset + 56);
                    long c = word(in, end - 64);
                    long d = word(in, end - 56);
                    sum += mix(a, b, S_96, S_104) + mix(c, d, S_112, S_120);
                    seen = a | b | c | d;
                }
                long a = word(in, offset + 32);
                long b = word(in, offset + 40);
                long c = word(in, end - 48);
                long d = word(in, end - 40);
                sum += mix(a, b, S_64, S_72) + mix(c, d, S_80, S_88);
                seen |= a | b | c | d;
            }
            long a = word(in, offset + 16);
            long b = word(in, offset + 24);
            long c = word(in, end - 32);
            long d = word(in, end - 24);
            sum += mix(a, b, S_32, S_40) + mix(c, d, S_48, S_56);
            seen |= a | b | c | d;
        }
        long a = word(in, offset);
        long b = word(in, offset + 8);
        long c = word(in, end - 16);
        long d = word(in, end - 8);
        sum += mix(a, b, S_0, S_8) + mix(c, d, S_16, S_24);
        if (seenAt >= 0) {
            LONG.set(in, seenAt, seen | a | b | c | d);
        }
        return avalanche(sum);
    }

    private long upTo240(byte[] in, int offset, int length) {
        long sum = length * P64_1;
        for (int i = 0; i < 8; i++) {
            sum += mix(in, offset + 16 * i, secret(16 * i), secret(16 * i + 8));
        }
        sum = avalanche(sum);
        for (int i = 8; i < length / 16; i++) {
            int secretAt = 16 * (i - 8) + 3;
            sum += mix(in, offset + 16 * i, secret(secretAt), secret(secretAt + 8));
        }
        return avalanche(sum + mix(in, offset + length - 16, secret(136 - 17), secret(136 - 9)));
    }

    private long mix(byte[] in, int at, long lowSecret, long highSecret) {
        return mix(word(in, at), word(in, at + 8), lowSecret, highSecret);
    }

    private long mix(long low, long high, long lowSecret, long highSecret) {
        return fold(low ^ (lowSecret + seed), high ^ (highSecret - seed));
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

    private static long word(byte[] in, int at) {
        return (long) LONG.get(in, at);
    }

    private static long secret(int at) {
        return (long) LONG.get(SECRET, at);
    }

    /** The 128-bit unsigned product, its halves combined by exclusive or. */
    private static long fold(long a, long b) {
        return (a * b) ^ UnsignedProduct.high(a, b);
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
