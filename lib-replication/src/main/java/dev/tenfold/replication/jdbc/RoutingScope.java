package dev.tenfold.replication.jdbc;

import org.jspecify.annotations.Nullable;

/**
 * Where the connections go that this thread gets from a {@link RoutingDataSource} until the scope is closed: for code that
 * cannot call {@code setReadOnly} itself.
 *
 * <pre>{@code
 * try (RoutingScope reading = routing.readScope()) {
 *     report.print(routing);          // every connection it gets starts as read-only
 * }
 * }</pre>
 *
 * <p>Scopes of one thread nest and must be closed in reverse order, as {@code try} does. Connections that exist already
 * are not touched. It belongs to the thread that opened it and costs one thread-local value.
 */
public final class RoutingScope implements AutoCloseable {

    /** Where connections go. */
    enum Target {
        /** To the primary, even if they are read-only. */
        PRIMARY,
        /** To a replica, until {@code setReadOnly(false)}. */
        REPLICA
    }

    private final ThreadLocal<@Nullable RoutingScope> current;
    private final @Nullable RoutingScope outer;
    private final Target target;

    private RoutingScope(ThreadLocal<@Nullable RoutingScope> current, Target target) {
        this.current = current;
        this.outer = current.get();
        this.target = target;
    }

    static RoutingScope open(ThreadLocal<@Nullable RoutingScope> current, Target target) {
        RoutingScope scope = new RoutingScope(current, target);
        current.set(scope);
        return scope;
    }

    Target target() {
        return target;
    }

    /**
     * Ends the scope; the one around it holds again. Closing twice does nothing.
     *
     * @throws IllegalStateException if a scope that was opened later is not closed yet, or by another thread; nothing
     *     changes then
     */
    @Override
    public void close() {
        RoutingScope now = current.get();
        if (now == this) {
            if (outer == null) {
                current.remove();
            } else {
                current.set(outer);
            }
        } else if (isWithin(now)) {
            throw new IllegalStateException(
                    "scope: " + this + " (expected: closed after those opened later, by the thread that opened it)");
        }
    }

    /** Whether this scope is one of those around another. */
    private boolean isWithin(@Nullable RoutingScope inner) {
        for (RoutingScope each = inner; each != null; each = each.outer) {
            if (each == this) {
                return true;
            }
        }
        return false;
    }

    @Override
    public String toString() {
        return "RoutingScope[" + target + "]";
    }
}
