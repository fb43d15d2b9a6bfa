package dev.tenfold.sharding.scatter;

import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One query of one shard. Used by one thread at a time, handed from one to the next by the executor or by the query's stage;
 * only the straggler and {@code ended} are shared.
 */
final class Attempt<K, A> {

    final Part<K> part;
    final int generation;
    final Straggler straggler = new Straggler();
    private final AtomicBoolean ended = new AtomicBoolean();
    volatile long began;
    volatile boolean begun;
    long hint;

    @Nullable
    A answer;

    Attempt(Part<K> part, int generation) {
        this.part = part;
        this.generation = generation;
    }

    void begin(long now, long enough) {
        began = now;
        begun = true;
        hint = enough;
    }

    /** True once. */
    boolean end() {
        return ended.compareAndSet(false, true);
    }
}
