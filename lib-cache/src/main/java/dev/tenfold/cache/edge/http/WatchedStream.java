package dev.tenfold.cache.edge.http;

import dev.tenfold.time.Scheduler;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A stream that is broken off when a read brings nothing for too long. A reader that does something else meanwhile, such as
 * writing to a slow client, is left alone. Looked at once in each period, so a read hangs for one period at least and two at
 * most.
 *
 * <p>Read by one thread at a time, which writes {@code reading} and {@code reads}; the scheduler's thread reads them and
 * writes {@code isOverdue}.
 */
final class WatchedStream extends FilterInputStream {

    private final Duration period;
    private final Scheduler scheduler;
    private volatile boolean reading;
    private volatile long reads;
    private volatile boolean isOverdue;
    private volatile boolean isClosed;
    private volatile Scheduler.@Nullable Task watch;
    private long readsSeen = -1;

    WatchedStream(InputStream in, Duration period, Scheduler scheduler) {
        super(in);
        this.period = period;
        this.scheduler = scheduler;
    }

    WatchedStream watched() {
        watch = scheduler.schedule(period, this::look);
        return this;
    }

    private void look() {
        if (isClosed) {
            return;
        }
        if (reading && reads == readsSeen) {
            isOverdue = true;
            try {
                in.close();
            } catch (IOException brokenAlready) {
                // The reader learns of it from its own read.
                return;
            }
            return;
        }
        readsSeen = reading ? reads : -1;
        watched();
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        int count = read(one, 0, 1);
        return count < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // one reader at a time
    public int read(byte[] to, int from, int length) throws IOException {
        reading = true;
        try {
            int count = super.read(to, from, length);
            if (count < 0 && isOverdue) {
                throw late(null);
            }
            return count;
        } catch (IOException broken) {
            throw isOverdue ? late(broken) : broken;
        } finally {
            reads = reads + 1;
            reading = false;
        }
    }

    private SocketTimeoutException late(@Nullable IOException cause) {
        SocketTimeoutException late = new SocketTimeoutException("no content for " + period);
        if (cause != null) {
            late.initCause(cause);
        }
        return late;
    }

    @Override
    public void close() throws IOException {
        isClosed = true;
        Scheduler.Task set = watch;
        if (set != null) {
            set.cancel();
        }
        super.close();
    }
}
