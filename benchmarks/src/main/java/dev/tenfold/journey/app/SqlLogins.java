package dev.tenfold.journey.app;

import dev.tenfold.Replicas;
import dev.tenfold.session.Position;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import javax.sql.DataSource;

/** Logins in a table beside the rest of the data, for as long as there is nothing better. */
final class SqlLogins implements Logins {

    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final Sql sql;
    private final Replicas<DataSource> home;

    SqlLogins(Sql sql, Replicas<DataSource> home) {
        this.sql = sql;
        this.home = home;
    }

    @Override
    public void remember(String token, long person) throws Exception {
        home.write(
                deadline(),
                database -> sql.update(
                        database, List.of(), "insert into login values (?, ?) on conflict do nothing", token, person));
    }

    /** A replica that has not heard of a login yet does not decide: the primary is asked before anybody is turned away. */
    @Override
    public OptionalLong whoIs(String token) throws Exception {
        OptionalLong found = find(token, Position.none());
        return found.isPresent() ? found : find(token, Position.primaryOnly(home.name()));
    }

    private OptionalLong find(String token, Position minimum) throws Exception {
        List<Long> found = home.read(
                        minimum,
                        deadline(),
                        database -> sql.query(
                                database,
                                List.of(),
                                "select person from login where token = ?",
                                row -> row.getLong(1),
                                token))
                .value();
        return found.isEmpty() ? OptionalLong.empty() : OptionalLong.of(found.get(0));
    }

    private static Deadline deadline() {
        return Deadline.after(PATIENCE, TimeSource.system());
    }

    @Override
    public void close() {}
}
