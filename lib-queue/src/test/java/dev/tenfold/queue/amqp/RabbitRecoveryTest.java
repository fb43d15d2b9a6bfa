package dev.tenfold.queue.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.observe.Observer;
import dev.tenfold.queue.Broker;
import dev.tenfold.queue.Confirm;
import dev.tenfold.queue.Consumer;
import dev.tenfold.queue.Exchange;
import dev.tenfold.queue.Message;
import dev.tenfold.queue.Queue;
import dev.tenfold.testing.Await;
import dev.tenfold.testing.TcpRelay;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** A connection that breaks while messages flow, and what RabbitMQ has no place for. */
@Timeout(60)
@EnabledIfEnvironmentVariable(
        named = "TENFOLD_RABBITMQ",
        matches = "amqps?://.+",
        disabledReason = "TENFOLD_RABBITMQ names no RabbitMQ")
final class RabbitRecoveryTest {

    private final String prefix = "recovery-" + ProcessHandle.current().pid() + "-";

    private static void await(BooleanSupplier condition) {
        Await.until("what the test waits for", condition::getAsBoolean);
    }

    private static Broker connect(String uri) {
        return RabbitBroker.connect(
                uri,
                options -> options.recoveryInterval(Duration.ofMillis(50))
                        .broker(Broker.builder().observer(Observer.none())));
    }

    /** What was confirmed is handled, once the connection is back, and nobody has to start anything again. */
    @Test
    void losesNothingThatWasConfirmedWhenTheConnectionBreaks() throws Exception {
        URI uri = URI.create(System.getenv("TENFOLD_RABBITMQ"));
        int port = uri.getPort() < 0 ? 5672 : uri.getPort();
        Set<String> handled = ConcurrentHashMap.newKeySet();
        List<String> confirmed = new ArrayList<>();
        int unknown = 0;
        try (TcpRelay relay = TcpRelay.to(new InetSocketAddress(uri.getHost(), port));
                Broker broker = connect("amqp://" + uri.getUserInfo() + "@127.0.0.1:" + relay.port())) {
            Exchange<String> exchange = broker.directExchange(prefix + "x", String.class);
            Queue<String> queue = broker.queue(prefix + "q", String.class);
            exchange.bind(queue, "k");
            Consumer consumer = queue.consume(10, delivery -> handled.add(delivery.body()));
            for (int i = 0; i < 300; i++) {
                if (i % 100 == 50) {
                    relay.disconnect();
                }
                CompletionStage<Confirm> confirm = exchange.publish("k", "m" + i);
                try {
                    confirm.toCompletableFuture().get(20, TimeUnit.SECONDS);
                    confirmed.add("m" + i);
                } catch (ExecutionException failure) {
                    unknown++;
                    TimeUnit.MILLISECONDS.sleep(20);
                }
            }
            assertThat(unknown).isPositive();
            assertThat(confirmed).hasSizeGreaterThan(100);
            await(() -> handled.containsAll(confirmed));
            consumer.close();
            queue.delete();
            exchange.delete();
        }
    }

    @Test
    void saysWhatRabbitMqCannotDo() {
        try (Broker broker = connect(System.getenv("TENFOLD_RABBITMQ"))) {
            assertThatThrownBy(() -> broker.queue(
                            prefix + "d",
                            String.class,
                            options ->
                                    options.deduplicate(Duration.ofSeconds(1)).deliveryLimit(3)))
                    .isInstanceOf(InvalidConfigurationException.class)
                    .hasMessageContaining("deduplicate")
                    .hasMessageContaining("quorumQueues");
            Queue<String> queue = broker.temporaryQueue(String.class);
            assertThatThrownBy(() -> queue.browse(1)).isInstanceOf(UnsupportedOperationException.class);
            queue.delete();
            assertThatThrownBy(() -> broker.queue(prefix + "o", StringBuilder.class))
                    .hasMessageContaining("codec");
        }
    }

    @Test
    void countsDeliveriesOnQuorumQueues() throws Exception {
        try (Broker broker = RabbitBroker.connect(
                System.getenv("TENFOLD_RABBITMQ"),
                options -> options.quorumQueues(true).broker(Broker.builder().observer(Observer.none())))) {
            Queue<String> queue = broker.queue(prefix + "quorum", String.class, options -> options.deliveryLimit(2));
            broker.defaultExchange(String.class)
                    .publish(queue.name(), Message.of("m"))
                    .toCompletableFuture()
                    .get(20, TimeUnit.SECONDS);
            for (int count = 0; count < 3; count++) {
                int expected = count;
                await(() -> queue.poll()
                        .map(delivery -> {
                            assertThat(delivery.deliveryCount()).isEqualTo(expected);
                            delivery.nack(true);
                            return true;
                        })
                        .orElse(false));
            }
            await(() -> queue.inspect().ready() == 0);
            assertThat(queue.poll()).isEmpty();
            queue.delete();
        }
    }

    @Test
    void refusesWhatCannotBeReached() {
        assertThatThrownBy(() -> RabbitBroker.connect("amqp://127.0.0.1:1")).isInstanceOf(UnavailableException.class);
        assertThatThrownBy(() -> RabbitBroker.connect("http://x", options -> options.maximumUnconfirmed(0)))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("http://x")
                .hasMessageContaining("maximumUnconfirmed");
    }
}
