package dev.tenfold.replication;

import dev.tenfold.replication.memory.MemoryNode;
import dev.tenfold.replication.memory.MemoryReplication;
import dev.tenfold.topology.Endpoint;

/** An engine that cannot reach one node, while the other nodes can. */
record UnreachableFromHere(MemoryReplication real, String id) implements ReplicationEngine<MemoryNode> {

    private Endpoint<MemoryNode> reach(Endpoint<MemoryNode> node) {
        if (node.id().equals(id)) {
            throw new IllegalStateException("no route to " + id);
        }
        return node;
    }

    @Override
    public Probe probe(Endpoint<MemoryNode> node) {
        return real.probe(reach(node));
    }

    @Override
    public LogPosition position(Endpoint<MemoryNode> node) {
        return real.position(reach(node));
    }

    @Override
    public LogPosition timelineStart(Endpoint<MemoryNode> primary) {
        return real.timelineStart(reach(primary));
    }

    @Override
    public LogPosition freeze(Endpoint<MemoryNode> replica, long token) {
        return real.freeze(reach(replica), token);
    }

    @Override
    public LogPosition promote(Endpoint<MemoryNode> candidate, long token) {
        return real.promote(reach(candidate), token);
    }

    @Override
    public void follow(Endpoint<MemoryNode> replica, Endpoint<MemoryNode> primary, long token) {
        real.follow(reach(replica), primary, token);
    }

    @Override
    public CallFailure classify(Throwable failure) {
        return real.classify(failure);
    }

    @Override
    public int synchronousReplicas() {
        return real.synchronousReplicas();
    }

    @Override
    public void close() {
        real.close();
    }
}
