package dev.tenfold.benchmarks.whole;

import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.observe.Observer;
import dev.tenfold.queue.Broker;
import dev.tenfold.queue.Confirm;
import dev.tenfold.queue.Exchange;
import dev.tenfold.queue.Message;
import dev.tenfold.queue.Queue;
import dev.tenfold.retry.Backoff;
import dev.tenfold.testing.SimulatedWorld;
import dev.tenfold.testing.SimulatedWorld.Clock;
import dev.tenfold.time.Chance;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The broker's machine, and a consumer that fails now and then. What was confirmed and not consumed is on its disk: after a
 * crash the broker begins with that, as {@code Broker.durable} does.
 */
final class BrokerHost {

    static final String PLACE = "broker";
    static final String ROUTING_KEY = "number.changed";
    private static final Duration RETRY = Duration.ofMillis(50);

    private final SimulatedWorld world;
    private final Network network;
    private final Random random;
    private final History history;
    private final Clock clock;
    private final TreeMap<Long, String> disk = new TreeMap<>();
    private long lastOnDisk;
    private int incarnation;
    private @Nullable Broker broker;
    private @Nullable Exchange<String> exchange;

    BrokerHost(SimulatedWorld world, Network network, Random random, History history) {
        this.world = world;
        this.network = network;
        this.random = random;
        this.history = history;
        this.clock = world.clock(0, 1);
        start();
    }

    void start() {
        int mine = ++incarnation;
        Broker fresh = Broker.builder()
                .time(clock)
                .scheduler(clock)
                .executor(task -> world.schedule(0, () -> {
                    if (incarnation == mine) {
                        task.run();
                    }
                }))
                .random(Chance.seeded(random.nextLong()))
                .observer(Observer.none())
                .inMemory();
        Exchange<String> changes = fresh.topicExchange("changes", String.class);
        Queue<String> mail = fresh.queue(
                "mail",
                String.class,
                options -> options.retry(Backoff.fixed(RETRY).attempts(1_000_000)));
        changes.bind(mail, "number.*");
        mail.consume(4, delivery -> consume(mine, delivery.body()));
        broker = fresh;
        exchange = changes;
        List.copyOf(disk.values()).forEach(body -> publishHere(changes, body));
    }

    private static void publishHere(Exchange<String> to, String body) {
        CompletableFuture<Confirm> confirm = to.publish(ROUTING_KEY, body).toCompletableFuture();
        if (!confirm.isDone() || confirm.isCompletedExceptionally()) {
            throw new AssertionError("a broker in memory confirms at once (expected: " + body + " to be confirmed)");
        }
    }

    private void consume(int by, String body) throws InterruptedException {
        clock.sleep(network.delay());
        if (by != incarnation) {
            throw new IllegalStateException("the broker is gone");
        }
        if (random.nextInt(10) == 0) {
            throw new IllegalStateException("the consumer failed");
        }
        history.announce(Long.parseLong(body));
        disk.values().remove(body);
    }

    void crash() {
        incarnation++;
        broker = null;
        exchange = null;
    }

    boolean isUp() {
        return broker != null;
    }

    /** The exchange as a process reaches it: what it confirmed is on the disk, and a confirm may be lost. */
    @SuppressWarnings("unchecked") // a proxy of Exchange<String>
    Exchange<String> reached(Clock from, String process) {
        return (Exchange<String>) Proxy.newProxyInstance(
                BrokerHost.class.getClassLoader(), new Class<?>[] {Exchange.class}, (self, method, arguments) -> {
                    if (method.getName().equals("publish") && arguments.length == 2) {
                        return publish(from, process, ((Message<String>) arguments[1]).body());
                    }
                    throw new UnsupportedOperationException(method.toString());
                });
    }

    CompletionStage<Confirm> publish(Clock from, String process, String body) {
        if (!network.cross(from, process, PLACE)) {
            return CompletableFuture.failedStage(new UnavailableException("no route to the broker", List.of(), null));
        }
        Exchange<String> there = exchange;
        if (there == null) {
            return CompletableFuture.failedStage(new UnavailableException("the broker refuses", List.of(), null));
        }
        disk.put(++lastOnDisk, body);
        CompletionStage<Confirm> confirm = there.publish(ROUTING_KEY, body);
        return network.cross(from, PLACE, process)
                ? confirm
                : CompletableFuture.failedStage(new OutcomeUnknownException("the confirm was lost", null));
    }
}
