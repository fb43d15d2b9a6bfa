package dev.tenfold.queue.outbox;

import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.queue.Confirm;
import dev.tenfold.queue.Message;
import dev.tenfold.queue.PublishRejectedException;
import dev.tenfold.retry.Backoff;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
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
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One round of a relay: reads rows in order, publishes each key's one after the other, deletes what was confirmed, and writes
 * down what was refused.
 */
final class RelayRound<E> {

    private static final int LONGEST_REASON = 1_000;

    private final OutboxRelay.Builder<E> given;
    private final RandomGenerator random;

    RelayRound(OutboxRelay.Builder<E> given, RandomGenerator random) {
        this.given = given;
        this.random = random;
    }

    /**
     * What a round came to.
     *
     * @param published messages that were confirmed
     * @param refused messages that were not taken, and wait for their next attempt
     * @param parked messages that were not taken, and are given up
     * @param isFull whether there may be more
     * @param why one of the reasons
     */
    record Outcome(
            int published,
            int refused,
            List<String> parked,
            boolean isFull,
            @Nullable Throwable why) {}

    /** What became of a row: taken, tried in vain, or not tried. */
    private record Answer(boolean isTaken, @Nullable Throwable failure) {

        static final Answer TAKEN = new Answer(true, null);
        static final Answer HELD = new Answer(false, null);

        /** Whether it is the message that was refused, which time may not mend. An outage is nobody's fault, and ends. */
        boolean isRefusal() {
            boolean closed = failure instanceof PublishRejectedException rejected && rejected.isClosed();
            return failure != null
                    && !closed
                    && !(failure instanceof UnavailableException)
                    && !(failure instanceof OutcomeUnknownException)
                    && !(failure instanceof DeadlineExceededException);
        }
    }

    private record Row<E>(
            long id,
            String key,
            String routingKey,
            int attempts,
            @Nullable Message<E> message,
            @Nullable RuntimeException unreadable) {}

    private record Refusal<E>(Row<E> row, Throwable cause) {}

    Outcome run(BooleanSupplier goesOn) throws SQLException {
        List<Row<E>> rows = read();
        List<Answer> answers = publish(rows, goesOn);
        List<Row<E>> confirmed = new ArrayList<>();
        List<Refusal<E>> refused = new ArrayList<>();
        Throwable why = null;
        int waiting = 0;
        for (int i = 0; i < rows.size(); i++) {
            Answer answer = answers.get(i);
            Throwable failure = answer.failure();
            if (answer.isTaken()) {
                confirmed.add(rows.get(i));
            } else if (failure != null) {
                why = failure;
                waiting++;
                if (answer.isRefusal()) {
                    refused.add(new Refusal<>(rows.get(i), failure));
                }
            }
        }
        List<String> parked = settle(confirmed, refused);
        return new Outcome(
                confirmed.size(),
                waiting - parked.size(),
                parked,
                rows.size() == given.batch() && confirmed.size() + refused.size() > 0,
                why);
    }

    private List<Row<E>> read() throws SQLException {
        String select = given.outbox().statements().selectDue(given.batch());
        try (Connection connection = given.dataSource().getConnection();
                PreparedStatement statement = connection.prepareStatement(select)) {
            connection.setAutoCommit(true);
            statement.setObject(1, inDatabase(given.time().now()));
            List<Row<E>> rows = new ArrayList<>();
            try (ResultSet found = statement.executeQuery()) {
                while (found.next()) {
                    rows.add(row(found));
                }
            }
            return rows.isEmpty() || isThereToStay(connection, rows.get(rows.size() - 1)) ? rows : List.of();
        }
    }

    /**
     * Makes sure of what was read. A primary that comes back from a crash shows commits that were still waiting for its replicas, and a
     * failover may yet drop them. A commit of our own is reported only when all before it are where they have to be.
     */
    private boolean isThereToStay(Connection connection, Row<E> last) throws SQLException {
        try (PreparedStatement touch =
                connection.prepareStatement(given.outbox().statements().touch())) {
            touch.setLong(1, last.id);
            int rows = touch.executeUpdate();
            SQLWarning warning = touch.getWarnings();
            if (warning != null) { // somebody made the server stop waiting
                throw new SQLException("what is in the outbox is not known to be replicated", warning);
            }
            return rows > 0; // else another relay has deleted it, and nothing was written that could be waited for
        }
    }

    private static OffsetDateTime inDatabase(Instant instant) {
        return OffsetDateTime.ofInstant(instant, ZoneOffset.UTC);
    }

    /** A row that cannot be read is refused like one that cannot be published: others must not wait for it. */
    private Row<E> row(ResultSet found) throws SQLException {
        long id = found.getLong(1);
        Message<E> message = null;
        RuntimeException unreadable = null;
        try {
            message = Message.of(given.outbox().codec().decode(found.getBytes(5)))
                    .headers(HeaderBytes.read(found.getBytes(4)))
                    .id(found.getString(7));
        } catch (RuntimeException failure) {
            unreadable = failure;
        }
        return new Row<>(id, found.getString(2), found.getString(3), found.getInt(6), message, unreadable);
    }

    /** Returns what became of each within the timeout. */
    private List<Answer> publish(List<Row<E>> rows, BooleanSupplier goesOn) {
        Map<String, CompletableFuture<Answer>> lastOfKey = new HashMap<>();
        List<CompletableFuture<Answer>> sent = new ArrayList<>(rows.size());
        for (Row<E> row : rows) {
            CompletableFuture<Answer> before = lastOfKey.get(row.key);
            CompletableFuture<Answer> mine = before == null
                    ? publish(row, goesOn)
                    : before.thenCompose(answer ->
                            answer.isTaken() ? publish(row, goesOn) : CompletableFuture.completedFuture(Answer.HELD));
            lastOfKey.put(row.key, mine);
            sent.add(mine);
        }
        await(sent);
        return sent.stream().map(each -> each.getNow(Answer.HELD)).toList();
    }

    /** Never fails. */
    private CompletableFuture<Answer> publish(Row<E> row, BooleanSupplier goesOn) {
        Message<E> message = row.message;
        if (!goesOn.getAsBoolean()) {
            return CompletableFuture.completedFuture(Answer.HELD);
        }
        if (message == null) {
            return CompletableFuture.completedFuture(new Answer(false, row.unreadable));
        }
        try {
            return given.exchange()
                    .publish(row.routingKey, message)
                    .handle((confirm, failure) -> failure == null ? answer(row, confirm) : answer(failure))
                    .toCompletableFuture();
        } catch (RuntimeException refusal) {
            return CompletableFuture.completedFuture(answer(refusal));
        }
    }

    private Answer answer(Row<E> row, Confirm confirm) {
        return confirm == Confirm.UNROUTED && given.isMandatory()
                ? new Answer(
                        false,
                        new IllegalStateException("'" + row.routingKey + "' leads from exchange '"
                                + given.exchange().name() + "' to no queue"))
                : Answer.TAKEN;
    }

    private static Answer answer(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return new Answer(false, cause == null ? failure : cause);
    }

    private void await(List<CompletableFuture<Answer>> sent) {
        try {
            CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new))
                    .get(given.confirmTimeout().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException late) {
            // What is confirmed later is published once more.
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException impossible) {
            throw new IllegalStateException("a publish is only ever completed", impossible);
        }
    }

    /** Returns what was given up, for people. */
    private List<String> settle(List<Row<E>> confirmed, List<Refusal<E>> refused) throws SQLException {
        List<String> parked = new ArrayList<>();
        if (confirmed.isEmpty() && refused.isEmpty()) {
            return parked;
        }
        try (Connection connection = given.dataSource().getConnection();
                PreparedStatement delete =
                        connection.prepareStatement(given.outbox().statements().delete());
                PreparedStatement refuse =
                        connection.prepareStatement(given.outbox().statements().refuse())) {
            connection.setAutoCommit(false);
            for (Row<E> row : confirmed) {
                delete.setLong(1, row.id);
                delete.addBatch();
            }
            delete.executeBatch();
            for (Refusal<E> each : refused) {
                if (refuse(refuse, each)) {
                    parked.add("message " + each.row.id + " '" + each.row.routingKey + "' of key '" + each.row.key
                            + "' after " + (each.row.attempts + 1) + " attempts: " + each.cause);
                }
            }
            refuse.executeBatch();
            connection.commit();
            return parked;
        }
    }

    /** Returns whether it was the last attempt. */
    private boolean refuse(PreparedStatement statement, Refusal<E> refusal) throws SQLException {
        Instant now = given.time().now();
        Backoff retry = given.retry();
        int attempts = refusal.row.attempts + 1;
        boolean again = retry.allowsAfter(attempts);
        Duration delay = again ? retry.delayAfter(attempts, random) : Duration.ZERO;
        String reason = String.valueOf(refusal.cause);
        statement.setInt(1, attempts);
        set(statement, 2, again ? now.plus(delay) : null);
        set(statement, 3, again ? null : now);
        statement.setString(4, reason.substring(0, Math.min(reason.length(), LONGEST_REASON)));
        statement.setLong(5, refusal.row.id);
        statement.addBatch();
        return !again;
    }

    private static void set(PreparedStatement statement, int index, @Nullable Instant instant) throws SQLException {
        if (instant == null) {
            statement.setNull(index, Types.TIMESTAMP_WITH_TIMEZONE);
        } else {
            statement.setObject(index, inDatabase(instant));
        }
    }
}
