package dev.tenfold.replication.jdbc;

import dev.tenfold.replication.CallFailure;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Wrapper;
import org.jspecify.annotations.Nullable;

/**
 * Something of a physical connection that names the {@link RoutingConnection} as its connection, so that nobody gets hold
 * of the physical one by it: the metadata, and calls of stored procedures. Everything else is the driver's. A proxy, since
 * these have some 400 methods that all do the same, and none is called often enough for 100 ns to matter.
 */
final class ConnectionPart implements InvocationHandler {

    private final Wrapper physical;
    private final @Nullable Connection madeOn;
    private final RoutingConnection connection;

    private ConnectionPart(Wrapper physical, RoutingConnection connection) {
        this.physical = physical;
        this.madeOn = connection.connection();
        this.connection = connection;
    }

    static <T extends Wrapper> T of(Class<T> type, T physical, RoutingConnection connection) {
        Object proxy = Proxy.newProxyInstance(
                ConnectionPart.class.getClassLoader(), new Class<?>[] {type}, new ConnectionPart(physical, connection));
        return type.cast(proxy);
    }

    @Override
    public @Nullable Object invoke(Object proxy, Method method, @Nullable Object @Nullable [] arguments)
            throws Throwable {
        String name = method.getName();
        int count = arguments == null ? 0 : arguments.length;
        if (count == 0 && name.equals("getConnection")) {
            return connection;
        }
        if (arguments != null && count == 1 && arguments[0] instanceof Class<?> type) {
            if (name.equals("unwrap")) {
                return type.isInstance(physical) ? physical : physical.unwrap(type);
            }
            if (name.equals("isWrapperFor")) {
                return type.isInstance(physical) || physical.isWrapperFor(type);
            }
        }
        if (arguments != null && count == 1 && name.equals("equals")) {
            return proxy == arguments[0];
        }
        boolean executes = name.startsWith("execute");
        if (executes) {
            connection.executing();
        }
        Object result;
        try {
            result = method.invoke(physical, arguments);
        } catch (InvocationTargetException failure) {
            Throwable cause = failure.getCause();
            throw cause instanceof SQLException failed ? explained(failed, executes) : cause;
        }
        if (executes && physical instanceof Statement call && connection.autoCommit() && connection.forWrites()) {
            connection.requireConfirmed(call.getWarnings());
        }
        return result;
    }

    private SQLException explained(SQLException failure, boolean executed) {
        boolean reads = !executed || connection.onReplica();
        CallFailure kind = connection.leaveAfter(madeOn, failure);
        return connection.explain(failure, kind, !reads);
    }
}
