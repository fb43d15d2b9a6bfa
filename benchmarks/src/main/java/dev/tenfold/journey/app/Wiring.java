package dev.tenfold.journey.app;

import dev.tenfold.DataPath;
import dev.tenfold.Locator;
import dev.tenfold.Replicas;
import dev.tenfold.Tenfold;
import dev.tenfold.cache.Cache;
import dev.tenfold.observe.Observer;
import dev.tenfold.sharding.ShardRoute;
import dev.tenfold.sharding.Sharder;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongFunction;
import javax.sql.DataSource;

/** Builds one server's share of the system from its configuration, and closes it in reverse order. */
final class Wiring implements AutoCloseable {

    private final Parts parts = new Parts();
    private final Meters meters = new Meters();
    private final Social social;
    private final Logins logins;

    /** Opens connections; {@code events} is told, besides the meters, what the parts do. */
    Wiring(AppConfig config, Observer events) {
        try {
            Observer observer = Observer.all(meters.observer(), events);
            Homes homes = new Homes(config, parts, meters, observer);
            Optional<Sharder<Long, Replicas<DataSource>>> shards =
                    config.shardMap().map(map -> parts.add(homes.sharded(map)));
            shards.ifPresent(meters::publish);
            Sql sql = new Sql(
                    homes.lines(),
                    shards.<LongFunction<ShardRoute>>map(s -> s::route).orElse(null));
            SocialSql statements = new SocialSql(sql);
            Locator<Long, Replicas<DataSource>> locator =
                    shards.<Locator<Long, Replicas<DataSource>>>map(s -> s).orElse(person -> homes.only());
            DataPath<Long, Profile> profiles = profiles(config, locator, statements, observer);
            social = new Social(profiles, locator, statements, config.isAnnouncing());
            logins = parts.add(
                    config.logins().<Logins>map(RedisLogins::new).orElseGet(() -> new SqlLogins(sql, homes.only())));
            meters.publish(profiles);
            sql.publish(meters);
        } catch (RuntimeException failure) {
            parts.close();
            throw failure;
        }
    }

    private DataPath<Long, Profile> profiles(
            AppConfig config, Locator<Long, Replicas<DataSource>> locator, SocialSql statements, Observer observer) {
        DataPath.Builder<Long, Profile, DataSource> path = Tenfold.<Long, Profile>dataPath("profiles")
                .shardedBy(locator)
                .reading(statements::find)
                .writing((database, id, profile) -> statements.change(database, id, profile.version(), profile.about()))
                .deadline(Social.PATIENCE)
                .observer(observer);
        Optional<Duration> lifetime = config.cacheLifetime();
        if (lifetime.isPresent()) {
            Cache<Long, Profile> cache = Cache.<Long, Profile>builder("profiles")
                    .expireAfterWrite(lifetime.get())
                    .observer(observer)
                    .build();
            meters.publish(cache);
            path.cachedIn(cache);
        }
        return path.build();
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

    @Override
    public void close() {
        parts.close();
    }
}
