package dev.tenfold.cache;

import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A copy that knows its times and tags; made where any option asks for them, so that the rest need not carry them.
 *
 * <p>Immutable but for the time of the last use, which any reader writes, opaquely: of readers at the same time any may
 * win, and they differ by no more than they took.
 */
final class TrackedCopy<V> extends Copy<V> {

    private static final VarHandle USED;

    static {
        try {
            USED = MethodHandles.lookup().findVarHandle(TrackedCopy.class, "used", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** What it answers where it has a position; the very object handed out, so that a hit allocates nothing. */
    private final @Nullable Positioned<@Nullable V> placed;

    /** When it was read from where it lives, by the monotonic clock. */
    final long written;

    /** For how long after that it is fresh, in nanoseconds. */
    final long lifetime;

    /** How long its load took. */
    final long loadNanos;

    final List<String> tags;

    @SuppressWarnings("UnusedVariable") // by way of USED
    private long used;

    TrackedCopy(Positioned<@Nullable V> answer, long written, long lifetime, long loadNanos, List<String> tags) {
        super(answer.value());
        placed = answer.position().isNone() ? null : answer;
        this.written = written;
        this.lifetime = lifetime;
        this.loadNanos = loadNanos;
        this.tags = tags;
        this.used = written;
    }

    @Override
    Object held() {
        return this;
    }

    @Override
    Positioned<@Nullable V> answer() {
        return placed == null ? super.answer() : placed;
    }

    @Override
    Position position() {
        return placed == null ? super.position() : placed.position();
    }

    @Override
    boolean isKept() {
        return lifetime > 0;
    }

    long used() {
        return (long) USED.getOpaque(this);
    }

    void use(long now) {
        USED.setOpaque(this, now);
    }
}
