package dev.tenfold.journey.app;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.tenfold.DataPath;
import dev.tenfold.Replicas;
import dev.tenfold.Tenfold;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;

/** Builds one server's share of the system from its configuration, and closes it in reverse order. */
final class Wiring implements AutoCloseable {

    private static final int CONNECTIONS = 6;

    private final Parts parts = new Parts();
    private final Meters meters = new Meters();
    private final Social social;
    private final Logins logins;

    Wiring(AppConfig config) {
        HikariDataSource pool = pool(config.required(AppConfig.DATABASE));
        Optional<Duration> distance =
                config.optional(AppConfig.DATABASE_DISTANCE).map(micros -> Duration.ofNanos(1000 * Long.parseLong(micros)));
        Sql sql = new Sql(distance.isPresent() ? Map.of(pool, distance.get()) : Map.of());
        Replicas<DataSource> home = Replicas.single("main", pool);
        SocialSql statements = new SocialSql(sql);
        DataPath<Long, Profile> profiles = Tenfold.<Long, Profile>dataPath("profiles")
                .replicatedOn(home)
                .reading(statements::find)
                .writing((database, id, profile) ->
                        statements.change(database, id, profile.version(), profile.about()))
                .deadline(Social.PATIENCE)
                .observer(meters.observer())
                .build();
        meters.publish(profiles);
        social = new Social(profiles, person -> home, statements, false);
        logins = parts.add(config.optional(AppConfig.LOGINS)
                .<Logins>map(RedisLogins::new)
                .orElseGet(() -> new SqlLogins(sql, home)));
        meters.count("app.database.queries", "statements sent to databases", sql::queries);
    }

    Social social() {
        return social;
    }

    Logins logins() {
        return logins;
    }

    Meters meters() {
        return meters;
    }

    /** A short wait for a connection: where a database is down, something better than waiting is to be decided. */
    private HikariDataSource pool(String url) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url);
        config.setMaximumPoolSize(CONNECTIONS);
        config.setMinimumIdle(1);
        config.setConnectionTimeout(250);
        config.setInitializationFailTimeout(-1);
        return parts.add(new HikariDataSource(config));
    }

    @Override
    public void close() {
        parts.close();
    }
}
