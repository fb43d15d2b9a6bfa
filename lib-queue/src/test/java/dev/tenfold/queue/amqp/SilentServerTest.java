package dev.tenfold.queue.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.UnavailableException;
import dev.tenfold.observe.Observer;
import dev.tenfold.queue.Broker;
import dev.tenfold.queue.Consumer;
import dev.tenfold.queue.Queue;
import dev.tenfold.testing.TcpRelay;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server that does not answer any more, while the connection stands. Without a limit, each of these waits ten minutes. */
@Timeout(60)
final class SilentServerTest {

    private static final Duration LONG = Duration.ofMinutes(10);

    private static EmbeddedQpid qpid;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        qpid = new EmbeddedQpid(folder);
    }

    @AfterAll
    static void stop() {
        qpid.close();
    }

    private static TcpRelay relay() {
        return TcpRelay.to(URI.create(qpid.uri()).getPort());
    }

    private static Broker connect(TcpRelay relay, Duration callTimeout) {
        return RabbitBroker.connect(
                "amqp://guest:guest@127.0.0.1:" + relay.port(),
                options ->
                        options.callTimeout(callTimeout).broker(Broker.builder().observer(Observer.none())));
    }

    @Test
    void closingABrokerTakesItsDeadlineAndAMoment() {
        try (TcpRelay relay = relay()) {
            Broker broker = connect(relay, LONG);
            broker.queue("one", String.class).consume(1, delivery -> {});
            broker.queue("two", String.class).consume(1, delivery -> {});
            relay.swallow(true);
            long began = System.nanoTime();
            broker.close(Duration.ofMillis(200));
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(20));
        }
    }

    @Test
    void closingAConsumerTakesNoLongerThanACallMay() {
        try (TcpRelay relay = relay();
                Broker broker = connect(relay, Duration.ofMillis(500))) {
            Queue<String> queue = broker.queue("three", String.class);
            Consumer consumer = queue.consume(1, delivery -> {});
            relay.swallow(true);
            consumer.close();
            assertThat(consumer.isOpen()).isFalse();
            assertThatThrownBy(() -> broker.queue("four", String.class)).isInstanceOf(UnavailableException.class);
            broker.close(Duration.ZERO);
        }
    }
}
