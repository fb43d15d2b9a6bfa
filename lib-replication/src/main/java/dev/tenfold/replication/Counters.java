package dev.tenfold.replication;

import dev.tenfold.observe.Measurement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What the hot paths count, and how it is shown. */
final class Counters {

    final LongAdder replicaReads = new LongAdder();
    final LongAdder primaryReads = new LongAdder();
    final LongAdder refusedReads = new LongAdder();
    final LongAdder readRetries = new LongAdder();
    final LongAdder catchUpWaits = new LongAdder();
    final LongAdder writes = new LongAdder();
    final LongAdder writeRetries = new LongAdder();
    final LongAdder unknownOutcomes = new LongAdder();

    <N> List<Measurement> measurements(ReplicaSet<N> set, List<NodeState<N>> nodes) {
        Map<String, String> tags = Map.of("set", set.name());
        List<Measurement> all = new ArrayList<>(List.of(
                counter("reads.replica", "Reads given to a replica", tags, replicaReads),
                counter("reads.primary", "Reads given to the primary", tags, primaryReads),
                counter("reads.refused", "Reads refused because the primary had its share", tags, refusedReads),
                counter("reads.retried", "Reads moved to another node after a failure", tags, readRetries),
                counter("reads.waited", "Times a read waited for a replica to catch up", tags, catchUpWaits),
                counter("writes", "Writes given to the primary", tags, writes),
                counter("writes.retried", "Writes made again because nothing had been sent", tags, writeRetries),
                counter("writes.unknown", "Writes whose outcome is not known", tags, unknownOutcomes),
                Measurement.gauge(
                        "tenfold.replicas.epoch",
                        "1",
                        "The epoch",
                        tags,
                        () -> set.topology().epoch())));
        for (NodeState<N> node : nodes) {
            Map<String, String> of =
                    Map.of("set", set.name(), "node", node.endpoint().id());
            all.add(Measurement.gauge("tenfold.replicas.in_flight", "1", "Calls on the node", of, node::inFlight));
            all.add(Measurement.gauge(
                    "tenfold.replicas.healthy", "1", "Whether calls may go there", of, () -> node.isHealthy() ? 1 : 0));
            all.add(Measurement.gauge(
                    "tenfold.replicas.lag",
                    "bytes",
                    "How far the node's reads are behind the primary, by the last probes",
                    of,
                    () -> lag(set.topology(), nodes, node)));
        }
        return List.copyOf(all);
    }

    private static <N> double lag(ReplicaTopology<N> topology, List<NodeState<N>> nodes, NodeState<N> node) {
        int primary = topology.primaryIndex();
        if (primary < 0) {
            return 0;
        }
        long head = nodes.get(primary).replayed().offset();
        return Math.max(0, head - node.replayed().offset());
    }

    private static Measurement counter(String name, String description, Map<String, String> tags, LongAdder count) {
        return Measurement.counter("tenfold.replicas." + name, description, tags, count::doubleValue);
    }
}
