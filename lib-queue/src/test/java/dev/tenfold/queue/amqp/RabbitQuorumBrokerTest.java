package dev.tenfold.queue.amqp;

import dev.tenfold.queue.Broker;
import java.util.Map;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** The contract on RabbitMQ's quorum queues. */
@EnabledIfEnvironmentVariable(
        named = "TENFOLD_RABBITMQ",
        matches = "amqps?://.+",
        disabledReason = "TENFOLD_RABBITMQ names no RabbitMQ")
final class RabbitQuorumBrokerTest extends RabbitBrokerTest {

    @Override
    protected Broker open() {
        return open(options -> options.quorumQueues(true));
    }

    @Override
    protected Map<Capability, String> lacks() {
        return Map.of(
                Capability.PRIORITIES, "quorum queues have none before RabbitMQ 4",
                Capability.EXCLUSIVE_CONSUMERS, "quorum queues have none",
                Capability.QUEUE_EXPIRY, "RabbitMQ 3.10 breaks the connection that publishes to one that expires",
                Capability.EXACT_LIMITS, "quorum queues take some more than their limit",
                Capability.PLACES_KEPT, "quorum queues put what comes back before the rest, in the order it comes");
    }
}
