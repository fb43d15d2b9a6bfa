package dev.tenfold.balance.jdbc;

import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Selection;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.util.Objects;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A connection that reports how its life went: at the first failure that is the server's, else when it is closed. It and its
 * statements are proxies, which pass everything on; result sets are the driver's own.
 *
 * <p>As thread-safe as the driver's connection; the selection takes one report, whoever brings it.
 */
final class WatchedConnection implements InvocationHandler {

    private final Object driver;
    private final Selection<? extends DataSource> selection;
    /** The connection that a statement belongs to; null for the connection itself. */
    private final @Nullable Connection owner;

    private WatchedConnection(Object driver, Selection<? extends DataSource> selection, @Nullable Connection owner) {
        this.driver = driver;
        this.selection = selection;
        this.owner = owner;
    }

    static Connection of(Connection driver, Selection<? extends DataSource> selection) {
        return proxy(Connection.class, new WatchedConnection(driver, selection, null));
    }

    @Override
    public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments) throws Throwable {
        if (method.getDeclaringClass() == Object.class) {
            return ofObject(proxy, method, arguments);
        }
        if (owner != null && method.getName().equals("getConnection")) {
            return owner;
        }
        Object result;
        try {
            result = method.invoke(driver, arguments);
        } catch (InvocationTargetException thrown) {
            Throwable failure = Objects.requireNonNull(thrown.getCause());
            Outcome outcome = SqlOutcomes.working(failure);
            if (outcome != null) {
                selection.report(outcome);
            }
            throw failure;
        } finally {
            // Whether closing worked or not, the connection is used no more.
            if (owner == null && isLast(method)) {
                selection.report(Outcome.SUCCESS);
            }
        }
        return owner == null ? watched((Connection) proxy, result) : result;
    }

    private static boolean isLast(Method method) {
        return method.getName().equals("close") || method.getName().equals("abort");
    }

    private @Nullable Object watched(Connection connection, @Nullable Object result) {
        if (!(result instanceof Statement)) {
            return result;
        }
        WatchedConnection watch = new WatchedConnection(result, selection, connection);
        if (result instanceof CallableStatement) {
            return proxy(CallableStatement.class, watch);
        }
        return result instanceof PreparedStatement
                ? proxy(PreparedStatement.class, watch)
                : proxy(Statement.class, watch);
    }

    private @Nullable Object ofObject(Object proxy, Method method, Object @Nullable [] arguments) {
        return switch (method.getName()) {
            case "equals" -> arguments != null && proxy == arguments[0];
            case "hashCode" -> System.identityHashCode(proxy);
            default -> selection.endpoint().id() + ": " + driver;
        };
    }

    private static <C> C proxy(Class<C> type, InvocationHandler handler) {
        return type.cast(
                Proxy.newProxyInstance(WatchedConnection.class.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
