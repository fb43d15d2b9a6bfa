package dev.tenfold.cache;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.WeakReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Counts what happens at every lookup, exactly, without an atomic instruction for threads that have a cell of their own:
 * such an instruction would cost half of what finding the key does.
 *
 * <p><b>Invariant.</b> Only its owner writes the count of a cell, so a plain addition loses nothing. A cell is taken by a
 * compare-and-set in {@link #owners}, and only while nobody owns it or its owner has ended; what a thread did happens
 * before another sees that it has ended (Java Language Specification, 17.4.4), so that the new owner goes on from the last
 * count. It then writes its id, by which it knows its cell from then on; ids are not given twice. Threads without a cell
 * share a {@link LongAdder}, and look now and then whether the owner of theirs has ended.
 */
final class HitCounter {

    private static final int LEAST_CELLS = 16;
    private static final int MOST_CELLS = 64;

    /** Each cell has two cache lines, since processors fetch them in pairs, of which it uses the middle. */
    private static final int CELL_BITS = 4;

    private static final int ID = 7;
    private static final int COUNT = 8;

    /** Looks at the owner when these bits of the count are 0. */
    private static final int OFTEN = 63;

    private static final VarHandle CELLS = MethodHandles.arrayElementVarHandle(long[].class);

    /** By cell, the owner's id, 0 for nobody's, and the count. */
    private final long[] cells;

    private final AtomicReferenceArray<@Nullable WeakReference<Thread>> owners;
    private final LongAdder others = new LongAdder();

    HitCounter() {
        int wanted = Integer.highestOneBit(4 * Runtime.getRuntime().availableProcessors());
        int count = Math.min(MOST_CELLS, Math.max(LEAST_CELLS, wanted));
        owners = new AtomicReferenceArray<>(count);
        cells = new long[count << CELL_BITS];
    }

    void increment() {
        long id = Thread.currentThread().getId();
        long[] cells = this.cells;
        int cell = ((int) id << CELL_BITS) & (cells.length - 1);
        if ((long) CELLS.getOpaque(cells, cell + ID) == id) {
            CELLS.setOpaque(cells, cell + COUNT, cells[cell + COUNT] + 1);
        } else {
            incrementElsewhere(id, cell);
        }
    }

    private void incrementElsewhere(long id, int cell) {
        others.increment();
        int index = cell >> CELL_BITS;
        WeakReference<Thread> owner = owners.get(index);
        if ((owner == null || ((others.sum() & OFTEN) == 0 && hasEnded(owner.get())))
                && owners.compareAndSet(index, owner, new WeakReference<>(Thread.currentThread()))) {
            CELLS.setRelease(cells, cell + ID, id);
        }
    }

    private static boolean hasEnded(@Nullable Thread thread) {
        return thread == null || !thread.isAlive();
    }

    /** Returns the count, exact when nobody counts. */
    long sum() {
        long sum = others.sum();
        for (int cell = 0; cell < cells.length; cell += 1 << CELL_BITS) {
            sum += (long) CELLS.getOpaque(cells, cell + COUNT);
        }
        return sum;
    }
}
