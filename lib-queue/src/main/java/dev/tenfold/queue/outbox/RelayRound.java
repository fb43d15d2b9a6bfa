package dev.tenfold.queue.outbox;

import dev.tenfold.queue.Confirm;
import dev.tenfold.queue.Exchange;
import dev.tenfold.queue.Message;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** One round of a relay: reads rows in order, publishes each key's one after the other, deletes what was confirmed. */
final class RelayRound<E> {

    private final Outbox<E> outbox;
    private final DataSource dataSource;
    private final Exchange<E> exchange;
    private final int batch;
    private final Duration timeout;

    RelayRound(Outbox<E> outbox, DataSource dataSource, Exchange<E> exchange, int batch, Duration timeout) {
        this.outbox = outbox;
        this.dataSource = dataSource;
        this.exchange = exchange;
        this.batch = batch;
        this.timeout = timeout;
    }

    /** What a round came to. */
    record Outcome(
            int published,
            int refused,
            boolean isFull,
            @Nullable Throwable why) {}

    Outcome run(BooleanSupplier goesOn) throws SQLException {
        List<Row<E>> rows = read();
        Map<String, CompletableFuture<Boolean>> lastOfKey = new HashMap<>();
        List<CompletableFuture<Boolean>> sent = new ArrayList<>(rows.size());
        Throwable[] why = new Throwable[1];
        for (Row<E> row : rows) {
            CompletableFuture<Boolean> before = lastOfKey.get(row.key);
            CompletableFuture<Boolean> mine = before == null
                    ? publish(row, goesOn, why)
                    : before.thenCompose(
                            done -> done ? publish(row, goesOn, why) : CompletableFuture.completedFuture(false));
            lastOfKey.put(row.key, mine);
            sent.add(mine);
        }
        await(sent);
        List<Long> confirmed = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            if (sent.get(i).getNow(false)) {
                confirmed.add(rows.get(i).id);
            }
        }
        delete(confirmed);
        return new Outcome(confirmed.size(), rows.size() - confirmed.size(), rows.size() == batch, why[0]);
    }

    private List<Row<E>> read() throws SQLException {
        String select = "SELECT id, message_key, routing_key, headers, body FROM " + outbox.table()
                + " ORDER BY id LIMIT " + batch;
        try (Connection connection = dataSource.getConnection();
                PreparedStatement statement = connection.prepareStatement(select);
                ResultSet found = statement.executeQuery()) {
            List<Row<E>> rows = new ArrayList<>();
            while (found.next()) {
                rows.add(new Row<>(
                        found.getLong(1),
                        found.getString(2),
                        found.getString(3),
                        Message.of(outbox.codec().decode(found.getBytes(5)))
                                .headers(HeaderBytes.read(found.getBytes(4)))
                                .id(outbox.table() + "-" + found.getLong(1))));
            }
            return rows;
        }
    }

    /** Returns whether the exchange took it; never fails. */
    private CompletableFuture<Boolean> publish(Row<E> row, BooleanSupplier goesOn, @Nullable Throwable[] why) {
        if (!goesOn.getAsBoolean()) {
            return CompletableFuture.completedFuture(false);
        }
        try {
            CompletableFuture<Confirm> confirm =
                    exchange.publish(row.routingKey, row.message).toCompletableFuture();
            return confirm.handle((taken, refusal) -> {
                if (refusal != null) {
                    why[0] = refusal instanceof CompletionException ? refusal.getCause() : refusal;
                }
                return refusal == null;
            });
        } catch (RuntimeException refusal) {
            why[0] = refusal;
            return CompletableFuture.completedFuture(false);
        }
    }

    private void await(List<CompletableFuture<Boolean>> sent) {
        try {
            CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new))
                    .get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException late) {
            // What is confirmed later is published once more.
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException impossible) {
            throw new IllegalStateException("a publish is only ever completed", impossible);
        }
    }

    private void delete(List<Long> confirmed) throws SQLException {
        if (confirmed.isEmpty()) {
            return;
        }
        try (Connection connection = dataSource.getConnection();
                PreparedStatement statement =
                        connection.prepareStatement("DELETE FROM " + outbox.table() + " WHERE id = ANY (?)")) {
            connection.setAutoCommit(true);
            statement.setArray(1, connection.createArrayOf("bigint", confirmed.toArray()));
            statement.executeUpdate();
        }
    }

    private record Row<E>(long id, String key, String routingKey, Message<E> message) {}
}
