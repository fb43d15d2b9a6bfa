package dev.tenfold.journey.app;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.tenfold.Replicas;
import dev.tenfold.Tenfold;
import dev.tenfold.coordination.LeaseState;
import dev.tenfold.coordination.Leases;
import dev.tenfold.coordination.Registers;
import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.replication.Failover;
import dev.tenfold.replication.ReadPreference;
import dev.tenfold.replication.ReplicaSet;
import dev.tenfold.replication.ReplicaSetBuilder;
import dev.tenfold.replication.jdbc.RoutingDataSource;
import dev.tenfold.replication.postgres.Postgres;
import dev.tenfold.replication.postgres.PostgresStreaming;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.Sharder;
import dev.tenfold.sharding.hot.HotSpotAdvisor;
import dev.tenfold.sharding.hot.HotSpotPolicy;
import dev.tenfold.sharding.hot.HotSpots;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Endpoint;
import java.nio.file.Path;
import java.time.Duration;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;

/** The databases of a server: a connection pool for each node, and a replica set for each shard. */
final class Homes {

    private static final int CONNECTIONS = 8;

    /** Where there is another node to turn to, nobody waits long for a connection to this one. */
    private static final Duration IMPATIENT = Duration.ofMillis(250);

    private static final Duration PATIENT = Duration.ofSeconds(2);
    /** Without the map a server cannot start. */
    private static final Duration MAP_PATIENCE = Duration.ofSeconds(10);

    /** Loads are judged sooner than in earnest, where half a minute is usual. */
    private static final Duration HALF_LIFE = Duration.ofSeconds(5);

    private static final Duration SUSTAINED = Duration.ofSeconds(1);
    private static final Duration COOL_DOWN = Duration.ofMinutes(10);

    private static final Pattern ADDRESS = Pattern.compile("jdbc:postgresql://([^:]+):(\\d+)/.*");

    private final Map<String, Replicas<DataSource>> byShard = new LinkedHashMap<>();
    /** Of the first node of each. */
    private final Map<String, DataSource> pools = new LinkedHashMap<>();

    private final IdentityHashMap<DataSource, Sql.Line> lines = new IdentityHashMap<>();
    private final ReadPreference reads;
    private final Duration patience;
    private final Tenfold application;

    /** Adds pools, leases and replica sets to an application. */
    Homes(AppConfig config, Tenfold application) {
        this.reads = config.reads();
        this.patience = config.leaseFolder().isPresent() ? IMPATIENT : PATIENT;
        this.application = application;
        config.shards().forEach((shard, nodes) -> {
            List<Member> members = nodes.stream().map(this::member).toList();
            Replicas<DataSource> home = config.leaseFolder()
                    .<Replicas<DataSource>>map(folder -> replicated(shard, members, folder.resolve(shard + ".lease")))
                    .orElseGet(() -> Replicas.single(shard, members.get(0).pool()));
            byShard.put(shard, home);
            pools.put(shard, members.get(0).pool());
        });
    }

    /** A node and the connections to it. */
    private record Member(AppConfig.Node node, DataSource pool) {}

    private Member member(AppConfig.Node node) {
        DataSource pool = pool(node.shard() + "/" + node.id(), node.url(), patience);
        lines.put(pool, new Sql.Line(node));
        return new Member(node, pool);
    }

    Map<String, Replicas<DataSource>> byShard() {
        return byShard;
    }

    /** The first shard, where there is only one. */
    Replicas<DataSource> only() {
        return byShard.values().iterator().next();
    }

    /** The database of a shard that takes writes, whichever server it is on now. */
    DataSource primary(Replicas<DataSource> shard) {
        if (shard instanceof ReplicaSet<DataSource> set) {
            return RoutingDataSource.over(set);
        }
        return Objects.requireNonNull(pools.get(shard.name()), shard.name());
    }

    /** Spreads people over the shards as the map says that all servers share. It may name shards in any order. */
    Sharder<Long, Replicas<DataSource>> sharded(String mapUrl) {
        Scheduler scheduler = application.add("timer of the map", Scheduler.start("shard-map"));
        VersionedRegister<ShardMap> register = application.add(
                "register of the map", ShardMaps.register(pool("map", mapUrl, MAP_PATIENCE), scheduler));
        HotSpots<Long> hot = HotSpots.<Long>builder()
                .halfLife(HALF_LIFE)
                .observer(application.observer())
                .build();
        Sharder<Long, Replicas<DataSource>> shards = application.add(
                "shards",
                ShardMaps.builder(register, byShard, application.observer())
                        .hotSpots(hot)
                        .open());
        HotSpotAdvisor<Long> advisor =
                hot.advisor(HotSpotPolicy.<Long>standard().patience(SUSTAINED, COOL_DOWN));
        advise(scheduler, () -> advisor.propose(shards.map()));
        return shards;
    }

    /** Tells again and again who is too hot; a person decides what is done about it. */
    private static void advise(Scheduler scheduler, Runnable look) {
        scheduler.schedule(SUSTAINED, () -> {
            look.run();
            advise(scheduler, look);
        });
    }

    IdentityHashMap<DataSource, Sql.Line> lines() {
        return lines;
    }

    private ReplicaSet<DataSource> replicated(String shard, List<Member> members, Path leaseFile) {
        boolean alone = members.size() == 1;
        PostgresStreaming engine = Postgres.streaming().synchronousReplicas(alone ? 0 : 1);
        ReplicaSetBuilder<DataSource> set = ReplicaSet.<DataSource>builder(shard);
        for (Member member : members) {
            engine = engine.connectionInfo(
                    member.node().id(), connectionInfo(member.node().url()));
            // The servers say themselves who is the primary.
            set.node(Endpoint.of(member.node().id(), member.pool()));
        }
        VersionedRegister<LeaseState> register = application.add(
                "lease of " + shard,
                Registers.file(leaseFile, LeaseState.codec()).build());
        return application.add(
                "replicas of " + shard,
                set.engine(engine)
                        .reads(reads)
                        .failover(alone ? Failover.none() : Failover.automatic())
                        .lease(Leases.over(register, TimeSource.system()))
                        .observer(application.observer())
                        .start());
    }

    private DataSource pool(String server, String url, Duration patience) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url);
        config.setMaximumPoolSize(CONNECTIONS);
        config.setMinimumIdle(1);
        config.setConnectionTimeout(patience.toMillis());
        config.setInitializationFailTimeout(-1);
        return application.add("pool to " + server, new HikariDataSource(config), HikariDataSource::getJdbcUrl);
    }

    /** What a replica needs to know to follow a node. */
    private static String connectionInfo(String url) {
        Matcher address = ADDRESS.matcher(url);
        if (!address.matches()) {
            throw new IllegalArgumentException("database: " + url + " (expected: " + ADDRESS + ")");
        }
        return "host=" + address.group(1) + " port=" + address.group(2) + " user=postgres connect_timeout=2";
    }
}
