package dev.tenfold.queue;

import dev.tenfold.observe.Event;
import dev.tenfold.queue.log.QueueLog;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.time.Chance;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.UnaryOperator;

/** A broker whose time stands still until a test moves it and whose handlers run on the publishing thread. */
final class Bench {

    final SimulatedTime time = new SimulatedTime();
    final List<Event> events = Collections.synchronizedList(new ArrayList<>());
    final Broker broker;
    final Exchange<String> direct;

    Bench() {
        this(builder -> builder);
    }

    /** With something else than usual. */
    Bench(UnaryOperator<BrokerBuilder> options) {
        this(options, QueueLog.NONE);
    }

    /** With a log. */
    Bench(UnaryOperator<BrokerBuilder> options, QueueLog log) {
        BrokerBuilder builder = Broker.builder()
                .time(time)
                .scheduler(time)
                .random(Chance.seeded(1))
                .observer(events::add)
                .executor(Runnable::run);
        broker = new MemoryBroker(options.apply(builder).environment(), log);
        direct = broker.defaultExchange(String.class);
    }

    /** Publishes straight to a queue and returns what came of it. */
    Confirm send(Queue<String> queue, String body) {
        return now(direct.publish(queue.name(), body));
    }

    /** Returns why a queue refused, or null. */
    String refusal(Queue<String> queue, String body) {
        try {
            send(queue, body);
            return null;
        } catch (PublishRejectedException refused) {
            return refused.refusals().get(queue.name());
        }
    }

    List<String> kinds() {
        return events.stream().map(Event::kind).toList();
    }

    static <T> T now(java.util.concurrent.CompletionStage<T> stage) {
        CompletableFuture<T> future = stage.toCompletableFuture();
        try {
            return future.getNow(null);
        } catch (CompletionException failed) {
            throw (RuntimeException) failed.getCause();
        }
    }
}
