package dev.tenfold.replication;

import dev.tenfold.replication.testing.InMemoryReplication;
import dev.tenfold.replication.testing.InMemoryReplication.Node;
import dev.tenfold.topology.Endpoint;

/** An engine that cannot reach one node, while the other nodes can. */
record UnreachableFromHere(InMemoryReplication real, String id) implements ReplicationEngine<Node> {

    private Endpoint<Node> reach(Endpoint<Node> node) {
        if (node.id().equals(id)) {
            throw new IllegalStateException("no route to " + id);
        }
        return node;
    }

    @Override
    public Probe probe(Endpoint<Node> node) {
        return real.probe(reach(node));
    }

    @Override
    public LogPosition position(Endpoint<Node> node) {
        return real.position(reach(node));
    }

    @Override
    public LogPosition timelineStart(Endpoint<Node> primary) {
        return real.timelineStart(reach(primary));
    }

    @Override
    public LogPosition freeze(Endpoint<Node> replica) {
        return real.freeze(reach(replica));
    }

    @Override
    public LogPosition promote(Endpoint<Node> candidate) {
        return real.promote(reach(candidate));
    }

    @Override
    public void follow(Endpoint<Node> replica, Endpoint<Node> primary) {
        real.follow(reach(replica), primary);
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
