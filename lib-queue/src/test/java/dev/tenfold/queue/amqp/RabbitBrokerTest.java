package dev.tenfold.queue.amqp;

import dev.tenfold.observe.Observer;
import dev.tenfold.queue.Broker;
import dev.tenfold.queue.testing.BrokerContract;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** The contract, on the RabbitMQ named in the environment: {@code TENFOLD_RABBITMQ=amqp://guest:guest@localhost:5672}. */
@EnabledIfEnvironmentVariable(
        named = "TENFOLD_RABBITMQ",
        matches = "amqps?://.+",
        disabledReason = "TENFOLD_RABBITMQ names no RabbitMQ")
final class RabbitBrokerTest extends BrokerContract {

    @Override
    protected Broker open() {
        return RabbitBroker.connect(
                System.getenv("TENFOLD_RABBITMQ"),
                options -> options.broker(Broker.builder().observer(Observer.none())));
    }
}
