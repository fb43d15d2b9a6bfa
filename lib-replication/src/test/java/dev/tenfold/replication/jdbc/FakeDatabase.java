package dev.tenfold.replication.jdbc;

import dev.tenfold.replication.CallFailure;
import dev.tenfold.replication.LogPosition;
import dev.tenfold.replication.Probe;
import dev.tenfold.topology.Endpoint;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;

/** Nodes whose connections record what is called on them, and the engine that sees them. Thread-safe enough: locked. */
final class FakeDatabase implements JdbcReplicationEngine {

    static final class Node {
        final String id;
        final List<String> calls = new ArrayList<>();
        boolean writable;
        boolean refusing;
        boolean breaksAtCommit;
        long timeline = 1;
        long received = 100;

        Node(String id) {
            this.id = id;
        }
    }

    final Map<String, Node> nodes = new HashMap<>();

    Node node(String id) {
        return nodes.computeIfAbsent(id, Node::new);
    }

    DataSource source(String id) {
        Node node = node(id);
        return (DataSource) proxy(DataSource.class, (method, arguments) -> {
            if (node.refusing) {
                throw new SQLException("refused", "08001");
            }
            return connection(node);
        });
    }

    private Connection connection(Node node) {
        Map<String, Object> values = new HashMap<>(Map.of("AutoCommit", true, "ReadOnly", false, "Closed", false));
        return (Connection) proxy(Connection.class, (method, arguments) -> {
            String name = method.getName();
            synchronized (this) {
                node.calls.add(name);
            }
            if (name.equals("commit") && node.breaksAtCommit) {
                throw new SQLException("broken pipe", "08006");
            }
            if (name.equals("close") || name.equals("abort")) {
                values.put("Closed", true);
            } else if (name.startsWith("set") && arguments != null && arguments.length > 0) {
                values.put(name.substring(3), arguments[arguments.length - 1]);
            } else if (name.startsWith("is") && values.containsKey(name.substring(2))) {
                return values.get(name.substring(2));
            } else if (name.startsWith("get") && values.containsKey(name.substring(3))) {
                return values.get(name.substring(3));
            }
            return nothing(method.getReturnType());
        });
    }

    interface Handler {
        Object on(Method method, Object[] arguments) throws Throwable;
    }

    private static Object proxy(Class<?> type, Handler handler) {
        return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
            if (method.getDeclaringClass() == Object.class) {
                return switch (method.getName()) {
                    case "equals" -> self == arguments[0];
                    case "hashCode" -> System.identityHashCode(self);
                    default -> "fake " + type.getSimpleName();
                };
            }
            return handler.on(method, arguments);
        });
    }

    private static Object nothing(Class<?> type) {
        if (type == boolean.class) {
            return false;
        }
        return type == int.class ? (Object) 0 : null;
    }

    @Override
    public Probe probe(Endpoint<DataSource> endpoint) throws SQLException {
        Node node = node(endpoint.id());
        if (node.refusing) {
            throw new SQLException("refused", "08001");
        }
        LogPosition at = new LogPosition(node.timeline, node.received);
        return node.writable ? Probe.primary(at) : Probe.replica(true, at, at);
    }

    @Override
    public LogPosition position(Endpoint<DataSource> endpoint) throws SQLException {
        return probe(endpoint).replayed();
    }

    @Override
    public LogPosition position(Connection connection) {
        return new LogPosition(1, 77);
    }

    @Override
    public LogPosition timelineStart(Endpoint<DataSource> primary) {
        return new LogPosition(node(primary.id()).timeline, 0);
    }

    @Override
    public LogPosition freeze(Endpoint<DataSource> replica) {
        throw new UnsupportedOperationException();
    }

    @Override
    public LogPosition promote(Endpoint<DataSource> candidate) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void follow(Endpoint<DataSource> replica, Endpoint<DataSource> primary) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CallFailure classify(Throwable failure) {
        return switch (failure instanceof SQLException sql ? String.valueOf(sql.getSQLState()) : "") {
            case "08001" -> CallFailure.NOT_SENT;
            case "08006" -> CallFailure.UNKNOWN;
            default -> CallFailure.CALLER;
        };
    }

    @Override
    public int synchronousReplicas() {
        return 0;
    }

    @Override
    public void close() {
        nodes.clear();
    }
}
