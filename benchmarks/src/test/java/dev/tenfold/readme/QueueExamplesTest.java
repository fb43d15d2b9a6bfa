package dev.tenfold.readme;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.Codec;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.queue.Broker;
import dev.tenfold.queue.BrokerBuilder;
import dev.tenfold.queue.Exchange;
import dev.tenfold.queue.Queue;
import dev.tenfold.queue.amqp.RabbitBroker;
import dev.tenfold.retry.Backoff;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples of the README's section on the queue, run. */
class QueueExamplesTest {

    private record OrderCreated(String id) {}

    private static final Codec<OrderCreated> JSON = Codec.of(
            order -> order.id().getBytes(StandardCharsets.UTF_8),
            bytes -> new OrderCreated(new String(bytes, StandardCharsets.UTF_8)));

    @Test
    void queue() throws InterruptedException {
        BlockingQueue<OrderCreated> sent = new LinkedBlockingQueue<>();
        // example: queue
        Broker broker = Broker.inMemory();
        Exchange<OrderCreated> orders = broker.topicExchange("orders", OrderCreated.class);
        Queue<OrderCreated> mail = broker.queue(
                "mail",
                OrderCreated.class,
                q -> q.maxLength(10_000)
                        .retry(Backoff.exponential(ofMillis(100), ofSeconds(30)).attempts(5))
                        .deadLetterTo("mail.dead"));
        orders.bind(mail, "order.*.created");
        mail.consume(8, delivery -> sent.add(delivery.body())); // return = ack, throw = retry
        orders.publish("order.eu.created", new OrderCreated("o-1"));
        // end
        assertThat(sent.poll(10, TimeUnit.SECONDS)).isEqualTo(new OrderCreated("o-1"));
        assertThat(broker.close(ofSeconds(5)).isClean()).isTrue();
    }

    @Test
    void durable(@TempDir Path folder) throws Exception {
        // example: durable
        BrokerBuilder builder = Broker.builder().codec(OrderCreated.class, JSON); // your own mapper
        Broker broker = builder.durable(folder); // a confirm means: on disk
        // end
        Exchange<OrderCreated> exchange = broker.defaultExchange(OrderCreated.class);
        broker.queue("mail", OrderCreated.class);
        exchange.publish("mail", new OrderCreated("o-1")).toCompletableFuture().get(10, TimeUnit.SECONDS);
        broker.close(ofSeconds(5));
        try (Broker again = builder.durable(folder)) {
            Queue<OrderCreated> mail = again.queue("mail", OrderCreated.class);
            assertThat(mail.browse(1).get(0).body()).isEqualTo(new OrderCreated("o-1"));
        }
    }

    /** The contract suite of brokers runs on a real one; here nobody listens. */
    @Test
    void rabbit() {
        BrokerBuilder builder = Broker.builder().codec(OrderCreated.class, JSON);
        String uri = "amqp://guest:guest@127.0.0.1:1";
        assertThatThrownBy(() -> {
                    // example: rabbit
                    Broker broker = RabbitBroker.connect(uri, options -> options.broker(builder));
                    // end
                    broker.close();
                })
                .isInstanceOf(UnavailableException.class);
    }
}
