package dev.tenfold.benchmarks.durable;

import dev.tenfold.observe.Observer;
import dev.tenfold.queue.Broker;
import dev.tenfold.queue.Exchange;
import dev.tenfold.queue.Queue;
import java.nio.file.Path;
import java.time.Duration;

/** A whole broker: routing, a queue, the confirm, and a consumer that acknowledges meanwhile. */
final class TenfoldConfirms implements ConfirmingLog {

    private final Broker broker;
    private final Exchange<byte[]> exchange;

    TenfoldConfirms(Path folder) {
        broker = Broker.builder().observer(Observer.none()).durable(folder);
        exchange = broker.directExchange("confirms", byte[].class);
        Queue<byte[]> queue = broker.queue("confirms", byte[].class, q -> q.maxLength(1_000_000));
        exchange.bind(queue, "key");
        queue.consume(100, delivery -> {});
    }

    @Override
    public String name() {
        return "Tenfold, durable broker with a consumer";
    }

    @Override
    public void write(byte[] message) {
        exchange.publish("key", message).toCompletableFuture().join();
    }

    @Override
    public void close() {
        broker.close(Duration.ofSeconds(10));
    }
}
