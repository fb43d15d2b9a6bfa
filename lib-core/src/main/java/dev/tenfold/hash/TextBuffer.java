package dev.tenfold.hash;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Reads text as bytes without allocating: a string whose characters are all below 256 is kept by the JDK as one byte a
 * character, and {@link String#getBytes(int, int, byte[], int)} copies exactly these bytes. They are the text's UTF-8 if
 * none has its top bit set.
 *
 * <p>The copy goes to a buffer that each thread keeps: {@value #SIZE} bytes, and nothing of the key outlives the next call.
 */
final class TextBuffer {

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** The longest text that is copied. */
    static final int SIZE = 240;

    /** The top bit of each of eight bytes: set in what is not ASCII. */
    static final long NOT_ASCII = 0x8080808080808080L;

    /** Where in the buffer a hash notes what it has seen: eight bytes behind the text. */
    static final int SEEN = SIZE;

    private static final ThreadLocal<byte[]> BUFFER = ThreadLocal.withInitial(() -> new byte[SIZE + Long.BYTES]);

    private TextBuffer() {}

    /**
     * Says whether every character is below 256. The compiler knows that of strings which the JDK keeps as bytes, so for
     * them nothing is left of the loop but one look at how the string is kept.
     */
    static boolean isLatin1(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > 0xff) {
                return false;
            }
        }
        return true;
    }

    /** Copies the low byte of each of at most {@value #SIZE} characters into this thread's buffer. */
    @SuppressWarnings("deprecation") // It drops the high bytes, and there are none.
    static byte[] copy(String text) {
        byte[] buffer = BUFFER.get();
        text.getBytes(0, text.length(), buffer, 0);
        return buffer;
    }

    /** Reads eight characters, all below 256, as bytes. For so few it is faster than a copy. */
    static long word(String text, int at) {
        int low = text.charAt(at) | text.charAt(at + 1) << 8 | text.charAt(at + 2) << 16 | text.charAt(at + 3) << 24;
        int high =
                text.charAt(at + 4) | text.charAt(at + 5) << 8 | text.charAt(at + 6) << 16 | text.charAt(at + 7) << 24;
        return Integer.toUnsignedLong(low) | (long) high << 32;
    }

    /** Says whether the first bytes are all below 128. */
    static boolean isAscii(byte[] bytes, int length) {
        long seen = 0;
        int at = 0;
        for (; at <= length - 8; at += 8) {
            seen |= (long) LONG.get(bytes, at);
        }
        // What an earlier text left behind this one is cut off.
        long rest = at == length ? 0 : (long) LONG.get(bytes, at) << (8 * (8 - (length - at)));
        return ((seen | rest) & NOT_ASCII) == 0;
    }
}
