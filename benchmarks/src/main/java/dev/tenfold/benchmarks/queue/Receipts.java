package dev.tenfold.benchmarks.queue;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/**
 * What consumers tell of the messages they were given. A message begins with the time at which it was due to be sent, or with
 * zero where nobody asks how long it took. Thread-safe; telling is wait-free.
 */
public final class Receipts {

    /** How long a message is. */
    public static final int MESSAGE_BYTES = 100;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final long LONGEST = TimeUnit.MINUTES.toNanos(1);
    private static final int DIGITS = 3;

    private final LongAdder handled = new LongAdder();
    private final Recorder latencies = new Recorder(LONGEST, DIGITS);

    /** Makes a message that says when it was due, by {@link System#nanoTime()}. */
    static byte[] message(long due) {
        byte[] message = new byte[MESSAGE_BYTES];
        LONGS.set(message, 0, due);
        return message;
    }

    /** A message was handled. */
    public void handled(byte[] message) {
        handled((long) LONGS.get(message, 0));
    }

    /**
     * A message was handled that came as something else than an array.
     *
     * @param due its first eight bytes, the highest first
     */
    public void handled(long due) {
        if (due != 0) {
            latencies.recordValue(Math.max(0, Math.min(LONGEST, System.nanoTime() - due)));
        }
        handled.increment();
    }

    long count() {
        return handled.sum();
    }

    /** Returns the latencies since the last call, in nanoseconds. */
    Histogram latencies() {
        return latencies.getIntervalHistogram();
    }
}
