package dev.tenfold.queue.amqp;

import dev.tenfold.observe.Observer;
import dev.tenfold.queue.Broker;
import dev.tenfold.queue.Queue;
import dev.tenfold.queue.testing.BrokerContract;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** The contract, on the RabbitMQ named in the environment: {@code TENFOLD_RABBITMQ=amqp://guest:guest@localhost:5672}. */
@EnabledIfEnvironmentVariable(
        named = "TENFOLD_RABBITMQ",
        matches = "amqps?://.+",
        disabledReason = "TENFOLD_RABBITMQ names no RabbitMQ")
class RabbitBrokerTest extends BrokerContract {

    @Override
    protected Broker open() {
        return open(options -> options);
    }

    static Broker open(UnaryOperator<RabbitOptions> change) {
        return RabbitBroker.connect(
                System.getenv("TENFOLD_RABBITMQ"),
                options -> change.apply(options.broker(Broker.builder().observer(Observer.none()))));
    }

    @Override
    protected Map<Capability, String> lacks() {
        return Map.of(Capability.DELIVERY_LIMITS, "classic queues do not count deliveries");
    }

    /** The stage waits, not a thread, and RabbitMQ does not say for which queue. */
    @Override
    protected long waitingPublishers(Broker on, Queue<String> queue) {
        return on.measurements().stream()
                .filter(each -> each.name().equals("tenfold.rabbit.waiting"))
                .mapToLong(each -> (long) each.value().getAsDouble())
                .sum();
    }
}
