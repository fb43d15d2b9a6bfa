package dev.tenfold.queue;

import dev.tenfold.observe.Observer;
import dev.tenfold.queue.testing.BrokerContract;
import java.util.Map;

/** The contract, in memory. */
final class MemoryBrokerContractTest extends BrokerContract {

    @Override
    protected Broker open() {
        return Broker.builder().observer(Observer.none()).inMemory();
    }

    @Override
    protected Map<Capability, String> lacks() {
        return Map.of(Capability.SURVIVES, "what is in memory ends with the broker");
    }
}
