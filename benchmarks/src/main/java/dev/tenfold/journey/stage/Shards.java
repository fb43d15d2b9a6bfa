package dev.tenfold.journey.stage;

import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.journey.app.AppConfig;
import dev.tenfold.journey.app.Schema;
import dev.tenfold.journey.app.ShardMaps;
import dev.tenfold.journey.env.Database;
import dev.tenfold.journey.env.ServerProcess;
import dev.tenfold.journey.live.Board;
import dev.tenfold.journey.record.Chart;
import dev.tenfold.replication.testing.PostgresNode;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.Sharder;
import dev.tenfold.sharding.jdbc.PostgresShardStore;
import dev.tenfold.sharding.jdbc.ShardedTable;
import dev.tenfold.sharding.reshard.ReshardJournal;
import dev.tenfold.sharding.reshard.Resharder;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import java.net.URI;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import javax.sql.DataSource;

/** Stage 9: people spread over shards, one of which holds too many and is split, and a celebrity gets a shard alone. */
final class Shards implements Stage {

    private static final long CELEBRITY = 1;
    private static final String HOT = "s1";
    private static final String RELIEF = "s3";
    private static final String STARDOM = "star";
    static final List<String> NAMES = List.of(HOT, "s2", RELIEF, STARDOM);

    /** Where a shard's statements may go. */
    private static final List<String> NODES = List.of("a", "b", "c");

    /** What moves with a person. */
    static final List<ShardedTable> TABLES = List.of(
            ShardedTable.of("person", "id"), ShardedTable.of("post", "author"), ShardedTable.of("follow", "follower"));

    @Override
    public int number() {
        return 9;
    }

    @Override
    public String title() {
        return "Shards, one too hot, and a celebrity";
    }

    @Override
    public String story() {
        return "People live on two shards, three quarters of them on s1. While the load runs, s1 is split onto s3, and user 1,"
                + " whom everybody looks at, moves to a shard of their own.";
    }

    @Override
    public Set<Promise> promises() {
        return EnumSet.allOf(Promise.class);
    }

    @Override
    public void play(StageRun run) throws Exception {
        PostgresNode server = run.town().postgres().node("a");
        Map<String, Database> shards = new LinkedHashMap<>();
        for (String name : NAMES) {
            shards.put(name, Database.create(server, "shard_" + name));
        }
        Map<String, DataSource> targets = new LinkedHashMap<>();
        shards.forEach((name, database) -> targets.put(name, database.connect()));
        Database atlas = Database.create(server, "shard_map");
        Scheduler scheduler = run.open(Scheduler.start("shards"));
        VersionedRegister<ShardMap> register = run.open(ShardMaps.register(atlas.connect(), scheduler));
        Sharder<Long, DataSource> sharder = run.open(ShardMaps.follow(register, targets, run.observer()));
        populate(run, sharder);
        VersionedRegister<ReshardJournal> journal = run.open(ShardMaps.journal(atlas.connect(), scheduler));
        Resharder mover = Resharder.over(register)
                .journal(journal)
                .stores(name -> PostgresShardStore.of(name, source(targets, name), sharder.slotting(), TABLES))
                .observer(run.observer())
                .time(TimeSource.system(), scheduler)
                .build();
        // From now on the shards refuse whoever writes without having asked their guards.
        mover.install();

        AppConfig app = AppConfig.named("app-1")
                .sharded(atlas.url())
                .loginsIn(run.town().redis().uri());
        for (Map.Entry<String, Database> shard : shards.entrySet()) {
            app = app.node(shard.getKey(), "a", shard.getValue().url());
        }
        List<ServerProcess> apps = run.start(app, app.renamed("app-2"));
        LoadBalancer<URI> balancer = run.open(Gateway.balancer("apps", apps, run.observer()));
        run.exhibit()
                .servers(
                        "",
                        balancer,
                        apps,
                        NAMES.stream().map(name -> "shard-" + name).toArray(String[]::new));
        exhibit(run, sharder, mover, name -> List.of(Databases.id("main", "a")));
        new Databases(run).alone("main", server, NAMES);
        for (String name : NAMES) {
            run.plotRate(
                    Chart.STATEMENTS_BY_SHARD,
                    name,
                    () -> run.counted("app.database.queries{node=a,shard=" + name + "}"));
        }
        run.fault(
                0.1,
                "shard s1 is hot, as it has been from the beginning: three quarters of the people live there",
                () -> {});
        run.then(0.2, "s1 is split onto s3", () -> {
            residents(run, "before", shards);
            mover.run(sharder.plan(change -> change.split(HOT, RELIEF)));
            residents(run, "after the split", shards);
        });
        ServerProcess victim = apps.get(0);
        run.kill(0.45, "app-1 (kill -9)", victim::kill9);
        run.then(0.5, "app-1 is started again, and reads the new map", () -> {
            victim.launch();
            victim.await();
        });
        run.fault(0.58, "user 1 is a celebrity, whose profile and posts everybody reads", () -> {});
        run.unseen(0.59, () -> run.awaitEvent("hotspot.proposed", 0));
        run.then(0.6, "user 1 moves to a shard alone", () -> {
            sharder.refresh();
            mover.run(sharder.plan(change -> change.isolate(CELEBRITY, STARDOM)));
            residents(run, "with a celebrity alone", shards);
        });
        run.load(Gateway.through(balancer), Database.truth(shards.values().toArray(Database[]::new)));
        judge(run, shards, sharder);
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

    private static void judge(StageRun run, Map<String, Database> shards, Sharder<Long, DataSource> sharder)
            throws SQLException {
        sharder.refresh();
        int strays = 0;
        int total = 0;
        for (Map.Entry<String, Database> shard : shards.entrySet()) {
            for (long person : people(shard.getValue())) {
                total++;
                strays += sharder.route(person).shard().equals(shard.getKey()) ? 0 : 1;
            }
        }
        Map<String, Integer> residents = residents(shards);
        run.claim(
                "everybody lives on one shard, where the map says",
                strays == 0 && total == run.people().size(),
                residents + ", " + strays + " elsewhere");
        run.claim(
                "the celebrity has a shard alone",
                sharder.route(CELEBRITY).shard().equals(STARDOM)
                        && Integer.valueOf(1).equals(residents.get(STARDOM)),
                "user " + CELEBRITY + " is on " + sharder.route(CELEBRITY).shard());
        run.claim(
                "the app servers found out who is a celebrity",
                run.events("hotspot.proposed") > 0,
                run.events("hotspot.proposed") + " proposals");
        run.claim(
                "slots moved while the load ran",
                run.events("slots.moved") > 0,
                run.events("slots.moved") + " times slots switched");
    }

    private static void residents(StageRun run, String when, Map<String, Database> shards) throws SQLException {
        Map<String, Double> people = new LinkedHashMap<>();
        residents(shards).forEach((shard, residents) -> people.put(shard, residents.doubleValue()));
        run.share(Chart.PEOPLE_BY_SHARD, when, people);
    }

    /** Shows the shards, of which a visitor may split the hot one and give the celebrity one alone. */
    static void exhibit(
            StageRun run,
            Sharder<Long, DataSource> sharder,
            Resharder mover,
            Function<String, List<String>> databases) {
        for (String name : NAMES) {
            Map<String, Board.Action> actions = new LinkedHashMap<>();
            if (name.equals(HOT)) {
                actions.put("split onto " + RELIEF, () -> {
                    sharder.refresh();
                    mover.run(sharder.plan(change -> change.split(HOT, RELIEF)));
                });
                actions.put("isolate user " + CELEBRITY, () -> {
                    sharder.refresh();
                    mover.run(sharder.plan(change -> change.isolate(CELEBRITY, STARDOM)));
                });
            }
            DoubleSupplier rate = run.exhibit()
                    .rate(() -> NODES.stream()
                            .mapToDouble(
                                    node -> run.counted("app.database.queries{node=" + node + ",shard=" + name + "}"))
                            .sum());
            run.exhibit()
                    .part(
                            Board.Layer.SHARD,
                            "",
                            "shard-" + name,
                            name,
                            databases.apply(name),
                            () -> slots(sharder, name, rate.getAsDouble()),
                            actions);
        }
    }

    private static Board.State slots(Sharder<?, ?> sharder, String name, double rate) {
        ShardMap map = sharder.map();
        Set<String> done = new HashSet<>();
        if (map.contains(RELIEF)) {
            done.add("split onto " + RELIEF);
        }
        if (map.contains(STARDOM)) {
            done.add("isolate user " + CELEBRITY);
        }
        return new Board.State(
                Board.Health.WELL,
                map.contains(name)
                        ? map.slotsOf(name).length + " of " + map.allSlots() + " slots, epoch " + map.epoch()
                        : "no slots yet",
                rate,
                done);
    }

    private static Map<String, Integer> residents(Map<String, Database> shards) throws SQLException {
        Map<String, Integer> residents = new LinkedHashMap<>();
        for (Map.Entry<String, Database> shard : shards.entrySet()) {
            residents.put(shard.getKey(), people(shard.getValue()).size());
        }
        return residents;
    }

    private static Set<Long> people(Database shard) throws SQLException {
        return Schema.versions(shard.connect()).keySet();
    }

    private static DataSource source(Map<String, DataSource> targets, String name) {
        DataSource source = targets.get(name);
        if (source == null) {
            throw new IllegalArgumentException("shard: " + name + " (expected: one of " + targets.keySet() + ")");
        }
        return source;
    }
}
