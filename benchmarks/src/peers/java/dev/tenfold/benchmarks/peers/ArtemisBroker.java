package dev.tenfold.benchmarks.peers;

import dev.tenfold.benchmarks.queue.Contender;
import dev.tenfold.benchmarks.queue.Receipts;
import dev.tenfold.benchmarks.queue.Shape;
import java.io.IOException;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.QueueConfiguration;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.api.core.client.ActiveMQClient;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientProducer;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.activemq.artemis.api.core.client.ClientSessionFactory;
import org.apache.activemq.artemis.api.core.client.ServerLocator;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;

/**
 * ActiveMQ Artemis embedded, over its connector within the process and its own client, with the least effort: nothing is kept,
 * sends are not confirmed, acknowledgements travel in batches of the default size.
 */
public final class ArtemisBroker implements Contender {

    private static final String URL = "vm://0";
    private static final String ADDRESS = "orders";

    ArtemisBroker() {}

    @Override
    public String name() {
        return "Artemis in-VM";
    }

    @Override
    public String path() {
        return "address to a queue, within the process, acks in batches, no confirm, no limit";
    }

    @Override
    public boolean isBounded() {
        return false;
    }

    @Override
    public Session open(Shape shape, Receipts receipts) throws Exception {
        Configuration configuration = new ConfigurationImpl()
                .setPersistenceEnabled(false)
                .setSecurityEnabled(false)
                .addAcceptorConfiguration("vm", URL);
        EmbeddedActiveMQ server = new EmbeddedActiveMQ().setConfiguration(configuration);
        server.start();
        ServerLocator locator = ActiveMQClient.createServerLocator(URL);
        ClientSessionFactory factory = locator.createSessionFactory();
        ClientSession declaring = factory.createSession();
        declaring.createQueue(QueueConfiguration.of(ADDRESS)
                .setAddress(ADDRESS)
                .setRoutingType(RoutingType.ANYCAST)
                .setDurable(false));
        for (int i = 0; i < shape.consumers(); i++) {
            ClientSession session = factory.createSession(true, true);
            session.createConsumer(ADDRESS).setMessageHandler(message -> {
                receipts.handled(message.getBodyBuffer().readLong());
                acknowledge(message);
            });
            session.start();
        }
        return new Session() {
            @Override
            public Sender sender() throws Exception {
                ClientSession session = factory.createSession(true, true);
                ClientProducer producer = session.createProducer(ADDRESS);
                return body -> {
                    ClientMessage message = session.createMessage(false);
                    message.getBodyBuffer().writeBytes(body);
                    producer.send(message);
                };
            }

            @Override
            public void close() throws IOException {
                factory.close();
                locator.close();
                try {
                    server.stop();
                } catch (Exception failure) {
                    throw new IOException("the broker does not stop", failure);
                }
            }
        };
    }

    private static void acknowledge(ClientMessage message) {
        try {
            message.acknowledge();
        } catch (ActiveMQException failure) {
            throw new IllegalStateException("a message cannot be acknowledged", failure);
        }
    }
}
