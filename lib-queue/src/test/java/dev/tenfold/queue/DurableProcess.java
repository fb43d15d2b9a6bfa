package dev.tenfold.queue;

import dev.tenfold.retry.Backoff;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/**
 * A process with a durable broker under load, to be killed. It says what it does, line by line, see {@link
 * DeliveryLedger}; what it said stays in the pipe when it dies.
 */
final class DurableProcess {

    static final String WORK = "work";
    static final String COPY = "copy";
    static final String DEAD = "work.dead";
    static final String AUDIT = "audit";

    /** What becomes of a message in the first queue. */
    enum Fate {
        ACK,
        REJECT,
        FAIL,
        PASS_ON
    }

    private final OutputStream out = new FileOutputStream(FileDescriptor.out);
    private final Broker broker;
    private final Exchange<String> orders;
    private final Exchange<String> passedOn;
    private final List<Queue<String>> queues;

    private DurableProcess(Path folder, ExecutorService handlers) {
        broker = Broker.builder()
                .executor(handlers)
                .observer(event -> {
                    boolean expected =
                            event.kind().startsWith("message.") || event.kind().startsWith("queue.");
                    if (event.level().getSeverity() >= Level.ERROR.getSeverity() && !expected) {
                        say("E " + event.kind() + " " + event.message());
                    }
                })
                .durable(folder, journal -> journal.segmentSize(256 << 10));
        Queue<String> work = broker.queue(
                WORK,
                String.class,
                q -> q.maxLength(200_000)
                        .retry(Backoff.exponential(Duration.ofMillis(1), Duration.ofMillis(50))
                                .attempts(3))
                        .deadLetterTo(DEAD));
        Queue<String> copy = broker.queue(COPY, String.class, q -> q.maxLength(200_000));
        Queue<String> dead = broker.queue(DEAD, String.class, q -> q.maxLength(200_000));
        Queue<String> audit = broker.queue(AUDIT, String.class, q -> q.maxLength(200_000));
        queues = List.of(work, copy, dead, audit);
        orders = broker.topicExchange("orders", String.class);
        orders.bind(work, "order.#");
        orders.bind(copy, "order.*");
        passedOn = broker.directExchange("audits", String.class);
        passedOn.bind(audit, "audit");
    }

    /** By the number, so that the ledger knows it too. */
    static Fate fate(long id) {
        return switch ((int) (id % 10)) {
            case 0 -> Fate.REJECT;
            case 1 -> Fate.FAIL;
            case 2, 3 -> Fate.PASS_ON;
            default -> Fate.ACK;
        };
    }

    private void say(String line) {
        // One write each, so that a line is in the pipe whole or not at all.
        try {
            out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException closed) {
            throw new UncheckedIOException(closed);
        }
    }

    private void consume() {
        queues.get(0).consumeManually(50, this::work);
        queues.get(1).consume(50, delivery -> say("D " + COPY + " " + delivery.body()));
        for (Queue<String> plain : queues.subList(2, 4)) {
            plain.consumeManually(50, delivery -> {
                say("D " + plain.name() + " " + delivery.body());
                acknowledged(delivery.ack(), plain.name(), delivery.body());
            });
        }
    }

    private void work(Delivery<String> delivery) {
        String id = delivery.body();
        say("D " + WORK + " " + id);
        switch (fate(Long.parseLong(id))) {
            case ACK -> acknowledged(delivery.ack(), WORK, id);
            case REJECT -> acknowledged(delivery.reject(), WORK, id);
            case FAIL -> delivery.fail(new IllegalStateException("as it should"));
            case PASS_ON -> {
                Transaction transaction = broker.transaction();
                transaction.publish(passedOn, "audit", id);
                transaction.ack(delivery);
                acknowledged(transaction.commit(), WORK, id);
            }
        }
    }

    private void acknowledged(CompletionStage<Void> stage, String queue, String id) {
        stage.whenComplete((done, failure) -> {
            if (failure == null) {
                say("A " + queue + " " + id);
            }
        });
    }

    /** Publishes for ever; {@code inFlight} at a time. */
    private void publish(long first, int inFlight) {
        Semaphore window = new Semaphore(inFlight);
        for (long id = first; ; id++) {
            String body = Long.toString(id);
            window.acquireUninterruptibly();
            say("P " + body);
            orders.publish("order.eu", body).whenComplete((confirm, failure) -> {
                if (failure == null) {
                    say("C " + body);
                }
                window.release();
            });
        }
    }

    /** Returns when everything was consumed. */
    private void drain() throws InterruptedException {
        for (int quiet = 0; quiet < 5; ) {
            Thread.sleep(50);
            long left = queues.stream()
                    .map(Queue::inspect)
                    .mapToLong(state -> state.messages())
                    .sum();
            quiet = left == 0 ? quiet + 1 : 0;
        }
    }

    /** Arguments: a folder, the first number to publish, or 0 to consume what is left and end. */
    public static void main(String[] arguments) throws InterruptedException {
        ExecutorService handlers = Executors.newFixedThreadPool(4, task -> {
            Thread thread = new Thread(task);
            thread.setDaemon(true);
            return thread;
        });
        DurableProcess process = new DurableProcess(Path.of(arguments[0]), handlers);
        long first = Long.parseLong(arguments[1]);
        process.consume();
        if (first == 0) {
            process.drain();
            process.broker.close();
            return;
        }
        for (int i = 0; i < 3; i++) {
            long number = first + i * 1_000_000L;
            int inFlight = i == 0 ? 1 : 32;
            Thread publisher = new Thread(() -> process.publish(number, inFlight));
            publisher.start();
        }
    }
}
