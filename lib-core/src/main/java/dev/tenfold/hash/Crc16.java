package dev.tenfold.hash;

import java.util.Objects;

/** The CRC of Redis Cluster: XMODEM, polynomial 0x1021. Its 14 lower bits, the slot, are the top bits of the hash. */
final class Crc16 implements KeyHash {

    static final KeyHash HASH = new Crc16();

    private static final int[] TABLE = new int[256];

    static {
        for (int i = 0; i < TABLE.length; i++) {
            int crc = i << 8;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc << 1) ^ ((crc & 0x8000) == 0 ? 0 : 0x1021);
            }
            TABLE[i] = crc & 0xffff;
        }
    }

    private Crc16() {}

    @Override
    public String name() {
        return "crc16_redis_v1";
    }

    @Override
    public long seed() {
        return 0;
    }

    @Override
    public long hash(byte[] bytes, int offset, int length) {
        return (long) crc(bytes, offset, length) << 50;
    }

    static int crc(byte[] bytes, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        int crc = 0;
        for (int i = offset; i < offset + length; i++) {
            crc = ((crc << 8) & 0xffff) ^ TABLE[((crc >>> 8) ^ bytes[i]) & 0xff];
        }
        return crc;
    }

    @Override
    public String toString() {
        return name();
    }
}
