package dev.tenfold.queue.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.observe.Event;
import dev.tenfold.queue.Broker;
import dev.tenfold.queue.Consumer;
import dev.tenfold.queue.Exchange;
import dev.tenfold.queue.Message;
import dev.tenfold.queue.Queue;
import dev.tenfold.queue.QueueOptions;
import dev.tenfold.retry.Backoff;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a server that is not RabbitMQ lacks is refused by name, or done here. */
@Timeout(60)
final class PlainServerTest {

    private static EmbeddedQpid qpid;

    private final List<Event> events = new CopyOnWriteArrayList<>();
    private final Broker broker = connect(options -> options);

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        qpid = new EmbeddedQpid(folder);
    }

    @AfterAll
    static void stop() {
        qpid.close();
    }

    @AfterEach
    void end() {
        broker.close();
    }

    private Broker connect(UnaryOperator<RabbitOptions> change) {
        return RabbitBroker.connect(
                qpid.uri(),
                options -> change.apply(options.broker(Broker.builder().observer(events::add))));
    }

    @Test
    void saysWhoItIsAndWhatItLacks() {
        assertThat(events).anySatisfy(event -> {
            assertThat(event.kind()).isEqualTo("broker.plain");
            assertThat(event.message()).contains("Qpid", "dead letters", "bindings between exchanges");
        });
        assertThat(broker.describe()).contains("Qpid");
        assertThatThrownBy(() -> connect(options -> options.quorumQueues(true)))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("quorumQueues")
                .hasMessageContaining("Qpid");
    }

    @Test
    void refusesWhatItDoesNotKnow() {
        assertThatThrownBy(() -> broker.queue(
                        "limited",
                        String.class,
                        options -> options.maxLength(5)
                                .maxPriority(3)
                                .ttl(Duration.ofSeconds(1))
                                .overflow(QueueOptions.Overflow.DROP_HEAD)
                                .deadLetterTo("dead")
                                .singleActiveConsumer()))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("Qpid")
                .hasMessageContaining("maxLength")
                .hasMessageContaining("maxPriority")
                .hasMessageContaining("ttl")
                .hasMessageContaining("overflow")
                .hasMessageContaining("deadLetterTo")
                .hasMessageContaining("singleActiveConsumer");
        assertThatThrownBy(() ->
                        broker.exchange(Exchange.Kind.DIRECT, "x", String.class, options -> options.alternate("other")))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("alternate");
        Exchange<String> one = broker.directExchange("one", String.class);
        Exchange<String> two = broker.directExchange("two", String.class);
        assertThatThrownBy(() -> one.bind(two, "k"))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("Qpid");
        assertThatThrownBy(() -> one.publish("k", Message.of("m").delay(Duration.ofMillis(5))))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("delay");
        assertThatThrownBy(() -> one.publish("k", Message.of("m").ttl(Duration.ofMillis(5))))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("ttl");
        Queue<String> queue = broker.queue("ranked", String.class);
        assertThatThrownBy(() -> queue.consume(options -> options.priority(1), delivery -> {}))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("priority");
        queue.delete();
        one.delete();
        two.delete();
    }

    /** The message stays unsettled while it waits, and is dropped after its last attempt. */
    @Test
    void waitsForRetriesHere() throws Exception {
        Queue<String> queue = broker.queue(
                "retried",
                String.class,
                options -> options.retry(Backoff.fixed(Duration.ofMillis(20)).attempts(3)));
        BlockingQueue<String> attempts = new LinkedBlockingQueue<>();
        Consumer consumer = queue.consume(5, delivery -> {
            attempts.add(delivery.body() + delivery.attempt());
            if (delivery.body().equals("bad")) {
                throw new IllegalStateException("no");
            }
        });
        Exchange<String> exchange = broker.defaultExchange(String.class);
        exchange.publish("retried", "bad").toCompletableFuture().get(20, TimeUnit.SECONDS);
        exchange.publish("retried", Message.of("good").headers(Map.of("h", 1)))
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
        List<String> seen = new CopyOnWriteArrayList<>();
        for (int i = 0; i < 4; i++) {
            seen.add(attempts.poll(20, TimeUnit.SECONDS));
        }
        assertThat(seen).containsExactlyInAnyOrder("bad1", "bad2", "bad3", "good1");
        consumer.close();
        broker.close(Duration.ofSeconds(20));
        try (Broker next = connect(options -> options)) {
            Queue<String> left = next.queue("retried", String.class);
            assertThat(left.poll()).isEmpty();
            left.delete();
        }
    }
}
