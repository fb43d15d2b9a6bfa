package dev.tenfold.queue;

import dev.tenfold.observe.Observer;
import dev.tenfold.queue.testing.BrokerContract;

/** The contract, in memory. */
final class MemoryBrokerContractTest extends BrokerContract {

    @Override
    protected Broker open() {
        return Broker.builder().observer(Observer.none()).inMemory();
    }
}
