package dev.tenfold.cache;

import dev.tenfold.error.CallFailedException;
import dev.tenfold.session.Positioned;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Makes {@link Source}s of the user's loaders. */
final class Sources {

    private Sources() {}

    /** Makes the cache's own source, or none. */
    static <K, V> @Nullable Source<K, V> own(
            String cache,
            @Nullable Loader<? super K, ? extends V> loader,
            Loader.@Nullable Async<K, V> async,
            @Nullable Batches<K, V> batches) {
        if (async != null) {
            return new Source<>(Sources::unused, flight -> begin(cache, async, flight.key), true);
        }
        if (batches != null && (batches.areGathered() || loader == null)) {
            return new Source<>(Sources::unused, batches::gather, true);
        }
        return loader == null ? null : new Source<>(loading(cache, loader), null, true);
    }

    /** Makes the source of one lookup that brought its loader. */
    static <K, V> Source<K, V> brought(Function<? super K, Positioned<@Nullable V>> load) {
        return new Source<>(load, null, false);
    }

    /** Makes the source of one lookup that brought its loader. */
    static <K, V> Source<K, V> brought(String cache, Loader<? super K, ? extends V> loader) {
        return brought(loading(cache, loader));
    }

    /** Makes the source of one lookup that brought one or the other. */
    static <K, V> Source<K, V> brought(
            String cache,
            @Nullable Loader<? super K, ? extends V> loader,
            @Nullable Function<? super K, Positioned<@Nullable V>> load) {
        if (load != null) {
            return brought(load);
        }
        return brought(cache, Objects.requireNonNull(loader, "loader"));
    }

    private static <K, V> Function<K, Positioned<@Nullable V>> loading(
            String cache, Loader<? super K, ? extends V> loader) {
        return key -> {
            try {
                return Copies.unplaced(loader.load(key));
            } catch (Exception e) {
                throw CallFailedException.unchecked("load of key " + key + " by cache '" + cache + "'", e);
            }
        };
    }

    private static <K, V> CompletionStage<? extends @Nullable V> begin(String cache, Loader.Async<K, V> loader, K key) {
        try {
            return Objects.requireNonNull(loader.load(key), "load returned null (expected: a stage)");
        } catch (Exception e) {
            return CompletableFuture.failedStage(
                    CallFailedException.unchecked("load of key " + key + " by cache '" + cache + "'", e));
        }
    }

    private static <K, V> Positioned<@Nullable V> unused(K key) {
        throw new AssertionError("loads as a stage, not on the thread that asks for " + key);
    }
}
