package dev.tenfold.queue.amqp;

import dev.tenfold.observe.Observer;
import dev.tenfold.queue.Broker;
import dev.tenfold.queue.testing.BrokerContract;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** What the contract asks of AMQP 0-9-1 alone, over the wire, on every machine. */
final class QpidBrokerTest extends BrokerContract {

    private static EmbeddedQpid qpid;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        qpid = new EmbeddedQpid(folder);
    }

    @AfterAll
    static void stop() {
        qpid.close();
    }

    @Override
    protected Broker open() {
        return RabbitBroker.connect(
                qpid.uri(), options -> options.broker(Broker.builder().observer(Observer.none())));
    }

    @Override
    protected Map<Capability, String> lacks() {
        Map<Capability, String> lacks = new EnumMap<>(Capability.class);
        for (Capability each : Capability.values()) {
            switch (each) {
                case SURVIVES, EXCLUSIVE_CONSUMERS -> {}
                case READY_COUNTS -> lacks.put(each, "Qpid counts what consumers hold as well");
                case RETURN_BEFORE_CONFIRM -> lacks.put(each, "Qpid refuses what leads nowhere, and returns it then");
                default -> lacks.put(each, "an extension of RabbitMQ's");
            }
        }
        if (Runtime.version().feature() >= 18) {
            // It fails in a task of its own there, where nobody awaits it, and takes the connection along.
            lacks.put(Capability.EXCLUSIVE_CONSUMERS, "Qpid 10 does not refuse a second consumer on JDK 18 and newer");
        }
        return lacks;
    }
}
