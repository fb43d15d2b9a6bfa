package dev.tenfold.cache;

import dev.tenfold.time.Scheduler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Loads several keys with one call of the user's bulk loader: those of one {@code getAll}, or single misses that come
 * within a short time of each other.
 *
 * <p>A gathering batch is changed under {@link #gathering} and closed by whoever fills it or whom the timer wakes, once;
 * the loader runs outside the lock.
 */
final class Batches<K, V> {

    private final Loader.Bulk<K, V> loader;
    private final int maximum;
    private final @Nullable Duration linger;
    private final Executor executor;
    private final Scheduler scheduler;

    private final ReentrantLock gathering = new ReentrantLock();

    private @Nullable Batch<K, V> open; // changed under gathering

    Batches(CacheOptions<K, V> b, Loader.Bulk<K, V> loader) {
        this.loader = loader;
        maximum = b.maximumBatch;
        linger = b.linger;
        executor = b.effectiveExecutor();
        scheduler = b.effectiveScheduler();
    }

    /** Returns whether single misses are to wait for each other. */
    boolean areGathered() {
        return linger != null;
    }

    /** Enlists a single miss; its batch is loaded in the executor when it is full or has waited long enough. */
    CompletionStage<@Nullable V> gather(Flight<K, V> flight) {
        Batch<K, V> full = null;
        CompletionStage<@Nullable V> answer;
        gathering.lock();
        try {
            Batch<K, V> batch = open;
            if (batch == null) {
                batch = new Batch<>();
                open = batch;
                Batch<K, V> waiting = batch;
                batch.timer = scheduler.schedule(Objects.requireNonNull(linger), () -> close(waiting));
            }
            answer = batch.add(flight);
            if (batch.size() >= maximum) {
                full = batch;
                open = null;
            }
        } finally {
            gathering.unlock();
        }
        if (full != null) {
            full.disarm();
            send(full);
        }
        return answer;
    }

    private void close(Batch<K, V> batch) {
        gathering.lock();
        try {
            if (open != batch) {
                return;
            }
            open = null;
        } finally {
            gathering.unlock();
        }
        send(batch);
    }

    private void send(Batch<K, V> batch) {
        try {
            executor.execute(() -> batch.load(loader));
        } catch (RuntimeException refused) {
            batch.fail(refused);
        }
    }

    /** Gathers the keys of one call, to be loaded on its thread. */
    Collected collect() {
        return new Collected();
    }

    /** The batches of one call. */
    final class Collected {

        private final List<Batch<K, V>> batches = new ArrayList<>();

        CompletionStage<@Nullable V> add(Flight<K, V> flight) {
            if (batches.isEmpty() || batches.get(batches.size() - 1).size() >= maximum) {
                batches.add(new Batch<>());
            }
            return batches.get(batches.size() - 1).add(flight);
        }

        /** Loads them one after the other. */
        void load() {
            batches.forEach(batch -> batch.load(loader));
        }
    }

    /** Keys to be loaded together. */
    private static final class Batch<K, V> {

        private final Map<K, CompletableFuture<@Nullable V>> answers = new LinkedHashMap<>();
        private final List<Flight<K, V>> flights = new ArrayList<>();

        private Scheduler.@Nullable Task timer;

        /** A key can come twice: loaded anew beside an older load. */
        CompletionStage<@Nullable V> add(Flight<K, V> flight) {
            flights.add(flight);
            return answers.computeIfAbsent(flight.key, key -> new CompletableFuture<>());
        }

        int size() {
            return answers.size();
        }

        void disarm() {
            if (timer != null) {
                timer.cancel();
            }
        }

        void load(Loader.Bulk<K, V> loader) {
            flights.forEach(flight -> flight.pilot = Thread.currentThread());
            try {
                Map<? extends K, ? extends V> loaded = Objects.requireNonNull(
                        loader.loadAll(Collections.unmodifiableSet(answers.keySet())),
                        "loadAll returned null (expected: a map, without the keys that have no value)");
                answers.forEach((key, answer) -> answer.complete(loaded.get(key)));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                fail(e);
            } catch (Exception | Error failure) {
                fail(failure);
            } finally {
                flights.forEach(flight -> flight.pilot = null);
            }
        }

        void fail(Throwable failure) {
            answers.values().forEach(answer -> answer.completeExceptionally(failure));
        }
    }
}
