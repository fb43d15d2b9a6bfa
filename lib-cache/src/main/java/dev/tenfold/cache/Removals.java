package dev.tenfold.cache;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.slf4j.LoggerFactory;

/**
 * Hands removals to the user's listener, in the executor, one at a time and in the order they were added.
 *
 * <p>Who removes a copy adds, inside the section of the key; whoever has left the section asks for delivery. <b>Invariant:</b>
 * {@code delivering} is true while a task is queued or running; the task lowers it and then looks once more, so no removal
 * waits without a task. <b>Bound:</b> {@value #LIMIT} wait; those beyond (a listener that hangs) are counted and dropped.
 */
final class Removals<K, V> {

    static final int LIMIT = 100_000;

    final LongAdder dropped = new LongAdder();

    private final Consumer<? super Removal<K, V>> listener;
    private final Executor executor;
    private final Runnable upkeep;
    private final Queue<Removal<K, V>> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger size = new AtomicInteger();
    private final AtomicBoolean delivering = new AtomicBoolean();

    /**
     * Makes a relay.
     *
     * @param upkeep run before each delivery, so that evictions which a write has caused are told with it
     */
    Removals(Consumer<? super Removal<K, V>> listener, Executor executor, Runnable upkeep) {
        this.listener = listener;
        this.executor = executor;
        this.upkeep = upkeep;
    }

    void add(K key, Copy<V> copy, Removal.Cause cause) {
        if (size.incrementAndGet() > LIMIT) {
            size.decrementAndGet();
            dropped.increment();
            return;
        }
        waiting.add(new Removal<>(key, copy.value, cause));
    }

    /** Has what waits told. Call it outside every section. */
    void deliver() {
        if (delivering.get() || !delivering.compareAndSet(false, true)) {
            return;
        }
        try {
            executor.execute(this::tell);
        } catch (RejectedExecutionException full) {
            // What waits is told with the next change.
            delivering.set(false);
        }
    }

    private void tell() {
        try {
            upkeep.run();
            for (Removal<K, V> next = waiting.poll(); next != null; next = waiting.poll()) {
                size.decrementAndGet();
                tell(next);
            }
        } finally {
            delivering.set(false);
        }
        if (!waiting.isEmpty()) {
            deliver();
        }
    }

    private void tell(Removal<K, V> removal) {
        try {
            listener.accept(removal);
        } catch (RuntimeException failure) {
            LoggerFactory.getLogger(Removals.class).error("removal listener failed on {}", removal, failure);
        }
    }
}
