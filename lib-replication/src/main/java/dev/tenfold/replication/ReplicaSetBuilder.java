package dev.tenfold.replication;

import dev.tenfold.coordination.Lease;
import dev.tenfold.error.Validation;
import dev.tenfold.health.HealthPolicy;
import dev.tenfold.observe.Observer;
import dev.tenfold.replication.ReplicaSettings.PrimaryReads;
import dev.tenfold.time.Chance;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Endpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Describes a {@link ReplicaSet}. Not thread-safe; {@link #start()} may be called once, since the engine serves one set.
 *
 * @param <N> the kind of node
 */
public final class ReplicaSetBuilder<N> {

    private final String name;
    private final List<Endpoint<N>> nodes = new ArrayList<>();
    private int hintedPrimaries;
    private @Nullable ReplicationEngine<N> engine;
    private ReplicaSettings settings = ReplicaSettings.DEFAULT;
    private double primaryShare;
    private @Nullable Lease lease;
    private @Nullable Consumer<? super Failover.RecoveryReport> reports;
    private Observer observer = Observer.slf4j();
    private TimeSource time = TimeSource.system();
    private @Nullable Scheduler scheduler;
    private RandomGenerator random = Chance.perThread();

    ReplicaSetBuilder(String name) {
        this.name = name;
    }

    /**
     * Adds the node that is expected to be the primary. The role is a hint: the servers say what they are.
     *
     * @param id unique in the set
     * @param node the node
     * @return this
     */
    public ReplicaSetBuilder<N> primary(String id, N node) {
        hintedPrimaries++;
        return node(Endpoint.of(id, node));
    }

    /**
     * Adds a node that is expected to be a replica. The role is a hint: the servers say what they are.
     *
     * @param id unique in the set
     * @param node the node
     * @return this
     */
    public ReplicaSetBuilder<N> replica(String id, N node) {
        return node(Endpoint.of(id, node));
    }

    /**
     * Adds a node of any role.
     *
     * @param node the node; its weight is its share of the reads
     * @return this
     */
    public ReplicaSetBuilder<N> node(Endpoint<N> node) {
        nodes.add(node);
        return this;
    }

    /**
     * Sets how to talk to the nodes. Required.
     *
     * @param engine serves this set only, and is closed with it
     * @return this
     */
    public ReplicaSetBuilder<N> engine(ReplicationEngine<N> engine) {
        this.engine = engine;
        return this;
    }

    /**
     * Sets which nodes may answer reads.
     *
     * @param preference by default {@link ReadPreference#replicaPreferred()}
     * @return this
     */
    public ReplicaSetBuilder<N> reads(ReadPreference preference) {
        settings = settings.with(preference);
        return this;
    }

    /**
     * Sets what to do without a primary.
     *
     * @param failover by default {@link Failover#none()}, which follows whoever is promoted by others
     * @return this
     */
    public ReplicaSetBuilder<N> failover(Failover failover) {
        settings = settings.with(failover);
        return this;
    }

    /**
     * Sets the lease that lets one of several processes drive a failover. Without one, at most one process may use {@link
     * Failover#automatic()} on these servers.
     *
     * @param lease of this replica set alone
     * @return this
     */
    public ReplicaSetBuilder<N> lease(Lease lease) {
        this.lease = lease;
        return this;
    }

    /**
     * Sets who is given what a former primary has that the set's history has not, before it joins again and that is gone.
     * Where data loss was allowed, a former primary joins again by itself only with this set.
     *
     * @param reports such as {@code report -> report.writeTo(folder)}; it is called by a thread of the set, and what it
     *     throws keeps the node from joining
     * @return this
     */
    public ReplicaSetBuilder<N> recoveryReports(Consumer<? super Failover.RecoveryReport> reports) {
        this.reports = reports;
        return this;
    }

    /**
     * Sets how often each node is asked for its role and position.
     *
     * @param interval > 0, by default 250 ms
     * @return this
     */
    public ReplicaSetBuilder<N> probeEvery(Duration interval) {
        settings = settings.probing(interval, settings.probeTimeout());
        return this;
    }

    /**
     * Sets how late a node's answer may be before it counts as missed.
     *
     * @param timeout > 0, by default 1 s; the engine has timeouts of its own
     * @return this
     */
    public ReplicaSetBuilder<N> probeTimeout(Duration timeout) {
        settings = settings.probing(settings.probeInterval(), timeout);
        return this;
    }

    /**
     * Sets how long a read that needs a certain position waits for a replica to reach it before it asks the primary.
     *
     * @param patience >= 0, by default 100 ms
     * @return this
     */
    public ReplicaSetBuilder<N> catchUp(Duration patience) {
        settings = settings.waiting(patience);
        return this;
    }

    /**
     * Sets from which suspicion on a silent node counts as missing, on the scale φ of the accrual failure detector (Hayashibara
     * et al., 2004): the likelihood that its next answer is merely late is one in 10 to the power of φ, judged by the rhythm of
     * its last 100 answers. Whatever the rhythm, a node that has missed {@link Failover#misses} probes in a row counts as
     * missing, and so does one that has been silent for that many intervals and a {@link #probeTimeout} more: with the defaults
     * a primary that hangs is missed after some 0.6 s where answers come steadily, and after 1.75 s at the latest; add a quarter of
     * the interval, since that is how often silence is looked at.
     *
     * @param phi > 0, by default 8; more is slower and surer
     * @return this
     */
    public ReplicaSetBuilder<N> suspectAt(double phi) {
        settings = settings.suspecting(phi);
        return this;
    }

    /**
     * Sets how many reads at once may fall back to the primary, so that lagging or dead replicas do not drown it. More are
     * refused with {@link dev.tenfold.error.OverloadedException}. A set without replicas has no limit.
     *
     * @param maximum >= 0, by default 64
     * @return this
     */
    public ReplicaSetBuilder<N> primaryReads(int maximum) {
        settings = settings.limiting(new PrimaryReads(maximum, Integer.MAX_VALUE));
        return this;
    }

    /**
     * Sets which share of the primary reads may fall back to, so that lagging or dead replicas do not drown it: at most that
     * share of its capacity at once, and only while all its calls of this process, writes included, are below the capacity. More
     * are refused at once with {@link dev.tenfold.error.OverloadedException}. A set without replicas has no limit.
     *
     * @param share 0 to 1, such as 0.3; above 0 it is at least one call
     * @param capacity how many calls of this process the primary takes at once, >= 1; for a database usually the size of the
     *     connection pool
     * @return this
     */
    public ReplicaSetBuilder<N> primaryReads(double share, int capacity) {
        primaryShare = share;
        settings = settings.limiting(PrimaryReads.share(share, capacity));
        return this;
    }

    /**
     * Sets when a replica that answers its probes and yet fails reads is left out, and how it comes back: outlier ejection,
     * probation and slow start as in the load balancer. A single failed read takes a replica out only until its next probe,
     * which is made at once. Probes count as active checks. The primary is never left out by this.
     *
     * @param policy by default {@link HealthPolicy#defaults()}: 5 failures in a row take a replica out for 10 s, and at most
     *     half of the nodes at once
     * @return this
     */
    public ReplicaSetBuilder<N> health(HealthPolicy policy) {
        settings = settings.with(policy);
        return this;
    }

    /**
     * Sets who is told of changes.
     *
     * @param observer by default {@link Observer#slf4j()}
     * @return this
     */
    public ReplicaSetBuilder<N> observer(Observer observer) {
        this.observer = observer;
        return this;
    }

    /**
     * Sets the clock.
     *
     * @param time by default the machine's
     * @return this
     */
    public ReplicaSetBuilder<N> time(TimeSource time) {
        this.time = time;
        return this;
    }

    /**
     * Sets what runs probes, timeouts and failovers. Probes block on the nodes, so it needs a thread per node and one more
     * for one hung node not to delay the rest.
     *
     * @param scheduler by default one daemon thread per node and one more, which the set starts and ends
     * @return this
     */
    public ReplicaSetBuilder<N> scheduler(Scheduler scheduler) {
        this.scheduler = scheduler;
        return this;
    }

    /**
     * Sets the source of chance, which breaks ties between replicas.
     *
     * @param random by default each thread's own
     * @return this
     */
    public ReplicaSetBuilder<N> random(RandomGenerator random) {
        this.random = random;
        return this;
    }

    /**
     * Starts probing and returns at once. Until the nodes have answered, reads and writes wait within their deadlines.
     *
     * @return the running set, to be closed by the caller
     * @throws dev.tenfold.error.InvalidConfigurationException with everything that is wrong; nothing was started
     */
    public ReplicaSet<N> start() {
        Validation check = Validation.of("replica set '" + name + "'");
        check.require(!name.isEmpty(), "name", "''", "not empty");
        check.notEmpty("nodes", nodes, "add one with primary(id, node)");
        check.require(nodes.size() <= 64, "nodes", nodes.size(), "at most 64");
        check.require(hintedPrimaries <= 1, "primary", hintedPrimaries + " nodes", "at most one");
        Set<String> ids = new HashSet<>();
        for (Endpoint<N> node : nodes) {
            check.require(ids.add(node.id()), "id", node.id(), "unique in the set");
        }
        check.present("engine", engine, "call engine(...)");
        settings.check(check);
        check.between("primaryReads", primaryShare, 0, 1);
        if (engine != null) {
            int most = Math.max(0, nodes.size() - 1);
            int quorum = engine.synchronousReplicas();
            check.require(quorum >= 0 && quorum <= most, "synchronousReplicas", quorum, "0 to " + most);
            for (String problem : engine.problems(List.copyOf(nodes), settings.failover())) {
                check.require(false, "engine", engine, problem);
            }
        }
        check.throwIfInvalid();
        return new ReplicaSet<>(this).begin();
    }

    String name() {
        return name;
    }

    List<Endpoint<N>> nodes() {
        return nodes;
    }

    ReplicationEngine<N> engine() {
        return Objects.requireNonNull(engine);
    }

    ReplicaSettings settings() {
        return settings;
    }

    @Nullable
    Lease lease() {
        return lease;
    }

    @Nullable
    Consumer<? super Failover.RecoveryReport> recoveryReports() {
        return reports;
    }

    Observer observer() {
        return observer.guarded();
    }

    TimeSource time() {
        return time;
    }

    @Nullable
    Scheduler scheduler() {
        return scheduler;
    }

    RandomGenerator random() {
        return random;
    }
}
