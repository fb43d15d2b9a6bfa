package dev.tenfold.balance;

import dev.tenfold.topology.Outcome;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/**
 * Gives the load of leases back that nobody can report any more, since they were dropped and collected as garbage. It has no thread:
 * whoever watches another lease, or asks for numbers, looks after those that the collector has found.
 *
 * <p><b>Invariant:</b> {@code watched} holds a watch from before its lease is handed out until the call ends; whoever removes it,
 * the lease's report or {@link #reclaim}, and nobody else, ends the call. <b>Bound:</b> the calls in flight.
 */
final class Abandoned {

    private final ReferenceQueue<Object> collected = new ReferenceQueue<>();
    private final Set<Watch> watched = ConcurrentHashMap.newKeySet();
    private final AtomicLong count = new AtomicLong();
    private final LongConsumer told;

    /** Creates one that tells how many there were so far, whenever that is a power of two. */
    Abandoned(LongConsumer told) {
        this.told = told;
    }

    <T> Lease<T> watch(Lease<T> lease) {
        reclaim();
        return watch(new Watch(lease), lease);
    }

    <T> Lease<T> watch(Watch watch, Lease<T> lease) {
        watched.add(watch);
        lease.watched(watch);
        return lease;
    }

    /** Ends the calls of leases that were collected; one memory read where there are none. */
    void reclaim() {
        for (Reference<?> next = collected.poll(); next != null; next = collected.poll()) {
            if (next instanceof Watch watch && watch.end()) {
                watch.member.report(Outcome.CANCELLED);
                long now = count.incrementAndGet();
                if (Long.bitCount(now) == 1) {
                    told.accept(now);
                }
            }
        }
    }

    /** How many leases were abandoned so far. */
    long count() {
        return count.get();
    }

    /** For tests: how many leases are watched. */
    int watched() {
        return watched.size();
    }

    /** Outlives its lease. */
    final class Watch extends PhantomReference<Object> {

        private final Member<?> member;

        Watch(Lease<?> lease) {
            super(lease, collected);
            member = lease.member();
        }

        /** Ends the watch; says whether it was this that did. */
        boolean end() {
            boolean mine = watched.remove(this);
            clear();
            return mine;
        }
    }
}
