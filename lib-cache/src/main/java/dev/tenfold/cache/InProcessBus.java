package dev.tenfold.cache;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;

/** Hands each message to every subscriber on the publishing thread; nothing can be lost. */
final class InProcessBus<K> implements InvalidationBus<K> {

    private final List<Listening<K>> subscriptions = new CopyOnWriteArrayList<>();

    @Override
    public CompletionStage<?> publish(Message<K> message) {
        subscriptions.forEach(each -> each.subscriber.received(message));
        return CompletableFuture.completedStage(message);
    }

    @Override
    public Subscription subscribe(Subscriber<K> subscriber) {
        Listening<K> one = new Listening<>(subscriber);
        subscriptions.add(one);
        return () -> subscriptions.remove(one);
    }

    /** Compared by identity: one subscriber may subscribe twice. */
    private static final class Listening<K> {
        final Subscriber<K> subscriber;

        Listening(Subscriber<K> subscriber) {
            this.subscriber = subscriber;
        }
    }
}
