package dev.tenfold.benchmarks.whole;

import dev.tenfold.benchmarks.whole.Database.Failed;
import dev.tenfold.benchmarks.whole.ShardState.Announcement;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The outbox of one shard as the relay's database: as much JDBC as the relay uses, carried out on the shard's primary. */
final class OutboxTable {

    private static final int BATCH = 100;
    private static final byte[] NO_HEADERS = new byte[Integer.BYTES];
    private static final DatabaseMetaData POSTGRESQL =
            proxy(DatabaseMetaData.class, (self, method, arguments) -> "PostgreSQL");

    private final AppProcess process;
    private final String shard;

    private OutboxTable(AppProcess process, String shard) {
        this.process = process;
        this.shard = shard;
    }

    static DataSource of(AppProcess process, String shard) {
        OutboxTable table = new OutboxTable(process, shard);
        return proxy(DataSource.class, (self, method, arguments) -> table.connection());
    }

    /** A transaction that takes what the outbox writes down in it. */
    static Connection recording(Consumer<Announcement> written) {
        return proxy(Connection.class, (self, method, arguments) -> switch (method.getName()) {
            case "getAutoCommit" -> false;
            case "getMetaData" -> POSTGRESQL;
            case "prepareStatement" -> insert(written);
            default -> throw new UnsupportedOperationException(method.toString());
        });
    }

    /** Locking a key, which does nothing here, or inserting a row. */
    private static PreparedStatement insert(Consumer<Announcement> written) {
        Object[] values = new Object[5];
        return proxy(PreparedStatement.class, (self, method, arguments) -> switch (method.getName()) {
            case "setLong", "setString", "setBytes" -> {
                values[(Integer) arguments[0]] = arguments[1];
                yield null;
            }
            case "execute" -> true;
            case "executeUpdate" -> {
                String body = new String((byte[]) values[4], StandardCharsets.UTF_8);
                written.accept(new Announcement(0, (String) values[1], (String) values[2], body));
                yield 1;
            }
            case "close" -> null;
            default -> throw new UnsupportedOperationException(method.toString());
        });
    }

    private Connection connection() {
        return proxy(Connection.class, (self, method, arguments) -> switch (method.getName()) {
            case "prepareStatement" -> new Statement((String) arguments[0]).prepared();
            // What is deleted is deleted with the batch: there is nothing else in the transaction.
            case "setAutoCommit", "commit", "close" -> null;
            default -> throw new UnsupportedOperationException(method.toString());
        });
    }

    private final class Statement {
        private final List<Long> ids = new ArrayList<>();
        private final String sql;

        Statement(String sql) {
            this.sql = sql;
        }

        PreparedStatement prepared() {
            return proxy(PreparedStatement.class, (self, method, arguments) -> switch (method.getName()) {
                case "executeQuery" -> select();
                case "setLong" -> {
                    ids.add((Long) arguments[1]);
                    yield null;
                }
                case "executeUpdate" -> touch();
                case "executeBatch" -> delete();
                case "setObject", "addBatch", "getWarnings", "close" -> null;
                default -> throw new UnsupportedOperationException(method.toString());
            });
        }

        private ResultSet select() throws SQLException {
            try {
                return rows(process.ask(shard, state -> state.announcements(BATCH)));
            } catch (Failed failure) {
                throw new SQLException(failure);
            }
        }

        /** Changes nothing, but is committed. */
        private int touch() throws SQLException {
            try {
                process.change(shard, ShardState.delete(List.of()));
                return 1;
            } catch (Failed failure) {
                throw new SQLException(failure);
            }
        }

        /** Deletes what was published. Nothing is refused for good here, so that there are no refusals to write down. */
        private int[] delete() throws SQLException {
            if (ids.isEmpty()) {
                return new int[0];
            }
            if (!sql.startsWith("DELETE")) {
                throw new UnsupportedOperationException(sql);
            }
            try {
                process.change(shard, ShardState.delete(List.copyOf(ids)));
                return new int[ids.size()];
            } catch (Failed failure) {
                throw new SQLException(failure);
            }
        }
    }

    private static ResultSet rows(List<Announcement> found) {
        Iterator<Announcement> rows = found.iterator();
        InvocationHandler cursor = new InvocationHandler() {
            private @Nullable Announcement row;

            @Override
            public @Nullable Object invoke(Object self, java.lang.reflect.Method method, Object[] arguments) {
                if (method.getName().equals("next")) {
                    boolean more = rows.hasNext();
                    row = more ? rows.next() : null;
                    return more;
                }
                return method.getName().equals("close")
                        ? null
                        : column(Objects.requireNonNull(row), (Integer) arguments[0]);
            }
        };
        return proxy(ResultSet.class, cursor);
    }

    private static Object column(Announcement row, int column) {
        return switch (column) {
            case 1 -> row.number();
            case 2 -> row.key();
            case 3 -> row.routingKey();
            case 4 -> NO_HEADERS;
            case 5 -> row.body().getBytes(StandardCharsets.UTF_8);
            case 6 -> 0;
            // As random as it need be, and the same in every run: no two writes are announced with the same words.
            case 7 ->
                UUID.nameUUIDFromBytes((row.number() + row.key() + row.body()).getBytes(StandardCharsets.UTF_8))
                        .toString();
            default -> throw new IllegalArgumentException("column: " + column);
        };
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(OutboxTable.class.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
