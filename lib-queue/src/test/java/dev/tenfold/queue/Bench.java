package dev.tenfold.queue;

import dev.tenfold.observe.Event;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.time.Chance;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** A broker whose time stands still until a test moves it and whose handlers run on the publishing thread. */
final class Bench {

    final SimulatedTime time = new SimulatedTime();
    final List<Event> events = Collections.synchronizedList(new ArrayList<>());
    final Broker broker = Broker.builder()
            .time(time)
            .scheduler(time)
            .random(Chance.seeded(1))
            .observer(events::add)
            .executor(Runnable::run)
            .inMemory();
    final Exchange<String> direct = broker.defaultExchange(String.class);

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
