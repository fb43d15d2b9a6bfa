package dev.tenfold.replication;

import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;

/**
 * When the primary had written how far, by this process's clock: so the age of a replica's view is known without comparing
 * clocks of machines, and without asking the replica, whose own "time since the last replayed commit" grows on an idle
 * primary although nothing is missing.
 *
 * <p>A sample (t, p) says: at the moment t the primary had written no further than p, because p was read after t. So whoever
 * has p has every write that was committed before t.
 *
 * <p>At most {@value #CAPACITY} samples: when it is full, every second of the older half goes, so that it reaches far back, the
 * older the coarser, and an age is estimated too high rather than too low. Thread-safe; a lock is held for a search of that
 * many, by the few that compute a selection anew.
 */
final class PrimaryHistory {

    static final int CAPACITY = 512;

    private final ReentrantLock lock = new ReentrantLock();
    private final long[] times = new long[CAPACITY];
    private final long[] offsets = new long[CAPACITY];
    private int size;

    /** Notes how far the primary had written, as read after a moment. A sample no newer than the last does nothing. */
    void record(long askedAt, long offset) {
        lock.lock();
        try {
            if (size > 0 && askedAt - times[size - 1] <= 0) {
                return;
            }
            // A promotion that lost writes starts further back: what lay beyond is no longer history.
            while (size > 0 && offsets[size - 1] > offset) {
                size--;
            }
            if (size > 0 && offsets[size - 1] == offset) {
                times[size - 1] = askedAt;
                return;
            }
            if (size == CAPACITY) {
                thin();
            }
            times[size] = askedAt;
            offsets[size++] = offset;
        } finally {
            lock.unlock();
        }
    }

    /** Forgets what lies beyond the start of a new timeline. */
    void branch(long start) {
        lock.lock();
        try {
            while (size > 0 && offsets[size - 1] > start) {
                size--;
            }
        } finally {
            lock.unlock();
        }
    }

    /** Returns the latest moment of which a node that has replayed this far has seen everything. */
    long seenUpTo(long offset) {
        lock.lock();
        try {
            int at = Arrays.binarySearch(offsets, 0, size, offset);
            int last = at >= 0 ? at : -at - 2;
            return last < 0 ? ServerSelection.NEVER : times[last];
        } finally {
            lock.unlock();
        }
    }

    private void thin() {
        int kept = 0;
        for (int i = 0; i < size; i++) {
            if (i >= size / 2 || i % 2 == 0) {
                times[kept] = times[i];
                offsets[kept++] = offsets[i];
            }
        }
        size = kept;
    }
}
