package dev.tenfold.benchmarks.peers;

import com.rabbitmq.client.ConnectionFactory;
import dev.tenfold.benchmarks.queue.AmqpClient;
import dev.tenfold.benchmarks.queue.Contender;
import dev.tenfold.benchmarks.queue.Receipts;
import dev.tenfold.benchmarks.queue.Shape;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.qpid.server.SystemLauncher;
import org.apache.qpid.server.model.SystemConfig;

/** Qpid Broker-J embedded, in memory, over a socket and RabbitMQ's Java client. */
public final class QpidBroker implements Contender {

    private static final String CONFIGURATION = """
            {
              "name": "benchmark",
              "modelVersion": "8.0",
              "authenticationproviders": [{
                "name": "plain", "type": "Plain", "secureOnlyMechanisms": [],
                "users": [{"name": "guest", "type": "managed", "password": "guest"}]
              }],
              "ports": [{
                "name": "AMQP", "port": %d, "bindingAddress": "127.0.0.1", "protocols": ["AMQP_0_9_1"],
                "authenticationProvider": "plain",
                "virtualhostaliases": [{"name": "default", "type": "defaultAlias"}]
              }],
              "virtualhostnodes": [{
                "name": "default", "type": "Memory", "defaultVirtualHostNode": "true",
                "virtualHostInitialConfiguration": "{\\"type\\": \\"Memory\\"}"
              }]
            }
            """;

    QpidBroker() {}

    @Override
    public String name() {
        return "Qpid Broker-J";
    }

    @Override
    public String path() {
        return AmqpClient.PATH;
    }

    @Override
    public boolean isBounded() {
        return false;
    }

    @Override
    public Session open(Shape shape, Receipts receipts) throws Exception {
        int port = freePort();
        Path configuration = Files.createTempFile("qpid", ".json");
        Files.writeString(configuration, CONFIGURATION.formatted(port));
        SystemLauncher launcher = new SystemLauncher();
        launcher.startup(Map.of(
                SystemConfig.TYPE,
                "Memory",
                SystemConfig.INITIAL_CONFIGURATION_LOCATION,
                configuration.toUri().toString(),
                SystemConfig.STARTUP_LOGGED_TO_SYSTEM_OUT,
                false));
        Files.delete(configuration);
        ConnectionFactory factory = new ConnectionFactory();
        factory.setHost("127.0.0.1");
        factory.setPort(port);
        AmqpClient client = new AmqpClient(factory, shape, receipts, () -> 0);
        return new Session() {
            @Override
            public Sender sender() throws IOException {
                return client.sender();
            }

            @Override
            public void close() throws IOException {
                client.close();
                launcher.shutdown();
            }
        };
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
