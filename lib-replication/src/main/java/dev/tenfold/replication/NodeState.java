package dev.tenfold.replication;

import dev.tenfold.health.CallCounts;
import dev.tenfold.health.Health;
import dev.tenfold.health.HealthCell;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What this process knows of one node: its last answer, how many probes it has missed since, and the calls in flight.
 *
 * <p><b>Writers:</b> the node's probe loop, the monitor's evaluation, and calls that report a failure or poll a position.
 * <b>Readers:</b> every selection, without a lock. Each change replaces the immutable status atomically, so a reader never sees
 * half of one, and raises {@code changes} after it: a selection computed at a number of changes has seen all of them.
 */
final class NodeState<N> {

    /**
     * @param probe the last answer, or null before the first
     * @param askedAt when that was asked for: its position was read after this
     * @param answeredAt when it came, or when watching began, on the monotonic clock
     * @param roundTrip the average round trip of the probes in nanoseconds, or {@link ServerSelection#UNMEASURED}
     * @param misses failed probes since
     * @param suspect whether a call failed on the node since
     * @param silent whether it has not answered for too long, by the failure detector
     * @param probed whether a first probe has ended, well or not
     * @param failure what the last failed probe or call threw, or null after an answer
     */
    record Status(
            @Nullable Probe probe,
            long askedAt,
            long answeredAt,
            long roundTrip,
            int misses,
            boolean suspect,
            boolean silent,
            boolean probed,
            @Nullable Throwable failure) {

        private Status missed(Throwable why) {
            // As in the specification, a node that comes back starts its average anew.
            return new Status(
                    probe, askedAt, answeredAt, ServerSelection.UNMEASURED, misses + 1, suspect, silent, true, why);
        }

        private Status withSuspect() {
            return new Status(probe, askedAt, answeredAt, roundTrip, misses, true, silent, probed, failure);
        }

        private Status withSilent(boolean now) {
            return new Status(probe, askedAt, answeredAt, roundTrip, misses, suspect, now, probed, failure);
        }

        private Status withProbe(Probe other) {
            return new Status(other, askedAt, answeredAt, roundTrip, misses, suspect, silent, probed, failure);
        }
    }

    private final int index;
    private final Endpoint<N> endpoint;
    private final AtomicLong changes;
    private final AtomicReference<Status> status;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final LongAdder reads = new LongAdder();
    private final LongAdder failedReads = new LongAdder();
    /** What its probes and reads say of it as a replica, in the state machine all of the library shares. */
    private final HealthCell health;

    NodeState(int index, Endpoint<N> endpoint, long now, AtomicLong changes, HealthCell health) {
        this.index = index;
        this.endpoint = endpoint;
        this.changes = changes;
        this.health = health;
        health.countedBy(() -> new CallCounts(reads.sum(), failedReads.sum(), Math.max(0, status().roundTrip)));
        this.status = new AtomicReference<>(
                new Status(null, now, now, ServerSelection.UNMEASURED, 0, false, false, false, null));
    }

    /** Its place in the order of the builder. */
    int index() {
        return index;
    }

    Endpoint<N> endpoint() {
        return endpoint;
    }

    Status status() {
        return Objects.requireNonNull(status.get());
    }

    /** Notes an answer to a probe, and how long that took. */
    void answered(Probe probe, long askedAt, long now) {
        status.updateAndGet(s -> {
            long roundTrip = ServerSelection.average(s.roundTrip, Math.max(0, now - askedAt));
            return new Status(probe, askedAt, now, roundTrip, 0, false, false, true, null);
        });
        changes.incrementAndGet();
        health.checked(true);
    }

    /** Notes what it is known to be without having been probed. */
    void became(Probe probe, long now) {
        status.updateAndGet(s -> new Status(probe, now, now, s.roundTrip, 0, false, false, true, null));
        changes.incrementAndGet();
    }

    void missed(Throwable failure) {
        status.updateAndGet(s -> s.missed(failure));
        changes.incrementAndGet();
        health.checked(false, String.valueOf(failure));
    }

    void suspected() {
        status.updateAndGet(Status::withSuspect);
        changes.incrementAndGet();
    }

    /** Notes what the failure detector says. */
    void silent(boolean now) {
        if (status().silent != now) {
            status.updateAndGet(s -> s.withSilent(now));
            changes.incrementAndGet();
        }
    }

    /** Notes that a poll found a replica further than the last probe did. */
    void reached(LogPosition replayed) {
        Status before = status();
        Status after = status.updateAndGet(s -> {
            // A primary's position may cover what it does not show yet.
            if (s.probe == null || s.probe.writable() || s.probe.replayed().compareTo(replayed) >= 0) {
                return s;
            }
            LogPosition received = s.probe.received().compareTo(replayed) >= 0 ? s.probe.received() : replayed;
            return s.withProbe(new Probe(s.probe.writable(), s.probe.streaming(), received, replayed));
        });
        if (!after.equals(before)) {
            changes.incrementAndGet();
        }
    }

    /** Whether calls may go there: its last probe was answered, not too long ago, and no call has failed since. */
    boolean isHealthy() {
        Status now = status();
        return now.probe != null && now.misses == 0 && !now.suspect && !now.silent;
    }

    /** Returns its health as a replica. */
    Health health() {
        return health.current();
    }

    /** Notes how a read on it as a replica ended. */
    void readEnded(Outcome outcome) {
        if (outcome != Outcome.CANCELLED) {
            reads.increment();
            if (outcome.countsAgainstEndpoint()) {
                failedReads.increment();
            }
            health.report(outcome);
        }
    }

    /** Up to where its reads see the history, at least. */
    LogPosition replayed() {
        Probe probe = status().probe;
        return probe == null ? LogPosition.START : probe.replayed();
    }

    int inFlight() {
        return inFlight.get();
    }

    void begin() {
        inFlight.incrementAndGet();
    }

    void end() {
        inFlight.decrementAndGet();
    }
}
