package dev.tenfold.cache.jcache;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import javax.cache.configuration.CacheEntryListenerConfiguration;
import javax.cache.configuration.Factory;
import javax.cache.event.CacheEntryCreatedListener;
import javax.cache.event.CacheEntryEvent;
import javax.cache.event.CacheEntryEventFilter;
import javax.cache.event.CacheEntryExpiredListener;
import javax.cache.event.CacheEntryListener;
import javax.cache.event.CacheEntryListenerException;
import javax.cache.event.CacheEntryRemovedListener;
import javax.cache.event.CacheEntryUpdatedListener;
import javax.cache.event.EventType;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * A listener of the user's. A synchronous one is told on the thread that makes the change. For an asynchronous one events
 * wait in a queue, added in the turn of their key and told in the executor, one at a time, in the order they were added.
 *
 * <p><b>Invariant:</b> {@code delivering} is true while a task is queued or running; the task lowers it and then looks once
 * more, so no event waits without a task. <b>Bound:</b> {@value #LIMIT} events wait; those beyond (a listener that hangs) are
 * dropped, and their number is reported when the listener has caught up.
 */
final class Registration<K, V> {

    static final int LIMIT = 100_000;

    private final CacheEntryListenerConfiguration<K, V> configuration;
    private final CacheEntryListener<? super K, ? super V> listener;
    private final @Nullable CacheEntryEventFilter<? super K, ? super V> filter;
    private final Executor executor;
    private final IntConsumer overrun;
    private final Queue<EntryEvent<K, V>> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger size = new AtomicInteger();
    private final AtomicInteger dropped = new AtomicInteger();
    private final AtomicBoolean delivering = new AtomicBoolean();

    private volatile boolean ended;

    /**
     * Makes a listener and its filter.
     *
     * @param overrun told how many events were dropped
     */
    Registration(CacheEntryListenerConfiguration<K, V> configuration, Executor executor, IntConsumer overrun) {
        this.configuration = configuration;
        this.executor = executor;
        this.overrun = overrun;
        listener = configuration.getCacheEntryListenerFactory().create();
        Factory<CacheEntryEventFilter<? super K, ? super V>> filters = configuration.getCacheEntryEventFilterFactory();
        filter = filters == null ? null : filters.create();
    }

    boolean isOf(CacheEntryListenerConfiguration<K, V> other) {
        return configuration.equals(other);
    }

    boolean listensTo(EventType type) {
        return switch (type) {
            case CREATED -> listener instanceof CacheEntryCreatedListener;
            case UPDATED -> listener instanceof CacheEntryUpdatedListener;
            case REMOVED -> listener instanceof CacheEntryRemovedListener;
            case EXPIRED -> listener instanceof CacheEntryExpiredListener;
        };
    }

    /**
     * Tells of a change, now or later. In the turn of the key.
     *
     * @throws CacheEntryListenerException what a synchronous listener or the filter threw
     */
    void tell(EntryEvent<K, V> event) {
        try {
            if (filter != null && !filter.evaluate(event)) {
                return;
            }
            if (configuration.isSynchronous()) {
                hand(event);
                return;
            }
        } catch (CacheEntryListenerException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new CacheEntryListenerException("listener failed on " + event, e);
        }
        if (size.incrementAndGet() > LIMIT) {
            size.decrementAndGet();
            dropped.incrementAndGet();
        } else {
            waiting.add(event);
        }
        deliver();
    }

    @SuppressWarnings("unchecked") // a listener of a supertype of K and V
    private void hand(EntryEvent<K, V> event) {
        if (ended) {
            return;
        }
        List<CacheEntryEvent<? extends K, ? extends V>> events = List.of(event);
        switch (event.getEventType()) {
            case CREATED -> ((CacheEntryCreatedListener<K, V>) listener).onCreated(events);
            case UPDATED -> ((CacheEntryUpdatedListener<K, V>) listener).onUpdated(events);
            case REMOVED -> ((CacheEntryRemovedListener<K, V>) listener).onRemoved(events);
            case EXPIRED -> ((CacheEntryExpiredListener<K, V>) listener).onExpired(events);
        }
    }

    private void deliver() {
        if (delivering.get() || !delivering.compareAndSet(false, true)) {
            return;
        }
        try {
            executor.execute(this::drain);
        } catch (RejectedExecutionException full) {
            // What waits is told with the next change.
            delivering.set(false);
        }
    }

    private void drain() {
        try {
            for (EntryEvent<K, V> next = waiting.poll(); next != null; next = waiting.poll()) {
                size.decrementAndGet();
                try {
                    hand(next);
                } catch (RuntimeException failure) {
                    LoggerFactory.getLogger(Registration.class).error("listener failed on {}", next, failure);
                }
            }
            int lost = dropped.getAndSet(0);
            if (lost > 0) {
                overrun.accept(lost);
            }
        } finally {
            delivering.set(false);
        }
        if (!waiting.isEmpty()) {
            deliver();
        }
    }

    /** Tells no more, not even of what waits. */
    void end() {
        ended = true;
    }

    /** Returns what the user made for this registration. */
    @Nullable
    Object[] users() {
        return new @Nullable Object[] {listener, filter};
    }
}
