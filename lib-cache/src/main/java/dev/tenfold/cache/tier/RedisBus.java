package dev.tenfold.cache.tier;

import dev.tenfold.Codec;
import dev.tenfold.cache.InvalidationBus;
import dev.tenfold.cache.tier.RedisLink.Live;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Hands what comes over the link to the caches that listen. Both ways a change is told are idempotent, so hearing of it twice
 * costs a look-up.
 */
final class RedisBus<K> implements InvalidationBus<K>, RedisLink.Hearer {

    /** Of what the server itself says; no cache has it, so none takes it for its own. */
    private static final String SERVER = "redis";

    private final TierKeys names;
    private final Codec<K> keys;
    private final RedisEntries<K, ?> entries;
    private final List<Listening<K>> subscribers = new CopyOnWriteArrayList<>();
    /** Orders a subscription among the changes of the link's state. */
    private final ReentrantLock telling = new ReentrantLock();

    private boolean hearing;
    private volatile @Nullable RedisLink link;

    RedisBus(RedisTierBuilder<K, ?> b, TierKeys names, RedisEntries<K, ?> entries) {
        this.names = names;
        this.keys = b.keys;
        this.entries = entries;
    }

    void over(RedisLink made) {
        link = made;
    }

    private RedisLink link() {
        return Objects.requireNonNull(link, "link");
    }

    @Override
    public CompletionStage<?> publish(Message<K> message) {
        byte[] payload = message.encode(keys);
        return link().<Long>send(live -> live.commands().publish(names.channel(), payload))
                .whenComplete((told, failure) -> {
                    if (failure != null) {
                        entries.owe(message);
                    }
                });
    }

    @Override
    public Subscription subscribe(Subscriber<K> subscriber) {
        Listening<K> one = new Listening<>(subscriber);
        telling.lock();
        try {
            subscribers.add(one);
            if (!hearing) {
                subscriber.interrupted();
            }
        } finally {
            telling.unlock();
        }
        return () -> subscribers.remove(one);
    }

    @Override
    public void invalidated(@Nullable List<byte[]> changed) {
        if (changed == null) {
            tell(new Message<>(names.cache(), SERVER, List.of(), List.of(), List.of(), true));
            return;
        }
        List<K> found = new ArrayList<>();
        for (byte[] name : changed) {
            byte[] key = names.keyOf(name);
            if (key != null) {
                found.add(keys.decode(key));
            }
        }
        if (!found.isEmpty()) {
            tell(new Message<>(names.cache(), SERVER, found, List.of(), List.of(), false));
        }
    }

    @Override
    public void message(byte[] payload) {
        Message<K> message;
        try {
            message = Message.decode(payload, names.cache(), keys);
        } catch (IllegalArgumentException foreign) {
            // Another version says that something changed, and nobody here knows what.
            link().tell(
                            "tier.message",
                            Level.WARNING,
                            "a message cannot be read, so all copies are dropped: " + foreign);
            message = new Message<>(names.cache(), SERVER, List.of(), List.of(), List.of(), true);
        }
        tell(message);
    }

    private void tell(Message<K> message) {
        telling.lock();
        try {
            subscribers.forEach(each -> each.subscriber.received(message));
        } finally {
            telling.unlock();
        }
    }

    @Override
    public void interrupted() {
        telling.lock();
        try {
            hearing = false;
            subscribers.forEach(each -> each.subscriber.interrupted());
        } finally {
            telling.unlock();
        }
    }

    @Override
    public void resumed() {
        telling.lock();
        try {
            hearing = true;
            subscribers.forEach(each -> each.subscriber.resumed());
        } finally {
            telling.unlock();
        }
    }

    @Override
    public CompletionStage<?> settle(Live live) {
        return entries.begin(live);
    }

    @Override
    public void heartbeat(Live live) {
        var unused = entries.settle(live);
    }

    /** Compared by identity. */
    private static final class Listening<K> {
        final Subscriber<K> subscriber;

        Listening(Subscriber<K> subscriber) {
            this.subscriber = subscriber;
        }
    }
}
