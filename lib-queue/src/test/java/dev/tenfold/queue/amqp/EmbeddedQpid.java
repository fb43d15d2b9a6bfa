package dev.tenfold.queue.amqp;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.qpid.server.SystemLauncher;
import org.apache.qpid.server.SystemLauncherListener.DefaultSystemLauncherListener;
import org.apache.qpid.server.model.Broker;
import org.apache.qpid.server.model.SystemConfig;

/** Qpid Broker-J in this process, on a free loopback port, with its messages in memory: AMQP 0-9-1 that is not RabbitMQ. */
final class EmbeddedQpid implements AutoCloseable {

    private static final String CONFIGURATION = """
            {
              "name": "embedded",
              "modelVersion": "9.1",
              "authenticationproviders": [{
                "name": "plain", "type": "Plain", "secureOnlyMechanisms": [],
                "users": [{"name": "guest", "type": "managed", "password": "guest"}]
              }],
              "ports": [{
                "name": "AMQP", "port": "0", "bindingAddress": "127.0.0.1", "protocols": ["AMQP_0_9_1"],
                "authenticationProvider": "plain",
                "virtualhostaliases": [{"name": "nameAlias", "type": "nameAlias"}, {"name": "defaultAlias", "type": "defaultAlias"}]
              }],
              "virtualhostnodes": [{
                "name": "default", "type": "Memory", "defaultVirtualHostNode": "true",
                "virtualHostInitialConfiguration": "{\\"type\\": \\"Memory\\"}"
              }]
            }
            """;

    private final SystemLauncher launcher;
    private final int port;

    EmbeddedQpid(Path folder) throws Exception {
        // It tells everything it does, and its loggers ask for their level once.
        System.setProperty("org.slf4j.simpleLogger.log.qpid", "error");
        System.setProperty("org.slf4j.simpleLogger.log.org.apache.qpid", "error");
        Path configuration = Files.writeString(folder.resolve("qpid.json"), CONFIGURATION, StandardCharsets.UTF_8);
        AtomicReference<SystemConfig<?>> system = new AtomicReference<>();
        launcher = new SystemLauncher(new DefaultSystemLauncherListener() {
            @Override
            public void onContainerResolve(SystemConfig<?> systemConfig) {
                system.set(systemConfig);
            }
        });
        launcher.startup(Map.of(
                SystemConfig.TYPE,
                "Memory",
                SystemConfig.INITIAL_CONFIGURATION_LOCATION,
                location(configuration),
                SystemConfig.STARTUP_LOGGED_TO_SYSTEM_OUT,
                false,
                SystemConfig.CONTEXT,
                Map.of("qpid.work_dir", folder.toString())));
        @SuppressWarnings("unchecked") // a class has no type argument
        Broker<?> broker = (Broker<?>) system.get().getContainer(Broker.class);
        port = broker.getPorts().iterator().next().getBoundPort();
    }

    private static String location(Path file) {
        try {
            return file.toUri().toURL().toExternalForm();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    String uri() {
        return "amqp://guest:guest@127.0.0.1:" + port;
    }

    @Override
    public void close() {
        launcher.shutdown();
    }
}
