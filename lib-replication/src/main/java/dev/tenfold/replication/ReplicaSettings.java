package dev.tenfold.replication;

import dev.tenfold.error.Validation;
import java.time.Duration;

/**
 * What a replica set was told, readable back. Immutable.
 *
 * @param preference which nodes may answer reads
 * @param failover what to do without a primary
 * @param probeInterval how often each node is asked, > 0
 * @param probeTimeout how late an answer may be before it counts as missed, > 0
 * @param catchUp how long a read waits for a replica to reach its position before it asks the primary, >= 0
 * @param primaryReads how many reads at once may fall back to the primary while there are replicas, >= 0
 */
public record ReplicaSettings(
        ReadPreference preference,
        Failover failover,
        Duration probeInterval,
        Duration probeTimeout,
        Duration catchUp,
        int primaryReads) {

    /** Where a builder starts: replicas preferred, no failover, probes every 250 ms with 1 s patience, 100 ms, 64. */
    public static final ReplicaSettings DEFAULT = new ReplicaSettings(
            ReadPreference.REPLICA_PREFERRED,
            Failover.none(),
            Duration.ofMillis(250),
            Duration.ofSeconds(1),
            Duration.ofMillis(100),
            64);

    ReplicaSettings with(ReadPreference other) {
        return new ReplicaSettings(other, failover, probeInterval, probeTimeout, catchUp, primaryReads);
    }

    ReplicaSettings with(Failover other) {
        return new ReplicaSettings(preference, other, probeInterval, probeTimeout, catchUp, primaryReads);
    }

    ReplicaSettings probing(Duration interval, Duration timeout) {
        return new ReplicaSettings(preference, failover, interval, timeout, catchUp, primaryReads);
    }

    ReplicaSettings limiting(Duration patience, int reads) {
        return new ReplicaSettings(preference, failover, probeInterval, probeTimeout, patience, reads);
    }

    void check(Validation check) {
        check.positive("probeEvery", probeInterval);
        check.positive("probeTimeout", probeTimeout);
        check.notNegative("catchUp", catchUp);
        check.atLeast("primaryReads", primaryReads, 0);
    }

    /** How long a node may be silent until it counts as missing, whether its probes fail or hang. */
    long silenceNanos() {
        return probeInterval.multipliedBy(failover.misses()).plus(probeTimeout).toNanos();
    }
}
