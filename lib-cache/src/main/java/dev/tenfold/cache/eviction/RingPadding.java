package dev.tenfold.cache.eviction;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Keeps the two counters of a ring apart, and both apart from neighbours on the heap: readers write the one at each use,
 * the holder of the lock writes the other. Fields of a superclass come before those of its subclasses.
 */
@SuppressWarnings("unused")
final class RingPadding {

    private RingPadding() {}

    abstract static class Before {
        byte a00, a01, a02, a03, a04, a05, a06, a07, a08, a09, a0a, a0b, a0c, a0d, a0e, a0f;
        long a1, a2, a3, a4, a5, a6;
    }

    abstract static class Written extends Before {
        volatile long written;
    }

    abstract static class Between extends Written {
        long b1, b2, b3, b4, b5, b6, b7;
    }

    abstract static class Taken extends Between {
        static final VarHandle WRITTEN;
        static final VarHandle TAKEN;

        static {
            try {
                MethodHandles.Lookup lookup = MethodHandles.lookup();
                WRITTEN = lookup.findVarHandle(Written.class, "written", long.class);
                TAKEN = lookup.findVarHandle(Taken.class, "taken", long.class);
            } catch (ReflectiveOperationException e) {
                throw new ExceptionInInitializerError(e);
            }
        }

        volatile long taken;
    }
}
