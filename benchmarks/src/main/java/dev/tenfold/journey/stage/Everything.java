package dev.tenfold.journey.stage;

import dev.tenfold.RequestPath;
import dev.tenfold.Tenfold;
import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.cache.edge.EdgeNetwork;
import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.journey.app.Answer;
import dev.tenfold.journey.app.AppConfig;
import dev.tenfold.journey.app.Schema;
import dev.tenfold.journey.app.ShardMaps;
import dev.tenfold.journey.env.City;
import dev.tenfold.journey.env.Database;
import dev.tenfold.journey.env.Redis;
import dev.tenfold.journey.env.ServerProcess;
import dev.tenfold.journey.load.Browser;
import dev.tenfold.journey.load.Site.Ask;
import dev.tenfold.locality.DataCentres;
import dev.tenfold.replication.ReplicaSet;
import dev.tenfold.replication.jdbc.RoutingDataSource;
import dev.tenfold.replication.testing.PostgresCluster;
import dev.tenfold.replication.testing.PostgresNode;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.Sharder;
import dev.tenfold.sharding.jdbc.PostgresShardStore;
import dev.tenfold.sharding.reshard.ReshardJournal;
import dev.tenfold.sharding.reshard.Resharder;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Endpoint;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import javax.sql.DataSource;

/**
 * What the journey leads to, in one system: edges, two data centres, balancers, caches, shards of which one is replicated,
 * an outbox and a queue. For the live view; a visitor breaks it, so it promises nothing.
 */
final class Everything implements Stage {

    private static final String REPLICATED = "s1";
    private static final Duration LIFETIME = Duration.ofSeconds(2);
    private static final Duration PATIENCE = Duration.ofMillis(2500);
    private static final int ATTEMPTS = 4;

    @Override
    public int number() {
        return 10;
    }

    @Override
    public String title() {
        return "Everything together";
    }

    @Override
    public String story() {
        return "Edges in three cities, app servers in Frankfurt and Ashburn with caches, people on two shards of which s1 has a"
                + " primary and two replicas, and a notifier that empties the outboxes. Nothing is broken until you break it.";
    }

    @Override
    public Set<Promise> promises() {
        return Set.of();
    }

    @Override
    public void play(StageRun run) throws Exception {
        PostgresCluster cluster =
                run.open(PostgresCluster.builder().replicas(2).synchronous().start());
        PostgresNode plain = run.town().postgres().node("a");
        String database = name(REPLICATED);
        Database.create(cluster.node("a"), database);
        Path leases = run.town().newFolder("leases");
        Databases databases = new Databases(run);
        ReplicaSet<DataSource> watched = databases.administrator(REPLICATED, cluster, database, leases);

        AppConfig app = AppConfig.named("app-eu-1");
        for (PostgresNode node : cluster.nodes()) {
            app = app.node(REPLICATED, node.id(), Database.on(node, database).url());
        }
        Map<String, DataSource> targets = new LinkedHashMap<>();
        targets.put(REPLICATED, RoutingDataSource.over(watched));
        for (String shard : Shards.NAMES) {
            if (!shard.equals(REPLICATED)) {
                Database made = Database.create(plain, name(shard));
                app = app.node(shard, "a", made.url());
                targets.put(shard, made.connect());
            }
        }
        AppConfig notifierConfig =
                app.renamed("notifier").replicated(leases).queueIn(run.town().newFolder("queue"));
        Database atlas = Database.create(plain, "everything_map");
        Scheduler scheduler = run.open(Scheduler.start("shards"));
        VersionedRegister<ShardMap> register = run.open(ShardMaps.register(atlas.connect(), scheduler));
        Sharder<Long, DataSource> sharder = run.open(ShardMaps.follow(register, targets, run.observer()));
        populate(run, sharder);
        Resharder mover = mover(run, register, atlas, scheduler, targets, sharder);
        app = app.sharded(atlas.url())
                .replicated(leases)
                .loginsIn(run.town().redis().uri())
                .cached(LIFETIME)
                .announcing();
        List<ServerProcess> apps = run.start(app, app.renamed("app-eu-2"), app.renamed("app-us-1"));
        ServerProcess notifier = run.startNotifier(notifierConfig);

        ExecutorService checks = Executors.newCachedThreadPool();
        run.open(checks::shutdownNow);
        LoadBalancer<URI> europe =
                run.open(Gateway.checking("frankfurt", endpoints(apps.subList(0, 2)), checks, run.observer()));
        LoadBalancer<URI> america =
                run.open(Gateway.checking("ashburn", endpoints(apps.subList(2, 3)), checks, run.observer()));
        DataCentres<URI> world = DataCentres.<URI>builder("world")
                .region(europe.name(), City.FRANKFURT.place(), europe)
                .region(america.name(), City.ASHBURN.place(), america)
                .observer(run.observer())
                .build();
        EdgeNetwork<String, Answer> cdn = Edges.network(run.observer());
        Browser browser = new Browser(PATIENCE, PATIENCE);
        RequestPath<Ask, Answer> site = Tenfold.<Ask, Answer>requestPath("site")
                .toDataCentres(world)
                .throughEdge(Edges.nearest(cdn))
                .calling(browser::send)
                .retrying(ATTEMPTS, ask -> true)
                .classifying(Gateway::judge)
                .build();

        exhibit(run, cdn, world, europe, america, apps, run.town().redis());
        Shards.exhibit(
                run,
                sharder,
                mover,
                shard -> shard.equals(REPLICATED)
                        ? cluster.nodes().stream()
                                .map(node -> Databases.id(REPLICATED, node.id()))
                                .toList()
                        : List.of(Databases.id("others", "a")));
        databases.cluster(REPLICATED, cluster, watched, "exchange-events");
        databases.alone(
                "others",
                plain,
                Shards.NAMES.stream().filter(shard -> !shard.equals(REPLICATED)).toList(),
                "exchange-events");
        run.exhibit().queues(notifier);
        run.load(
                ask -> site.handle(City.of(ask.person().id()).place(), ask),
                Database.truth(() -> Database.on(Database.primary(cluster), database)));
    }

    private static String name(String shard) {
        return "everything_" + shard;
    }

    private static void populate(StageRun run, Sharder<Long, DataSource> sharder) throws Exception {
        Map<String, List<Long>> residents = new LinkedHashMap<>();
        for (long person : run.people()) {
            residents
                    .computeIfAbsent(sharder.route(person).shard(), shard -> new ArrayList<>())
                    .add(person);
        }
        for (List<Long> neighbours : residents.values()) {
            Schema.populate(sharder.locate(neighbours.get(0)), neighbours);
        }
    }

    private static Resharder mover(
            StageRun run,
            VersionedRegister<ShardMap> register,
            Database atlas,
            Scheduler scheduler,
            Map<String, DataSource> targets,
            Sharder<Long, DataSource> sharder) {
        VersionedRegister<ReshardJournal> journal = run.open(ShardMaps.journal(atlas.connect(), scheduler));
        Resharder mover = Resharder.over(register)
                .journal(journal)
                .stores(shard -> PostgresShardStore.of(
                        shard, Objects.requireNonNull(targets.get(shard)), sharder.slotting(), Shards.TABLES))
                .observer(run.observer())
                .time(TimeSource.system(), scheduler)
                .build();
        mover.install();
        return mover;
    }

    private static List<Endpoint<URI>> endpoints(List<ServerProcess> servers) throws Exception {
        List<Endpoint<URI>> endpoints = new ArrayList<>();
        for (ServerProcess server : servers) {
            endpoints.add(Endpoint.of(server.name(), server.await()));
        }
        return endpoints;
    }

    private static void exhibit(
            StageRun run,
            EdgeNetwork<String, Answer> cdn,
            DataCentres<URI> world,
            LoadBalancer<URI> europe,
            LoadBalancer<URI> america,
            List<ServerProcess> apps,
            Redis redis) {
        Exhibit exhibit = run.exhibit();
        exhibit.edges(cdn, "region-" + europe.name(), "region-" + america.name());
        exhibit.regions(
                world,
                Map.of(
                        europe.name(),
                        apps.subList(0, 2).stream().map(ServerProcess::name).toList(),
                        america.name(),
                        apps.subList(2, 3).stream().map(ServerProcess::name).toList()));
        String[] links = Stream.concat(Stream.of("redis"), Shards.NAMES.stream().map(shard -> "shard-" + shard))
                .toArray(String[]::new);
        exhibit.servers(europe.name(), europe, apps.subList(0, 2), links);
        exhibit.servers(america.name(), america, apps.subList(2, 3), links);
        exhibit.redis(redis);
    }
}
