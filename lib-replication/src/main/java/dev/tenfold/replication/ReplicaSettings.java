package dev.tenfold.replication;

import dev.tenfold.error.Validation;
import dev.tenfold.health.HealthPolicy;
import java.time.Duration;

/**
 * What a replica set was told, readable back. Immutable.
 *
 * @param preference which nodes may answer reads
 * @param failover what to do without a primary
 * @param probeInterval how often each node is asked, > 0
 * @param probeTimeout how late an answer may be before it counts as missed, > 0
 * @param suspicion the φ from which a silent node counts as missing, > 0
 * @param catchUp how long a read waits for a replica to reach its position before it asks the primary, >= 0
 * @param health when a replica that answers probes but fails reads is left out, and how it comes back
 * @param primaryReads what reads may take of the primary while no replica can answer
 */
public record ReplicaSettings(
        ReadPreference preference,
        Failover failover,
        Duration probeInterval,
        Duration probeTimeout,
        double suspicion,
        Duration catchUp,
        HealthPolicy health,
        PrimaryReads primaryReads) {

    /**
     * Where a builder starts: replicas preferred, no failover, probes every 250 ms with 1 s patience, a suspicion of 8, 100 ms,
     * 64 reads.
     */
    public static final ReplicaSettings DEFAULT = new ReplicaSettings(
            ReadPreference.replicaPreferred(),
            Failover.none(),
            Duration.ofMillis(250),
            Duration.ofSeconds(1),
            8,
            Duration.ofMillis(100),
            HealthPolicy.defaults(),
            new PrimaryReads(64, Integer.MAX_VALUE));

    /**
     * What reads that a replica should have answered may take of the primary.
     *
     * @param limit how many of them at once, >= 0
     * @param capacity how many calls of any kind the primary is to have at once; such a read is refused beyond it, >= 1
     */
    public record PrimaryReads(int limit, int capacity) {

        /**
         * Takes a share of a capacity.
         *
         * @param share 0 to 1; rounded down to whole calls, but above 0 at least one
         * @param capacity >= 1
         * @return that many reads
         */
        static PrimaryReads share(double share, int capacity) {
            int limit = (int) Math.floor(share * capacity + 1e-9);
            return new PrimaryReads(share > 0 ? Math.max(1, limit) : limit, capacity);
        }
    }

    ReplicaSettings with(ReadPreference other) {
        return new ReplicaSettings(
                other, failover, probeInterval, probeTimeout, suspicion, catchUp, health, primaryReads);
    }

    ReplicaSettings with(Failover other) {
        return new ReplicaSettings(
                preference, other, probeInterval, probeTimeout, suspicion, catchUp, health, primaryReads);
    }

    ReplicaSettings probing(Duration interval, Duration timeout) {
        return new ReplicaSettings(preference, failover, interval, timeout, suspicion, catchUp, health, primaryReads);
    }

    ReplicaSettings suspecting(double phi) {
        return new ReplicaSettings(
                preference, failover, probeInterval, probeTimeout, phi, catchUp, health, primaryReads);
    }

    ReplicaSettings waiting(Duration patience) {
        return new ReplicaSettings(
                preference, failover, probeInterval, probeTimeout, suspicion, patience, health, primaryReads);
    }

    ReplicaSettings with(HealthPolicy policy) {
        return new ReplicaSettings(
                preference, failover, probeInterval, probeTimeout, suspicion, catchUp, policy, primaryReads);
    }

    ReplicaSettings limiting(PrimaryReads reads) {
        return new ReplicaSettings(
                preference, failover, probeInterval, probeTimeout, suspicion, catchUp, health, reads);
    }

    void check(Validation check) {
        check.positive("probeEvery", probeInterval);
        check.positive("probeTimeout", probeTimeout);
        check.require(suspicion > 0 && suspicion < Double.POSITIVE_INFINITY, "suspectAt", suspicion, "> 0 and finite");
        check.notNegative("catchUp", catchUp);
        check.atLeast("primaryReads", primaryReads.limit(), 0);
        check.atLeast("capacity", primaryReads.capacity(), 1);
        preference.check(check, probeInterval);
    }

    /** How long a node may be silent until it counts as missing, whether its probes fail or hang. */
    long silenceNanos() {
        return probeInterval.multipliedBy(failover.misses()).plus(probeTimeout).toNanos();
    }
}
