package dev.tenfold;

import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import dev.tenfold.time.Deadline;
import java.util.concurrent.atomic.AtomicInteger;
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
    /** Starts above 0, which means "nothing seen". Raised when a write has ended, before it leaves {@code underWay}. */
    private final AtomicLong writes = new AtomicLong(1);

    private final AtomicInteger underWay = new AtomicInteger();

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
        long least = minimum.isPrimaryOnly() ? 0 : minimum.offset();
        Position before = at(Math.max(least, writes.get()));
        R answer = call.on(node);
        // A write that is under way may be visible already, and counts one more when it has ended.
        long pending = underWay.get() > 0 ? 1 : 0;
        return new Positioned<>(answer, before, at(Math.max(before.offset(), writes.get() + pending)));
    }

    @Override
    public <R extends @Nullable Object, X extends Exception> Positioned<R> write(
            Deadline deadline, Call<? super N, ? extends R, ? extends X> call) throws X {
        underWay.incrementAndGet();
        try {
            R answer = call.on(node);
            return new Positioned<>(answer, at(writes.incrementAndGet()));
        } catch (Throwable failure) {
            // It may have happened all the same.
            writes.incrementAndGet();
            throw failure;
        } finally {
            underWay.decrementAndGet();
        }
    }

    private Position at(long offset) {
        return new Position(name, 0, offset);
    }
}
