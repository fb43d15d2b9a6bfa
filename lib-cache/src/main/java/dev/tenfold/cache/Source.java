package dev.tenfold.cache;

import dev.tenfold.session.Positioned;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where a load gets its value.
 *
 * @param load reads on the calling thread
 * @param stage begins to read without blocking, where the user's loader does
 * @param own whether it is the cache's own loader, whose failures say something about the next load; a loader that came
 *     with a lookup speaks for that lookup only
 */
record Source<K, V>(
        Function<? super K, Positioned<@Nullable V>> load,
        @Nullable Function<? super Flight<K, V>, ? extends CompletionStage<? extends @Nullable V>> stage,
        boolean own) {

    /** A refresh that fails says something about the next refresh, whoever brought its loader. */
    Source<K, V> forRefresh() {
        return own ? this : new Source<>(load, stage, true);
    }
}
