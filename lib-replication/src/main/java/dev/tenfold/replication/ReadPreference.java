package dev.tenfold.replication;

import dev.tenfold.error.Validation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Which nodes may answer a read, in the terms of MongoDB's <a
 * href="https://github.com/mongodb/specifications/blob/master/source/server-selection/server-selection.md">server
 * selection</a> and <a
 * href="https://github.com/mongodb/specifications/blob/master/source/max-staleness/max-staleness.md">max staleness</a>
 * specifications. Immutable.
 *
 * <pre>{@code
 * ReadPreference.replicaPreferred()
 *         .withTags(Map.of("zone", "eu-1"))       // these first,
 *         .withTags(Map.of())                     // else any
 *         .withMaxStaleness(Duration.ofSeconds(2))
 *         .withMaxStaleness(16 << 20)             // bytes behind the primary
 * }</pre>
 *
 * <p>Of the nodes that may answer, those within the latency window of the nearest are equals, and the read goes to the one with
 * the fewest calls in flight for its weight. A read with a position goes only to a node that has reached it: tag sets are tried
 * in order among those.
 *
 * @param mode the roles
 * @param tags tag sets in the order they are tried, each as good as any node where empty; no set is any node, too. A node
 *     matches a set if it has all its tags; the primary is held to them by {@link Mode#NEAREST} alone
 * @param maxStaleness how old a replica's view may be, at least twice the set's interval between probes; empty is any age
 * @param maxLag how many bytes (in the engine's unit of {@link LogPosition#offset}) a replica may be behind; empty is any number
 * @param latencyWindow how much longer than the nearest node's a round trip may be, >= 0, by default 15 ms
 */
public record ReadPreference(
        Mode mode,
        List<Map<String, String>> tags,
        Optional<Duration> maxStaleness,
        OptionalLong maxLag,
        Duration latencyWindow) {

    /** What the specification calls {@code localThresholdMS}, and its default. */
    private static final Duration WINDOW = Duration.ofMillis(15);

    /** Which roles may answer, and which is asked first. */
    public enum Mode {
        /** Only the primary. */
        PRIMARY,
        /** The primary; a replica while there is none. */
        PRIMARY_PREFERRED,
        /** Only a replica. */
        REPLICA,
        /** A replica; the primary where none qualifies, up to its {@linkplain ReplicaSetBuilder#primaryReads share}. */
        REPLICA_PREFERRED,
        /** Any node, the primary as good as the others. */
        NEAREST
    }

    /**
     * Copies the tags and checks the ranges.
     *
     * @throws dev.tenfold.error.InvalidConfigurationException with everything that is wrong
     */
    public ReadPreference {
        tags = tags.stream().map(Map::copyOf).toList();
        Validation check = Validation.of("read preference " + mode);
        boolean bare = tags.isEmpty() && maxStaleness.isEmpty() && maxLag.isEmpty();
        check.require(
                mode != Mode.PRIMARY || bare, "tags, maxStaleness", "given", "none, as the primary has no choice");
        maxStaleness.ifPresent(age -> check.positive("maxStaleness", age));
        maxLag.ifPresent(bytes -> check.atLeast("maxStaleness in bytes", bytes, 0));
        check.notNegative("latencyWindow", latencyWindow);
        check.throwIfInvalid();
    }

    /**
     * Prefers by mode alone.
     *
     * @param mode the roles
     * @return any tags, any staleness, a window of 15 ms
     */
    public static ReadPreference of(Mode mode) {
        return new ReadPreference(mode, List.of(), Optional.empty(), OptionalLong.empty(), WINDOW);
    }

    /**
     * Reads from the primary only.
     *
     * @return {@link Mode#PRIMARY}
     */
    public static ReadPreference primary() {
        return of(Mode.PRIMARY);
    }

    /**
     * Reads from the primary, and from a replica while there is none.
     *
     * @return {@link Mode#PRIMARY_PREFERRED}
     */
    public static ReadPreference primaryPreferred() {
        return of(Mode.PRIMARY_PREFERRED);
    }

    /**
     * Reads from a replica only.
     *
     * @return {@link Mode#REPLICA}
     */
    public static ReadPreference replica() {
        return of(Mode.REPLICA);
    }

    /**
     * Reads from a replica, and from the primary where none qualifies. What a replica set does unless told otherwise.
     *
     * @return {@link Mode#REPLICA_PREFERRED}
     */
    public static ReadPreference replicaPreferred() {
        return of(Mode.REPLICA_PREFERRED);
    }

    /**
     * Reads from whichever node is near.
     *
     * @return {@link Mode#NEAREST}
     */
    public static ReadPreference nearest() {
        return of(Mode.NEAREST);
    }

    /**
     * Adds a tag set, tried where no node matches those added before.
     *
     * @param set the tags a node must have, as in {@link dev.tenfold.topology.Endpoint#tags()}; empty is any node
     * @return a copy
     */
    public ReadPreference withTags(Map<String, String> set) {
        List<Map<String, String>> more = new ArrayList<>(tags);
        more.add(set);
        return new ReadPreference(mode, more, maxStaleness, maxLag, latencyWindow);
    }

    /**
     * Limits how old a replica's view of the history may be. It is estimated from the probes, never too low: a view is as old
     * as the last moment at which this process knows that the primary had no more than the replica has, plus one interval
     * between probes.
     *
     * @param age at least twice the interval between probes
     * @return a copy
     */
    public ReadPreference withMaxStaleness(Duration age) {
        return new ReadPreference(mode, tags, Optional.of(age), maxLag, latencyWindow);
    }

    /**
     * Limits how far a replica may be behind the primary, by the last probes of both; while there is no primary, behind the
     * furthest replica.
     *
     * @param bytes >= 0
     * @return a copy
     */
    public ReadPreference withMaxStaleness(long bytes) {
        return new ReadPreference(mode, tags, maxStaleness, OptionalLong.of(bytes), latencyWindow);
    }

    /**
     * Sets how much longer than the nearest node's a round trip may be.
     *
     * @param window >= 0; zero reads from the nearest alone
     * @return a copy
     */
    public ReadPreference withLatencyWindow(Duration window) {
        return new ReadPreference(mode, tags, maxStaleness, maxLag, window);
    }

    /** Checks what depends on the set that is to use it. */
    void check(Validation check, Duration probeInterval) {
        maxStaleness.ifPresent(age -> check.require(
                age.compareTo(probeInterval.multipliedBy(2)) >= 0,
                "maxStaleness",
                age,
                "at least twice probeEvery, which is " + probeInterval + ", since that is how well it is known"));
    }
}
