package dev.tenfold.benchmarks.queue;

import dev.tenfold.observe.Observer;
import dev.tenfold.queue.Broker;
import dev.tenfold.queue.Exchange;
import dev.tenfold.queue.Queue;
import dev.tenfold.queue.QueueOptions.Overflow;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Tenfold's broker in memory: one exchange, one bounded queue that blocks, competing consumers. */
class TenfoldBroker implements Contender {

    private static final String EXCHANGE = "orders";
    private static final String KEY = "order.eu.placed";
    static final int PREFETCH = 250;

    /** How messages are routed and settled. */
    private final Exchange.Kind kind;

    private final boolean manual;

    /** Acknowledges by outcome. */
    TenfoldBroker() {
        this(Exchange.Kind.DIRECT, false);
    }

    private TenfoldBroker(Exchange.Kind kind, boolean manual) {
        this.kind = kind;
        this.manual = manual;
    }

    /** Routes by pattern. */
    static final class ByTopic extends TenfoldBroker {
        ByTopic() {
            super(Exchange.Kind.TOPIC, false);
        }
    }

    /** Acknowledges each delivery by a call. */
    static final class Manual extends TenfoldBroker {
        Manual() {
            super(Exchange.Kind.DIRECT, true);
        }
    }

    @Override
    public String name() {
        return "Tenfold" + (kind == Exchange.Kind.TOPIC ? ", topic" : "") + (manual ? ", manual ack" : "");
    }

    @Override
    public String path() {
        return kind.name().toLowerCase(Locale.ROOT) + " exchange, confirm, limit that blocks, ack "
                + (manual ? "of each by a call" : "of each by outcome") + ", prefetch " + PREFETCH;
    }

    @Override
    public boolean isBounded() {
        return true;
    }

    @Override
    public Session open(Shape shape, Receipts receipts) {
        ExecutorService threads = Executors.newFixedThreadPool(shape.consumers());
        Broker broker =
                Broker.builder().executor(threads).observer(Observer.none()).inMemory();
        Exchange<byte[]> exchange = broker.exchange(kind, EXCHANGE, byte[].class, options -> options);
        Queue<byte[]> queue = broker.queue(
                "orders",
                byte[].class,
                q -> q.maxLength(Load.WINDOW).overflow(Overflow.BLOCK).blockTimeout(Duration.ofMinutes(1)));
        exchange.bind(queue, kind == Exchange.Kind.TOPIC ? "order.*.placed" : KEY);
        for (int i = 0; i < shape.consumers(); i++) {
            if (manual) {
                queue.consumeManually(PREFETCH, delivery -> {
                    receipts.handled(delivery.body());
                    var unused = delivery.ack();
                });
            } else {
                queue.consume(PREFETCH, delivery -> receipts.handled(delivery.body()));
            }
        }
        return new Session() {
            @Override
            public Sender sender() {
                return message -> {
                    var unused = exchange.publish(KEY, message);
                };
            }

            @Override
            public void close() {
                broker.close(Duration.ofSeconds(10));
                threads.shutdownNow();
            }
        };
    }
}
