package dev.tenfold.replication.memory;

import dev.tenfold.replication.ReplicationEngine;
import dev.tenfold.replication.testing.ReplicationEngineContract;
import dev.tenfold.topology.Endpoint;

class MemoryReplicationTest extends ReplicationEngineContract<MemoryNode> {

    private final MemoryReplication memory = new MemoryReplication(1, "a", "b", "c");

    @Override
    protected ReplicationEngine<MemoryNode> engine() {
        return memory;
    }

    @Override
    protected Endpoint<MemoryNode> node(int index) {
        String id = String.valueOf((char) ('a' + index));
        return Endpoint.of(id, memory.node(id));
    }

    @Override
    protected void write(MemoryNode node) {
        node.put("k", "v");
    }

    @Override
    protected void crash(Endpoint<MemoryNode> node) {
        node.target().crash();
    }
}
