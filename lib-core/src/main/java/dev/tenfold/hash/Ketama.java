package dev.tenfold.hash;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** How libketama hashes: numbers of 32 bits out of an MD5, here in the upper half of 64. */
final class Ketama implements KeyHash {

    static final KeyHash HASH = new Ketama();

    private Ketama() {}

    @Override
    public String name() {
        return "ketama_md5_v1";
    }

    @Override
    public long seed() {
        return 0;
    }

    @Override
    public long hash(byte[] bytes, int offset, int length) {
        MessageDigest md5 = digest();
        md5.update(bytes, offset, length);
        return point(md5.digest(), 0);
    }

    static byte[] md5(byte[] bytes) {
        return digest().digest(bytes);
    }

    /** The little-endian number in a quarter of a digest. */
    static long point(byte[] digest, int quarter) {
        int at = 4 * quarter;
        int low = (digest[at] & 0xff)
                | ((digest[at + 1] & 0xff) << 8)
                | ((digest[at + 2] & 0xff) << 16)
                | (digest[at + 3] << 24);
        return (long) low << 32;
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every Java platform has MD5", impossible);
        }
    }

    @Override
    public String toString() {
        return name();
    }
}
