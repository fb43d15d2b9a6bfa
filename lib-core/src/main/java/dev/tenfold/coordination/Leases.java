package dev.tenfold.coordination;

import dev.tenfold.time.TimeSource;

/**
 * Makes {@link Lease}s over any {@link VersionedRegister}, so that whatever can compare and set can also elect.
 *
 * <p><b>The algorithm</b> is that of the leader election in the Kubernetes client library (client-go, {@code
 * tools/leaderelection}), itself a lease in the sense of C. Gray and D. Cheriton, "Leases", SOSP 1989, which compares no
 * clocks of different machines:
 *
 * <ul>
 *   <li>The register holds the holder, the token, the duration and a counter of renewals ({@link LeaseState}); no time. Each
 *       renewal changes its version.
 *   <li>A contender that sees a version for the first time starts a timer of its own. It may take over only once that same
 *       version has stood unchanged for the whole duration by that timer, and only by compare-and-set on that version. So it
 *       must keep asking: every {@link Lease#tryAcquire} looks once.
 *   <li>The holder counts its duration from before it sent the write. What a contender times began later, so the holder's
 *       time is over before the contender's is.
 *   <li>A lease that was given up is free at once.
 *   <li>The token is one more than that of the grant before, in the same write, so that no two grants share one.
 * </ul>
 *
 * <p><b>What it assumes:</b> clocks may differ by any amount but run at nearly the same rate; a drift of 200 ppm, which is
 * bad, shifts 10 s by 2 ms. A holder that pauses between {@link Lease.Grant#isHeld} and its act, or a machine whose
 * monotonic clock stops while it is suspended, acts late: the fencing token is there to refuse it.
 *
 * <p><b>What it costs:</b> a try is one read, and one write where the lease is free; a renewal is one write. A process that
 * has just started, or has not looked for a while, waits a whole duration after its first look even if the holder died long
 * ago, since it cannot know when. Processes that must take over soon look regularly, say four times a duration.
 */
public final class Leases {

    private Leases() {}

    /**
     * Makes a lease.
     *
     * @param register holds the lease and nothing else; closed by whoever made it, after the lease is no longer used
     * @param time the monotonic clock of this process
     * @return a lease; make one per process and register and keep it, since it remembers what it has seen
     */
    public static Lease over(VersionedRegister<LeaseState> register, TimeSource time) {
        return new RegisterLease(register, time);
    }
}
