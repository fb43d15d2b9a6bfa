package dev.tenfold.replication;

import dev.tenfold.topology.Endpoint;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What this process knows of one node: its last answer, how many probes it has missed since, and the calls in flight.
 *
 * <p><b>Writers:</b> the node's probe loop, and calls that report a failure or poll a position. <b>Readers:</b> every
 * selection, without a lock. Each change replaces the immutable status atomically, so a reader never sees half of one.
 */
final class NodeState<N> {

    /**
     * @param probe the last answer, or null before the first
     * @param answeredAt when that came, or when watching began, on the monotonic clock
     * @param misses failed probes since
     * @param suspect whether a call failed on the node since
     * @param probed whether a first probe has ended, well or not
     * @param failure what the last failed probe or call threw, or null after an answer
     */
    record Status(
            @Nullable Probe probe,
            long answeredAt,
            int misses,
            boolean suspect,
            boolean probed,
            @Nullable Throwable failure) {}

    private final int index;
    private final Endpoint<N> endpoint;
    private final AtomicReference<Status> status;
    private final AtomicInteger inFlight = new AtomicInteger();

    NodeState(int index, Endpoint<N> endpoint, long now) {
        this.index = index;
        this.endpoint = endpoint;
        this.status = new AtomicReference<>(new Status(null, now, 0, false, false, null));
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

    void answered(Probe probe, long now) {
        status.set(new Status(probe, now, 0, false, true, null));
    }

    void missed(Throwable failure) {
        status.updateAndGet(s -> new Status(s.probe, s.answeredAt, s.misses + 1, s.suspect, true, failure));
    }

    void suspected() {
        status.updateAndGet(s -> new Status(s.probe, s.answeredAt, s.misses, true, s.probed, s.failure));
    }

    /** Notes that a poll found the node further than the last probe did. */
    void reached(LogPosition replayed) {
        status.updateAndGet(s -> {
            if (s.probe == null || s.probe.replayed().compareTo(replayed) >= 0) {
                return s;
            }
            LogPosition received = s.probe.received().compareTo(replayed) >= 0 ? s.probe.received() : replayed;
            Probe further = new Probe(s.probe.writable(), s.probe.streaming(), received, replayed);
            return new Status(further, s.answeredAt, s.misses, s.suspect, s.probed, s.failure);
        });
    }

    /** Whether calls may go there: its last probe was answered, and no call has failed since. */
    boolean isHealthy() {
        Status now = status();
        return now.probe != null && now.misses == 0 && !now.suspect;
    }

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
