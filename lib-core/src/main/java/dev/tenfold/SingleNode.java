package dev.tenfold;

import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import dev.tenfold.time.Deadline;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A replica set of one.
 *
 * <p>The node itself always answers with its newest state, but a cache in front of it must still tell copies read before
 * a write from copies read after: so this process's writes are counted, and the count is the position.
 */
final class SingleNode<N> implements Replicas<N> {

    private final String name;
    private final N node;
    /** Starts above 0, which means "nothing seen". */
    private final AtomicLong writes = new AtomicLong(1);

    SingleNode(String name, N node) {
        this.name = name;
        this.node = node;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public <R extends @Nullable Object, X extends Exception> Positioned<R> read(
            Position minimum, Deadline deadline, Call<? super N, ? extends R, ? extends X> call) throws X {
        long seen = writes.get();
        if (!minimum.isPrimaryOnly()) {
            seen = Math.max(seen, minimum.offset());
        }
        Position before = new Position(name, 0, seen);
        return new Positioned<>(call.on(node), before);
    }

    @Override
    public <R extends @Nullable Object, X extends Exception> Positioned<R> write(
            Deadline deadline, Call<? super N, ? extends R, ? extends X> call) throws X {
        R answer = call.on(node);
        return new Positioned<>(answer, new Position(name, 0, writes.incrementAndGet()));
    }
}
