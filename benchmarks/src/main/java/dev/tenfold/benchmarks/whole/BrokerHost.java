package dev.tenfold.benchmarks.whole;

import dev.tenfold.benchmarks.whole.WholeSystem.Guard;
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
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The broker's machine with a durable broker, and a consumer that fails now and then. A crash leaves the files of the journal
 * as they are at that moment, and the broker opens them again.
 *
 * <p>The journal writes real files on a thread of its own. Whoever needs what it does waits for it in real time, during which
 * nothing else goes on in the world: so every run comes out the same.
 */
final class BrokerHost implements AutoCloseable {

    static final String PLACE = "broker";
    static final String ROUTING_KEY = "number.changed";
    private static final Duration RETRY = Duration.ofMillis(50);
    private static final String MARK = "mark";
    private static final Path MEMORY = Path.of("/dev/shm");

    private final WholeSystem system;
    private final SimulatedWorld world;
    private final Network network;
    private final Random random;
    private final LongConsumer consumed;
    private final Clock clock;
    private final List<Path> folders = new ArrayList<>();
    private int incarnation;
    private @Nullable Broker broker;
    private @Nullable Exchange<String> exchange;
    /** How many messages were confirmed and not yet acknowledged. */
    private int outstanding;

    int crashes;
    /** How many messages it found in its files when it came back. */
    int recovered;

    BrokerHost(WholeSystem system, LongConsumer consumed) {
        this.system = system;
        this.world = system.world;
        this.network = system.network;
        this.random = system.random;
        this.consumed = consumed;
        this.clock = world.clock(0, 1);
        folders.add(folder());
        start();
    }

    /** A folder in memory where there is one: the journal forces what it writes, and a disk would be most of the time. */
    private static Path folder() {
        try {
            return Files.isWritable(MEMORY)
                    ? Files.createTempDirectory(MEMORY, "tenfold-whole")
                    : Files.createTempDirectory("tenfold-whole");
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
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
                .durable(folders.get(folders.size() - 1), journal -> journal.segmentSize(32 << 10));
        Exchange<String> changes = fresh.topicExchange("changes", String.class);
        Queue<String> mail = mail(fresh);
        int found = mail.inspect().messages();
        recovered += found;
        system.require(
                Promise.JOURNAL,
                found == outstanding,
                () -> "the broker comes back with " + found + " messages of " + outstanding);
        changes.bind(mail, "number.*");
        mail.consume(4, delivery -> consume(mine, delivery.body()));
        broker = fresh;
        exchange = changes;
    }

    private static Queue<String> mail(Broker of) {
        return of.queue(
                "mail",
                String.class,
                options -> options.retry(Backoff.fixed(RETRY).attempts(1_000_000)));
    }

    private void consume(int by, String body) throws InterruptedException {
        system.note(() -> "the consumer begins with " + body);
        clock.sleep(network.delay() + (random.nextInt(5) == 0 ? random.nextInt(150) * Network.MILLI : 0));
        if (by != incarnation) {
            throw new IllegalStateException("the broker is gone");
        }
        if (random.nextInt(10) == 0) {
            system.note(() -> "the consumer fails at " + body);
            throw new IllegalStateException("the consumer failed");
        }
        outstanding--;
        system.note(() -> "the consumer has " + body);
        consumed.accept(Long.parseLong(body));
    }

    /** Keeps the files as they are and nothing else. What a consumer was at is not acknowledged in them. */
    void crash() {
        Broker gone = Objects.requireNonNull(broker);
        incarnation++;
        crashes++;
        broker = null;
        exchange = null;
        // So that what has been written before is in the files, and the run is the same each time.
        gone.queue(MARK, String.class);
        written(gone.defaultExchange(String.class).publish(MARK, "crash " + crashes));
        Path left = folders.get(folders.size() - 1);
        Path copy = folder();
        folders.add(copy);
        if (system.has(Guard.JOURNAL)) {
            copy(left, copy);
        }
        gone.close(Duration.ZERO);
    }

    boolean isUp() {
        return broker != null;
    }

    /** The exchange as a process reaches it: a confirm may be lost. */
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
        Confirm confirm = written(there.publish(ROUTING_KEY, body));
        outstanding++;
        return network.cross(from, PLACE, process)
                ? CompletableFuture.completedStage(confirm)
                : CompletableFuture.failedStage(new OutcomeUnknownException("the confirm was lost", null));
    }

    /** Waits for the journal, in real time. */
    private static Confirm written(CompletionStage<Confirm> confirm) {
        try {
            return confirm.toCompletableFuture().join();
        } catch (CompletionException refused) {
            throw new AssertionError("a broker with room on its disk confirms", refused);
        }
    }

    @Override
    public String toString() {
        Broker open = broker;
        return open == null
                ? "the broker is down"
                : outstanding + " messages to be consumed in " + mail(open).inspect();
    }

    private static void copy(Path from, Path to) {
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    @Override
    public void close() {
        Broker open = broker;
        broker = null;
        if (open != null) {
            open.close(Duration.ZERO);
        }
        for (Path folder : folders) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }
    }
}
