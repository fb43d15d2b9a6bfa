package dev.tenfold.replication.jdbc;

import dev.tenfold.replication.CallFailure;
import dev.tenfold.replication.LogPosition;
import dev.tenfold.replication.Probe;
import dev.tenfold.topology.Endpoint;
import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Wrapper;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.sql.DataSource;

/** Nodes whose connections record what is called on them, and the engine that sees them. Thread-safe enough: locked. */
final class FakeDatabase implements JdbcReplicationEngine {

    static final class Node {
        final String id;
        final List<String> calls = new CopyOnWriteArrayList<>();
        /** What was called on statements and metadata. */
        final List<Call> parts = new CopyOnWriteArrayList<>();
        /** What the next calls of a method throw, on connections and statements. */
        final Map<String, Deque<SQLException>> failures = new ConcurrentHashMap<>();
        /** What connections and statements warn of. */
        SQLWarning warning;
        /** Settings of the last connection. */
        volatile Map<String, Object> values = Map.of();

        boolean writable;
        boolean refusing;
        boolean breaksAtCommit;
        long timeline = 1;
        long received = 100;

        Node(String id) {
            this.id = id;
        }

        void failNext(String method, String state) {
            failures.computeIfAbsent(method, m -> new ConcurrentLinkedDeque<>())
                    .add(new SQLException(method + " failed on " + id, state));
        }

        void failIfToldTo(String method) throws SQLException {
            Deque<SQLException> next = failures.get(method);
            SQLException failure = next == null ? null : next.poll();
            if (failure != null) {
                throw failure;
            }
        }

        long count(String part) {
            return parts.stream().filter(call -> call.method.equals(part)).count();
        }
    }

    /** A call of a method with its arguments. */
    record Call(String method, List<Object> arguments) {
        static Call of(Method method, Object[] arguments) {
            return new Call(method.getName(), arguments == null ? List.of() : Arrays.asList(arguments));
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
        Map<String, Object> values =
                new ConcurrentHashMap<>(Map.of("AutoCommit", true, "ReadOnly", false, "Closed", false));
        node.values = values;
        Connection[] self = new Connection[1];
        self[0] = (Connection) proxy(Connection.class, (method, arguments) -> {
            String name = method.getName();
            node.calls.add(name);
            node.failIfToldTo(name);
            if (name.equals("commit") && node.breaksAtCommit) {
                throw new SQLException("broken pipe", "08006");
            }
            if (Wrapper.class.isAssignableFrom(method.getReturnType())) {
                return part(method.getReturnType(), node, self[0], values);
            }
            if (name.equals("getWarnings")) {
                return node.warning;
            } else if (name.equals("close") || name.equals("abort")) {
                values.put("Closed", true);
            } else if (name.startsWith("set") && arguments != null && arguments.length > 0) {
                Object value = arguments[arguments.length - 1];
                if (value == null) {
                    values.remove(name.substring(3));
                } else {
                    values.put(name.substring(3), value);
                }
            } else if (name.startsWith("is") && values.containsKey(name.substring(2))) {
                return values.get(name.substring(2));
            } else if (name.startsWith("get") && values.containsKey(name.substring(3))) {
                return values.get(name.substring(3));
            }
            return nothing(method.getReturnType());
        });
        return self[0];
    }

    /** A statement or the metadata of a connection. */
    private static Object part(Class<?> type, Node node, Connection connection, Map<String, Object> values) {
        boolean[] closed = new boolean[1];
        return proxy(type, (method, arguments) -> {
            String name = method.getName();
            node.parts.add(Call.of(method, arguments));
            if (name.startsWith("execute") && values.get("Closed").equals(true)) {
                throw new SQLException("the connection was closed", "08003");
            }
            node.failIfToldTo(name);
            return switch (name) {
                case "getConnection" -> connection;
                case "getWarnings" -> node.warning;
                case "isClosed" -> closed[0] || values.get("Closed").equals(true);
                case "close" -> {
                    closed[0] = true;
                    yield null;
                }
                default -> nothing(method.getReturnType());
            };
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
        return type.isPrimitive() && type != void.class ? Array.get(Array.newInstance(type, 1), 0) : null;
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
    public boolean leavesCommitUnconfirmed(SQLWarning warning) {
        return warning.getMessage().contains("synchronous");
    }

    @Override
    public LogPosition timelineStart(Endpoint<DataSource> primary) {
        return new LogPosition(node(primary.id()).timeline, 0);
    }

    @Override
    public LogPosition freeze(Endpoint<DataSource> replica, long token) {
        throw new UnsupportedOperationException();
    }

    @Override
    public LogPosition promote(Endpoint<DataSource> candidate, long token) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void follow(Endpoint<DataSource> replica, Endpoint<DataSource> primary, long token) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CallFailure classify(Throwable failure) {
        return switch (failure instanceof SQLException sql ? String.valueOf(sql.getSQLState()) : "") {
            case "08001" -> CallFailure.NOT_SENT;
            case "08006", "08003" -> CallFailure.UNKNOWN;
            case "25006" -> CallFailure.NOT_PRIMARY;
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
