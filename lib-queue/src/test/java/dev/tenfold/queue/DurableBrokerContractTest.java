package dev.tenfold.queue;

import dev.tenfold.observe.Observer;
import dev.tenfold.queue.testing.BrokerContract;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** The contract, on disk. */
final class DurableBrokerContractTest extends BrokerContract {

    @TempDir
    private Path folder;

    @Override
    protected Broker open() {
        return Broker.builder().observer(Observer.none()).durable(folder);
    }
}
