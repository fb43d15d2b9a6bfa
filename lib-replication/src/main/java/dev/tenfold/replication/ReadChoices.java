package dev.tenfold.replication;

import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.SnapshotCell;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the {@link ReadChoice} of one preference up to date.
 *
 * <p><b>Invariant:</b> a choice of version v has seen every change counted up to v, because the count is read before the
 * state, and a change is made before it is counted. So whoever sees a count finds in {@link #current} a choice that is at least
 * as new. <b>Writers:</b> any reader that finds the choice outdated; several may compute at once, and one with an older version
 * may overwrite a newer, which the next reader repairs.
 */
final class ReadChoices<N> {

    private final ReadPreference preference;
    private final NodeState<N>[] nodes;
    private final SnapshotCell<ReplicaTopology<N>> topology;
    private final PrimaryHistory history;
    private final AtomicLong changes;
    private final long probeInterval;
    private final TimeSource time;
    private volatile @Nullable ReadChoice<N> choice;

    @SuppressWarnings({"unchecked", "rawtypes"})
    ReadChoices(ReadPreference preference, Monitor<N> monitor, ReplicaSettings settings, TimeSource time) {
        List<NodeState<N>> list = monitor.nodes();
        this.preference = preference;
        this.time = time;
        this.nodes = list.toArray(new NodeState[0]);
        this.topology = monitor.topology();
        this.history = monitor.history();
        this.changes = monitor.changes();
        this.probeInterval = settings.probeInterval().toNanos();
    }

    ReadPreference preference() {
        return preference;
    }

    /** Returns a choice that has seen every change made before this call. Two volatile reads where nothing changed. */
    ReadChoice<N> current() {
        long version = changes.get();
        ReadChoice<N> known = choice;
        if (known != null && known.version() == version) {
            return known;
        }
        ReadChoice<N> next =
                ReadChoice.of(version, topology.current(), nodes, history, preference, probeInterval, time.nanoTime());
        choice = next;
        return next;
    }
}
