package dev.tenfold.queue.amqp;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.Recoverable;
import com.rabbitmq.client.RecoveryListener;
import com.rabbitmq.client.impl.recovery.RecordedBinding;
import com.rabbitmq.client.impl.recovery.RecordedExchange;
import com.rabbitmq.client.impl.recovery.RecordedQueue;
import com.rabbitmq.client.impl.recovery.TopologyRecoveryFilter;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.error.Validation;
import dev.tenfold.queue.Broker;
import dev.tenfold.queue.BrokerBuilder.Environment;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URISyntaxException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;

/**
 * Makes the connection. Apart from {@link RabbitBroker}, which can thus say that RabbitMQ's client is missing instead of failing
 * to load.
 */
final class Connecting {

    private Connecting() {}

    static Broker open(String uri, RabbitOptions chosen) {
        Validation check = Validation.of("broker over RabbitMQ");
        check.atLeast("maximumUnconfirmed", chosen.maximumUnconfirmed(), 1);
        check.positive("connectTimeout", chosen.connectTimeout());
        check.positive("callTimeout", chosen.callTimeout());
        check.positive("recoveryInterval", chosen.recoveryInterval());
        ConnectionFactory factory = new ConnectionFactory();
        try {
            factory.setUri(uri);
        } catch (URISyntaxException | GeneralSecurityException | IllegalArgumentException unfit) {
            check.require(false, "uri", "'" + uri + "'", "such as amqp://localhost:5672 (" + unfit.getMessage() + ")");
        }
        check.throwIfInvalid();
        Environment given = chosen.broker().environment();
        factory.setConnectionTimeout(millis(chosen.connectTimeout()));
        factory.setChannelRpcTimeout(millis(chosen.callTimeout()));
        factory.setNetworkRecoveryInterval(chosen.recoveryInterval().toMillis());
        factory.setTopologyRecoveryFilter(new ConsumersOnly());
        try {
            Connection connection = factory.newConnection("tenfold");
            RabbitBroker broker = new RabbitBroker(given, chosen, connection);
            requireFit(broker);
            ((Recoverable) connection).addRecoveryListener(new Recovery(broker));
            return broker;
        } catch (IOException | TimeoutException failure) {
            throw new UnavailableException(
                    "RabbitMQ at " + factory.getHost() + ":" + factory.getPort() + " cannot be reached",
                    List.of(Channels.reason(failure)),
                    failure);
        }
    }

    /** The client takes zero for no limit. */
    private static int millis(Duration timeout) {
        return (int) Math.max(1, Math.min(Integer.MAX_VALUE, timeout.toMillis()));
    }

    /** Tells what a server lacks that is not RabbitMQ; closes the connection if it lacks what it is asked for. */
    private static void requireFit(RabbitBroker broker) {
        Server server = broker.server();
        if (broker.options().isQuorumQueues() && !server.isLikeRabbit()) {
            broker.close(Duration.ZERO);
            Validation check = Validation.of("broker over RabbitMQ");
            check.require(false, "quorumQueues", true, server.rule());
            check.throwIfInvalid();
        }
        List<String> lacking = server.lacks();
        if (!lacking.isEmpty()) {
            broker.given()
                    .tell(
                            Level.WARNING,
                            "broker",
                            "broker.plain",
                            server.name() + " is not RabbitMQ: it has no " + String.join(", no ", lacking)
                                    + "; what needs them is refused, and queues have no limit",
                            Map.of("server", server.name(), "lacking", lacking));
        }
    }

    /** The client makes consumers anew; the rest is declared by {@link Recovery}, which knows it better. */
    private static final class ConsumersOnly implements TopologyRecoveryFilter {

        @Override
        public boolean filterExchange(RecordedExchange exchange) {
            return false;
        }

        @Override
        public boolean filterQueue(RecordedQueue queue) {
            return false;
        }

        @Override
        public boolean filterBinding(RecordedBinding binding) {
            return false;
        }
    }

    /** Has everything declared again before the consumers are. */
    private record Recovery(RabbitBroker broker) implements RecoveryListener {

        @Override
        public void handleRecoveryStarted(Recoverable connection) {
            broker.waits().forget();
        }

        @Override
        public void handleTopologyRecoveryStarted(Recoverable recovering) {
            broker.redeclare();
        }

        @Override
        public void handleRecovery(Recoverable recovered) {
            broker.given().tell(Level.INFO, "broker", "broker.reconnected", "connected to RabbitMQ again", Map.of());
        }
    }
}
