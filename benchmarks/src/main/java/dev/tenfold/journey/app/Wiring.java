package dev.tenfold.journey.app;

import dev.tenfold.DataPath;
import dev.tenfold.DataPath.Change;
import dev.tenfold.Locator;
import dev.tenfold.Publisher;
import dev.tenfold.Replicas;
import dev.tenfold.Tenfold;
import dev.tenfold.cache.Cache;
import dev.tenfold.observe.Observer;
import dev.tenfold.sharding.ShardRoute;
import dev.tenfold.sharding.Sharder;
import java.sql.Connection;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongFunction;
import javax.sql.DataSource;

/** Builds one server's share of the system from its configuration: one application with one observer. */
final class Wiring implements AutoCloseable {

    private final Meters meters = new Meters();
    private final Tenfold application;
    private final Social social;
    private final Logins logins;

    /** Opens connections; {@code events} is told, besides the meters, what the parts do. */
    Wiring(AppConfig config, Observer events) {
        application = Tenfold.application(config.name(), Observer.all(meters.observer(), events));
        try {
            Homes homes = new Homes(config, application);
            Optional<Sharder<Long, Replicas<DataSource>>> shards =
                    config.shardMap().map(homes::sharded);
            Locator<Long, Replicas<DataSource>> locator =
                    shards.<Locator<Long, Replicas<DataSource>>>map(s -> s).orElse(person -> homes.only());
            Sql sql = application.add(
                    "statements",
                    new Sql(
                            homes.lines(),
                            shards.<LongFunction<ShardRoute>>map(s -> s::route).orElse(null)));
            SocialSql statements = new SocialSql(sql);
            logins = application.add(
                    "logins",
                    config.logins().<Logins>map(RedisLogins::new).orElseGet(() -> new SqlLogins(sql, homes.only())));
            social = new Social(
                    profiles(config, locator, statements), follows(config, locator, statements), locator, statements);
            meters.publish(application);
        } catch (RuntimeException failure) {
            application.close();
            throw failure;
        }
    }

    private DataPath<Long, Profile> profiles(
            AppConfig config, Locator<Long, Replicas<DataSource>> homes, SocialSql statements) {
        DataPath.Builder<Long, Profile, DataSource> path = Tenfold.<Long, Profile>dataPath("profiles")
                .shardedBy(homes)
                .reading(statements::find)
                .writing((database, id, profile) -> statements.change(database, id, profile.version(), profile.about()))
                .deadline(Social.PATIENCE)
                .observer(application.observer());
        Optional<Duration> lifetime = config.cacheLifetime();
        if (lifetime.isPresent()) {
            path.cachedIn(application.add(
                    "copies of profiles",
                    Cache.<Long, Profile>builder("profiles")
                            .expireAfterWrite(lifetime.get())
                            .observer(application.observer())
                            .build()));
        }
        return application.add("profiles", path.build(), DataPath::describe);
    }

    /** Where somebody is to be told, that is written down in the transaction that makes it true. */
    private DataPath<Following, Boolean> follows(
            AppConfig config, Locator<Long, Replicas<DataSource>> homes, SocialSql statements) {
        DataPath.Builder<Following, Boolean, DataSource> path = Tenfold.<Following, Boolean>dataPath("follows")
                .shardedBy(new Following.Homes(homes))
                .reading(statements::follows)
                .deadline(Social.PATIENCE)
                .observer(application.observer());
        if (config.isAnnouncing()) {
            Publisher.Recorder<Connection, Change<Following, Boolean>> outbox =
                    (transaction, change) -> Notifier.OUTBOX.record(
                            transaction,
                            "user-" + change.key().follower(),
                            Notifier.CREATED,
                            change.key().event());
            path.writing(
                    outbox,
                    (database, following, yes, announcement) ->
                            statements.follow(database, following, announcement::recordIn));
        } else {
            path.writing((database, following, yes) -> statements.follow(database, following));
        }
        return application.add("follows", path.build(), DataPath::describe);
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

    /** The whole server for a person. */
    String describe() {
        return application.describe();
    }

    @Override
    public void close() {
        application.close();
    }
}
