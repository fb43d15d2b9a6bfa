package dev.tenfold.cache;

import dev.tenfold.session.Position;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * One {@code getAll}. It loads what it leads before it waits for what others lead, so that two calls with keys in common
 * never wait for each other.
 */
final class BulkLookup<K, V> {

    private final Loading<K, V> loading;
    private final Flights<K, V> flights;
    private final OtherNodes<K, V> others;
    private final Source<K, V> source;
    private final @Nullable Batches<K, V> batches;

    private final Map<K, @Nullable Copy<V>> found = new LinkedHashMap<>();
    private final List<Flight<K, V>> led = new ArrayList<>();
    private final List<Flight<K, V>> awaited = new ArrayList<>();
    private @Nullable RuntimeException failure;

    BulkLookup(
            Loading<K, V> loading,
            Flights<K, V> flights,
            OtherNodes<K, V> others,
            Source<K, V> source,
            @Nullable Batches<K, V> batches) {
        this.loading = loading;
        this.flights = flights;
        this.others = others;
        this.source = source;
        this.batches = batches;
    }

    Map<K, V> get(Iterable<? extends K> keys, BiFunction<K, Source<K, V>, @Nullable Copy<V>> find) {
        for (K key : keys) {
            if (!found.containsKey(key)) {
                Copy<V> copy = find.apply(key, source);
                found.put(key, copy);
                if (copy == null) {
                    board(key);
                }
            }
        }
        lead();
        for (Flight<K, V> flight : awaited) {
            attempt(flight.key, () -> loading.await(flight));
        }
        if (failure != null) {
            throw failure;
        }
        Map<K, V> values = new LinkedHashMap<>();
        found.forEach((key, copy) -> {
            V value = copy == null ? null : copy.value;
            if (value != null) {
                values.put(key, value);
            }
        });
        return values;
    }

    private void board(K key) {
        attempt(key, () -> {
            Copy<V> instead = loading.insteadOfTrying(key, Position.none(), source);
            if (instead == null) {
                Flight<K, V> mine = new Flight<>(key, Position.none());
                Flight<K, V> taken = flights.board(mine, 0);
                (taken == mine && !mine.landing.isDone() ? led : awaited).add(taken);
            }
            return instead;
        });
    }

    private void lead() {
        if (batches == null) {
            for (Flight<K, V> flight : led) {
                if (source.stage() == null) {
                    attempt(flight.key, () -> loading.fly(flight, source));
                } else {
                    loading.depart(flight, source);
                    awaited.add(flight);
                }
            }
            return;
        }
        Batches<K, V>.Collected collected = batches.collect();
        Source<K, V> bulk = new Source<>(source.load(), collected::add, true);
        // All are asked for before any is waited for. Asking never fails; it may answer with nothing.
        List<CompletionStage<RemoteTier.@Nullable Reading<V>>> asked = new ArrayList<>();
        led.forEach(flight -> asked.add(others.readAsync(flight.key)));
        for (int i = 0; i < led.size(); i++) {
            var reading = asked.get(i).toCompletableFuture().join();
            loading.depart(led.get(i), bulk, CompletableFuture.completedStage(reading));
        }
        collected.load();
        awaited.addAll(led);
    }

    /** Notes the copy, or the first failure; the rest goes on. */
    private void attempt(K key, Attempt<V> attempt) {
        try {
            Copy<V> copy = attempt.run();
            if (copy != null) {
                found.put(key, copy);
            }
        } catch (RuntimeException e) {
            if (failure == null) {
                failure = e;
            }
        }
    }

    private interface Attempt<V> {
        @Nullable
        Copy<V> run();
    }
}
